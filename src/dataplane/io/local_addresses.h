// The machine's own addresses that clients were seen to use, as small numbers.
//
// A listener on every address must answer from the address that was asked. The number of that
// address travels in the upper half of `Path::listener`, so a client's path remembers it and a
// float to another address of ours is followed, without any table of clients here.
// Owner:  one shard's thread. Nothing allocates.
// Limits: `addresses_max`; later ones get number 0, the kernel's choice.
#pragma once

#include <array>

#include "base/address.h"

namespace kanmon::io {

class LocalAddresses {
public:
    static constexpr std::uint32_t addresses_max = 256;
    static constexpr std::uint32_t listener_bits = 16;

    std::uint32_t number_of(const Ipv6& address) {
        if (count_ > 1 && known_[recent_] == address) return recent_;
        for (std::uint32_t i = 1; i < count_; ++i)
            if (known_[i] == address) return recent_ = i;
        if (count_ == addresses_max) return 0;
        known_[count_] = address;
        recent_ = count_++;
        return recent_;
    }

    const Ipv6& address_of(std::uint32_t number) const {
        return known_[number < count_ ? number : 0];
    }

    static std::uint32_t listener_of(std::uint32_t path_listener) {
        return path_listener & ((1u << listener_bits) - 1);
    }
    static std::uint32_t number_in(std::uint32_t path_listener) {
        return path_listener >> listener_bits;
    }
    static std::uint32_t path_listener(std::uint32_t listener, std::uint32_t number) {
        return number << listener_bits | listener;
    }

private:
    std::array<Ipv6, addresses_max> known_{};  // known_[0] is the wildcard
    std::uint32_t count_ = 1;
    std::uint32_t recent_ = 0;
};

}  // namespace kanmon::io
