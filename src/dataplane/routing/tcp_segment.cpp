#include "dataplane/routing/tcp_segment.h"

#include "dataplane/routing/checksum.h"

namespace kanmon::routing {

namespace {

std::uint32_t mixed(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15U;
    return static_cast<std::uint32_t>(value >> 32);
}

std::uint64_t folded(const Ipv6& address) {
    ByteReader in(std::as_bytes(std::span(address.octets)));
    const std::uint64_t high = in.u64();
    return high * 0x100000001b3U ^ in.u64();
}

/// A sum, so that both directions have the same.
std::uint32_t flow_of(const InnerPacket& packet, std::uint16_t from, std::uint16_t to) {
    const std::uint64_t source = packet.v6 ? folded(packet.source6) : packet.source.value;
    const std::uint64_t target = packet.v6 ? folded(packet.destination6) : packet.destination.value;
    return mixed(source << 16 ^ from) + mixed(target << 16 ^ to);
}

}  // namespace

std::optional<TcpSegment> read_tcp_segment(const InnerPacket& packet) {
    if (packet.protocol != protocol_tcp || packet.fragment) return std::nullopt;
    const Bytes octets = packet.transport();
    ByteReader in(octets);
    const std::uint16_t from = in.u16(), to = in.u16();
    TcpSegment segment;
    segment.sequence = in.u32();
    segment.acknowledged = in.u32();
    segment.header_octets = static_cast<std::uint16_t>(in.u8() / 16 * 4);
    segment.flags = in.u8();
    in.bytes(6);
    if (!in.ok() || segment.header_octets < tcp_header_octets ||
        segment.header_octets > octets.size())
        return std::nullopt;
    segment.payload_octets = static_cast<std::uint16_t>(octets.size() - segment.header_octets);
    segment.flow = flow_of(packet, from, to);
    return segment;
}

std::uint16_t transport_checksum(const InnerPacket& packet, Bytes segment) {
    InternetSum sum;
    if (packet.v6) {
        sum.add(packet.source6);
        sum.add(packet.destination6);
    } else {
        sum.add(packet.source);
        sum.add(packet.destination);
    }
    sum.word(packet.protocol);
    sum.word(static_cast<std::uint32_t>(segment.size()));
    sum.add(segment);
    return sum.finish();
}

}  // namespace kanmon::routing
