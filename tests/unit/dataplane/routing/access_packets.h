// Packets of flows, for the tests of access rules.
#pragma once

#include "dataplane/routing/flow.h"
#include "packets.h"

namespace kanmon::routing {

inline const Ipv4 host{0xac140001}, other_host{0xac140002};  // 172.20.0.1 and 2

inline Buffer with_ports(std::uint16_t from, std::uint16_t to, std::size_t octets = 8) {
    BufferWriter out;
    out.u16(from);
    out.u16(to);
    out.bytes(Buffer(octets - 4));
    return out.finish();
}

inline Buffer tcp_header(std::uint16_t from, std::uint16_t to, std::uint8_t flags) {
    Buffer made = with_ports(from, to, 20);
    made[12] = std::byte{0x50};
    made[13] = std::byte{flags};
    return made;
}

inline Buffer icmp(std::uint8_t type, std::uint16_t id, Bytes body = {}) {
    BufferWriter out;
    out.u8(type);
    out.u8(0);
    out.u16(0);
    out.u16(id);
    out.u16(1);
    out.bytes(body);
    return out.finish();
}

/// In one direction or the other, of either family: `remote` is the end that is not the client.
inline Buffer between(Way way, Ipv4 remote, std::uint8_t protocol, Bytes body) {
    return way == Way::from_client ? ip_packet(client, remote, protocol, body)
                                   : ip_packet(remote, client, protocol, body);
}
inline Buffer between(Way way, const Ipv6& remote, std::uint8_t protocol, Bytes body) {
    return way == Way::from_client ? ip6_packet(client6, remote, protocol, body)
                                   : ip6_packet(remote, client6, protocol, body);
}

/// A client's port and one of the other end, as they stand in this direction.
inline Buffer udp_of(Way way, Ipv4 remote, std::uint16_t remote_port, std::uint16_t own = 4000) {
    return between(
        way, remote, protocol_udp,
        way == Way::from_client ? with_ports(own, remote_port) : with_ports(remote_port, own));
}
inline Buffer tcp_of(Way way, Ipv4 remote, std::uint16_t remote_port, std::uint8_t flags,
                     std::uint16_t own = 4000) {
    return between(way, remote, protocol_tcp,
                   way == Way::from_client ? tcp_header(own, remote_port, flags)
                                           : tcp_header(remote_port, own, flags));
}

/// The same IPv4 packet as a fragment at `offset` (a multiple of 8).
inline Buffer as_fragment(Buffer packet, std::uint16_t offset, bool more) {
    ByteWriter(MutableBytes(packet).subspan(6))
        .u16(static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000 : 0)));
    return packet;
}

inline Expected<FlowPacket, Cause> flow_of(Buffer packet, Way way) {
    const auto inner = read_inner_packet(packet);
    EXPECT_TRUE(inner.has_value());
    return read_flow(*inner, way);
}

}  // namespace kanmon::routing
