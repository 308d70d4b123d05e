#include "controlplane/usecases/connection_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {

namespace {

/// As sets: the order that somebody wrote them in makes no other connection.
std::vector<Cidr> sorted(std::vector<Cidr> side) {
    std::ranges::sort(side);
    return side;
}

bool overlap(const std::vector<Cidr>& left, const std::vector<Cidr>& right) {
    return std::ranges::any_of(left, [&](const Cidr& one) {
        return std::ranges::any_of(right, [&](const Cidr& other) { return one.overlaps(other); });
    });
}

bool same_site(const std::vector<model::IpsecTunnel>& left,
               const std::vector<model::IpsecTunnel>& right) {
    return std::ranges::any_of(left, [&](const model::IpsecTunnel& one) {
        return std::ranges::find(right, one.customer_gateway,
                                 &model::IpsecTunnel::customer_gateway) != right.end();
    });
}

Outcome<void> check_another(const model::VpnConnection& connection,
                            const std::vector<model::IpsecTunnel>& tunnels,
                            const model::VpnConnection& other,
                            const std::vector<model::IpsecTunnel>& their_tunnels) {
    const auto same = [](const auto& side, const auto& one, const auto& two) {
        return sorted(side(one)) == sorted(side(two));
    };
    if (same_site(tunnels, their_tunnels) && same(model::local_side, connection, other) &&
        same(model::remote_side, connection, other))
        return model::refuse(
            "InvalidVpnConnection.AlreadyExists",
            fmt::format("The IPsec connection {} joins the same networks over the same customer "
                        "gateway; change that one, or lead this one to another CustomerGatewayId.",
                        other.id.text));
    for (const model::IpsecTunnel& tunnel : tunnels)
        for (const model::IpsecTunnel& theirs : their_tunnels)
            if (tunnel.settings.inner_cidr &&
                tunnel.settings.inner_cidr == theirs.settings.inner_cidr)
                return model::illegal("TunnelCidr",
                                      fmt::format("{} is inside the tunnel {} of IPsec connection "
                                                  "{} already; take another /30 of 169.254.0.0/16.",
                                                  to_string(*tunnel.settings.inner_cidr),
                                                  theirs.id.text, other.id.text));
    return {};
}

Outcome<void> check_inner_networks_differ(const std::vector<model::IpsecTunnel>& tunnels) {
    for (auto one = tunnels.begin(); one != tunnels.end(); ++one)
        for (auto other = tunnels.begin(); other != one; ++other)
            if (one->settings.inner_cidr && one->settings.inner_cidr == other->settings.inner_cidr)
                return model::illegal("TunnelCidr",
                                      fmt::format("{} is inside both tunnels; take another /30 of "
                                                  "169.254.0.0/16 for one of them.",
                                                  to_string(*one->settings.inner_cidr)));
    return {};
}

Outcome<void> check_dynamic_routing(Ledger& ledger,
                                    const std::vector<model::IpsecTunnel>& tunnels) {
    for (const model::IpsecTunnel& tunnel : tunnels) {
        const auto site = ledger.customer_gateways().find(tunnel.customer_gateway.text);
        if (site && site->asn == 0)
            return model::illegal("CustomerGatewayId",
                                  fmt::format("BGP needs the other side's AS number, and the "
                                              "customer gateway {} has none; make one with Asn.",
                                              site->id.text));
        if (!tunnel.settings.inner_cidr)
            return model::illegal("TunnelCidr",
                                  "BGP needs a network inside the tunnel; 169.254.11.0/30 would "
                                  "do.");
    }
    return {};
}

/// Routes whose packets the subnets keep out. The original takes them, so they are taken.
void warn_of_routes(Ledger& ledger, const model::VpnConnection& connection,
                    std::vector<std::string>& warnings) {
    if (model::is_routed(connection)) return;
    for (const model::VpnRoute& route : ledger.vpn_routes().below(connection.gateway.text)) {
        if (route.next_hop != connection.id) continue;
        const auto holds = [&](const Cidr& cidr) { return cidr.contains(route.destination); };
        if (std::ranges::none_of(model::remote_side(connection), holds))
            warnings.push_back(
                fmt::format("The route {} leads into this connection, and no remote "
                            "network holds it; add {} to RemoteSubnet.",
                            model::route_text(route), to_string(route.destination)));
    }
}

template <class T>
void set(const std::optional<T>& value, T& place) {
    if (value) place = *value;
}

}  // namespace

Outcome<void> apply(model::VpnConnection& connection, const ConnectionChange& change) {
    if (change.name) {
        if (auto fits = model::check_name(*change.name); !fits) return fits;
        connection.name = *change.name;
    }
    set(change.local_subnet, connection.local_subnet);
    set(change.remote_subnet, connection.remote_subnet);
    set(change.effective_at_once, connection.effective_at_once);
    set(change.auto_route, connection.auto_route);
    set(change.dynamic_routing, connection.dynamic_routing);
    const auto local = model::check_connection_subnets("LocalSubnet", connection.local_subnet);
    if (!local) return unexpected(local.error());
    const auto remote = model::check_connection_subnets("RemoteSubnet", connection.remote_subnet);
    if (!remote) return unexpected(remote.error());
    if (auto fit = model::check_sides(*local, *remote); !fit) return fit;
    return model::write_health_check(connection.health, change.health);
}

