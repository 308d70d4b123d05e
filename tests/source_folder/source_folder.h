#pragma once

#include <string>

namespace kanmon {

/// "docs/api.md" as a path from the root of the file system.
std::string in_checkout(const std::string& file);

/// What stands in a page of the checkout that is made by the program; `made` is written there first
/// when the environment has KANMON_WRITE_DOCS.
std::string page_in_checkout(const std::string& file, const std::string& made);

}  // namespace kanmon
