// The framing of payloads that clients configured for compression use. Nothing is ever compressed
// here (VORACLE), and nothing compressed is understood; only the frames around plain packets are.
//
//   none      packet
//   lzo       FA | packet                          comp-lzo, comp-lzo no, compress lzo
//   swap      FB | packet without its first octet | that octet     compress, compress lz4
//   stub_v2   packet; one that begins with 50:  50 00 | packet     compress stub-v2, lz4-v2
//
// What peers would compress: 66 (LZO) and 69 (LZ4) in place of FA and FB, 50 and another octet than
// 0. Pings and OCC messages are framed as packets are. Source: wire reference, section 19.
#pragma once

#include "dataplane/wire/opcode.h"

namespace kanmon::wire {

enum class Framing : std::uint8_t { none, lzo, swap, stub_v2 };

/// Octets that framing adds to a tunnelled packet.
constexpr std::size_t framing_octets(Framing framing) {
    return framing == Framing::lzo || framing == Framing::swap ? 1 : 0;
}
/// More than `put_frame` ever adds.
inline constexpr std::size_t framing_octets_max = 2;

/// Takes the frame off in place. Errors: `truncated` without any octet, `unsupported_framing` for
/// what is compressed or framed in another way.
Decoded<MutableBytes> take_frame(Framing framing, MutableBytes payload);

/// Copies the packet into `room`, framed; returns how many octets that took. `room` holds the
/// packet and framing_octets_max more. Without a framing the packet may be there already.
std::size_t put_frame(Framing framing, Bytes packet, MutableBytes room);

/// By the first octet, when that is none of an IP packet, a ping or an OCC message: how a client
/// frames that was not expected to (it hides its options, or ignores what it is pushed).
std::optional<Framing> framing_of(Bytes payload);

}  // namespace kanmon::wire