Outcome<void> apply(Ledger& ledger, const Call& call, Sealer& sealer, model::IpsecTunnel& tunnel,
                    const TunnelChange& change) {
    if (change.role) {
        const auto role = model::check_tunnel_role(*change.role);
        if (!role) return unexpected(role.error());
        tunnel.role = *role;
    }
    if (change.customer_gateway) {
        const auto site = own_customer_gateway(ledger, call, *change.customer_gateway);
        if (!site) return unexpected(site.error());
        tunnel.customer_gateway = site->id;
    }
    set(change.dead_peer_detection, tunnel.dead_peer_detection);
    set(change.nat_traversal, tunnel.nat_traversal);
    if (change.psk) {
        if (auto fits = model::check_psk(text_view(change.psk->view())); !fits) return fits;
        auto sealed = sealer.seal(change.psk->view(), tunnel.id.text);
        if (!sealed) return unexpected(sealed.error());
        tunnel.sealed_psk = std::move(*sealed);
    }
    using model::TunnelGroup;
    model::TunnelSettings& settings = tunnel.settings;
    const auto write = [&](TunnelGroup group, std::string_view name,
                           const model::SettingTexts& texts) {
        return model::write_settings(settings, group,
                                     (change.named ? "Tunnel" : "") + std::string(name), texts);
    };
    if (auto set = write(TunnelGroup::ike, "IkeConfig", change.ike); !set) return set;
    if (auto set = write(TunnelGroup::ipsec, "IpsecConfig", change.ipsec); !set) return set;
    if (auto set = write(TunnelGroup::bgp, "BgpConfig", change.bgp); !set) return set;
    return model::check_inner(settings);
}

Outcome<void> check_connection_beside(Ledger& ledger, const model::VpnGateway& gateway,
                                      const model::VpnConnection& connection,
                                      const std::vector<model::IpsecTunnel>& tunnels) {
    const auto plan = plan_beside(ledger, gateway, {.connection = connection.id});
    for (const model::Destination& destination : destinations_of(connection))
        if (auto free = model::check_destination_in(plan, "RemoteSubnet", destination); !free)
            return free;
    for (const model::VpnConnection& other : ledger.vpn_connections().below(gateway.id.text)) {
        if (other.id == connection.id) continue;
        if (auto differs = check_another(connection, tunnels, other, tunnels_of(ledger, other.id));
            !differs)
            return differs;
    }
    if (auto differ = check_inner_networks_differ(tunnels); !differ) return differ;
    return connection.dynamic_routing ? check_dynamic_routing(ledger, tunnels) : Outcome<void>();
}

std::vector<std::string> connection_warnings(Ledger& ledger, const model::VpnGateway& gateway,
                                             const model::VpnConnection& connection,
                                             const std::vector<model::IpsecTunnel>& tunnels) {
    std::vector<std::string> warnings;
    const auto vpc = ledger.vpcs().find(gateway.vpc.text);
    for (const model::Destination& destination : destinations_of(connection))
        if (vpc && destination.cidr.contains(vpc->cidr))
            warnings.push_back(
                fmt::format("{} holds the VPC {} ({}): addresses of the VPC are not "
                            "reached at the other site.",
                            destination.what, vpc->id.text, to_string(vpc->cidr)));
    for (const model::VpnConnection& other : ledger.vpn_connections().below(gateway.id.text))
        if (other.id != connection.id && !model::is_routed(connection) &&
            !model::is_routed(other) &&
            overlap(model::local_side(connection), model::local_side(other)) &&
            overlap(model::remote_side(connection), model::remote_side(other)))
            warnings.push_back(
                fmt::format("IPsec connection {} joins some of the same networks: "
                            "routes and their weights decide between the two.",
                            other.id.text));
    warn_of_routes(ledger, connection, warnings);
    const auto is_weak = [](const model::IpsecTunnel& tunnel) {
        return tunnel.settings.ike_encryption == "des" || tunnel.settings.ipsec_encryption == "des";
    };
    if (std::ranges::any_of(tunnels, is_weak))
        warnings.emplace_back("The cipher is des, which anybody can break; aes256 would do.");
    return warnings;
}

std::vector<model::IpsecTunnel> tunnels_of(Ledger& ledger, const model::VpnConnectionId& id) {
    std::vector<model::IpsecTunnel> tunnels = ledger.ipsec_tunnels().below(id.text);
    std::ranges::stable_sort(tunnels, {}, &model::IpsecTunnel::role);
    return tunnels;
}

}  // namespace kanmon::usecases
