// SipHash-2-4: a keyed hash of short inputs with 64 bits of result.
//
// Unforgeable and unpredictable without the key, and fast enough for every datagram of a flood.
// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF"; vectors in the test.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace kanmon::admission {

struct SipKey {
    std::uint64_t low = 0;   // octets 0..7, little-endian
    std::uint64_t high = 0;  // octets 8..15
};

SipKey sip_key(Bytes sixteen_octets);
std::uint64_t sip_hash(const SipKey& key, Bytes input);

}  // namespace kanmon::admission
