// The page docs/configuration.md, made from the table of settings.
#pragma once

#include <string>

namespace kanmon::apps {

/// The same text for the same table; tests/unit/apps/settings compares it with the file.
std::string settings_page();

}  // namespace kanmon::apps
