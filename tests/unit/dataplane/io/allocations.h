// Counts the calls of operator new of the calling thread.
#pragma once

#include <cstddef>

namespace kanmon::io {

std::size_t allocations();

}  // namespace kanmon::io
