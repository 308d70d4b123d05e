#include "controlplane/usecases/vpn_routes.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {

namespace {

constexpr std::int64_t usual_priority = 10;

Parameters parameters_of(const RouteName& name) {
    Parameters parameters;
    parameters.add("VpnGatewayId", name.gateway)
        .add("RouteDest", name.destination)
        .add("NextHop", name.next_hop)
        .add("Weight", name.weight);
    if (name.policy_based)
        parameters.add("RouteSource", name.source).add("Priority", name.priority);
    return parameters;
}

Outcome<model::VpnRoute> checked(const CreateVpnRoute& request) {
    const RouteName& name = request.name;
    model::VpnRoute route;
    route.policy_based = name.policy_based;
    const auto destination = model::check_route_network("RouteDest", name.destination);
    if (!destination) return unexpected(destination.error());
    route.destination = *destination;
    if (name.policy_based) {
        const auto source = model::check_route_network("RouteSource", name.source);
        if (!source) return unexpected(source.error());
        route.source = *source;
        const auto priority =
            model::check_route_priority("Priority", name.priority.value_or(usual_priority));
        if (!priority) return unexpected(priority.error());
        route.priority = *priority;
    }
    if (!name.weight) return model::missing("Weight");
    const auto weight = model::check_route_weight("Weight", *name.weight);
    if (!weight) return unexpected(weight.error());
    route.weight = *weight;
    if (!request.overlay_mode.empty() && request.overlay_mode != "Ipsec")
        return model::illegal("OverlayMode", fmt::format("The overlay mode is Ipsec, not '{}'.",
                                                         escaped(request.overlay_mode, 64)));
    if (auto fits = model::check_description(request.description); !fits)
        return unexpected(fits.error());
    route.description = request.description;
    route.published = request.publish;
    return route;
}

bool same_flow(const model::VpnRoute& left, const model::VpnRoute& right) {
    return left.policy_based == right.policy_based && left.source == right.source &&
           left.destination == right.destination;
}

/// Beside the other routes of its gateway: one of a kind, and one active.
Outcome<void> check_beside_routes(Ledger& ledger, const model::VpnRoute& route) {
    for (const model::VpnRoute& other : ledger.vpn_routes().below(route.gateway.text)) {
        if (other.id == route.id || !same_flow(route, other)) continue;
        if (other.next_hop == route.next_hop)
            return model::refuse("InvalidRouteEntry.AlreadyExists",
                                 fmt::format("The route {} into {} is there already; change its "
                                             "weight, or delete it first.",
                                             model::route_text(route), route.next_hop.text));
        if (other.weight == 100 && route.weight == 100)
            return model::illegal("Weight",
                                  fmt::format("The route {} into {} is active; of the same route "
                                              "only one is, and the others stand by with weight 0.",
                                              model::route_text(route), other.next_hop.text));
    }
    return {};
}

Outcome<void> check_room(Ledger& ledger, const Installation& installation,
                         const model::VpnRoute& route) {
    const auto routes = ledger.vpn_routes().below(route.gateway.text);
    const auto present =
        std::ranges::count(routes, route.policy_based, &model::VpnRoute::policy_based);
    if (static_cast<std::uint32_t>(present) < installation.routes_per_gateway) return {};
    return model::refuse(
        route.policy_based ? "QuotaExceeded.PolicyBasedRoute" : "QuotaExceeded.VpnRouteEntry",
        fmt::format("The gateway {} has {} such routes, its maximum; delete one first.",
                    route.gateway.text, present));
}

Outcome<void> check_next_hop(Ledger& ledger, const Call& call, const model::VpnGateway& gateway,
                             const std::string& id) {
    const auto connection = own_connection(ledger, call, id);
    if (!connection) return unexpected(connection.error());
    if (connection->gateway == gateway.id) return {};
    return model::illegal("NextHop", fmt::format("The IPsec connection {} is of the gateway {}, "
                                                 "not of {}; name one of this gateway.",
                                                 id, connection->gateway.text, gateway.id.text));
}

/// All that the name fits: one, but for policy-based ones that were named without their source.
Outcome<std::vector<model::VpnRoute>> named_routes(Ledger& ledger, const Call& call,
                                                   const RouteName& name) {
    const auto gateway = own_gateway(ledger, call, name.gateway);
    if (!gateway) return unexpected(gateway.error());
    const auto destination = parse_cidr(name.destination);
    const auto source = parse_cidr(name.source);
    std::vector<model::VpnRoute> routes = ledger.vpn_routes().below(gateway->id.text);
    std::erase_if(routes, [&](const model::VpnRoute& route) {
        return route.policy_based != name.policy_based || route.next_hop.text != name.next_hop ||
               route.destination != destination ||
               (name.policy_based && !name.source.empty() && route.source != source) ||
               (name.weight && *name.weight != route.weight) ||
               (name.priority && *name.priority != route.priority);
    });
    if (!routes.empty()) return routes;
    return unexpected(
        Refusal{404, "InvalidRouteEntry.NotFound",
                fmt::format("The gateway {} has no such route {}{} into {}.", gateway->id.text,
                            escaped(name.destination, 64),
                            name.source.empty() ? "" : " from " + escaped(name.source, 64),
                            escaped(name.next_hop, 64))});
}

Outcome<void> write(model::VpnRoute& route, const ModifyVpnRoute& request) {
    if (request.weight) {
        const auto weight = model::check_route_weight("NewWeight", *request.weight);
        if (!weight) return unexpected(weight.error());
        route.weight = *weight;
    }
    if (request.priority) {
        const auto priority = model::check_route_priority("NewPriority", *request.priority);
        if (!priority) return unexpected(priority.error());
        route.priority = *priority;
    }
    if (request.publish) route.published = *request.publish;
    return {};
}

}  // namespace

