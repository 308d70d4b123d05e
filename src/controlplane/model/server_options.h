// The settings of an SSL server that the original does not have.
//
// A server without any of them behaves as the original's. Each is one row of the table in
// option_table.h, from which the API, the store and the audit log know it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "bridge/snapshot.h"

namespace kanmon::model {

/// The oldest OpenVPN that a server's bundles shall serve.
enum class OldestClient : std::uint8_t { v2_3, v2_4, v2_5, v2_6 };

/// Where a server listens beside its Proto and Port.
struct ExtraListener {
    bridge::Transport transport = bridge::Transport::udp;
    std::uint16_t port = 0;
    friend bool operator==(const ExtraListener&, const ExtraListener&) = default;
};

struct ServerOptions {
    std::vector<ExtraListener> extra_listeners;
    bool ipv6_listen = false;  // each listener also on every IPv6 address
    bool port_share = false;   // strangers on a TCP port are handed to the console

    OldestClient clients = OldestClient::v2_3;
    bridge::Wrapping wrapping = bridge::Wrapping::none;
    bool key_direction = true;       // tls-auth: each side has its own keys
    std::string digest = "SHA1";     // of tls-auth and of CBC packets: clients have one for both
    bool allow_unencrypted = false;  // Cipher none means packets in clear, not a refusal

    std::optional<Cidr6> client_pool6;
    std::vector<Cidr6> local_networks6;
    std::vector<Ipv6> dns_servers6;
    bool full_tunnel = false;
    bool block_lan = false;  // of a full tunnel
    std::vector<std::string> dns_search_domains;
    std::vector<std::string> dns_split_domains;

    bridge::SameHolder same_holder = bridge::SameHolder::allow_several;
    bool source_nat = false;
    std::uint16_t tun_mtu = 1500;
    std::uint16_t outer_octets_max = 1420;
    std::uint32_t client_bandwidth_mbit = 0;  // each way; 0: no limit but the gateway's
    std::uint32_t inactive_seconds = 0;       // 0: never
    std::uint32_t renegotiate_seconds = 3600;
    std::uint16_t keepalive_ping_seconds = 10;
    std::uint16_t keepalive_restart_seconds = 60;

    /// About flows that no access rule matches, and about those that the VPC begins.
    bridge::AccessVerdict access_default = bridge::AccessVerdict::allow;
    bridge::AccessVerdict access_from_vpc = bridge::AccessVerdict::allow;

    bool login_certificate = true;
    bool login_password = false;
    bool login_code = false;
    bool login_web = false;
    std::uint32_t token_seconds = 0;  // 0: no tokens
    friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

std::string_view client_text(OldestClient client);          // "2.3"
std::string_view wrapping_text(bridge::Wrapping wrapping);  // "tls-crypt-v2"
/// The oldest client that knows it.
OldestClient first_with(bridge::Wrapping wrapping);
/// The strongest that the client knows.
bridge::Wrapping strongest_for(OldestClient client);

}  // namespace kanmon::model
