// What can follow which words of the command line: the table of commands as completions and manual
// pages need it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/kanmon/command.h"

namespace kanmon::apps {

struct Word {
    std::string text;  // "--vpc", "gateway"; of an argument without dashes its name, "GATEWAY"
    std::string help;
    bool takes_value = false;
    bool takes_file = false;
    bool required = false;
    bool named() const { return text.starts_with("--"); }
};

/// Groups, and commands without one.
std::vector<Word> first_words();
/// The commands of a group.
std::vector<Word> words_below(std::string_view group);
/// Options and arguments of a command, with those that it has by its shape.
std::vector<Word> words_of(const Command& command);
std::vector<Word> global_words();
/// "gateway create", or "logs" for one without a group.
std::string name_of(const Command& command);
/// Options that are followed by a value, or by a file's name, anywhere; each once.
std::vector<std::string> options_with(bool Word::*kind);

}  // namespace kanmon::apps
