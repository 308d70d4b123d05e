// The steps from an empty file to the present tables, numbered from 1 and never changed afterwards:
// a new shape is a new step at the end.
#pragma once

#include <array>

namespace kanmon::adapters {

extern const std::array<const char*, 8> migrations;

}  // namespace kanmon::adapters
