// What the kernel and we leave to each other when a packet crosses the TUN device: a checksum that
// is not finished, several packets that travel as one. The header in front of such packets:
//
//      0       1       2         4         6          8          10
//     +-------+-------+---------+---------+----------+----------+
//     | flags | kind  | header  | segment | checksum | checksum |
//     | 1: un-| 0 1 4 | octets  | octets  | sums from| lies at, |
//     | finish| 5     |         |         | here     | from 6   |
//     +-------+-------+---------+---------+----------+----------+
//
// The numbers are in the machine's own order. kind: 0 one packet, 1 TCP over IPv4, 4 TCP over IPv6,
// 5 UDP; bit 0x80 (segments with ECN) is of no interest here.
// Source: virtio 1.2, section 5.1.6; linux/virtio_net.h.
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"

namespace kanmon::routing {

inline constexpr std::size_t offload_octets = 10;

struct Offload {
    enum class Segments : std::uint8_t { none, tcp4, tcp6, udp };

    Segments segments = Segments::none;
    /// The checksum's field holds the sum of the pseudo header; the rest is still to be added.
    bool unfinished_checksum = false;
    std::uint16_t header_octets = 0;   // up to the payload; what the kernel says is not relied on
    std::uint16_t segment_octets = 0;  // payload of every segment but the last
    std::uint16_t checksum_from = 0;   // it sums from here to the end
    std::uint16_t checksum_at = 0;     // counted from `checksum_from`

    friend bool operator==(const Offload&, const Offload&) = default;
};

/// Nothing for kinds of segments that nobody offered to take, and for a header that is not whole.
std::optional<Offload> read_offload(Bytes header);
std::array<std::byte, offload_octets> encode(const Offload& offload);

}  // namespace kanmon::routing
