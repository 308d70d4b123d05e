#include "controlplane/usecases/server_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/model/name.h"
#include "controlplane/model/option_rules.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/vpc_plans.h"

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

/// Switched on, it brings tokens along, so that nobody types a code every hour; switched off, it
/// takes them with it where nothing else needs them. Said otherwise, it is otherwise.
void set_second_factor(model::SslServer& server, const ModifySslServer& change) {
    if (change.idaas_instance) server.idaas_instance = {*change.idaas_instance};
    if (change.idaas_application) server.idaas_application = {*change.idaas_application};
    const bool wanted = change.enable_multi_factor_auth.value_or(server.multi_factor);
    const bool changes = wanted != server.multi_factor;
    server.multi_factor = wanted;
    if (!changes || change.options.contains("TokenSeconds")) return;
    std::uint32_t& seconds = server.options.token_seconds;
    const bridge::Login login = model::login_of(server);
    if (wanted && seconds == 0) seconds = model::usual_token_seconds;
    if (!login.password && !login.web) seconds = 0;
}

std::vector<Cidr> local_networks(const model::SslServer& server) {
    return model::check_local_networks(server.local_subnet).value_or(std::vector<Cidr>());
}

std::vector<model::SslServer> others_of_vpc(Ledger& ledger, const model::VpnGateway& gateway,
                                            const model::SslServerId& except) {
    std::vector<model::SslServer> others;
    for (const model::VpnGateway& sibling : ledger.vpn_gateways().below(gateway.vpc.text))
        for (model::SslServer& server : ledger.ssl_servers().below(sibling.id.text))
            if (server.id != except) others.push_back(std::move(server));
    return others;
}

/// The client CIDR and the local networks beside all that the VPC has.
Outcome<void> check_ipv4_beside(Ledger& ledger, const model::VpnGateway& gateway,
                                const model::SslServer& server) {
    model::VpcPlan plan = plan_beside(ledger, gateway, {.server = server.id});
    const std::vector<Cidr> own = local_networks(server);
    for (const Cidr& cidr : own)
        if (auto free = model::check_local_in(plan, cidr); !free) return free;
    std::vector<model::Neighbour> first;
    for (const Cidr& cidr : own)
        first.push_back({cidr, fmt::format("the local network {}", to_string(cidr))});
    plan.local_networks.insert(plan.local_networks.begin(), first.begin(), first.end());
    return model::check_pool_in(plan, server.client_pool);
}

/// What is taken where the gateway listens. Whose it is is not told: it may belong to another
/// account.
std::vector<model::ExtraListener> taken_listeners(Ledger& ledger, const Installation& installation,
                                                  const model::VpnGateway& gateway,
                                                  const model::SslServer& server) {
    std::vector<model::ExtraListener> taken;
    for (const model::SslServer& other : ledger.ssl_servers().all()) {
        if (other.id == server.id) continue;
        const auto theirs = ledger.vpn_gateways().find(other.gateway.text);
        // IPv6 listeners are on every address, whichever gateway they belong to.
        const bool both6 = other.options.ipv6_listen && server.options.ipv6_listen;
        if (!both6 && (!theirs || listening_address(installation, *theirs) !=
                                      listening_address(installation, gateway)))
            continue;
        const auto listeners = model::listeners_of(other);
        taken.insert(taken.end(), listeners.begin(), listeners.end());
    }
    return taken;
}

Outcome<void> check_listeners(Ledger& ledger, const Installation& installation,
                              const model::VpnGateway& gateway, const model::SslServer& server) {
    const auto own = model::listeners_of(server);
    auto taken = taken_listeners(ledger, installation, gateway, server);
    const auto among = [](const auto& listeners, const model::ExtraListener& listener) {
        return std::ranges::find(listeners, listener) != listeners.end();
    };
    for (const model::ExtraListener& listener : own) {
        if (!among(taken, listener)) continue;
        model::ExtraListener free{listener.transport, 1194};
        while (among(taken, free) || (among(own, free) && free != listener)) ++free.port;
        return model::illegal(listener == own.front() ? "Port" : "ExtraListeners",
                              fmt::format("{0} port {1} of {2} is taken; {0} port {3} is free.",
                                          model::transport_text(listener.transport), listener.port,
                                          to_string(gateway.public_address), free.port));
    }
    return {};
}

std::vector<model::Neighbour6> neighbours6(const Installation& installation,
                                           const std::vector<model::SslServer>& others) {
    std::vector<model::Neighbour6> taken;
    if (const auto& own = installation.public_address6)
        taken.push_back({Cidr6{*own, 128},
                         fmt::format("the gateway's public IPv6 address {}", to_string(*own))});
    for (const model::SslServer& other : others) {
        if (const auto& pool = other.options.client_pool6)
            taken.push_back({*pool, fmt::format("the client IPv6 pool {} of SSL server {}",
                                                to_string(*pool), other.id.text)});
        for (const Cidr6& cidr : other.options.local_networks6)
            taken.push_back({cidr, fmt::format("the local network {} of SSL server {}",
                                               to_string(cidr), other.id.text)});
    }
    return taken;
}

