// OpenVPN packets on a byte stream: each behind its length.
//
//      0         2              2 + length
//     +---------+--------------+---------+-----
//     | length  | packet       | length  | packet …
//     | u16     |              | u16     |
//     +---------+--------------+---------+-----
//
// Source:   wire reference, section 1. The length counts the packet alone and is never 0.
// Promises: frames are cut in place and borrow from the octets they were cut from; a length that
//           may not be is refused as soon as it is there, before anybody waits for its octets.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace kanmon::wire {

inline constexpr std::size_t frame_prefix_octets = 2;
inline constexpr std::size_t frame_octets_max = 0xffff;  // what a length can say
/// Longest packet of a client that has not been admitted: a control packet.
inline constexpr std::size_t frame_octets_before_entry = 2048;

/// Longest packet of a client that was: a full tunnel's, with room for any wrapping. Not less than
/// with 1,500, since control packets do not shrink with the tunnel.
constexpr std::size_t frame_octets_after_entry(std::uint16_t tun_mtu) {
    constexpr std::size_t wrapping = 256;
    return (tun_mtu < 1500 ? std::size_t{1500} : std::size_t{tun_mtu}) + wrapping;
}

/// What the first octets of a new stream say about who speaks there.
enum class StreamOpening : std::uint8_t {
    undecided,  // too few octets
    hello,      // the length of a hello, then its opcode (7 or 10, key 0)
    stranger,   // anything else: TLS, HTTP, noise
};

/// How many octets decide.
inline constexpr std::size_t stream_opening_octets = 3;

StreamOpening opening_of(Bytes first_octets);

/// Cuts whole frames off the front of what was received.
class FrameCutter {
public:
    FrameCutter(MutableBytes received, std::size_t frame_octets_allowed)
        : rest_(received), allowed_(frame_octets_allowed) {}

    /// The next packet without its length; nothing when the rest is no whole frame.
    std::optional<MutableBytes> next();
    /// True when a length was 0 or beyond what is allowed: the stream cannot be followed any more.
    bool broken() const { return broken_; }
    /// What `next` has not given out: an incomplete frame, or nothing.
    MutableBytes rest() const { return rest_; }

private:
    MutableBytes rest_;
    const std::size_t allowed_;
    bool broken_ = false;
};

}  // namespace kanmon::wire
