// An upload whose large segments vanish on the client's path: seen from its answers.
//
// What vanishes on its way to us is never seen here. But smaller segments behind it arrive, and the
// VPC's answers say so for as long as the hole stays (selective acknowledgement, RFC 2018):
//
//     client ── 1328 octets ──╳             VPC  ── "up to X; and X+1328 to X+1568 too" ──▶ client
//            ── 240 octets ─────────────▶
//
// A hole that could be a large segment and is there after `patience` is told to the client's
// system, as the router would have told it that dropped the segment: fragmentation needed (packet
// too big). When the upload then goes on, the path is known to drop large packets.
// One upload is watched at a time. Pure; 72 octets a client.
#pragma once

#include <optional>

#include "base/time.h"
#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

class UploadHole {
public:
    /// Longer than a lost segment takes to be sent and arrive again, almost always.
    static constexpr Duration patience = 1500ms;
    /// An upload that goes on later than that proves nothing.
    static constexpr Duration proof_within = 15s;
    /// Room that `tell` needs.
    static constexpr std::size_t room_octets = 4096;

    bool watching() const { return watching_; }
    /// When to call `tell`; nothing while there is nobody to be told.
    std::optional<Instant> due() const;

    /// A TCP packet of the VPC leaves for the client. `payload_least`: what fits into the smallest
    /// outer packet that every path takes; a smaller hole is ordinary loss. True when an upload
    /// goes on that was told.
    bool answered(const InnerPacket& packet, const TcpSegment& segment, std::size_t payload_least,
                  Instant now);

    /// The ICMP error for the client, in `room`: nothing larger than `mtu` passes. Once an upload.
    std::optional<MutableBytes> tell(std::uint16_t mtu, MutableBytes room);

private:
    bool watching_ = false;
    bool told_ = false;
    bool v6_ = false;
    std::uint16_t hole_octets_ = 0;
    std::uint32_t flow_ = 0;
    std::uint32_t sequence_ = 0;  // where the hole begins
    std::uint16_t vpc_port_ = 0, client_port_ = 0;
    Instant since_{};
    Ipv6 vpc_, client_;  // IPv4 mapped
};

}  // namespace kanmon::routing
