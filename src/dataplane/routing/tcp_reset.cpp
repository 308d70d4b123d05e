#include "dataplane/routing/tcp_reset.h"

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/ip_header.h"

namespace kanmon::routing {

namespace {

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
    IpHeader reset = answering(packet, protocol_tcp, tcp_header_octets);
    reset.may_fragment = false;
    write_ip_header(out, reset);
    write_segment(out, packet.transport(), *segment);
    if (!out.ok()) return std::nullopt;
    const MutableBytes answer = room.first(out.size());
    finish_ip_header(answer, packet.v6);
    // Both addresses have only changed sides, so the packet's own serve for the sum.
    ByteWriter(answer.subspan(header + tcp_checksum_at))
        .u16(transport_checksum(packet, answer.subspan(header)));
    return answer;
}

}  // namespace kanmon::routing
