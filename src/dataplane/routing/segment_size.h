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

/// The largest segment of which the whole outer packet has at most `outer_max` octets.
std::uint16_t segment_limit(const Wrapping& wrapping, std::uint16_t outer_max = outer_octets_max);

/// Lowers the MSS option of a TCP SYN to `limit`; leaves every other packet alone. True when it
/// changed something.
bool clamp_segment_size(const InnerPacket& packet, std::uint16_t limit);

}  // namespace kanmon::routing
