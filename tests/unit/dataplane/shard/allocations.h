// How often `operator new` was called in this program.
#pragma once

#include <cstddef>

namespace kanmon::testing {
extern std::size_t allocations;
}
