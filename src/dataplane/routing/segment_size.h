// Clamps the maximum segment size that TCP peers announce, so that no full segment makes an outer
// packet which the path would have to fragment. Source: RFC 9293 section 3.7.1, RFC 1624.
//
// Pure, in place, bounds-checked; the TCP checksum is updated incrementally.
#pragma once

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

/// Full outer packets, with their IP header, that we let clients make: fits every access network
/// that we know of (PPPoE, mobile, most tunnels).
inline constexpr std::uint16_t outer_octets_max = 1420;

/// What wraps an inner packet.
struct Wrapping {
    bool outer_v6 = false;
    bool outer_tcp = false;
    std::uint16_t front_octets = 24;  // data header, id, tag
    std::uint16_t back_octets = 0;    // epoch tags, or padding at its longest
};

/// What stands around an inner packet on the wire, the outer IP header included.
std::uint16_t wrapping_octets(const Wrapping& wrapping);

/// The largest segment inside IPv4 of which the whole outer packet has at most `outer_max` octets;
/// inside IPv6 it is 20 less.
std::uint16_t segment_limit(const Wrapping& wrapping, std::uint16_t outer_max = outer_octets_max);

/// Lowers the MSS option of a TCP SYN to the limit, of which `limit_v4` is the one inside IPv4;
/// leaves every other packet alone. True when it changed something.
bool clamp_segment_size(const InnerPacket& packet, std::uint16_t limit_v4);

}  // namespace kanmon::routing