Outcome<model::VpnRoute> VpnRoutes::create(const Call& call, const CreateVpnRoute& request) {
    const std::lock_guard turn(ports_.turn);
    auto route = checked(request);
    if (!route) return unexpected(route.error());
    Parameters parameters = parameters_of(request.name);
    parameters.add("PublishVpc", request.publish).add("Description", request.description);
    const std::string_view action =
        request.name.policy_based ? "CreateVpnPbrRouteEntry" : "CreateVpnRouteEntry";
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, action, parameters), [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, request.name.gateway);
            if (!gateway) return unexpected(gateway.error());
            if (auto led = check_next_hop(ledger, call, *gateway, request.name.next_hop); !led)
                return unexpected(led.error());
            route->id = model::make_vpn_route_id(ports_.random);
            route->account = call.actor.account;
            route->gateway = gateway->id;
            route->next_hop.text = request.name.next_hop;
            route->created_at = call.now;
            if (auto room = check_room(ledger, ports_.installation, *route); !room)
                return unexpected(room.error());
            if (auto differs = check_beside_routes(ledger, *route); !differs)
                return unexpected(differs.error());
            const auto plan = plan_beside(ledger, *gateway, {});
            if (auto free = model::check_destination_in(plan, "RouteDest", destination_of(*route));
                !free)
                return unexpected(free.error());
            ledger.vpn_routes().put(*route);
            return Receipt{route->id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<model::VpnRoute>(ports_.books, [&](Ledger& ledger) -> Outcome<model::VpnRoute> {
        auto made = ledger.vpn_routes().find(receipt->subject);
        if (made) return *made;
        return model::not_found("InvalidRouteEntry.NotFound", "route",
                                escaped(request.name.destination, 64));
    });
}

Outcome<Page<model::VpnRoute>> VpnRoutes::list(const Call& call, const DescribeVpnRoutes& request) {
    const std::lock_guard turn(ports_.turn);
    using Routes = Page<model::VpnRoute>;
    return look_for<Routes>(ports_.books, [&](Ledger& ledger) -> Outcome<Routes> {
        const auto gateway = own_gateway(ledger, call, request.gateway);
        if (!gateway) return unexpected(gateway.error());
        std::vector<model::VpnRoute> routes = ledger.vpn_routes().below(gateway->id.text);
        std::erase_if(routes, [&](const model::VpnRoute& route) {
            return route.policy_based != request.policy_based;
        });
        return page_of(std::move(routes), request.page);
    });
}

Outcome<void> VpnRoutes::modify(const Call& call, std::string_view action,
                                const ModifyVpnRoute& request) {
    const std::lock_guard turn(ports_.turn);
    Parameters parameters = parameters_of(request.name);
    parameters.add("NewWeight", request.weight)
        .add("NewPriority", request.priority)
        .add("PublishVpc", request.publish);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, action, parameters), [&](Ledger& ledger) -> Outcome<Receipt> {
            auto routes = named_routes(ledger, call, request.name);
            if (!routes) return unexpected(routes.error());
            for (model::VpnRoute& route : *routes) {
                if (auto written = write(route, request); !written)
                    return unexpected(written.error());
                if (auto differs = check_beside_routes(ledger, route); !differs)
                    return unexpected(differs.error());
                ledger.vpn_routes().put(route);
            }
            return Receipt{routes->front().id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<void> VpnRoutes::remove(const Call& call, const RouteName& name) {
    const std::lock_guard turn(ports_.turn);
    const std::string_view action =
        name.policy_based ? "DeleteVpnPbrRouteEntry" : "DeleteVpnRouteEntry";
    const auto receipt =
        ports_.books.transact(call.actor, token_of(call, action, parameters_of(name)),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  const auto routes = named_routes(ledger, call, name);
                                  if (!routes) return unexpected(routes.error());
                                  for (const model::VpnRoute& route : *routes)
                                      ledger.vpn_routes().remove(route.id.text);
                                  return Receipt{routes->front().id.text, {}};
                              });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
