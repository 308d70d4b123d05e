// Text on a terminal: nothing in it moves the cursor, changes colours or turns the direction.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kanmon::apps {

/// Readable characters of every script stay; control, formatting and invisible characters and
/// octets that are not UTF-8 become \u{…} or \x…
std::string showable(std::string_view text);
/// Columns it takes: wide characters take two.
std::size_t columns_of(std::string_view showable_text);

/// Columns aligned, two blanks between them, the first row in capitals by the caller.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace kanmon::apps
