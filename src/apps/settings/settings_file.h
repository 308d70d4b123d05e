// kanmond.toml: text to settings, and settings to a text that explains itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/settings/settings.h"

namespace kanmon::apps {

struct ReadSettings {
    Settings settings;                  // what is good of them
    std::vector<std::string> problems;  // one sentence each: line, field, value, rule, what works
};

/// `name` stands before the line in every problem. All problems of a text that is TOML are found
/// at once. What must fit what is not looked at (check_settings).
ReadSettings read_settings(std::string_view text, std::string_view name);

/// A whole kanmond.toml: each key with what it means and its limits; those that have their default
/// are commented out. Read again it gives `settings`.
std::string settings_text(const Settings& settings);

}  // namespace kanmon::apps
