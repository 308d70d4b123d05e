// What load clients and `swarm echo` say to each other, as UDP inside the tunnel.
//
//      0       4       8        16           24         32              34         36
//     +-------+-------+--------+------------+----------+---------------+----------+------------+
//     | mark  | run   | client | number     | received | answer octets | answers  | zeros to   |
//     |       | u32   | u64    | u64        | u64      | u16           | u16      | its length |
//     +-------+-------+--------+------------+----------+---------------+----------+------------+
//
// A request asks for so many answers of so many octets. Each answer repeats run, client and number
// and says how many requests of that client and run were received. Pure.
// Limits: `answers_max` answers, so that an echo amplifies no more than that.
#pragma once

#include <optional>

#include "base/address.h"
#include "base/bytes.h"

namespace kanmon::swarm {

inline constexpr std::size_t message_octets = 36;
inline constexpr std::uint16_t answers_max = 64;
inline constexpr std::size_t udp_header_octets = 8;

struct EchoMessage {
    std::uint32_t run = 0;
    std::uint64_t client = 0, number = 0, received = 0;
    std::uint16_t answer_octets = message_octets;  // of the UDP payload
    std::uint16_t answers = 0;
    friend bool operator==(const EchoMessage&, const EchoMessage&) = default;
};

/// Into the front of a UDP payload that has at least `message_octets`; the rest becomes zeros.
void encode(const EchoMessage& message, MutableBytes payload);
/// Nothing for other datagrams, and for one that asks for more than the limits.
std::optional<EchoMessage> decode_echo_message(Bytes payload);

/// An inner UDP packet of exactly `inner_octets` into the front of `room`, checksums included.
/// Both ends are of one family. At least `headers_octets` and `message_octets`.
void write_inner(MutableBytes room, const Endpoint& from, const Endpoint& to,
                 const EchoMessage& message, std::size_t inner_octets);
/// IP and UDP.
std::size_t headers_octets(const Endpoint& to);
/// The UDP payload of an inner packet; nothing when it is no UDP.
std::optional<Bytes> udp_payload(MutableBytes packet);

}  // namespace kanmon::swarm
