// Counts what this test program takes from the heap, its own code and OpenSSL together.
#pragma once

#include <cstdint>

namespace kanmon::testing {

/// False when OpenSSL was used before its memory functions could be set.
bool heap_is_counted();
std::uint64_t heap_allocations();

}  // namespace kanmon::testing
