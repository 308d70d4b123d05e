// Nothing here locks, allocates or logs. Why so: docs/decisions/0022.
#include "dataplane/shard/observing.h"

#include <cstring>

#include "dataplane/routing/tcp_segment.h"

namespace kanmon::shard {

namespace {

using flows::Asker;
using routing::FlowKind;
using routing::FlowPart;
using routing::Way;

/// What a TCP connection begins and ends with.
constexpr std::uint8_t edge_flags = tcp_syn | tcp_fin | tcp_rst;

std::size_t least_transport_octets(std::uint8_t protocol) {
    return protocol == protocol_tcp ? routing::tcp_header_octets : 4;
}

std::uint32_t ports_of(Bytes transport) {
    std::uint32_t ports = 0;
    std::memcpy(&ports, transport.data(), sizeof ports);
    return ports;
}

Asker asker_of(const routing::FlowPacket& packet, Way way) {
    if (packet.flow.kind == FlowKind::echo_of_client) return Asker::client;
    if (packet.flow.kind == FlowKind::echo_of_vpc) return Asker::vpc;
    if ((packet.tcp_flags & tcp_syn) == 0) return Asker::unsaid;
    return (packet.part == FlowPart::begins) == (way == Way::from_client) ? Asker::client
                                                                          : Asker::vpc;
}

/// Of an ICMP error, whose type and code were read already.
std::uint16_t icmp_error_of(const routing::InnerPacket& packet) {
    ByteReader in(packet.transport());
    return in.u16();
}

}  // namespace

std::optional<flows::Sighting> sighting_of(const routing::InnerPacket& packet, Way way) {
    if (packet.later_fragment) return std::nullopt;
    const auto read = routing::read_flow(packet, way);
    if (!read) return std::nullopt;
    const routing::Flow& flow = read->flow;
    flows::Sighting seen{.ends = {.remote = flow.remote, .protocol = flow.protocol},
                         .from_client = way == Way::from_client,
                         .asker = asker_of(*read, way),
                         .tcp_flags = read->tcp_flags};
    if (has_ports(flow)) {
        seen.ends.client_port = flow.client_port;
        seen.ends.remote_port = flow.remote_port;
    }
    if (read->part == FlowPart::error) seen.icmp_error = icmp_error_of(packet);
    return seen;
}

// --- runs ----------------------------------------------------------------------------------------

void Observing::note(std::uint32_t client, const routing::InnerPacket& packet, Way way,
                     std::size_t packets, std::optional<Cause> denied, Instant now) {
    const auto count = static_cast<std::uint32_t>(packets);
    if (!denied && continues_run(client, packet, way) &&
        observer_.note_again(way == Way::from_client, count, now))
        return;
    running_ = false;
    auto seen = sighting_of(packet, way);
    if (!seen) return;
    seen->packets = count;
    seen->denied = denied;
    observer_.note(client, *seen, now);
    begin_run(client, packet, way);
}

bool Observing::continues_run(std::uint32_t client, const routing::InnerPacket& packet,
                              Way way) const {
    if (!running_ || client != client_ || way != way_ || packet.protocol != protocol_ ||
        packet.fragment || packet.v6 != v6_)
        return false;
    const bool up = way == Way::from_client;
    if (v6_ ? (up ? packet.destination6 : packet.source6) != remote6_
            : (up ? packet.destination : packet.source) != remote_)
        return false;
    const Bytes transport = packet.transport();
    if (transport.size() < least_transport_octets(protocol_) || ports_of(transport) != ports_)
        return false;
    return protocol_ != protocol_tcp ||
           (std::to_integer<std::uint8_t>(transport[routing::tcp_flags_at]) & edge_flags) == 0;
}

void Observing::begin_run(std::uint32_t client, const routing::InnerPacket& packet, Way way) {
    const bool up = way == Way::from_client;
    running_ = packet.protocol == protocol_tcp || packet.protocol == protocol_udp;
    if (!running_) return;
    v6_ = packet.v6;
    protocol_ = packet.protocol;
    way_ = way;
    client_ = client;
    ports_ = ports_of(packet.transport());
    remote_ = up ? packet.destination : packet.source;
    remote6_ = up ? packet.destination6 : packet.source6;
}

}  // namespace kanmon::shard
