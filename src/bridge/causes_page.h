// The page docs/causes.md, made from the table of causes.
#pragma once

#include <string>

namespace kanmon {

/// The same text for the same table; tests/unit/bridge compares it with the file.
std::string causes_page();

}  // namespace kanmon
