// How large an outer packet a client's path really takes, learned from the TCP that goes through.
//
// A path that drops large packets without a word ("ping works, SSH hangs") is told from one that
// loses packets by an experiment, not by a guess:
//
//   whole, three times   a large segment is seen again and again and was not acknowledged
//        │            (ordinary loss: the second one arrives, nothing happens)
//   in pieces         at the fourth sight it is sent in pieces of `outer_octets_least`
//        │            (the client sleeps: no acknowledgement, nothing happens)
//   acknowledged ──▶  the path eats large packets: the limit falls to the least, at once, because
//        │            a sender that has backed off cannot afford a search downwards
//   climbing          the next large segments are sent in pieces of one step more: acknowledged,
//        │            the limit rises; seen again, it stays, and is tried again after a while
//   settled           senders are told the limit (ICMP), and new ones by their MSS
//
// A wrong verdict therefore heals itself, and a right one costs a few round trips. Packets over the
// limit travel in pieces from the first moment on, so a running transfer goes on even where the
// VPC filters ICMP.
// One segment is watched at a time. Pure; 40 octets a client; a packet costs a few comparisons.
#pragma once

#include <array>

#include "base/time.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

/// The steps of the climb, outer octets: IPv6's least MTU, common tunnels, PPPoE over them.
inline constexpr std::array<std::uint16_t, 4> outer_steps{1280, 1320, 1360, 1400};
inline constexpr std::uint16_t outer_octets_least = outer_steps.front();

class PathLimit {
public:
    static constexpr std::uint16_t unlimited = 0xffff;
    /// A watched segment that was neither acknowledged nor seen again for so long tells nothing.
    static constexpr Duration patience = 5s;
    /// After a failed step the next try is made so much later. Source: RFC 1191 section 6.3.
    static constexpr Duration retry_after = 10min;

    /// `outer_max`: the largest step of the climb, the server's own setting.
    explicit PathLimit(std::uint16_t outer_max = unlimited) : outer_max_(outer_max) {}

    /// Nothing is known of the client's new path.
    void forget(std::uint16_t outer_max) { *this = PathLimit(outer_max); }

    /// The largest outer packet that is known to pass; `unlimited` while there is no doubt.
    std::uint16_t octets() const { return limit_; }
    std::uint16_t outer_max() const { return outer_max_; }
    /// The limit will not rise soon: senders may be told.
    bool settled() const { return !climbing_; }

    /// A TCP segment leaves for the client in an outer packet of `outer_octets`. Returns the
    /// largest outer packet that it may be sent in.
    std::uint16_t leaving(const TcpSegment& segment, std::uint16_t outer_octets, Instant now);

    /// Another witness says that large packets do not pass. True when `octets` has changed.
    bool doubt();

    bool watching() const { return watching_; }
    /// The client acknowledges. True when `octets` has changed.
    bool acknowledged(const TcpSegment& segment);

private:
    void watch(const TcpSegment& segment, std::uint16_t sent_as, Instant now);
    std::uint16_t seen_again(std::uint16_t outer_octets, Instant now);
    std::uint16_t next_step() const;

    std::uint16_t outer_max_;
    std::uint16_t limit_ = unlimited;
    bool climbing_ = false;
    Instant climb_at_{};  // not before

    // The segment that is watched.
    bool watching_ = false;
    std::uint8_t sights_ = 0;
    std::uint16_t sent_as_ = 0;  // outer octets of the largest packet that it was sent in
    std::uint32_t flow_ = 0;
    std::uint32_t sequence_ = 0;
    std::uint32_t end_ = 0;  // what an acknowledgement of all of it says
    Instant last_sight_{};
};

}  // namespace kanmon::routing
