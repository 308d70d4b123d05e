// Counts what the program takes from the heap, for tests that promise to take nothing.
#include "allocations.h"

#include <cstdlib>
#include <new>

namespace kanmon::testing {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++kanmon::testing::allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
