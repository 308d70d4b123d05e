// The table of settings: the one place where a key of kanmond.toml is named, limited and explained.
//
// The file's reader, kanmond's command line, `--print-config`, docs/configuration.md and the man
// pages follow from it, so a new setting is one row here and a field in settings.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "apps/settings/settings.h"
#include "base/result.h"

namespace kanmon::apps {

using SettingMember = std::variant<std::string Settings::*, std::uint32_t Settings::*,
                                   bool Settings::*, std::vector<std::string> Settings::*>;

struct Setting {
    std::string_view section;
    std::string_view key;
    SettingMember member;
    std::string_view help;
    std::string_view rule;    // what it must be, with its unit and limits: "must be …"
    std::string_view works;   // a value that would work
    std::string_view option;  // of kanmond's command line
    /// Of a text, or of each text of a list. Numbers have limits instead.
    bool (*fits)(std::string_view text) = nullptr;
    std::uint32_t least = 0;
    std::uint32_t most = 0;

    std::string name() const { return std::string(section) + "." + std::string(key); }
};

/// Those of one section stand together.
const std::vector<Setting>& setting_table();
/// By section and key, as in "api.listen"; nothing when there is none.
const Setting* find_setting(std::string_view name);

/// A value as it was given: of whatever type, and as it stands in the file.
struct GivenValue {
    std::variant<std::monostate, std::string, std::int64_t, bool, std::vector<std::string>> value;
    std::string shown;
};

/// What a word of the command line means for this setting: a list is separated by commas.
GivenValue given_word(const Setting& setting, const std::string& word);

/// The error names the value, the rule and what would work, and not the field: the caller knows
/// whether it was a key or an option.
Expected<void, std::string> write_setting(Settings& settings, const Setting& setting,
                                          const GivenValue& given);

/// What must fit what. One sentence for each problem.
std::vector<std::string> check_settings(const Settings& settings);

/// As TOML writes it: "text", 8443, true, ["a", "b"].
std::string toml_value(const Settings& settings, const Setting& setting);

}  // namespace kanmon::apps
