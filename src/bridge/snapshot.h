// What the data process has to enforce: immutable, numbered, made by control, carried in a sealed
// memfd.
//
// Owner:  control encodes, data decodes and keeps it until the next one arrives.
// Limits: `snapshot_octets_max`; decoding refuses anything beyond, and any trailing octet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "bridge/access_policy.h"

namespace kanmon::bridge {

inline constexpr std::size_t snapshot_octets_max = std::size_t{256} << 20;
inline constexpr std::uint16_t snapshot_version = 4;

enum class Transport : std::uint8_t { udp, tcp };
enum class Topology : std::uint8_t { net30, subnet, p2p };

struct Listener {
    Transport transport = Transport::udp;
    Endpoint local;  // 0.0.0.0 as ::ffff:0.0.0.0 for "every IPv4 address"
    friend bool operator==(const Listener&, const Listener&) = default;
};

/// What wraps control packets. Source: wire reference, 6 to 8.
enum class Wrapping : std::uint8_t { none, tls_auth, tls_crypt, tls_crypt_v2 };
struct ControlWrapping {
    Wrapping kind = Wrapping::none;
    SecretBuffer key;             // 256 octets; of tls-crypt-v2 the server's 128; of none empty
    std::string digest = "SHA1";  // tls-auth: SHA1 or SHA256
    bool directed = true;         // tls-auth: our key-direction is 0, the clients' 1; else none
    friend bool operator==(const ControlWrapping&, const ControlWrapping&) = default;
};

/// What tells who a client is. At least one of the first two holds.
struct Login {
    bool certificate = true;
    bool password = false;            // user name and password, asked of the identity source
    bool code = false;                // and a one-time code
    bool web = false;                 // a web page decides instead of password and code
    std::uint32_t token_seconds = 0;  // life of an auth-token; 0: none is given
    SecretBuffer token_key;           // 32 octets when tokens are given
    friend bool operator==(const Login&, const Login&) = default;
};

/// Several sessions of one certificate (of one user, where passwords are asked).
enum class SameHolder : std::uint8_t { allow_several, replace_older };

/// This holder always gets this tunnel address, which implies `replace_older` for it.
struct StaticAddress {
    std::string holder;
    Ipv4 address;
    friend bool operator==(const StaticAddress&, const StaticAddress&) = default;
};

/// IPv6 inside the tunnel. A client's address follows from its IPv4 one: `tunnel_address6`.
struct Inner6 {
    Cidr6 client_pool;  // at least as many addresses as the IPv4 pool
    std::vector<Cidr6> local_networks;
    std::vector<Ipv6> dns_servers;
    friend bool operator==(const Inner6&, const Inner6&) = default;
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
    std::vector<std::string> dns_search_domains;  // appended to short names
    std::vector<std::string> dns_split_domains;   // only these are asked of dns_servers
    std::optional<Inner6> inner6;
    bool full_tunnel = false;  // everything goes through the gateway (redirect-gateway)
    bool block_lan = false;    // full tunnel: not even the client's own LAN stays reachable
    std::vector<StaticAddress> static_addresses;
    SameHolder same_holder = SameHolder::allow_several;
    ControlWrapping wrapping;
    Login login;
    std::vector<std::string> ciphers;  // negotiable AEAD ciphers in our order of preference
    /// AES-128-CBC, AES-192-CBC, AES-256-CBC: clients without NCP. "none" only where the operator
    /// insists, empty: such clients are refused.
    std::string fallback_cipher;
    std::string digest = "SHA1";       // HMAC of CBC packets
    bool compression_framing = false;  // the bundle names compression; packets never are
    std::uint16_t tun_mtu = 1500;
    std::uint16_t outer_octets_max = 1420;  // of a full outer packet: what MSS is clamped to
    std::uint32_t client_bandwidth_mbit = 0;  // of each client, each way; 0: the gateway's alone
    std::uint32_t inactive_seconds = 0;     // without tunnelled packets a client goes; 0: never
    bool port_share = false;                // strangers on a TCP port are handed to the console
    std::uint16_t keepalive_ping_seconds = 10;
    std::uint16_t keepalive_restart_seconds =
        60;                                    // pushed; the server's own time-out is twice this
    std::uint32_t renegotiate_seconds = 3600;  // 0: the server never starts a renegotiation
    std::uint32_t hold_seconds = 300;          // a slot stays held after its client left
    std::string ca_certificate_pem;
    std::string certificate_pem;  // the server's own, with its chain
    SecretBuffer private_key_pem;
    std::vector<std::string> revoked_serials;  // lower-case hexadecimal, no leading zeros
    AccessPolicy access;
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

/// How many clients a pool can hold at once.
std::uint32_t pool_capacity(const Cidr& pool, Topology topology);

/// The IPv6 tunnel address of a client with this IPv4 one: as far behind its pool's first.
Ipv6 tunnel_address6(const Cidr& pool, const Cidr6& pool6, Ipv4 address);
/// And back: the IPv4 tunnel address that this one follows from, or nothing for one beyond the
/// pool.
std::optional<Ipv4> tunnel_address4(const Cidr& pool, const Cidr6& pool6, const Ipv6& address);

/// Octets: see snapshot.cpp. Never fails for a snapshot below the limits.
Buffer encode(const Snapshot& snapshot);
Expected<Snapshot, SnapshotError> decode_snapshot(Bytes octets);

}  // namespace kanmon::bridge
