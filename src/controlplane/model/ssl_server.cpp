#include "controlplane/model/ssl_server.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::string_view certificate_end = "-----END CERTIFICATE-----\n";

constexpr std::array kept_ports{22,  2222, 22222, 9000, 9001, 9002, 7505, 80,
                                443, 53,   68,    123,  4510, 4560, 500,  4500};
constexpr std::uint8_t pool_prefix_shortest = 16;
constexpr std::uint8_t pool_prefix_longest = 29;

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return result;
}

Outcome<void> check_not_reserved(std::string_view parameter, const Cidr& cidr,
                                 const std::vector<ReservedRange>& ranges) {
    for (const ReservedRange& range : ranges)
        if (range.cidr.overlaps(cidr))
            return illegal(parameter,
                           fmt::format("{} overlaps {} ({}); use a private network such "
                                       "as 192.168.0.0/24.",
                                       to_string(cidr), to_string(range.cidr), range.what));
    return {};
}

bool fits(std::uint64_t addresses, bridge::Topology topology, std::uint32_t connections_max) {
    if (topology != bridge::Topology::net30) return addresses >= connections_max + 3ull;
    return addresses >= 4ull * connections_max && addresses / 4 >= connections_max + 2ull;
}

}  // namespace

Outcome<Cidr> check_client_pool(std::string_view text) {
    if (text.empty()) return missing("ClientIpPool");
    const Outcome<Cidr> pool = read_cidr("ClientIpPool", text);
    if (!pool) return pool;
    if (pool->prefix < pool_prefix_shortest || pool->prefix > pool_prefix_longest)
        return illegal("ClientIpPool",
                       fmt::format("The mask of a client CIDR is between /16 and /29; {} is not. "
                                   "{} would do.",
                                   to_string(*pool),
                                   to_string(Cidr{Ipv4{pool->base.value & 0xffffff00}, 24})));
    if (const auto free = check_not_reserved("ClientIpPool", *pool, reserved_for_pools()); !free)
        return unexpected(free.error());
    return pool;
}

Outcome<std::vector<Cidr>> check_local_networks(std::string_view text) {
    const std::vector<std::string> parts = comma_separated(text);
    if (parts.empty()) return missing("LocalSubnet");
    if (parts.size() > local_networks_max)
        return illegal("LocalSubnet", fmt::format("A server has at most {} local networks; {} were "
                                                  "given.",
                                                  local_networks_max, parts.size()));
    std::vector<Cidr> networks;
    for (const std::string& part : parts) {
        const Outcome<Cidr> cidr = read_cidr("LocalSubnet", part);
        if (!cidr) return unexpected(cidr.error());
        if (cidr->prefix < 8)
            return illegal("LocalSubnet", fmt::format("The mask of a local network is between /8 "
                                                      "and /32; {} is not. 10.0.0.0/8 would do.",
                                                      to_string(*cidr)));
        const auto free = check_not_reserved("LocalSubnet", *cidr, reserved_for_local_networks());
        if (!free) return unexpected(free.error());
        networks.push_back(*cidr);
    }
    return networks;
}

Outcome<bridge::Transport> check_transport(std::string_view text) {
    const std::string name = upper(text);
    if (name == "UDP") return bridge::Transport::udp;
    if (name == "TCP") return bridge::Transport::tcp;
    return illegal("Proto",
                   fmt::format("The protocol is UDP or TCP, not '{}'.", escaped(text, 64)));
}

Outcome<std::uint16_t> check_port(std::int64_t port) {
    if (port < 1 || port > 65535)
        return illegal(
            "Port", fmt::format("A port is between 1 and 65535; {} is not. 1194 would do.", port));
    if (std::ranges::find(kept_ports, port) != kept_ports.end())
        return illegal("Port",
                       fmt::format("Port {} is kept for other services. 1194 would do.", port));
    return static_cast<std::uint16_t>(port);
}

