// The table by which the kernel steers packets of the VPC to the shard of their client: a program
// of the broker's at each TUN device reads it, the data process writes it (mapped memory).
//
//     octets       0 ..  65535   by the last 16 bits of an IPv4 destination
//              65536 .. 131071   by the last 16 bits of an IPv6 destination
//
//     an octet     0             nobody: any queue
//                  n             the queue n - 1, as the broker opened them
//
// Limits: a hint. Addresses of a pool wider than /16 share their octets; whoever reads a packet of
//         another shard's client hands it over.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"

namespace kanmon::bridge {

inline constexpr std::size_t steering_octets_of_family = std::size_t{1} << 16;
inline constexpr std::size_t steering_octets = 2 * steering_octets_of_family;

constexpr std::size_t steering_place(Ipv4 destination) {
    return destination.value % steering_octets_of_family;
}
constexpr std::size_t steering_place(const Ipv6& destination) {
    return steering_octets_of_family + destination.octets[14] * std::size_t{256} +
           destination.octets[15];
}

}  // namespace kanmon::bridge
