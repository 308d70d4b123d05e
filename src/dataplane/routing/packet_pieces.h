// A packet that is too large for a client's path, as several that fit.
//
// TCP segments are cut into shorter segments, as the sender would have made them; IPv4 packets of
// other protocols into fragments, where their sender allows it. Everything else stays whole. What
// stands for several segments or datagrams (super_packet.h) is cut into these.
// Nothing allocates: a piece is written into the caller's room and lives until the next one.
// Source: RFC 791 section 2.3, RFC 9293 section 3.1.
#pragma once

#include <optional>

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

class PacketPieces {
public:
    /// Borrows the packet. No piece is larger than `inner_octets_max`, its IP header included.
    PacketPieces(const InnerPacket& packet, std::size_t inner_octets_max);

    /// Of a packet that stands for several, each with so many octets of payload but the last: TCP
    /// segments or UDP datagrams. Borrows the packet.
    static PacketPieces of_segments(const InnerPacket& packet, std::size_t payload_octets);

    /// False when the packet fits as it is, or must not be cut.
    bool possible() const { return step_ != 0; }

    std::size_t count() const {
        const std::size_t body = packet_.octets.size() - header_octets_;
        return step_ == 0 ? 1 : (body + step_ - 1) / step_;
    }
    /// Octets of the largest piece.
    std::size_t octets_max() const { return header_octets_ + step_; }

    /// The next piece, in `room`; nothing after the last. `room` must hold `octets_max`.
    std::optional<MutableBytes> next(MutableBytes room);

private:
    enum class Kind : std::uint8_t { segments, datagrams, fragments };

    PacketPieces(const InnerPacket& packet, Kind kind, std::size_t header_octets, std::size_t step)
        : packet_(packet), header_octets_(header_octets), step_(step), kind_(kind) {}

    void finish(MutableBytes piece, std::size_t offset, bool last) const;
    void number(MutableBytes piece, std::size_t offset) const;
    void finish_segment(MutableBytes piece, std::size_t offset, bool last) const;
    void finish_datagram(MutableBytes piece, std::size_t offset) const;
    void finish_fragment(MutableBytes piece, std::size_t offset, bool last) const;

    const InnerPacket& packet_;
    std::size_t header_octets_ = 0;  // repeated in front of each piece
    std::size_t step_ = 0;           // octets of the body in each piece but the last
    std::size_t done_ = 0;
    Kind kind_ = Kind::fragments;
};

}  // namespace kanmon::routing
