// Several packets of one flow that the kernel gives as one, and packets whose checksum it left to
// us: validated, and the checksum of a single one finished.
//
// What is judged by its addresses is judged once, on the whole; `PacketPieces` then makes the
// segments, each as its sender would have made it. Pure; nothing allocates.
// Source: linux/Documentation/networking/segmentation-offloads.rst; virtio 1.2, section 5.1.6.
#pragma once

#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/offload.h"
#include "dataplane/routing/packet_pieces.h"

namespace kanmon::routing {

struct SuperPacket {
    InnerPacket whole;
    std::uint16_t segment_octets = 0;  // 0: the whole is one packet, ready to be sent on

    bool is_single() const { return segment_octets == 0; }
    std::size_t packets() const { return is_single() ? 1 : segments().count(); }
    /// Borrows this.
    PacketPieces segments() const { return PacketPieces::of_segments(whole, segment_octets); }
};

/// Errors: those of read_inner_packet, and malformed for an offload that contradicts its packet.
Expected<SuperPacket, Cause> read_super_packet(const Offload& offload, MutableBytes octets);

}  // namespace kanmon::routing
