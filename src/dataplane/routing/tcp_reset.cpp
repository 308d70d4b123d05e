#include "dataplane/routing/tcp_reset.h"

#include "dataplane/routing/checksum.h"

namespace kanmon::routing {

namespace {

constexpr std::size_t header_v4 = 20, header_v6 = 40;
constexpr std::uint8_t hops = 64;

void write_header(ByteWriter& out, const InnerPacket& packet) {
    if (packet.v6) {
        out.u32(0x60000000);
        out.u16(tcp_header_octets);
        out.u8(protocol_tcp);
        out.u8(hops);
        out.bytes(std::as_bytes(std::span(packet.destination6.octets)));
        out.bytes(std::as_bytes(std::span(packet.source6.octets)));
        return;
    }
    out.u16(0x4500);
    out.u16(header_v4 + tcp_header_octets);
    out.u16(0);
    out.u16(0x4000);
    out.u8(hops);
    out.u8(protocol_tcp);
    out.u16(0);
    out.u32(packet.destination.value);
    out.u32(packet.source.value);
}

/// What the segment occupies of its sender's sequence: its octets, SYN and FIN.
std::uint32_t length_of(const TcpSegment& segment) {
    return segment.payload_octets + std::uint32_t{(segment.flags & tcp_syn) != 0} +
           std::uint32_t{(segment.flags & tcp_fin) != 0};
}

void write_segment(ByteWriter& out, Bytes ports, const TcpSegment& segment) {
    const bool acknowledges = (segment.flags & tcp_ack) != 0;
    out.bytes(ports.subspan(2, 2));
    out.bytes(ports.first(2));
    out.u32(acknowledges ? segment.acknowledged : 0);
    out.u32(acknowledges ? 0 : segment.sequence + length_of(segment));
    out.u8(tcp_header_octets / 4 << 4);
    out.u8(acknowledges ? tcp_rst : tcp_rst | tcp_ack);
    out.u16(0);
    out.u32(0);
}

}  // namespace

std::optional<MutableBytes> make_reset(const InnerPacket& packet, MutableBytes room) {
    const auto segment = read_tcp_segment(packet);
    if (!segment || (segment->flags & tcp_rst) != 0) return std::nullopt;
    const std::size_t header = packet.v6 ? header_v6 : header_v4;
    ByteWriter out(room);
    write_header(out, packet);
    write_segment(out, packet.transport(), *segment);
    if (!out.ok()) return std::nullopt;
    const MutableBytes answer = room.first(out.size());
    if (!packet.v6) {
        InternetSum sum;
        sum.add(Bytes(answer).first(header));
        ByteWriter(answer.subspan(10)).u16(sum.finish());
    }
    // Both addresses have only changed sides, so the packet's own serve for the sum.
    ByteWriter(answer.subspan(header + tcp_checksum_at))
        .u16(transport_checksum(packet, answer.subspan(header)));
    return answer;
}

}  // namespace kanmon::routing
