// Writes the IP header of a packet of our own: an answer to a tunnelled one, or one that it quotes.
//
// Pure. Source: RFC 791 section 3.1, RFC 8200 section 3; the fields are drawn in inner_packet.h.
#pragma once

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

struct IpHeader {
    bool v6 = false;
    Ipv6 source, destination;  // IPv4 mapped
    std::uint8_t protocol = 0;
    std::size_t payload_octets = 0;
    bool may_fragment = true;  // IPv4; routers never cut IPv6
};

/// To the packet's sender, in the name of whom the packet was for.
IpHeader answering(const InnerPacket& packet, std::uint8_t protocol, std::size_t payload_octets);

/// Without an IPv4 checksum, which `finish_ip_header` adds.
void write_ip_header(ByteWriter& out, const IpHeader& header);
/// Nothing to do for IPv6.
void finish_ip_header(MutableBytes packet, bool v6);

}  // namespace kanmon::routing
