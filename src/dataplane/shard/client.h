// One client of a shard: what its packets need first, then what its life needs.
#pragma once

#include "dataplane/crypto/key_slots.h"
#include "dataplane/shard/shard.h"

namespace kanmon::shard {

struct Client {
    Client(session::SessionStart start, Random& random, Instant now)
        : number(start.number),
          peer_id(start.peer_id),
          profile(start.profile),
          session(std::move(start), random, now) {}

    // --- every packet
    // ------------------------------------------------------------------------------
    crypto::KeySlots keys;
    Path path;
    Ipv4 tunnel_address;
    std::uint32_t slot = 0;
    std::uint16_t segment_limit = 0xffff;  // of TCP inside the tunnel
    std::uint8_t keys_used = 0;            // a bit for each key id under which a packet was opened
    wire::KeyId newest_key = 0;  // key and id of the newest packet: older ones do not float
    std::uint64_t newest_packet = 0;
    wire::Framing framing = wire::Framing::none;
    std::uint8_t compressed_run = 0;  // compressed packets without a plain one between them
    Instant compressed_since{};       // the first of these
    std::uint64_t received_octets = 0, sent_octets = 0;
    std::uint64_t received_packets = 0, sent_packets = 0;
    Instant told_sent{};      // when the session last heard that we sent
    bool told_limit = false;  // that the sending key nears its end
    bool reachable = true;    // its listener still exists
    bool over = false;        // Ended, or about to be destroyed
    bool leased = false;      // holds a tunnel address
    bool connected = false;
    bool had_keys = false;
    bool buried = false;  // waits for the end of the turn to be destroyed
    bool pumping = false;

    // --- its life
    // ----------------------------------------------------------------------------------
    std::uint64_t number = 0;
    wire::PeerId peer_id = 0;
    std::shared_ptr<const session::ServerProfile> profile;
    session::Session session;
    std::optional<Instant> scheduled;  // the earliest entry in the deadline heap that counts
    std::optional<crypto::PeerCertificate> certificate;
    std::uint64_t replaces = 0;
    wire::PeerInfo peer_info;
    std::string cipher;
    UnixTime connected_at{};
};

}  // namespace kanmon::shard
