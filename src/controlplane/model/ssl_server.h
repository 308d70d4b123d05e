// An SSL server: where clients connect, which addresses they get and what they may reach.
//
// The rules of this file are the ones that prevent support calls: each refusal names both sides of
// a clash and a value that would work.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "bridge/snapshot.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"
#include "controlplane/model/server_options.h"

namespace kanmon::model {

/// Who signs the certificates of clients, and of the server.
enum class AuthorityOrigin : std::uint8_t {
    own,       // made here
    imported,  // the operator's, with its key
    elsewhere  // the operator's without its key: clients' only; ours signs the server's
};

struct SslServer {
    SslServerId id;
    AccountId account;
    VpnGatewayId gateway;
    std::string name;
    Cidr client_pool;
    std::string local_subnet;  // as written: clients compare the text
    bridge::Transport transport = bridge::Transport::udp;
    std::uint16_t port = 1194;
    std::string cipher = "AES-128-CBC";
    bool compress = false;    // the framing of compression; nothing is compressed (VORACLE)
    std::string dns_servers;  // as written, comma separated
    bridge::Topology topology = bridge::Topology::net30;
    std::uint32_t hold_seconds = 300;
    ServerOptions options;
    /// The original's second factor: certificate, and user name and password of the source, and a
    /// one-time code of those users that have them.
    bool multi_factor = false;
    IdaasInstanceId idaas_instance;  // whom users are asked of; empty: nobody is
    IdaasApplicationId idaas_application = {};  // whom of them it lets in; empty: all
    std::string idaas_region = {};              // as written; sources have no place here
    UnixTime created_at{};
    std::string authority_pem;    // the server's CA; of an imported one with those above it
    Buffer sealed_authority_key;  // PEM, sealed
    std::string certificate_pem;
    Buffer sealed_key;           // PEM, sealed
    Buffer sealed_wrapping_key;  // 256 octets, of tls-crypt-v2 128, sealed; empty without wrapping
    Buffer sealed_token_key;     // 32 octets, sealed; empty where no tokens were ever given
    std::string revision;        // of its bundles
    AuthorityOrigin origin = AuthorityOrigin::own;
    /// PEM, the issuing authority first, then those above it to the root; of `elsewhere` only.
    std::string client_authority_pem = {};
    friend bool operator==(const SslServer&, const SslServer&) = default;
};

/// The original has 5; more are pushed in several messages.
inline constexpr std::size_t local_networks_max = 500;

/// Mask /16-/29, no reserved range. IllegalParam.ClientIpPool.
Outcome<Cidr> check_client_pool(std::string_view text);
/// One to 500 comma-separated CIDRs, /8-/32. IllegalParam.LocalSubnet.
Outcome<std::vector<Cidr>> check_local_networks(std::string_view text);
/// UDP or TCP, in any case. IllegalParam.Proto.
Outcome<bridge::Transport> check_transport(std::string_view text);
/// 1-65535 without the ports that the original keeps for itself. IllegalParam.Port.
Outcome<std::uint16_t> check_port(std::int64_t port);
/// AES-128-CBC, AES-192-CBC, AES-256-CBC or none. IllegalParam.Cipher.
Outcome<std::string> check_cipher(std::string_view text);
/// net30, subnet or p2p. IllegalParam.Topology.
Outcome<bridge::Topology> check_topology(std::string_view text);
/// How long the slot of a client that left is kept for it: 1-3600. IllegalParam.HoldSeconds.
Outcome<std::uint32_t> check_hold_seconds(std::int64_t seconds);
/// Comma-separated IPv4 addresses, at most four. IllegalParam.DnsServers.
Outcome<std::vector<Ipv4>> read_dns_servers(std::string_view text);
/// Each of them inside a network of `local` (else clients have no route to it).
/// IllegalParam.DnsServers.
Outcome<void> check_dns_servers(std::string_view text, const std::vector<Cidr>& local);

/// net30: addresses >= 4 x maximum and addresses / 4 - 2 >= maximum; else addresses - 3 >=
/// maximum. IllegalParam.ClientIpPool, naming the smallest prefix that fits.
Outcome<void> check_pool_size(const Cidr& pool, bridge::Topology topology,
                              std::uint32_t connections_max);
/// The longest prefix that holds that many clients, or nothing when even a /16 does not.
std::optional<std::uint8_t> smallest_prefix(bridge::Topology topology,
                                            std::uint32_t connections_max);

/// A network that is already there, with the words that name it in a refusal.
struct Neighbour {
    Cidr cidr;
    std::string what;  // "the VPC vpc-… (10.0.0.0/8)"
};
/// Refuses a pool that overlaps any of `taken`, proposing a free pool of the same size.
/// IllegalParam.ClientIpPool.
Outcome<void> check_pool_overlap(const Cidr& pool, const std::vector<Neighbour>& taken);
/// A private network with this prefix that overlaps none of `taken`.
std::optional<Cidr> free_pool(std::uint8_t prefix, const std::vector<Neighbour>& taken);

/// What somebody has to show: the settings and the original's second factor together. Without keys.
bridge::Login login_of(const SslServer& server);
/// Clients are then known by their user, no longer by their certificate.
bool asks_for_user(const SslServer& server);
/// Seconds that a token lives on servers with a second factor, unless another time is given: a
/// working day with its evening.
inline constexpr std::uint32_t usual_token_seconds = 43200;

/// Of a chain in PEM as we write it: the certificate that signs others, and all but the root, which
/// a server shows behind its own.
std::string issuing_certificate(const std::string& chain_pem);
std::string chain_without_root(const std::string& chain_pem);
/// Whose signature a client's certificate has to have.
std::string client_issuer(const SslServer& server);

std::string_view origin_text(AuthorityOrigin origin);          // "own", "imported", "elsewhere"
std::string_view transport_text(bridge::Transport transport);  // "UDP", "TCP"
std::string_view topology_text(bridge::Topology topology);     // "net30", "subnet", "p2p"

}  // namespace kanmon::model
