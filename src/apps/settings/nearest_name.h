// The known name that a misspelt one probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kanmon::apps {

/// How many letters must be added, taken away or changed to make one of the other. At most
/// 64 letters of each are looked at.
std::size_t edit_distance(std::string_view one, std::string_view other);

/// Empty when `known` is.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace kanmon::apps
