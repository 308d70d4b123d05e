#include "dataplane/routing/packet_pieces.h"

#include <algorithm>

#include "dataplane/routing/checksum.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

namespace {

constexpr std::size_t fragment_unit = 8;
constexpr std::uint16_t more_fragments = 0x2000;

std::uint16_t word_at(Bytes octets, std::size_t at) {
    return ByteReader(octets.subspan(at)).u16();
}

void put_word(MutableBytes octets, std::size_t at, std::size_t value) {
    ByteWriter(octets.subspan(at)).u16(static_cast<std::uint16_t>(value));
}

void finish_header_v4(MutableBytes piece) {
    put_word(piece, 2, piece.size());
    put_word(piece, 10, 0);
    const std::size_t octets = (std::to_integer<std::size_t>(piece[0]) & 0x0f) * 4;
    InternetSum sum;
    sum.add(piece.first(octets));
    put_word(piece, 10, sum.finish());
}

}  // namespace

PacketPieces::PacketPieces(const InnerPacket& packet, std::size_t inner_octets_max)
    : packet_(packet) {
    if (packet.octets.size() <= inner_octets_max) return;
    const auto segment = read_tcp_segment(packet);
    const bool plain = segment && (segment->flags & (tcp_syn | tcp_rst | tcp_urg)) == 0;
    if (plain && segment->payload_octets > 0) {
        kind_ = Kind::segments;
        header_octets_ = packet.octets.size() - segment->payload_octets;
        if (header_octets_ < inner_octets_max) step_ = inner_octets_max - header_octets_;
        return;
    }
    // Options would have to be copied selectively; nobody sends any.
    if (packet.v6 || !packet.may_fragment || packet.header_octets != header_v4) return;
    header_octets_ = header_v4;
    if (inner_octets_max >= header_v4 + fragment_unit)
        step_ = (inner_octets_max - header_v4) / fragment_unit * fragment_unit;
}

PacketPieces PacketPieces::of_segments(const InnerPacket& packet, std::size_t payload_octets) {
    if (packet.protocol == protocol_udp)
        return {packet, Kind::datagrams, packet.header_octets + udp_header_octets, payload_octets};
    const auto segment = read_tcp_segment(packet);
    if (!segment) return {packet, Kind::segments, packet.header_octets, 0};
    return {packet, Kind::segments,
            std::size_t{packet.header_octets} + std::size_t{segment->header_octets},
            payload_octets};
}

std::optional<MutableBytes> PacketPieces::next(MutableBytes room) {
    const Bytes body = Bytes(packet_.octets).subspan(header_octets_);
    if (step_ == 0 || done_ >= body.size()) return std::nullopt;
    const std::size_t octets = std::min(step_, body.size() - done_);
    if (header_octets_ + octets > room.size()) return std::nullopt;
    ByteWriter out(room);
    out.bytes(Bytes(packet_.octets).first(header_octets_));
    out.bytes(body.subspan(done_, octets));
    const MutableBytes piece = room.first(out.size());
    const std::size_t offset = done_;
    done_ += octets;
    const bool last = done_ == body.size();
    finish(piece, offset, last);
    return piece;
}

void PacketPieces::finish(MutableBytes piece, std::size_t offset, bool last) const {
    switch (kind_) {
        case Kind::segments:
            return finish_segment(piece, offset, last);
        case Kind::datagrams:
            return finish_datagram(piece, offset);
        case Kind::fragments:
            return finish_fragment(piece, offset, last);
    }
}

/// The IP header of a piece that is a packet of its own.
void PacketPieces::number(MutableBytes piece, std::size_t offset) const {
    if (packet_.v6) return put_word(piece, 4, piece.size() - header_v6);
    put_word(piece, 4, word_at(packet_.octets, 4) + offset / step_);  // an id for each
    finish_header_v4(piece);
}

void PacketPieces::finish_segment(MutableBytes piece, std::size_t offset, bool last) const {
    number(piece, offset);
    const MutableBytes segment = piece.subspan(packet_.header_octets);
    const std::uint32_t sequence =
        ByteReader(segment.subspan(tcp_sequence_at)).u32() + static_cast<std::uint32_t>(offset);
    ByteWriter(segment.subspan(tcp_sequence_at)).u32(sequence);
    std::uint8_t flags = std::to_integer<std::uint8_t>(segment[tcp_flags_at]);
    if (!last) flags = static_cast<std::uint8_t>(flags & ~(tcp_fin | tcp_psh));
    if (offset > 0) flags = static_cast<std::uint8_t>(flags & ~tcp_cwr);
    segment[tcp_flags_at] = std::byte{flags};
    put_word(segment, tcp_checksum_at, 0);
    put_word(segment, tcp_checksum_at, transport_checksum(packet_, segment));
}

void PacketPieces::finish_datagram(MutableBytes piece, std::size_t offset) const {
    number(piece, offset);
    const MutableBytes datagram = piece.subspan(packet_.header_octets);
    put_word(datagram, udp_length_at, datagram.size());
    put_word(datagram, udp_checksum_at, 0);
    const std::uint16_t checksum = transport_checksum(packet_, datagram);
    put_word(datagram, udp_checksum_at, checksum == 0 ? 0xffff : checksum);  // 0: there is none
}

void PacketPieces::finish_fragment(MutableBytes piece, std::size_t offset, bool last) const {
    const std::uint16_t original = word_at(packet_.octets, 6);
    std::size_t word = original + offset / fragment_unit;
    if (!last) word |= more_fragments;
    put_word(piece, 6, word);
    finish_header_v4(piece);
}

}  // namespace kanmon::routing
