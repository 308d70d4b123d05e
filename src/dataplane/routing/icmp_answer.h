// ICMP errors that a router owes: to the VPC, that nobody has this tunnel address or that a packet
// is too big for the client's path; to either end, that access rules refuse a flow.
//
//      0      1      2          4                8
//     +------+------+----------+----------------+----------------------------------------------+
//     | type | code | checksum | unused, or MTU | the offending packet, as much as is allowed  |
//     +------+------+----------+----------------+----------------------------------------------+
//
// Made from the offending packet in the caller's room, nothing allocates. The source is the address
// that the packet was sent to: an error from the gateway's own tunnel address would come back to
// the machine that has this address, whose kernel takes it for a forgery.
// Never about ICMP errors, about later fragments, to or about multicast. Source: RFC 792, RFC 1191,
// RFC 1812 section 4.3.2, RFC 4443.
#pragma once

#include <optional>

#include "base/time.h"
#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

/// Room that the longest answer needs: the least MTU of IPv6.
inline constexpr std::size_t icmp_answer_octets_max = 1280;

/// Host unreachable (3, 1), or address unreachable (1, 3) of IPv6. Nothing when no answer is owed.
std::optional<MutableBytes> make_unreachable(const InnerPacket& packet, MutableBytes room);

/// Fragmentation needed (3, 4), or packet too big (2, 0) of IPv6, with the largest packet that
/// passes; IPv6 hosts do not accept less than 1,280, so they are not told less.
std::optional<MutableBytes> make_too_big(const InnerPacket& packet, std::uint16_t mtu,
                                         MutableBytes room);

/// Communication administratively prohibited (3, 13), or (1, 1) of IPv6. Source: RFC 1812 section
/// 5.2.7.1.
std::optional<MutableBytes> make_prohibited(const InnerPacket& packet, MutableBytes room);

/// How many answers may leave: a bucket of tokens that fills with time, and holds as many as a
/// second brings. Owner: one shard.
class AnswerBudget {
public:
    static constexpr unsigned per_second = 100;

    explicit AnswerBudget(unsigned each_second = per_second)
        : interval_(Duration(1s) / each_second) {}

    /// True, and a token is taken, when an answer may leave now.
    bool take(Instant now);

private:
    Duration interval_;
    Instant full_at_{};  // when the bucket will be full again
};

}  // namespace kanmon::routing
