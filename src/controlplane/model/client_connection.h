// A live client, as the data process last told it; or a slot that is held for a client that left.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "base/time.h"
#include "bridge/messages.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

struct ClientConnection {
    std::uint64_t session = 0;  // of the data process; 0: the slot is held
    SslServerId server;
    std::string username;     // empty where nobody was asked
    std::string common_name;  // vsc-…; with two-factor the user
    std::string certificate;  // its common name; empty without one, and for a held slot
    bool online = true;       // false: the slot is held
    std::uint32_t held_seconds_left = 0;
    std::optional<Endpoint> remote;
    std::optional<bridge::Transport> transport;
    Ipv4 tunnel_address;
    std::string cipher;
    std::string version;        // hostile: escape before showing
    std::string platform;       // hostile
    std::string revision;       // hostile; empty when not announced
    bool stale_bundle = false;  // announced another revision than the server's
    UnixTime connected_at{};
    std::uint64_t received_octets = 0;  // by the gateway from the client
    std::uint64_t sent_octets = 0;
    std::uint64_t received_packets = 0;
    std::uint64_t sent_packets = 0;
    std::uint64_t refused_packets = 0;     // by rules, both ways
    std::uint64_t late_packets = 0;        // waited too long for their turn, both ways
    std::uint64_t oversize_packets = 0;    // to the client, larger than its path takes
    std::uint64_t fragmented_packets = 0;  // of these, sent in fragments
    std::uint16_t segment_limit = 0;       // octets; what the MSS of its TCP is clamped to
    std::optional<std::int32_t> clock_behind_seconds;  // ours minus the client's
    bridge::PathQuality path = {};
    friend bool operator==(const ClientConnection&, const ClientConnection&) = default;
};

}  // namespace kanmon::model
