#include "unit/dataplane/io/allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t count = 0;

}  // namespace

void* operator new(std::size_t octets) {
    ++count;
    if (void* room = std::malloc(octets == 0 ? 1 : octets)) return room;
    throw std::bad_alloc();
}

void operator delete(void* room) noexcept {
    std::free(room);
}

void operator delete(void* room, std::size_t) noexcept {
    std::free(room);
}

namespace kanmon::io {

std::size_t allocations() {
    return count;
}

}  // namespace kanmon::io
