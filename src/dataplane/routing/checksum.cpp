// Sums eight octets at a time in the machine's own order, or 32 where the processor can: the sum is
// the same in any order of octets (RFC 1071, section 2).
#include "dataplane/routing/checksum.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace kanmon::routing {

namespace {

/// To 17 bits, and what has no more than these to 16.
std::uint64_t folded(std::uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

/// What is short of eight octets is filled with zeros.
std::uint64_t sum_of_few(Bytes octets) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < octets.size(); at += sizeof sum) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data() + at, std::min(sizeof word, octets.size() - at));
        sum += (word & 0xffffffff) + (word >> 32);
    }
    return sum;
}

#ifdef __x86_64__

constexpr std::size_t block_octets = 64;

/// Of whole blocks. Each lane takes 32 bits of four words a block, so none overflows below 2^34
/// octets.
__attribute__((target("avx2"))) std::uint64_t sum_of_blocks(Bytes octets) {
    const __m256i low_half = _mm256_set1_epi64x(0xffffffff);
    __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
    for (std::size_t at = 0; at < octets.size(); at += block_octets) {
        const auto* from = reinterpret_cast<const __m256i*>(octets.data() + at);
        const __m256i one = _mm256_loadu_si256(from), other = _mm256_loadu_si256(from + 1);
        low = _mm256_add_epi64(low, _mm256_add_epi64(_mm256_and_si256(one, low_half),
                                                     _mm256_and_si256(other, low_half)));
        high = _mm256_add_epi64(
            high, _mm256_add_epi64(_mm256_srli_epi64(one, 32), _mm256_srli_epi64(other, 32)));
    }
    std::array<std::uint64_t, 4> lanes{};
    const __m256i both = _mm256_add_epi64(low, high);
    std::memcpy(lanes.data(), &both, sizeof lanes);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

const bool wide = __builtin_cpu_supports("avx2") != 0;

#endif

}  // namespace

std::uint16_t sum_of_words(Bytes octets) {
    std::uint64_t sum = 0;
#ifdef __x86_64__
    if (wide && octets.size() >= block_octets) {
        const std::size_t whole = octets.size() / block_octets * block_octets;
        sum = sum_of_blocks(octets.first(whole));
        octets = octets.subspan(whole);
    }
#endif
    sum += sum_of_few(octets);
    const std::uint64_t word = folded(folded(sum));
    const bool big = std::endian::native == std::endian::big;
    return static_cast<std::uint16_t>(big ? word : word << 8 | word >> 8);
}

}  // namespace kanmon::routing