Outcome<void> check_ipv6_beside(const Installation& installation, const model::SslServer& server,
                                const std::vector<model::SslServer>& others) {
    const model::ServerOptions& options = server.options;
    if (!options.client_pool6) return {};
    if (auto free =
            model::check_pool6_overlap(*options.client_pool6, neighbours6(installation, others));
        !free)
        return free;
    for (const Cidr6& cidr : options.local_networks6)
        for (const model::SslServer& other : others)
            if (other.options.client_pool6 && other.options.client_pool6->overlaps(cidr))
                return model::illegal(
                    "LocalSubnet6",
                    fmt::format("The local network {0} overlaps the client IPv6 pool {1} of SSL "
                                "server {2}; leave {1} out of it.",
                                to_string(cidr), to_string(*other.options.client_pool6),
                                other.id.text));
    return {};
}

/// The certificates' own addresses must still be theirs after a change of pool, topology or login.
Outcome<void> check_static_addresses(Ledger& ledger, const model::SslServer& server) {
    for (const auto& [certificate, address] : ledger.static_addresses(server.id.text)) {
        if (model::asks_for_user(server))
            return model::illegal(
                server.multi_factor             ? "EnableMultiFactorAuth"
                : server.options.login_password ? "LoginPassword"
                                                : "LoginWeb",
                fmt::format("The certificate {} has the static address {}, and a server that asks "
                            "for users knows no certificate's address; take the StaticAddress "
                            "away first.",
                            certificate, to_string(address)));
        if (model::can_be_given(server.client_pool, server.topology, address)) continue;
        return model::illegal(
            "ClientIpPool",
            fmt::format("The certificate {} has the static address {}, which no client of {} can "
                        "have in topology {}; give the certificate another StaticAddress or none.",
                        certificate, to_string(address), to_string(server.client_pool),
                        model::topology_text(server.topology)));
    }
    return {};
}

/// Clients of a full tunnel have a route to every resolver.
std::vector<Cidr> reachable_networks(const model::SslServer& server) {
    if (server.options.full_tunnel) return {Cidr{{}, 0}};
    return local_networks(server);
}

}  // namespace

std::string authority_context(const model::SslServerId& id) {
    return id.text + "/authority";
}

std::string wrapping_context(const model::SslServerId& id) {
    return id.text + "/wrapping";
}

std::string token_context(const model::SslServerId& id) {
    return id.text + "/token";
}

Outcome<void> apply(model::SslServer& server, const ModifySslServer& change) {
    Outcome<void> result;
    std::vector<Cidr> networks;
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
                      set(change.hold_seconds, model::check_hold_seconds, server.hold_seconds) &&
                      set(change.idaas_region, model::check_idaas_region, server.idaas_region);
    if (!fine) return result;
    if (change.local_subnet) server.local_subnet = *change.local_subnet;
    if (change.dns_servers) server.dns_servers = *change.dns_servers;
    if (change.compress) server.compress = *change.compress;
    if (result = model::write_options(server.options, change.options); !result) return result;
    set_second_factor(server, change);
    result = model::check_dns_servers(server.dns_servers, reachable_networks(server));
    if (!result) return result;
    return model::check_options(server);
}

Outcome<void> check_identity_source(Ledger& ledger, const Call& call,
                                    const model::SslServer& server) {
    if (server.idaas_instance.empty()) {
        if (model::asks_for_user(server)) return model::missing("IDaaSInstanceId");
        if (!server.idaas_application.empty()) return model::missing("IDaaSInstanceId");
        return {};
    }
    const auto instance = own_idaas_instance(ledger, call, server.idaas_instance.text);
    if (!instance) return unexpected(instance.error());
    if (server.idaas_application.empty()) return {};
    const auto application = own_idaas_application(ledger, call, server.idaas_application.text);
    if (!application) return unexpected(application.error());
    if (application->instance == instance->id) return {};
    return model::illegal(
        "IDaaSApplicationId",
        fmt::format("The application {} is one of the identity source {}, not of {}. Send one of "
                    "that source, or an empty one, which lets in everybody of the source.",
                    application->id.text, application->instance.text, instance->id.text));
}

Ipv4 listening_address(const Installation& installation, const model::VpnGateway& gateway) {
    return installation.public_addresses.size() > 1 ? gateway.public_address : Ipv4{};
}

Outcome<void> check_beside_others(Ledger& ledger, const Installation& installation,
                                  const model::VpnGateway& gateway,
                                  const model::SslServer& server) {
    if (auto fits = model::check_pool_size(server.client_pool, server.topology,
                                           gateway.ssl_connections_max);
        !fits)
        return fits;
    if (auto free = check_ipv4_beside(ledger, gateway, server); !free) return free;
    const auto others = others_of_vpc(ledger, gateway, server.id);
    if (auto free = check_ipv6_beside(installation, server, others); !free) return free;
    if (auto kept = check_static_addresses(ledger, server); !kept) return kept;
    return check_listeners(ledger, installation, gateway, server);
}

}  // namespace kanmon::usecases
