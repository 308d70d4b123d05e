// OpenSSL's memory functions are set before main, because it takes them only before its first use.
#include "counted_heap.h"

#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted_malloc(std::size_t octets, const char*, int) {
    ++allocations;
    return std::malloc(octets);
}
void* counted_realloc(void* old, std::size_t octets, const char*, int) {
    ++allocations;
    return std::realloc(old, octets);
}
void counted_free(void* memory, const char*, int) {
    std::free(memory);
}

const bool counted = CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) == 1;

}  // namespace

void* operator new(std::size_t octets) {
    ++allocations;
    if (void* memory = std::malloc(octets)) return memory;
    throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace kanmon::testing {

bool heap_is_counted() {
    return counted;
}
std::uint64_t heap_allocations() {
    return allocations;
}

}  // namespace kanmon::testing
