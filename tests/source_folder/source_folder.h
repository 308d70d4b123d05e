#pragma once

#include <string>

namespace kanmon {

/// "docs/api.md" as a path from the root of the file system.
std::string in_checkout(const std::string& file);

}  // namespace kanmon
