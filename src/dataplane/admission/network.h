// The networks that limits are counted for: the one that a single subscriber has, and the one
// around.
//
//     IPv4   host /32   neighbourhood /24
//     IPv6   host /64   neighbourhood /48
#pragma once

#include "base/address.h"

namespace kanmon::admission {

/// The leading octets of an address, and how many count. IPv4 and IPv6 never compare equal, since
/// IPv4 is kept as a mapped address.
struct Network {
    std::array<std::uint8_t, 16> octets{};
    std::uint8_t significant = 0;
    friend auto operator<=>(const Network&, const Network&) = default;
};

inline Network leading(const Endpoint& remote, std::uint8_t significant) {
    Network network{{}, significant};
    for (std::size_t i = 0; i < significant; ++i) network.octets[i] = remote.address.octets[i];
    return network;
}

inline Network host_of(const Endpoint& remote) {
    return leading(remote, remote.is_v4() ? 16 : 8);
}

inline Network neighbourhood_of(const Endpoint& remote) {
    return leading(remote, remote.is_v4() ? 15 : 6);
}

/// What half-open clients are counted by: a /24, or a /64.
inline Network crowd_of(const Endpoint& remote) {
    return leading(remote, remote.is_v4() ? 15 : 8);
}

}  // namespace kanmon::admission
