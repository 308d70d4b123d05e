#include "controlplane/usecases/diagnosis_items.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/connection_rules.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {

namespace {

using model::DiagnosisItem;
using model::DiagnosisLevel;

constexpr std::size_t fact_octets_max = 1024;
constexpr std::string_view not_measured = "a diagnosis sends no packets";

void add(DiagnosisItem& item, std::string_view name, std::string_view value) {
    item.facts.emplace_back(name, escaped(value, fact_octets_max));
}

std::vector<model::VpnRoute> routes_into(Ledger& ledger, const Patient& patient) {
    std::vector<model::VpnRoute> routes = ledger.vpn_routes().below(patient.gateway.id.text);
    std::erase_if(routes, [&](const model::VpnRoute& route) {
        return route.next_hop != patient.connection.id;
    });
    return routes;
}

/// The rules that hold when something is made hold here again: a neighbour may have changed since.
DiagnosisItem route_conflicts(Ledger& ledger, const Patient& patient) {
    DiagnosisItem item{.name = "RouteEntryConflict", .level = DiagnosisLevel::normal, .facts = {}};
    const auto plan = plan_beside(ledger, patient.gateway, {.connection = patient.connection.id});
    std::vector<model::Destination> led = destinations_of(patient.connection);
    for (const model::VpnRoute& route : routes_into(ledger, patient))
        led.push_back(destination_of(route));
    add(item, "destinations", std::to_string(led.size()));
    for (const model::Destination& destination : led)
        if (auto free = model::check_destination_in(plan, "RouteDest", destination); !free) {
            item.level = DiagnosisLevel::error;
            add(item, "conflict", free.error().message);
        }
    return item;
}

DiagnosisItem route_quota(Ledger& ledger, const Installation& installation, const Patient& patient,
                          bool policy_based) {
    const auto routes = ledger.vpn_routes().below(patient.gateway.id.text);
    const auto used = std::ranges::count(routes, policy_based, &model::VpnRoute::policy_based);
    return model::quota_item(
        policy_based ? "VpnPbrRouteQuota" : "VpnRouteQuota",
        policy_based ? "policy_based_routes_per_gateway" : "destination_routes_per_gateway",
        static_cast<std::size_t>(used), installation.routes_per_gateway);
}

DiagnosisItem connection_quota(Ledger& ledger, const Installation& installation,
                               const Patient& patient) {
    return model::quota_item("VpnIPsecQuota", "ipsec_connections_per_gateway",
                             ledger.vpn_connections().below(patient.gateway.id.text).size(),
                             installation.connections_per_gateway);
}

DiagnosisItem consistency(Ledger& ledger, const Patient& patient,
                          const std::vector<model::IpsecTunnel>& tunnels) {
    DiagnosisItem item{.name = "VcoConfigConsistency", .level = DiagnosisLevel::error, .facts = {}};
    add(item, "vcoConf",
        fmt::format("LocalSubnet={} RemoteSubnet={}", patient.connection.local_subnet,
                    patient.connection.remote_subnet));
    add(item, "vcoRunningConf", "");
    add(item, "vcoLackConf", "");
    add(item, "vcoDiffConf", "");
    add(item, "reason",
        "connections are kept and checked here, and no tunnel is made: nothing runs with this "
        "configuration");
    for (const std::string& warning :
         connection_warnings(ledger, patient.gateway, patient.connection, tunnels))
        add(item, "warning", warning);
    return item;
}

DiagnosisItem pair_item(std::string_view name, std::string_view source, std::string_view target) {
    DiagnosisItem item{.name = std::string(name), .level = DiagnosisLevel::warning, .facts = {}};
    add(item, "targetIp", target);
    add(item, "srcIp", source);
    add(item, "rtt", "");
    add(item, "lossRate", "");
    return item;
}

DiagnosisItem outer_reach(Ledger& ledger, const Patient& patient,
                          const std::vector<model::IpsecTunnel>& tunnels) {
    std::string sites;
    for (const model::IpsecTunnel& tunnel : tunnels)
        if (const auto site = ledger.customer_gateways().find(tunnel.customer_gateway.text))
            sites += (sites.empty() ? "" : ",") + to_string(site->address);
    DiagnosisItem item = pair_item("VcoUserInternetIpConnectivity",
                                   to_string(patient.gateway.public_address), sites);
    add(item, "reason", not_measured);
    return item;
}

bool holds(const std::vector<Cidr>& side, Ipv4 address) {
    return std::ranges::any_of(side, [&](const Cidr& cidr) { return cidr.contains(address); });
}

/// Why packets between the two do not enter the connection; empty when they would.
std::string why_outside(Ledger& ledger, const Patient& patient, Ipv4 source, Ipv4 destination) {
    if (!holds(model::local_side(patient.connection), source))
        return fmt::format("{} is in no network of LocalSubnet", to_string(source));
    if (!holds(model::remote_side(patient.connection), destination))
        return fmt::format("{} is in no network of RemoteSubnet", to_string(destination));
    if (!model::is_routed(patient.connection)) return {};
    const auto leads = [&](const model::VpnRoute& route) {
        return route.destination.contains(destination) &&
               (!route.policy_based || route.source.contains(source));
    };
    if (std::ranges::any_of(routes_into(ledger, patient), leads)) return {};
    return fmt::format(
        "no route of the gateway leads {} into this connection; make one with "
        "CreateVpnRouteEntry",
        to_string(destination));
}

DiagnosisItem inner_reach(Ledger& ledger, const Patient& patient) {
    if (!patient.source || !patient.destination) {
        DiagnosisItem item = pair_item("VcoPrivateConnectivity", "", "");
        add(item, "reason", "no pair of addresses was given in IPsecExtendInfo");
        return item;
    }
    DiagnosisItem item = pair_item("VcoPrivateConnectivity", to_string(*patient.source),
                                   to_string(*patient.destination));
    const std::string why = why_outside(ledger, patient, *patient.source, *patient.destination);
    if (!why.empty()) item.level = DiagnosisLevel::error;
    add(item, "reason", why.empty() ? not_measured : std::string_view(why));
    return item;
}

}  // namespace

std::vector<model::DiagnosisItem> diagnosis_items(Ledger& ledger, const Installation& installation,
                                                  const Patient& patient) {
    const auto tunnels = tunnels_of(ledger, patient.connection.id);
    return {route_conflicts(ledger, patient),
            route_quota(ledger, installation, patient, false),
            connection_quota(ledger, installation, patient),
            route_quota(ledger, installation, patient, true),
            consistency(ledger, patient, tunnels),
            outer_reach(ledger, patient, tunnels),
            inner_reach(ledger, patient)};
}

}  // namespace kanmon::usecases
