// The manual pages, in man(7)'s language, made from the tables of commands and settings.
#pragma once

#include <string>
#include <string_view>

namespace kanmon::apps {

/// `date` stands at the foot of each: 2026-11-29.
std::string kanmon_manual(std::string_view date);        // kanmon(1)
std::string kanmond_manual(std::string_view date);       // kanmond(8)
std::string kanmond_toml_manual(std::string_view date);  // kanmond.toml(5)

/// Text as it stands, whatever man(7) would take it for.
std::string roff(std::string_view text);

}  // namespace kanmon::apps
