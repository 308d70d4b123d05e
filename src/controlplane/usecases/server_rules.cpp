#include "controlplane/usecases/server_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/model/name.h"

namespace kanmon::usecases {

namespace {

/// Moves a checked value to its place, or hands its refusal on.
template <class T, class U>
bool take(Outcome<T> checked, U& place, Outcome<void>& result) {
    if (!checked) {
        result = unexpected(checked.error());
        return false;
    }
    place = std::move(*checked);
    return true;
}

Outcome<void> check_second_factor(const ModifySslServer& change) {
    if (!change.enable_multi_factor_auth.value_or(false)) return {};
    return model::illegal("EnableMultiFactorAuth",
                          "This installation has no identity source for a second factor; leave "
                          "EnableMultiFactorAuth false.");
}

std::vector<Cidr> local_networks(const model::SslServer& server) {
    return model::check_local_networks(server.local_subnet).value_or(std::vector<Cidr>());
}

/// Everything of the VPC that the server's client CIDR must keep clear of.
std::vector<model::Neighbour> neighbours(Ledger& ledger, const model::VpnGateway& gateway,
                                         const model::SslServer& server,
                                         const std::vector<model::SslServer>& others) {
    std::vector<model::Neighbour> taken;
    for (const Cidr& cidr : local_networks(server))
        taken.push_back({cidr, fmt::format("the local network {}", to_string(cidr))});
    if (const auto vpc = ledger.vpcs().find(gateway.vpc.text))
        taken.push_back(
            {vpc->cidr, fmt::format("the VPC {} ({})", vpc->id.text, to_string(vpc->cidr))});
    taken.push_back(
        {Cidr{gateway.public_address, 32},
         fmt::format("the gateway's public address {}", to_string(gateway.public_address))});
    for (const model::SslServer& other : others) {
        taken.push_back(
            {other.client_pool, fmt::format("the client CIDR {} of SSL server {}",
                                            to_string(other.client_pool), other.id.text)});
        for (const Cidr& cidr : local_networks(other))
            taken.push_back({cidr, fmt::format("the local network {} of SSL server {}",
                                               to_string(cidr), other.id.text)});
    }
    return taken;
}

std::vector<model::SslServer> others_of_vpc(Ledger& ledger, const model::VpnGateway& gateway,
                                            const model::SslServerId& except) {
    std::vector<model::SslServer> others;
    for (const model::VpnGateway& sibling : ledger.vpn_gateways().below(gateway.vpc.text))
        for (model::SslServer& server : ledger.ssl_servers().below(sibling.id.text))
            if (server.id != except) others.push_back(std::move(server));
    return others;
}

Outcome<void> check_local_beside(const model::SslServer& server,
                                 const std::vector<model::SslServer>& others) {
    for (const Cidr& cidr : local_networks(server))
        for (const model::SslServer& other : others)
            if (other.client_pool.overlaps(cidr))
                return model::illegal(
                    "LocalSubnet",
                    fmt::format("The local network {} overlaps the client CIDR {} of SSL server "
                                "{}; leave {} out of it.",
                                to_string(cidr), to_string(other.client_pool), other.id.text,
                                to_string(other.client_pool)));
    return {};
}

/// Whose listener it is is not told: it may belong to another account.
Outcome<void> check_listener(Ledger& ledger, const model::VpnGateway& gateway,
                             const model::SslServer& server) {
    std::vector<std::uint16_t> taken;
    for (const model::SslServer& other : ledger.ssl_servers().all()) {
        if (other.id == server.id || other.transport != server.transport) continue;
        const auto theirs = ledger.vpn_gateways().find(other.gateway.text);
        if (theirs && theirs->public_address == gateway.public_address) taken.push_back(other.port);
    }
    const auto is_taken = [&](std::int64_t port) {
        return std::ranges::find(taken, port) != taken.end();
    };
    if (!is_taken(server.port)) return {};
    std::int64_t free = 1194;
    while (is_taken(free)) ++free;
    return model::illegal("Port", fmt::format("{0} port {1} of {2} is taken; {0} port {3} is free.",
                                              model::transport_text(server.transport), server.port,
                                              to_string(gateway.public_address), free));
}

}  // namespace

std::string authority_context(const model::SslServerId& id) {
    return id.text + "/authority";
}

Outcome<void> apply(model::SslServer& server, const ModifySslServer& change) {
    Outcome<void> result = check_second_factor(change);
    if (!result) return result;
    std::vector<Cidr> networks;
    std::vector<Ipv4> dns;
    const auto set = [&](const auto& value, auto check, auto& place) {
        return !value || take(check(*value), place, result);
    };
    if (change.name) {
        if (result = model::check_name(*change.name); !result) return result;
        server.name = *change.name;
    }
    const bool fine = set(change.client_pool, model::check_client_pool, server.client_pool) &&
                      set(change.local_subnet, model::check_local_networks, networks) &&
                      set(change.transport, model::check_transport, server.transport) &&
                      set(change.port, model::check_port, server.port) &&
                      set(change.cipher, model::check_cipher, server.cipher) &&
                      set(change.topology, model::check_topology, server.topology) &&
                      set(change.hold_seconds, model::check_hold_seconds, server.hold_seconds);
    if (!fine) return result;
    if (change.local_subnet) server.local_subnet = *change.local_subnet;
    if (change.dns_servers) server.dns_servers = *change.dns_servers;
    if (change.compress) server.compress = *change.compress;
    take(model::check_dns_servers(server.dns_servers, local_networks(server)), dns, result);
    return result;
}

Outcome<void> check_beside_others(Ledger& ledger, const model::VpnGateway& gateway,
                                  const model::SslServer& server) {
    if (auto fits = model::check_pool_size(server.client_pool, server.topology,
                                           gateway.ssl_connections_max);
        !fits)
        return fits;
    const auto others = others_of_vpc(ledger, gateway, server.id);
    if (auto free = model::check_pool_overlap(server.client_pool,
                                              neighbours(ledger, gateway, server, others));
        !free)
        return free;
    if (auto free = check_local_beside(server, others); !free) return free;
    return check_listener(ledger, gateway, server);
}

}  // namespace kanmon::usecases
