// A tunnelled packet, read once: its header and where its transport header begins.
//
//      0        1     2              6        8     9           10        12       16       20
//     +--------+-----+--------+-----+--------+-----+-----------+---------+--------+--------+------+
//     | 4, ihl | tos | length | id  | flags, | ttl | protocol  | header  | source | desti- | …    |
//     |        |     | u16    | u16 | offset |     | u8        | checksum|        | nation |      |
//     +--------+-----+--------+-----+--------+-----+-----------+---------+--------+--------+------+
//
//      0            4         6       7       8           24             40
//     +------------+---------+-------+-------+-----------+--------------+------------------------+
//     | 6, class,  | payload | next  | hop   | source    | destination  | extension headers, then|
//     | flow label | u16     | header| limit | 16        | 16           | the transport header   |
//     +------------+---------+-------+-------+-----------+--------------+------------------------+
//
// Pure. Checksums are the receiver's business. Source: RFC 791, RFC 8200 section 4.
// Limits: `extension_headers_max`; a chain must lie wholly in the packet (RFC 7112).
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "base/ip_numbers.h"
#include "base/result.h"
#include "bridge/causes.h"

namespace kanmon::routing {

inline constexpr unsigned extension_headers_max = 8;

/// Octets of a header without options or extension headers.
inline constexpr std::size_t header_v4 = 20, header_v6 = 40;

struct InnerPacket {
    MutableBytes octets;  // exactly the packet: what follows its stated length is cut off
    std::uint16_t header_octets = 20;  // up to the transport header, extension headers included
    std::uint8_t protocol = 0;         // of the transport header
    bool v6 = false;
    bool fragment = false;        // a part of a packet, the first one too
    bool later_fragment = false;  // offset > 0: holds no transport header
    bool may_fragment = false;    // IPv4 without DF
    bool source_routed = false;   // asks to visit other addresses before or after its destination
    Ipv4 source, destination;     // of IPv4
    Ipv6 source6, destination6;   // of IPv6

    MutableBytes transport() const { return octets.subspan(header_octets); }
};

/// Errors: not_ip (another version), truncated, malformed (lengths that contradict each other, a
/// chain of extension headers that is too long or leaves the packet), unsupported_framing (a
/// compression header in front).
Expected<InnerPacket, Cause> read_inner_packet(MutableBytes payload);

/// The beginning of a packet, as ICMP errors quote it: its headers must be there, the rest may be
/// cut off.
Expected<InnerPacket, Cause> read_quoted_packet(MutableBytes quoted);

}  // namespace kanmon::routing
