#include "dataplane/routing/upload_hole.h"

#include <algorithm>
#include <cstring>

#include "dataplane/routing/icmp_answer.h"
#include "dataplane/routing/ip_header.h"

namespace kanmon::routing {

namespace {

constexpr std::uint8_t option_end = 0, option_nothing = 1, option_selective = 5;
constexpr std::size_t segment_octets_most = 1400;  // no larger one is needed to make the point

/// Where the first selectively acknowledged block begins.
std::optional<std::uint32_t> first_block(Bytes options) {
    ByteReader in(options);
    while (in.remaining() > 0) {
        const std::uint8_t kind = in.u8();
        if (kind == option_end) return std::nullopt;
        if (kind == option_nothing) continue;
        const std::uint8_t length = in.u8();
        if (length < 2) return std::nullopt;
        ByteReader value(in.bytes(length - 2U));
        const std::uint32_t left = value.u32();
        if (kind == option_selective) return value.ok() ? std::optional(left) : std::nullopt;
    }
    return std::nullopt;
}

/// The header of the segment that fills the hole, with as much payload as it is long.
void write_segment(ByteWriter& out, std::uint16_t from, std::uint16_t to, std::uint32_t sequence,
                   std::size_t payload_octets) {
    out.u16(from);
    out.u16(to);
    out.u32(sequence);
    out.u32(0);
    out.u8(tcp_header_octets / 4 << 4);
    out.u8(tcp_ack);
    out.u16(0xffff);
    out.u32(0);
    const MutableBytes payload = out.take(payload_octets);
    std::ranges::fill(payload, std::byte{0});
}

}  // namespace

std::optional<Instant> UploadHole::due() const {
    if (!watching_ || told_) return std::nullopt;
    return since_ + patience;
}

bool UploadHole::answered(const InnerPacket& packet, const TcpSegment& segment,
                          std::size_t payload_least, Instant now) {
    if ((segment.flags & tcp_ack) == 0) return false;
    if (watching_ && now - since_ > proof_within) watching_ = false;
    if (watching_ && segment.flow != flow_) return false;
    if (watching_) {
        if (static_cast<std::int32_t>(segment.acknowledged - sequence_) <= 0) return false;
        watching_ = false;
        return told_;
    }
    const Bytes tcp = packet.transport().first(segment.header_octets);
    const auto block = first_block(tcp.subspan(tcp_header_octets));
    if (!block) return false;
    const std::uint32_t hole = *block - segment.acknowledged;
    if (hole <= payload_least || hole > 0xffff) return false;
    ByteReader in(tcp);
    watching_ = true;
    told_ = false;
    v6_ = packet.v6;
    hole_octets_ = static_cast<std::uint16_t>(hole);
    flow_ = segment.flow;
    sequence_ = segment.acknowledged;
    vpc_port_ = in.u16();
    client_port_ = in.u16();
    since_ = now;
    vpc_ = packet.v6 ? packet.source6 : Endpoint::v4(packet.source, 0).address;
    client_ = packet.v6 ? packet.destination6 : Endpoint::v4(packet.destination, 0).address;
    return false;
}

std::optional<MutableBytes> UploadHole::tell(std::uint16_t mtu, MutableBytes room) {
    told_ = true;
    if (room.size() < room_octets) return std::nullopt;
    const std::size_t payload = std::min<std::size_t>(hole_octets_, segment_octets_most);
    const auto segment_octets = static_cast<std::uint16_t>(tcp_header_octets + payload);
    const MutableBytes quoted_room = room.subspan(icmp_answer_octets_max);
    ByteWriter out(quoted_room);
    write_ip_header(out, {.v6 = v6_,
                          .source = client_,
                          .destination = vpc_,
                          .protocol = protocol_tcp,
                          .payload_octets = segment_octets,
                          .may_fragment = false});
    write_segment(out, client_port_, vpc_port_, sequence_, payload);
    const auto lost = read_inner_packet(quoted_room.first(out.size()));
    if (!out.ok() || !lost) return std::nullopt;
    return make_too_big(*lost, mtu, room.first(icmp_answer_octets_max));
}

}  // namespace kanmon::routing
