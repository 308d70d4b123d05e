#include "controlplane/usecases/vpc_plans.h"

#include <fmt/core.h>

namespace kanmon::usecases {

namespace {

void add_server(model::VpcPlan& plan, const model::SslServer& server) {
    plan.client_pools.push_back(
        {server.client_pool, fmt::format("the client CIDR {} of SSL server {}",
                                         to_string(server.client_pool), server.id.text)});
    const auto networks = model::check_local_networks(server.local_subnet);
    for (const Cidr& cidr : networks.value_or(std::vector<Cidr>()))
        plan.local_networks.push_back({cidr, fmt::format("the local network {} of SSL server {}",
                                                         to_string(cidr), server.id.text)});
}

void add_gateway(Ledger& ledger, model::VpcPlan& plan, const model::VpnGateway& gateway,
                 const Unplanned& without) {
    plan.outer_addresses.push_back(
        {Cidr{gateway.public_address, 32},
         fmt::format("the gateway's public address {}", to_string(gateway.public_address))});
    for (const model::SslServer& server : ledger.ssl_servers().below(gateway.id.text))
        if (server.id != without.server) add_server(plan, server);
    for (const auto& connection : ledger.vpn_connections().below(gateway.id.text)) {
        if (connection.id == without.connection) continue;
        for (model::Destination& destination : destinations_of(connection))
            plan.destinations.push_back(std::move(destination));
    }
    for (const model::VpnRoute& route : ledger.vpn_routes().below(gateway.id.text))
        if (route.id != without.route) plan.destinations.push_back(destination_of(route));
}

}  // namespace

std::vector<model::Destination> destinations_of(const model::VpnConnection& connection) {
    std::vector<model::Destination> destinations;
    if (model::is_routed(connection)) return destinations;
    for (const Cidr& cidr : model::remote_side(connection))
        destinations.push_back({.cidr = cidr,
                                .what = fmt::format("the remote network {} of IPsec connection {}",
                                                    to_string(cidr), connection.id.text)});
    return destinations;
}

model::Destination destination_of(const model::VpnRoute& route) {
    return {.cidr = route.destination,
            .what = fmt::format("the {} {} of VPN gateway {}",
                                route.policy_based ? "policy-based route" : "route",
                                model::route_text(route), route.gateway.text),
            .by_policy = route.policy_based};
}

model::VpcPlan plan_beside(Ledger& ledger, const model::VpnGateway& gateway,
                           const Unplanned& without) {
    model::VpcPlan plan;
    if (const auto vpc = ledger.vpcs().find(gateway.vpc.text))
        plan.vpc = {vpc->cidr, fmt::format("the VPC {} ({})", vpc->id.text, to_string(vpc->cidr))};
    for (const model::VSwitch& part : ledger.vswitches().below(gateway.vpc.text))
        plan.parts.push_back(
            {part.cidr, fmt::format("the vSwitch {} ({})", part.id.text, to_string(part.cidr))});
    for (const model::VpnGateway& sibling : ledger.vpn_gateways().below(gateway.vpc.text))
        add_gateway(ledger, plan, sibling, without);
    return plan;
}

}  // namespace kanmon::usecases
