// What the data process has to enforce: immutable, numbered, made by control, carried in a sealed
// memfd.
//
// Owner:  control encodes, data decodes and keeps it until the next one arrives.
// Limits: `snapshot_octets_max`; decoding refuses anything beyond, and any trailing octet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace kanmon::bridge {

inline constexpr std::size_t snapshot_octets_max = std::size_t{256} << 20;
inline constexpr std::uint16_t snapshot_version = 1;

enum class Transport : std::uint8_t { udp, tcp };
enum class Topology : std::uint8_t { net30, subnet };

struct Listener {
    Transport transport = Transport::udp;
    Endpoint local;  // 0.0.0.0 as ::ffff:0.0.0.0 for "every IPv4 address"
    friend bool operator==(const Listener&, const Listener&) = default;
};

/// One SSL server (vss-…) as the data plane sees it.
struct SslServer {
    std::string id;          // vss-…
    std::string gateway_id;  // vpn-…
    std::string revision;    // hash of the bundle's effective lines
    bool enabled = true;
    std::vector<Listener> listeners;
    Cidr client_pool;
    Topology topology = Topology::net30;
    std::vector<Cidr> local_networks;  // pushed as routes
    std::vector<Ipv4> dns_servers;
    std::vector<std::string> ciphers;  // negotiable AEAD ciphers in our order of preference
    std::string fallback_cipher;       // AES-128-CBC, AES-192-CBC, AES-256-CBC: clients without NCP
    std::string digest = "SHA1";       // HMAC of CBC packets
    std::uint16_t tun_mtu = 1500;
    std::uint16_t keepalive_ping_seconds = 10;
    std::uint16_t keepalive_restart_seconds =
        60;                                    // pushed; the server's own time-out is twice this
    std::uint32_t renegotiate_seconds = 3600;  // 0: the server never starts a renegotiation
    std::uint32_t hold_seconds = 300;          // a slot stays held after its client left
    std::string ca_certificate_pem;
    std::string certificate_pem;  // the server's own, with its chain
    SecretBuffer private_key_pem;
    std::vector<std::string> revoked_serials;  // lower-case hexadecimal, no leading zeros
    friend bool operator==(const SslServer&, const SslServer&) = default;
};

struct Gateway {
    std::string id;                     // vpn-…
    std::uint32_t connections_max = 5;  // over all its SSL servers; held slots count
    std::uint32_t bandwidth_mbit = 10;
    friend bool operator==(const Gateway&, const Gateway&) = default;
};

/// A tunnel address in somebody's possession. Durable in control before PUSH_REPLY is sent.
struct Lease {
    std::string server_id;
    Ipv4 address;           // the client's tunnel address
    std::string holder;     // certificate common name; with two-factor the user name
    std::uint64_t session;  // 0: nobody is connected, the slot is held
    Instant held_until{};   // only meaningful when session is 0
    friend bool operator==(const Lease&, const Lease&) = default;
};

struct Snapshot {
    std::uint64_t number = 0;  // grows with every change; a smaller one than the present is ignored
    Instant made_at{};
    std::vector<Gateway> gateways;
    std::vector<SslServer> servers;
    /// All leases that control knows. Data restores its book from them once, at its start; later
    /// snapshots carry them too, but the running data process knows better.
    std::vector<Lease> leases;
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

enum class SnapshotError : std::uint8_t {
    truncated,
    too_large,
    wrong_version,
    out_of_range,
    trailing
};

/// Octets: see snapshot.cpp. Never fails for a snapshot below the limits.
Buffer encode(const Snapshot& snapshot);
Expected<Snapshot, SnapshotError> decode_snapshot(Bytes octets);

}  // namespace kanmon::bridge
