// One client of a shard: what its packets need first, then what its life needs.
#pragma once

#include "dataplane/crypto/key_slots.h"
#include "dataplane/flows/packet_gaps.h"
#include "dataplane/routing/access_judge.h"
#include "dataplane/routing/icmp_answer.h"
#include "dataplane/routing/path_limit.h"
#include "dataplane/routing/policy.h"
#include "dataplane/routing/upload_hole.h"
#include "dataplane/shaper/fair_queue.h"
#include "dataplane/shard/shard.h"

namespace kanmon::shard {

/// What access rules refuse a client: the first packet since a record told of one.
struct Denial {
    routing::Flow flow;
    Cause cause = Cause::access_denied;
    routing::RulePlace rule = routing::no_rule;
    Instant told_at{};
    std::uint64_t packets = 0;  // since then, of whatever flow
    bool pending = false;       // waits to be told
};

struct Client {
    Client(session::SessionStart start, Random& random, Instant now)
        : path_limit(start.profile->server.outer_octets_max),
          number(start.number),
          peer_id(start.peer_id),
          profile(start.profile),
          session(std::move(start), random, now) {}

    /// Dropped while they waited for their turn in a bandwidth, both ways.
    std::uint64_t late_packets() const { return download.dropped + upload.dropped; }

    // --- every packet ---
    crypto::KeySlots keys;
    Path path;
    Ipv4 tunnel_address;
    routing::Sender sender;  // the same address as policy wants it
    routing::ClientAccess access;
    std::uint32_t slot = 0;
    std::uint16_t segment_limit = 0xffff;  // of TCP inside the tunnel
    std::uint16_t wrapping_octets = 0;     // around an inner packet, the outer IP header included
    std::uint16_t tun_mtu = 1500;          // the largest inner packet that the client takes
    routing::PathLimit path_limit;
    routing::UploadHole upload_hole;
    shaper::Ticket download, upload;  // its places in the bandwidth
    std::uint8_t keys_used = 0;       // a bit for each key id under which a packet was opened
    flows::PacketGaps gaps;           // and the newest packet: older ones do not float
    wire::Framing framing = wire::Framing::none;
    std::uint8_t compressed_run = 0;  // compressed packets without a plain one between them
    Instant compressed_since{};       // the first of these
    std::uint64_t received_octets = 0, sent_octets = 0;
    std::uint64_t received_packets = 0, sent_packets = 0;
    std::uint64_t refused_packets = 0, oversize_packets = 0, fragmented_packets = 0;
    std::uint64_t told_packets = 0;      // all of these, when its traffic was last told
    std::uint64_t reported_packets = 0;  // and when its fact was
    Denial denial;
    routing::AnswerBudget refusals{20};  // of these: how many are answered, each second
    Instant told_too_big{};              // when the VPC was last told that a packet did not fit
    Instant told_sent{};                 // when the session last heard that we sent
    Instant told_carried{};              // and that a tunnelled packet came or went
    Instant told_moved{};     // when the log last heard that the client speaks from elsewhere
    bool told_limit = false;  // that the sending key nears its end
    bool reachable = true;    // its listener still exists
    bool over = false;        // Ended, or about to be destroyed
    bool leased = false;      // holds a tunnel address
    bool connected = false;
    bool had_keys = false;
    bool buried = false;  // waits for the end of the turn to be destroyed
    bool pumping = false;
    bool fact_is_old = false;  // something else than its traffic is new since it was reported

    // --- its life ---
    std::uint64_t number = 0;
    wire::PeerId peer_id = 0;
    std::shared_ptr<const session::ServerProfile> profile;
    bridge::Listener way_in;  // the listener of its path, whatever place in the list that has
    session::Session session;
    std::uint8_t jobs_done_here = 0;  // of TLS, since then
    Instant jobs_done_since{};
    std::optional<Instant> scheduled;  // the earliest entry in the deadline heap that counts
    std::optional<crypto::PeerCertificate> certificate;
    std::string username;  // empty where nobody was asked
    std::uint64_t replaces = 0;
    Buffer key_metadata;                       // of the tls-crypt-v2 key that the client brought
    std::optional<std::int32_t> clock_behind;  // ours minus the client's, in seconds
    wire::PeerInfo peer_info;
    std::string cipher;
    UnixTime connected_at{};
};

/// Carried, or not.
inline std::uint64_t all_packets(const Client& client) {
    return client.received_packets + client.sent_packets + client.refused_packets +
           client.late_packets() + client.oversize_packets;
}

/// Since its fact was reported.
inline bool has_news(const Client& client) {
    return client.fact_is_old || all_packets(client) != client.reported_packets;
}

/// With the same certificate, or both without one, and the same user.
inline bool same_person(const Client& left, const Client& right) {
    const auto& mine = left.certificate;
    const auto& theirs = right.certificate;
    const bool same_certificate =
        mine && theirs ? mine->sha256 == theirs->sha256 : mine.has_value() == theirs.has_value();
    return same_certificate && left.username == right.username;
}

}  // namespace kanmon::shard
