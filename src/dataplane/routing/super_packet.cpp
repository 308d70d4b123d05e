#include "dataplane/routing/super_packet.h"

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

namespace {

/// False when the field would lie outside of the packet.
bool finish_checksum(const Offload& offload, const InnerPacket& packet) {
    const std::size_t from = offload.checksum_from;
    const std::size_t at = from + offload.checksum_at;
    if (at + 2 > packet.octets.size() || from < packet.header_octets) return false;
    InternetSum sum;
    sum.add(packet.octets.subspan(from));
    std::uint16_t checksum = sum.finish();
    if (checksum == 0 && packet.protocol == protocol_udp) checksum = 0xffff;  // 0: there is none
    ByteWriter(packet.octets.subspan(at)).u16(checksum);
    return true;
}

bool is_segmentable_tcp(const InnerPacket& packet) {
    const auto segment = read_tcp_segment(packet);
    return segment && segment->payload_octets > 0 && (segment->flags & (tcp_syn | tcp_rst)) == 0;
}

bool agree(const Offload& offload, const InnerPacket& packet) {
    switch (offload.segments) {
        case Offload::Segments::tcp4:
            return !packet.v6 && is_segmentable_tcp(packet);
        case Offload::Segments::tcp6:
            return packet.v6 && is_segmentable_tcp(packet);
        case Offload::Segments::udp:
            return packet.protocol == protocol_udp && !packet.fragment &&
                   packet.transport().size() > udp_header_octets;
        case Offload::Segments::none:
            break;
    }
    return false;
}

}  // namespace

Expected<SuperPacket, Cause> read_super_packet(const Offload& offload, MutableBytes octets) {
    const auto packet = read_inner_packet(octets);
    if (!packet) return unexpected(packet.error());
    if (offload.segments == Offload::Segments::none) {
        if (offload.unfinished_checksum && !finish_checksum(offload, *packet))
            return unexpected(Cause::malformed);
        return SuperPacket{*packet};
    }
    if (offload.segment_octets == 0 || packet->octets.size() != octets.size() ||
        !agree(offload, *packet))
        return unexpected(Cause::malformed);
    return SuperPacket{*packet, offload.segment_octets};
}

}  // namespace kanmon::routing
