#include "dataplane/admission/sip_hash.h"

#include <bit>
#include <cassert>

namespace kanmon::admission {

namespace {

std::uint64_t little_endian(Bytes octets) {
    std::uint64_t value = 0;
    for (std::size_t i = octets.size(); i > 0; --i)
        value = value << 8 | std::to_integer<std::uint64_t>(octets[i - 1]);
    return value;
}

struct Rounds {
    std::uint64_t v0, v1, v2, v3;

    void turn() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t word) {
        v3 ^= word;
        turn();
        turn();
        v0 ^= word;
    }
};

}  // namespace

SipKey sip_key(Bytes sixteen_octets) {
    assert(sixteen_octets.size() == 16);
    return {little_endian(sixteen_octets.first(8)), little_endian(sixteen_octets.subspan(8))};
}

std::uint64_t sip_hash(const SipKey& key, Bytes input) {
    Rounds state{key.low ^ 0x736f6d6570736575U, key.high ^ 0x646f72616e646f6dU,
                 key.low ^ 0x6c7967656e657261U, key.high ^ 0x7465646279746573U};
    Bytes rest = input;
    for (; rest.size() >= 8; rest = rest.subspan(8)) state.absorb(little_endian(rest.first(8)));
    state.absorb(std::uint64_t{input.size() & 0xff} << 56 | little_endian(rest));
    state.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) state.turn();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace kanmon::admission
