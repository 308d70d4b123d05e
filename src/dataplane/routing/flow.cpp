#include "dataplane/routing/flow.h"

#include <algorithm>
#include <array>

#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

namespace {

using Read = Expected<FlowPacket, Cause>;

constexpr std::size_t icmp_header_octets = 8;
constexpr std::array<std::uint8_t, 5> errors_v4{3, 4, 5, 11, 12};
constexpr std::uint8_t questions_v6 = 128;  // and above: no errors
constexpr std::uint8_t echo_v4 = 8, echo_reply_v4 = 0, echo_v6 = 128, echo_reply_v6 = 129;

Ipv6 remote_of(const InnerPacket& packet, Way way) {
    const bool is_target = way == Way::from_client;
    if (packet.v6) return is_target ? packet.destination6 : packet.source6;
    return Endpoint::v4(is_target ? packet.destination : packet.source, 0).address;
}

Way opposite(Way way) {
    return way == Way::from_client ? Way::to_client : Way::from_client;
}

Flow flow_between(const InnerPacket& packet, Way way) {
    return {.remote = remote_of(packet, way), .protocol = packet.protocol, .v6 = packet.v6};
}

/// Ports stand at the same place in both protocols.
void take_ports(Flow& flow, ByteReader& in, Way way) {
    const std::uint16_t from = in.u16(), to = in.u16();
    flow.client_port = way == Way::from_client ? from : to;
    flow.remote_port = way == Way::from_client ? to : from;
}

/// Of a quoted segment only the ports are sure to be there.
Read read_tcp(FlowPacket made, Bytes octets, Way way, bool quoted) {
    ByteReader in(octets);
    take_ports(made.flow, in, way);
    if (!quoted) {
        in.bytes(tcp_flags_at - 4);
        const std::uint8_t flags = in.u8();
        in.bytes(tcp_header_octets - tcp_flags_at - 1);
        made.part = (flags & (tcp_syn | tcp_ack)) == tcp_syn ? FlowPart::begins : FlowPart::follows;
        made.tcp_flags = flags;
    }
    if (!in.ok()) return unexpected(Cause::malformed);
    return made;
}

Read read_udp(FlowPacket made, Bytes octets, Way way) {
    ByteReader in(octets);
    take_ports(made.flow, in, way);
    if (!in.ok()) return unexpected(Cause::malformed);
    return made;
}

Read read(const InnerPacket& packet, Way way, bool quoted);

/// Whose error it is that travels this way: its receiver sent the quoted packet. A client says so
/// of what it got itself; to clients routers on the way do.
bool belongs(const InnerPacket& error, const InnerPacket& quoted, Way way) {
    if (way == Way::from_client &&
        !(error.v6 ? quoted.destination6 == error.source6 : quoted.destination == error.source))
        return false;
    return error.v6 ? quoted.source6 == error.destination6 : quoted.source == error.destination;
}

/// The quoted packet travelled the other way, and its sender is whom the error is for.
Read read_error(const InnerPacket& packet, Way way) {
    if (packet.octets.size() < packet.header_octets + icmp_header_octets)
        return unexpected(Cause::malformed);
    const auto quoted = read_quoted_packet(packet.transport().subspan(icmp_header_octets));
    if (!quoted || quoted->v6 != packet.v6 || quoted->later_fragment)
        return unexpected(Cause::malformed);
    if (!belongs(packet, *quoted, way)) return unexpected(Cause::malformed);
    auto made = read(*quoted, opposite(way), true);
    if (made) made->part = FlowPart::error;
    return made;
}

bool is_error(const InnerPacket& packet, std::uint8_t type) {
    if (packet.v6) return type < questions_v6;
    return std::ranges::find(errors_v4, type) != errors_v4.end();
}

Read read_icmp(FlowPacket made, const InnerPacket& packet, Way way, bool quoted) {
    ByteReader in(packet.transport());
    const std::uint8_t type = in.u8();
    if (!in.ok()) return unexpected(Cause::malformed);
    if (is_error(packet, type)) {
        if (quoted || packet.fragment) return unexpected(Cause::malformed);
        return read_error(packet, way);
    }
    const bool asks = type == (packet.v6 ? echo_v6 : echo_v4);
    if (!asks && type != (packet.v6 ? echo_reply_v6 : echo_reply_v4)) return made;
    in.bytes(3);
    made.flow.client_port = in.u16();
    if (!in.ok()) return unexpected(Cause::malformed);
    const bool of_client = asks == (way == Way::from_client);
    made.flow.kind = of_client ? FlowKind::echo_of_client : FlowKind::echo_of_vpc;
    made.part = asks ? FlowPart::begins : FlowPart::follows;
    return made;
}

Read read(const InnerPacket& packet, Way way, bool quoted) {
    const FlowPacket made{.flow = flow_between(packet, way), .first_fragment = packet.fragment};
    if (packet.protocol == protocol_tcp) return read_tcp(made, packet.transport(), way, quoted);
    if (packet.protocol == protocol_udp) return read_udp(made, packet.transport(), way);
    if (packet.protocol == (packet.v6 ? protocol_icmp6 : protocol_icmp))
        return read_icmp(made, packet, way, quoted);
    return made;
}

}  // namespace

Read read_flow(const InnerPacket& packet, Way way) {
    return read(packet, way, false);
}

Flow fragments_of(const InnerPacket& packet, Way way) {
    return {.remote = remote_of(packet, way), .kind = FlowKind::fragments, .v6 = packet.v6};
}

}  // namespace kanmon::routing
