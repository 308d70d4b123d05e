#include "controlplane/model/option_rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "base/escape.h"
#include "controlplane/model/option_values.h"

namespace kanmon::model {

namespace {

constexpr std::uint16_t inner6_octets_least = 1280;  // RFC 8200, section 5
constexpr std::uint32_t net30_octets = 4;

Outcome<void> check_listeners(const SslServer& server) {
    const std::vector<ExtraListener> all = listeners_of(server);
    if (std::ranges::find(all.begin() + 1, all.end(), all.front()) != all.end())
        return illegal("ExtraListeners",
                       fmt::format("{} port {} is this server's Proto and Port already; leave it "
                                   "out of ExtraListeners.",
                                   transport_text(server.transport), server.port));
    const auto is_tcp = [](const ExtraListener& l) {
        return l.transport == bridge::Transport::tcp;
    };
    if (server.options.port_share && std::ranges::none_of(all, is_tcp))
        return illegal("PortShare",
                       "PortShare hands strangers on a TCP port to the console, and this server "
                       "has none; add one, as in ExtraListeners=tcp:443.");
    return {};
}

Outcome<void> check_wrapping(const ServerOptions& options) {
    const std::string_view wrapping = wrapping_text(options.wrapping);
    if (first_with(options.wrapping) > options.clients)
        return illegal("Wrapping",
                       fmt::format("Wrapping {} needs clients from OpenVPN {} on, and this server "
                                   "serves them from {} on (Clients); {} would do.",
                                   wrapping, client_text(first_with(options.wrapping)),
                                   client_text(options.clients),
                                   wrapping_text(strongest_for(options.clients))));
    if (options.wrapping == bridge::Wrapping::tls_auth) {
        if (options.digest == "SHA512")
            return illegal("Digest",
                           "Clients use one digest for tls-auth and for CBC packets, and "
                           "tls-auth is served with SHA1 or SHA256; SHA256 would do.");
    } else if (!options.key_direction) {
        return illegal("KeyDirection",
                       fmt::format("Only Wrapping tls-auth can go without a key direction, not {}; "
                                   "KeyDirection=true would do.",
                                   wrapping));
    }
    return {};
}

Outcome<void> check_pool6(const SslServer& server) {
    const ServerOptions& options = server.options;
    if (!options.client_pool6) {
        if (!options.local_networks6.empty())
            return illegal("LocalSubnet6",
                           "IPv6 networks are reached by clients with an IPv6 "
                           "address; give ClientIpv6Pool, as in fd00:8::/112.");
        if (!options.dns_servers6.empty())
            return illegal("DnsServers6",
                           "IPv6 DNS servers are reached by clients with an IPv6 "
                           "address; give ClientIpv6Pool, as in fd00:8::/112.");
        return {};
    }
    const Cidr6& pool = *options.client_pool6;
    const auto longest = static_cast<std::uint8_t>(96 + server.client_pool.prefix);
    if (pool.prefix > longest)
        return illegal("ClientIpv6Pool",
                       fmt::format("The client IPv6 pool {} has fewer addresses than the client "
                                   "CIDR {}; a /{} or larger would do.",
                                   to_string(pool), to_string(server.client_pool), longest));
    if (options.tun_mtu < inner6_octets_least)
        return illegal("TunMtu",
                       fmt::format("IPv6 needs an MTU of {} inside the tunnel; TunMtu is "
                                   "{}. {} would do.",
                                   inner6_octets_least, options.tun_mtu, inner6_octets_least));
    return {};
}

Outcome<void> check_networks(const SslServer& server) {
    const ServerOptions& options = server.options;
    if (auto fits = check_pool6(server); !fits) return fits;
    const std::size_t local =
        check_local_networks(server.local_subnet).value_or(std::vector<Cidr>()).size();
    if (local + options.local_networks6.size() > networks_pushed_max)
        return illegal("LocalSubnet6",
                       fmt::format("LocalSubnet and LocalSubnet6 hold {} networks together; {} can "
                                   "be pushed to a client. Join neighbouring ones.",
                                   local + options.local_networks6.size(), networks_pushed_max));
    for (const Cidr6& network : options.local_networks6)
        if (options.client_pool6->overlaps(network))
            return illegal("ClientIpv6Pool",
                           fmt::format("The client IPv6 pool {} overlaps the local network {}; "
                                       "take a network that is used nowhere else.",
                                       to_string(*options.client_pool6), to_string(network)));
    for (const Ipv6& address : options.dns_servers6) {
        const auto covers = [&](const Cidr6& cidr) { return cidr.contains(address); };
        if (!options.full_tunnel && std::ranges::none_of(options.local_networks6, covers))
            return illegal("DnsServers6",
                           fmt::format("No local network covers the DNS server {0}, so clients "
                                       "would have no route to it; add {0}/128 to LocalSubnet6.",
                                       to_string(address)));
    }
    if (options.block_lan && !options.full_tunnel)
        return illegal("BlockLan",
                       "Only a full tunnel can block the client's own LAN; give "
                       "FullTunnel=true, or leave BlockLan false.");
    if (!options.dns_split_domains.empty() && server.dns_servers.empty() &&
        options.dns_servers6.empty())
        return illegal("DnsSplitDomains",
                       "Split domains are asked of the pushed DNS servers, and "
                       "there are none; give DnsServers or DnsServers6.");
    return {};
}

Outcome<void> check_login(const bridge::Login& login) {
    if (!login.certificate && !login.password)
        return illegal("LoginCertificate",
                       "Somebody who enters shows a certificate, a password or "
                       "both; leave LoginCertificate or set LoginPassword.");
    if (login.code && !login.password)
        return illegal("LoginCode",
                       "A one-time code belongs to a user; set LoginPassword=true as well.");
    if (login.web && login.password)
        return illegal("LoginWeb",
                       "A web page decides instead of password and code; leave "
                       "LoginPassword false beside LoginWeb.");
    if (login.token_seconds != 0 && !login.password && !login.web)
        return illegal("TokenSeconds",
                       "A token saves asking for the password or the web page "
                       "again, and this server asks for neither; 0 would do.");
    return {};
}

Outcome<void> check_keepalive(const ServerOptions& options) {
    const std::uint32_t least = 2u * options.keepalive_ping_seconds;
    if (options.keepalive_restart_seconds >= least) return {};
    return illegal(
        "KeepaliveRestart",
        fmt::format("A connection is given up after two pings at least: with "
                    "KeepalivePing {} KeepaliveRestart is {} or more, not {}.",
                    options.keepalive_ping_seconds, least, options.keepalive_restart_seconds));
}

Outcome<void> check_cipher_none(const SslServer& server) {
    if (!server.options.allow_unencrypted || server.cipher == "none") return {};
    return illegal("AllowUnencrypted",
                   fmt::format("AllowUnencrypted belongs to Cipher none, and Cipher is {}; "
                               "AllowUnencrypted=false would do.",
                               server.cipher));
}

/// fd4b:616e:6d6f:N::/prefix: a unique local prefix with our name in it.
Cidr6 pool6_candidate(std::uint16_t number, std::uint8_t prefix) {
    Cidr6 candidate{*parse_ipv6("fd4b:616e:6d6f::"), prefix};
    candidate.base.octets[6] = static_cast<std::uint8_t>(number >> 8);
    candidate.base.octets[7] = static_cast<std::uint8_t>(number);
    return candidate;
}

std::string free_pool6_text(std::uint8_t prefix, const std::vector<Neighbour6>& taken) {
    for (std::uint16_t number = 0; number < 0xffff; ++number) {
        const Cidr6 candidate = pool6_candidate(number, prefix);
        const auto clashes = [&](const Neighbour6& n) { return n.cidr.overlaps(candidate); };
        if (std::ranges::none_of(taken, clashes)) return to_string(candidate) + " is free";
    }
    return "take a network that is used nowhere else";
}

}  // namespace

std::vector<ExtraListener> listeners_of(const SslServer& server) {
    std::vector<ExtraListener> all{{server.transport, server.port}};
    all.insert(all.end(), server.options.extra_listeners.begin(),
               server.options.extra_listeners.end());
    return all;
}

Outcome<void> check_options(const SslServer& server) {
    if (auto fits = check_listeners(server); !fits) return fits;
    if (auto fits = check_wrapping(server.options); !fits) return fits;
    if (auto fits = check_cipher_none(server); !fits) return fits;
    if (auto fits = check_networks(server); !fits) return fits;
    if (auto fits = check_login(login_of(server)); !fits) return fits;
    return check_keepalive(server.options);
}

std::vector<std::string> warnings_of(const SslServer& server) {
    const ServerOptions& options = server.options;
    std::vector<std::string> warnings;
    if (options.allow_unencrypted)
        warnings.emplace_back(
            "Cipher is none and AllowUnencrypted is true: packets of clients that do not negotiate "
            "a cipher (OpenVPN before 2.4) cross the Internet in clear.");
    if (!login_of(server).certificate)
        warnings.emplace_back(
            "LoginCertificate is false: whoever knows a user's password can enter from anywhere.");
    if (server.topology == bridge::Topology::p2p)
        warnings.emplace_back(
            "Topology is p2p: OpenVPN clients on Windows cannot connect; net30 and subnet serve "
            "all.");
    return warnings;
}

bool can_be_given(const Cidr& pool, bridge::Topology topology, Ipv4 address) {
    if (!pool.contains(address)) return false;
    const std::uint64_t offset = address.value - pool.base.value;
    if (topology != bridge::Topology::net30) return offset >= 2 && offset + 1 < pool.size();
    return offset % net30_octets == 2 && offset >= net30_octets &&
           offset + net30_octets < pool.size();
}

Outcome<Ipv4> check_static_address(const SslServer& server, std::string_view text) {
    const auto address = parse_ipv4(text);
    if (!address)
        return illegal("StaticAddress",
                       fmt::format("'{}' is not an IPv4 address.", escaped(text, 64)));
    if (asks_for_user(server))
        return illegal(
            "StaticAddress",
            fmt::format("The SSL server {} asks for users and knows its clients by them, "
                        "and a static address belongs to a certificate; leave "
                        "StaticAddress out.",
                        server.id.text));
    if (can_be_given(server.client_pool, server.topology, *address)) return *address;
    const std::uint32_t base = server.client_pool.base.value;
    const bool net30 = server.topology == bridge::Topology::net30;
    // Of the /30 that was meant, where it is one that clients get; else the first of the pool.
    const Ipv4 meant{(address->value & ~(net30_octets - 1)) + 2};
    const bool near = net30 && can_be_given(server.client_pool, server.topology, meant);
    return illegal(
        "StaticAddress",
        fmt::format("{} is no address that a client of {} can have in topology {} ({}); {} is one.",
                    to_string(*address), to_string(server.client_pool),
                    topology_text(server.topology),
                    net30 ? "the third of each group of four but the first and the last group"
                          : "all but the first two and the last",
                    to_string(near ? meant : Ipv4{base + (net30 ? 6 : 2)})));
}

Outcome<void> check_pool6_overlap(const Cidr6& pool, const std::vector<Neighbour6>& taken) {
    for (const Neighbour6& neighbour : taken)
        if (neighbour.cidr.overlaps(pool))
            return illegal("ClientIpv6Pool",
                           fmt::format("The client IPv6 pool {} overlaps {}; {}.", to_string(pool),
                                       neighbour.what, free_pool6_text(pool.prefix, taken)));
    return {};
}

}  // namespace kanmon::model
