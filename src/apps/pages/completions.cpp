#include "apps/pages/completions.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "apps/pages/command_words.h"

namespace kanmon::apps {

namespace {

/// Within single quotes of a shell, where one can only be left and entered again.
std::string in_quotes(std::string_view text, std::string_view escaped_quote) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += escaped_quote;
        else
            out += c;
    }
    return out + "'";
}

std::string names(const std::vector<Word>& words) {
    std::string out;
    for (const Word& word : words)
        if (word.named()) out += word.text + " ";
    return out;
}

std::string texts(const std::vector<Word>& words) {
    std::string out;
    for (const Word& word : words) out += word.text + " ";
    return out;
}

/// What a shell's `case` takes: "--ca|--key".
std::string pattern(bool Word::*kind) {
    return fmt::format("{}", fmt::join(options_with(kind), "|"));
}

/// Words before the one that is completed, without options and their values: what bash and zsh do
/// alike. `words` is the name of the shell's array, `first` and `end` the range to look at.
std::string words_so_far(std::string_view words, std::string_view first, std::string_view end) {
    return fmt::format(
        "    local group='' command='' i\n"
        "    for ((i = {1}; i < {2}; i++)); do\n"
        "        case ${{{0}[i]}} in\n"
        "            {3}) ((i++)) ;;\n"
        "            -*) ;;\n"
        "            *) if [[ -z $group ]]; then group=${{{0}[i]}}\n"
        "               elif [[ -z $command ]]; then command=${{{0}[i]}}; fi ;;\n"
        "        esac\n"
        "    done\n",
        words, first, end, pattern(&Word::takes_value));
}

std::string zsh_list(const std::vector<Word>& words, bool named) {
    std::string out;
    for (const Word& word : words)
        if (word.named() == named) out += in_quotes(word.text + ":" + word.help, "'\\''") + " ";
    return out;
}

std::string fish_option(const std::string& condition, const Word& word) {
    return fmt::format("complete -c kanmon {}-l {}{} -d {}\n", condition, word.text.substr(2),
                       word.takes_file    ? " -r -F"
                       : word.takes_value ? " -x"
                                          : "",
                       in_quotes(word.help, "\\'"));
}

std::string fish_word(const std::string& condition, const Word& word) {
    return fmt::format("complete -c kanmon {}-a {} -d {}\n", condition, word.text,
                       in_quotes(word.help, "\\'"));
}

/// fish asks for each line whether the words so far are these.
constexpr std::string_view fish_head =
    "# Completion of kanmon(1), made from its table of commands.\n"
    "function __kanmon_words\n"
    "    set -l value 0\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $value = 1\n"
    "            set value 0\n"
    "        else if contains -- $word {0}\n"
    "            set value 1\n"
    "        else if not string match -q -- '-*' $word\n"
    "            echo $word\n"
    "        end\n"
    "    end\n"
    "end\n"
    "function __kanmon_at\n"
    "    set -l words (__kanmon_words)\n"
    "    test \"$words\" = \"$argv\"\n"
    "end\n"
    "function __kanmon_in\n"
    "    set -l words (__kanmon_words)\n"
    "    set -l count (count $argv)\n"
    "    set -l first $words[1..$count]\n"
    "    test \"$first\" = \"$argv\"\n"
    "end\n"
    "complete -c kanmon -f\n";

}  // namespace

std::string bash_completion() {
    std::string text = "# Completion of kanmon(1), made from its table of commands.\n_kanmon() {\n";
    text += words_so_far("COMP_WORDS", "1", "COMP_CWORD");
    text += fmt::format(
        "    local present=${{COMP_WORDS[COMP_CWORD]}} words=''\n"
        "    COMPREPLY=()\n"
        "    case ${{COMP_WORDS[COMP_CWORD - 1]}} in\n"
        "        {}) mapfile -t COMPREPLY < <(compgen -f -- \"$present\"); return ;;\n"
        "        {}) return ;;\n"
        "    esac\n"
        "    case \"$group $command\" in\n"
        "        ' ') words='{}' ;;\n",
        pattern(&Word::takes_file), pattern(&Word::takes_value), texts(first_words()));
    for (const CommandGroup& group : command_groups())
        text += fmt::format("        '{} ') words='{}' ;;\n", group.name,
                            texts(words_below(group.name)));
    for (const Command& command : commands())
        text += fmt::format("        '{}'{} words='{}' ;;\n", name_of(command),
                            command.name.empty() ? "*)" : ")", names(words_of(command)));
    text += fmt::format(
        "    esac\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words {}\" -- \"$present\")\n"
        "}}\n"
        "complete -F _kanmon kanmon\n",
        names(global_words()));
    return text;
}

std::string zsh_completion() {
    std::string text = "#compdef kanmon\n# Made from kanmon's table of commands.\n_kanmon() {\n";
    text += words_so_far("words", "2", "CURRENT");
    text += fmt::format(
        "    local -a next options\n"
        "    case ${{words[CURRENT-1]}} in\n"
        "        {}) _files; return ;;\n"
        "        {}) return ;;\n"
        "    esac\n"
        "    case \"$group $command\" in\n"
        "        ' ') next=({}) ;;\n",
        pattern(&Word::takes_file), pattern(&Word::takes_value), zsh_list(first_words(), false));
    for (const CommandGroup& group : command_groups())
        text += fmt::format("        '{} ') next=({}) ;;\n", group.name,
                            zsh_list(words_below(group.name), false));
    for (const Command& command : commands())
        text += fmt::format("        '{}'{} options=({}) ;;\n", name_of(command),
                            command.name.empty() ? "*)" : ")", zsh_list(words_of(command), true));
    text += fmt::format(
        "    esac\n"
        "    options+=({})\n"
        "    (( $#next )) && _describe -t commands command next\n"
        "    _describe -o -t options option options\n"
        "}}\n"
        "_kanmon \"$@\"\n",
        zsh_list(global_words(), true));
    return text;
}

std::string fish_completion() {
    std::string text = fmt::format(fish_head, fmt::join(options_with(&Word::takes_value), " "));
    for (const Word& word : global_words()) text += fish_option("", word);
    for (const Word& word : first_words()) text += fish_word("-n '__kanmon_at' ", word);
    for (const CommandGroup& group : command_groups())
        for (const Word& word : words_below(group.name))
            text += fish_word(fmt::format("-n '__kanmon_at {}' ", group.name), word);
    for (const Command& command : commands())
        for (const Word& word : words_of(command))
            if (word.named())
                text += fish_option(fmt::format("-n '__kanmon_in {}' ", name_of(command)), word);
    return text;
}

}  // namespace kanmon::apps
