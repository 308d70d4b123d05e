// What a TCP header says, as far as the packet path wants to know. Source: RFC 9293 section 3.1.
//
//      0        2        4          8         12      13      14       16         18       20
//     +--------+--------+----------+---------+-------+-------+--------+----------+--------+------+
//     | source | desti- | sequence | acknow- | offset| flags | window | checksum | urgent | …    |
//     | port   | nation | u32      | ledged  | /4<<4 | u8    | u16    | u16      | u16    |      |
//     +--------+--------+----------+---------+-------+-------+--------+----------+--------+------+
#pragma once

#include <optional>

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

inline constexpr std::size_t tcp_header_octets = 20;
inline constexpr std::size_t tcp_sequence_at = 4, tcp_offset_at = 12, tcp_flags_at = 13,
                             tcp_checksum_at = 16;

struct TcpSegment {
    std::uint32_t flow = 0;  // a hash of both ends, the same in both directions
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;  // only with the flag
    std::uint8_t flags = 0;
    std::uint16_t header_octets = 0;
    std::uint16_t payload_octets = 0;
};

/// Nothing for other protocols, for fragments and for a header that is not whole.
std::optional<TcpSegment> read_tcp_segment(const InnerPacket& packet);

/// Of UDP: where its length and its checksum lie. Source: RFC 768.
inline constexpr std::size_t udp_header_octets = 8;
inline constexpr std::size_t udp_length_at = 4, udp_checksum_at = 6;

/// The checksum of a TCP segment or UDP datagram of this packet's addresses whose checksum field is
/// zero. 0 when the field holds the right one.
std::uint16_t transport_checksum(const InnerPacket& packet, Bytes segment);

}  // namespace kanmon::routing
