// Both halves of a product, folded: a quick mixture of two words for tables whose keys a peer
// chooses. Without a secret in one of them anybody can aim at a value.
#pragma once

#include <cstdint>

namespace kanmon {

inline std::uint64_t folded_product(std::uint64_t left, std::uint64_t right) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

}  // namespace kanmon
