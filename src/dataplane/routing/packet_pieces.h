// A packet that is too large for a client's path, as several that fit.
//
// TCP segments are cut into shorter segments, as the sender would have made them; IPv4 packets of
// other protocols into fragments, where their sender allows it. Everything else stays whole.
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

    /// False when the packet fits as it is, or must not be cut.
    bool possible() const { return step_ != 0; }

    /// The next piece, in `room`; nothing after the last. `room` must hold `inner_octets_max`.
    std::optional<MutableBytes> next(MutableBytes room);

private:
    void finish_segment(MutableBytes piece, std::size_t offset, bool last) const;
    void finish_fragment(MutableBytes piece, std::size_t offset, bool last) const;

    const InnerPacket& packet_;
    std::size_t header_octets_ = 0;  // repeated in front of each piece
    std::size_t step_ = 0;           // octets of the body in each piece but the last
    std::size_t done_ = 0;
    bool segments_ = false;
};

}  // namespace kanmon::routing
