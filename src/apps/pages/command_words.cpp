#include "apps/pages/command_words.h"

#include <algorithm>

namespace kanmon::apps {

namespace {

Word word_of(const CommandOption& option) {
    return {.text = std::string(option.words),
            .help = std::string(option.help),
            .takes_value = !option.flag,
            .takes_file = option.file};
}

}  // namespace

std::vector<Word> first_words() {
    std::vector<Word> words;
    for (const CommandGroup& group : command_groups())
        words.push_back({.text = std::string(group.name), .help = std::string(group.help)});
    for (const Command& command : commands())
        if (command.name.empty())
            words.push_back(
                {.text = std::string(command.group), .help = std::string(command.help)});
    words.push_back({.text = "call", .help = "call any action of the API"});
    return words;
}

std::vector<Word> words_below(std::string_view group) {
    std::vector<Word> words;
    for (const Command& command : commands())
        if (command.group == group && !command.name.empty())
            words.push_back({.text = std::string(command.name), .help = std::string(command.help)});
    return words;
}

std::vector<Word> words_of(const Command& command) {
    std::vector<Word> words;
    for (const CommandArgument& argument : command.arguments)
        words.push_back({.text = std::string(argument.words),
                         .help = std::string(argument.help),
                         .takes_value = !argument.flag,
                         .takes_file = argument.secret || argument.file,
                         .required = argument.required});
    for (const CommandOption& option : options_by_shape(command)) words.push_back(word_of(option));
    return words;
}

std::vector<Word> global_words() {
    std::vector<Word> words;
    for (const CommandOption& option : global_options()) words.push_back(word_of(option));
    words.push_back({.text = "--help", .help = "explain what can be given here, and end"});
    return words;
}

std::string name_of(const Command& command) {
    return command.name.empty() ? std::string(command.group)
                                : std::string(command.group) + " " + std::string(command.name);
}

std::vector<std::string> options_with(bool Word::*kind) {
    std::vector<std::string> found;
    const auto take = [&](const std::vector<Word>& words) {
        for (const Word& word : words)
            if (word.named() && word.*kind) found.push_back(word.text);
    };
    take(global_words());
    for (const Command& command : commands()) take(words_of(command));
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace kanmon::apps