Outcome<std::string> check_cipher(std::string_view text) {
    for (const std::string_view known : {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC"})
        if (upper(text) == known) return std::string(known);
    if (upper(text) == "NONE") return std::string("none");
    return illegal("Cipher", fmt::format("The cipher for clients that do not negotiate is "
                                         "AES-128-CBC, AES-192-CBC, AES-256-CBC or none, not '{}'.",
                                         escaped(text, 64)));
}

Outcome<bridge::Topology> check_topology(std::string_view text) {
    if (text == "net30") return bridge::Topology::net30;
    if (text == "subnet") return bridge::Topology::subnet;
    if (text == "p2p") return bridge::Topology::p2p;
    return illegal("Topology", fmt::format("The topology is net30, subnet or p2p, not '{}'.",
                                           escaped(text, 64)));
}

Outcome<std::uint32_t> check_hold_seconds(std::int64_t seconds) {
    constexpr std::int64_t hold_seconds_max = 3600;
    if (seconds >= 1 && seconds <= hold_seconds_max) return static_cast<std::uint32_t>(seconds);
    return illegal("HoldSeconds", fmt::format("A slot is held for 1 to {} seconds, not {}; 300 is "
                                              "the default.",
                                              hold_seconds_max, seconds));
}

Outcome<std::vector<Ipv4>> read_dns_servers(std::string_view text) {
    constexpr std::size_t dns_servers_max = 4;
    std::vector<Ipv4> servers;
    for (const std::string& part : comma_separated(text)) {
        const auto address = parse_ipv4(part);
        if (!address)
            return illegal("DnsServers",
                           fmt::format("'{}' is not an IPv4 address.", escaped(part, 64)));
        servers.push_back(*address);
    }
    if (servers.size() > dns_servers_max)
        return illegal("DnsServers",
                       fmt::format("At most {} DNS servers are pushed; {} were given.",
                                   dns_servers_max, servers.size()));
    return servers;
}

Outcome<void> check_dns_servers(std::string_view text, const std::vector<Cidr>& local) {
    const auto servers = read_dns_servers(text);
    if (!servers) return unexpected(servers.error());
    for (const Ipv4 address : *servers) {
        const auto covers = [&](const Cidr& cidr) { return cidr.contains(address); };
        if (std::ranges::none_of(local, covers))
            return illegal("DnsServers",
                           fmt::format("No local network covers the DNS server {0}, so clients "
                                       "would have no route to it; add {0}/32 to LocalSubnet.",
                                       to_string(address)));
    }
    return {};
}

std::optional<std::uint8_t> smallest_prefix(bridge::Topology topology,
                                            std::uint32_t connections_max) {
    for (std::uint8_t prefix = pool_prefix_longest; prefix >= pool_prefix_shortest; --prefix)
        if (fits(Cidr{{}, prefix}.size(), topology, connections_max)) return prefix;
    return std::nullopt;
}

Outcome<void> check_pool_size(const Cidr& pool, bridge::Topology topology,
                              std::uint32_t connections_max) {
    if (fits(pool.size(), topology, connections_max)) return {};
    const auto prefix = smallest_prefix(topology, connections_max);
    const std::string way_out =
        prefix ? fmt::format(
                     "the smallest that fits is a /{}, such as {}", *prefix,
                     to_string(Cidr{Ipv4{pool.base.value & Cidr{{}, *prefix}.mask()}, *prefix}))
               : std::string("no permitted client CIDR is large enough: lower the maximum");
    const std::string rule = topology == bridge::Topology::net30
                                 ? "each client takes 4 and 8 are the gateway's own"
                                 : "each client takes 1 and 3 are the gateway's own";
    return illegal("ClientIpPool",
                   fmt::format("The client CIDR {} has {} addresses ({}), too few "
                               "for the gateway's maximum of {} SSL connections; "
                               "{}.",
                               to_string(pool), pool.size(), rule, connections_max, way_out));
}

std::optional<Cidr> free_pool(std::uint8_t prefix, const std::vector<Neighbour>& taken) {
    constexpr std::array ranges{Cidr{Ipv4{0xc0a80000}, 16}, Cidr{Ipv4{0xac100000}, 12},
                                Cidr{Ipv4{0x0a000000}, 8}};
    std::vector<Cidr> networks;
    for (const Neighbour& neighbour : taken) networks.push_back(neighbour.cidr);
    for (const Cidr& range : ranges)
        if (const auto found = free_network(range, prefix, networks)) return found;
    return std::nullopt;
}

Outcome<void> check_pool_overlap(const Cidr& pool, const std::vector<Neighbour>& taken) {
    for (const Neighbour& neighbour : taken) {
        if (!neighbour.cidr.overlaps(pool)) continue;
        const auto proposal = free_pool(pool.prefix, taken);
        return illegal(
            "ClientIpPool",
            fmt::format("The client CIDR {} overlaps {}; {}.", to_string(pool), neighbour.what,
                        proposal ? fmt::format("{} is free", to_string(*proposal))
                                 : std::string("no private network of this size is "
                                               "free")));
    }
    return {};
}

bridge::Login login_of(const SslServer& server) {
    const ServerOptions& options = server.options;
    bridge::Login login;
    login.certificate = options.login_certificate || server.multi_factor;
    login.password = options.login_password || server.multi_factor;
    login.code = options.login_code;
    login.web = options.login_web;
    login.token_seconds = options.token_seconds;
    return login;
}

bool asks_for_user(const SslServer& server) {
    const bridge::Login login = login_of(server);
    return login.password || login.web;
}

std::string issuing_certificate(const std::string& chain_pem) {
    const std::size_t end = chain_pem.find(certificate_end);
    return end == std::string::npos ? chain_pem : chain_pem.substr(0, end + certificate_end.size());
}

std::string chain_without_root(const std::string& chain_pem) {
    std::size_t last = 0;  // where the last certificate begins
    for (std::size_t at = 0; at < chain_pem.size();) {
        last = at;
        const std::size_t end = chain_pem.find(certificate_end, at);
        if (end == std::string::npos) break;
        at = end + certificate_end.size();
    }
    return chain_pem.substr(0, last);
}

std::string client_issuer(const SslServer& server) {
    return issuing_certificate(server.origin == AuthorityOrigin::elsewhere
                                   ? server.client_authority_pem
                                   : server.authority_pem);
}

std::string_view origin_text(AuthorityOrigin origin) {
    switch (origin) {
        case AuthorityOrigin::own:
            break;
        case AuthorityOrigin::imported:
            return "imported";
        case AuthorityOrigin::elsewhere:
            return "elsewhere";
    }
    return "own";
}

std::string_view transport_text(bridge::Transport transport) {
    return transport == bridge::Transport::udp ? "UDP" : "TCP";
}

std::string_view topology_text(bridge::Topology topology) {
    if (topology == bridge::Topology::p2p) return "p2p";
    return topology == bridge::Topology::net30 ? "net30" : "subnet";
}

}  // namespace kanmon::model
