#include "controlplane/usecases/vpn_connections.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/connection_rules.h"
#include "controlplane/usecases/noted_times.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/tagging.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t tunnels_max = 2;
constexpr std::size_t made_psk_length = 16;

void add_tunnel(Parameters& parameters, const TunnelChange& change) {
    parameters.add("TunnelId", change.id)
        .add("Role", change.role)
        .add("CustomerGatewayId", change.customer_gateway)
        .add("EnableDpd", change.dead_peer_detection)
        .add("EnableNatTraversal", change.nat_traversal)
        .add("PskGiven", change.psk.has_value());
    for (const auto* group : {&change.ike, &change.ipsec, &change.bgp})
        for (const auto& [name, text] : *group) parameters.add(name, text);
}

Parameters parameters_of(const ConnectionChange& change) {
    Parameters parameters;
    parameters.add("Name", change.name)
        .add("LocalSubnet", change.local_subnet)
        .add("RemoteSubnet", change.remote_subnet)
        .add("EffectImmediately", change.effective_at_once)
        .add("AutoConfigRoute", change.auto_route)
        .add("EnableBgp", change.dynamic_routing);
    for (const auto& [name, text] : change.health) parameters.add(name, text);
    if (change.only_tunnel) add_tunnel(parameters, *change.only_tunnel);
    for (const TunnelChange& tunnel : change.tunnels) add_tunnel(parameters, tunnel);
    return parameters;
}

/// What the request says of tunnels, named ones or the only one. Flags that are an only tunnel's
/// mean nothing where they are, or were, `named`.
Outcome<std::vector<TunnelChange>> wanted_tunnels(const ConnectionChange& change, bool named) {
    named = named || !change.tunnels.empty();
    const bool has_only = change.only_tunnel && (!named || change.only_tunnel->says_more());
    if (change.tunnels.size() > tunnels_max)
        return model::illegal("TunnelOptionsSpecification",
                              fmt::format("A connection has at most {} tunnels; {} were given.",
                                          tunnels_max, change.tunnels.size()));
    if (!change.tunnels.empty() && has_only)
        return model::illegal("TunnelOptionsSpecification",
                              "CustomerGatewayId, IkeConfig and the like are of the only tunnel; "
                              "give either those or TunnelOptionsSpecification.");
    if (!change.tunnels.empty()) return change.tunnels;
    if (has_only) return std::vector{*change.only_tunnel};
    return std::vector<TunnelChange>();
}

Outcome<model::IpsecTunnel> new_tunnel(Ports& ports, Ledger& ledger, const Call& call,
                                       const model::VpnConnection& connection, TunnelChange change,
                                       std::size_t place) {
    if (!change.customer_gateway || change.customer_gateway->empty())
        return model::missing("CustomerGatewayId");
    if (!change.psk)
        change.psk =
            SecretBuffer(as_bytes(model::random_alphanumerics(ports.random, made_psk_length)));
    model::IpsecTunnel tunnel;
    tunnel.id = model::make_ipsec_tunnel_id(ports.random);
    tunnel.account = connection.account;
    tunnel.connection = connection.id;
    tunnel.role = place == 0 ? model::TunnelRole::master : model::TunnelRole::slave;
    if (auto fits = apply(ledger, call, ports.sealer, tunnel, change); !fits)
        return unexpected(fits.error());
    return tunnel;
}

Outcome<void> check_roles(const std::vector<model::IpsecTunnel>& tunnels) {
    if (tunnels.size() < 2 || tunnels[0].role != tunnels[1].role) return {};
    return model::illegal("Role", "Of two tunnels one is the master and one the slave.");
}

Outcome<void> check_may_add(Ledger& ledger, const Installation& installation,
                            const model::VpnGateway& gateway) {
    if (!gateway.ipsec_enabled)
        return model::refuse("VpnGateway.IpsecVpnDisabled",
                             fmt::format("IPsec is off on the gateway {}; modify it with "
                                         "EnableIpsec=true.",
                                         gateway.id.text));
    const std::size_t present = ledger.vpn_connections().below(gateway.id.text).size();
    if (present < installation.connections_per_gateway) return {};
    return model::refuse("Resource.QuotaFull",
                         fmt::format("The gateway {} has {} IPsec connections, its maximum; delete "
                                     "one first.",
                                     gateway.id.text, present));
}

/// Which tunnel a change means: by id, by role, by place.
Outcome<std::size_t> meant_tunnel(const std::vector<model::IpsecTunnel>& tunnels,
                                  const TunnelChange& change, std::size_t place) {
    for (std::size_t i = 0; i < tunnels.size(); ++i) {
        if (change.id.empty() && change.role &&
            model::check_tunnel_role(*change.role) == tunnels[i].role)
            return i;
        if (!change.id.empty() && tunnels[i].id.text == change.id) return i;
    }
    if (change.id.empty() && !change.role && place < tunnels.size()) return place;
    return model::not_found("InvalidTunnelId.NotFound", "tunnel",
                            change.id.empty() ? std::to_string(place + 1) : escaped(change.id, 64));
}

Outcome<std::vector<model::IpsecTunnel>> changed_tunnels(Ports& ports, Ledger& ledger,
                                                         const Call& call,
                                                         const model::VpnConnection& connection,
                                                         const ConnectionChange& change) {
    const auto wanted = wanted_tunnels(change, connection.named_tunnels);
    if (!wanted) return unexpected(wanted.error());
    if (!wanted->empty() && connection.named_tunnels == change.tunnels.empty())
        return model::illegal(
            "TunnelOptionsSpecification",
            fmt::format(
                "The tunnels of {} were given {} TunnelOptionsSpecification; change them in "
                "the same way.",
                connection.id.text, connection.named_tunnels ? "as" : "without"));
    std::vector<model::IpsecTunnel> tunnels = tunnels_of(ledger, connection.id);
    for (std::size_t place = 0; place < wanted->size(); ++place) {
        const TunnelChange& one = (*wanted)[place];
        const auto meant = meant_tunnel(tunnels, one, place);
        if (!meant) return unexpected(meant.error());
        if (auto fits = apply(ledger, call, ports.sealer, tunnels[*meant], one); !fits)
            return unexpected(fits.error());
    }
    if (auto differ = check_roles(tunnels); !differ) return unexpected(differ.error());
    return tunnels;
}

bool leads_to(Ledger& ledger, const model::VpnConnection& connection, const std::string& site) {
    return std::ranges::any_of(tunnels_of(ledger, connection.id), [&](const auto& tunnel) {
        return tunnel.customer_gateway.text == site;
    });
}

bool matches(Ledger& ledger, const model::VpnConnection& connection,
             const DescribeVpnConnections& request) {
    if (!request.id.empty() && connection.id.text != request.id) return false;
    if (!request.gateway.empty() && connection.gateway.text != request.gateway) return false;
    if (!request.customer_gateway.empty() &&
        !leads_to(ledger, connection, request.customer_gateway))
        return false;
    if (!request.resource_group.empty()) {
        const auto gateway = ledger.vpn_gateways().find(connection.gateway.text);
        if (!gateway || gateway->resource_group != request.resource_group) return false;
    }
    return request.tags.empty() ||
           model::has_tags(tags_of(ledger, connection.id.text), request.tags);
}

}  // namespace

Outcome<VpnConnectionView> VpnConnections::view(Ledger& ledger,
                                                model::VpnConnection connection) const {
    auto gateway = ledger.vpn_gateways().find(connection.gateway.text);
    if (!gateway) return model::unavailable("The connection's gateway is missing.");
    const auto tunnels = tunnels_of(ledger, connection.id);
    VpnConnectionView shown{.connection = std::move(connection), .gateway = std::move(*gateway)};
    shown.tags = tags_of(ledger, shown.connection.id.text);
    shown.warnings = connection_warnings(ledger, shown.gateway, shown.connection, tunnels);
    for (const model::IpsecTunnel& tunnel : tunnels) {
        TunnelView one{.tunnel = tunnel, .psk = {}, .remote_address = {}};
        auto psk = ports_.sealer.unseal(tunnel.sealed_psk, tunnel.id.text);
        if (!psk) return unexpected(psk.error());
        one.psk = std::move(*psk);
        if (const auto site = ledger.customer_gateways().find(tunnel.customer_gateway.text)) {
            one.remote_address = site->address;
            one.remote_asn = site->asn;
        }
        shown.tunnels.push_back(std::move(one));
    }
    return shown;
}

Outcome<VpnConnectionCreated> VpnConnections::create(const Call& call,
                                                     const CreateVpnConnection& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.gateway.empty()) return model::missing("VpnGatewayId");
    if (auto fit = model::check_tags(request.tags); !fit) return unexpected(fit.error());
    const auto wanted = wanted_tunnels(request.values, false);
    if (!wanted) return unexpected(wanted.error());
    if (wanted->empty()) return model::missing("CustomerGatewayId");
    Parameters parameters = parameters_of(request.values);
    parameters.add("VpnGatewayId", request.gateway);
    for (const model::Tag& tag : request.tags) parameters.add("Tag", tag.key + "=" + tag.value);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateVpnConnection", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, request.gateway);
            if (!gateway) return unexpected(gateway.error());
            if (auto may = check_may_add(ledger, ports_.installation, *gateway); !may)
                return unexpected(may.error());
            model::VpnConnection connection;
            connection.id = model::make_vpn_connection_id(ports_.random);
            connection.account = call.actor.account;
            connection.gateway = gateway->id;
            connection.created_at = call.now;
            connection.named_tunnels = !request.values.tunnels.empty();
            if (auto fits = apply(connection, request.values); !fits)
                return unexpected(fits.error());
            std::vector<model::IpsecTunnel> tunnels;
            for (std::size_t place = 0; place < wanted->size(); ++place) {
                auto made = new_tunnel(ports_, ledger, call, connection, (*wanted)[place], place);
                if (!made) return unexpected(made.error());
                tunnels.push_back(std::move(*made));
            }
            if (auto differ = check_roles(tunnels); !differ) return unexpected(differ.error());
            if (auto free = check_connection_beside(ledger, *gateway, connection, tunnels); !free)
                return unexpected(free.error());
            ledger.vpn_connections().put(connection);
            for (const model::IpsecTunnel& tunnel : tunnels) ledger.ipsec_tunnels().put(tunnel);
            if (auto put = put_tags(ledger, connection.account, model::TaggedKind::vpn_connection,
                                    connection.id.text, request.tags);
                !put)
                return unexpected(put.error());
            return note_times(connection.id.text, {{connection.created_at}, connection.name});
        });
    if (!receipt) return unexpected(receipt.error());
    auto noted = read_times(*receipt, 1);
    if (!noted) return unexpected(noted.error());
    return VpnConnectionCreated{{receipt->subject}, std::move(noted->name), noted->times.front()};
}

Outcome<VpnConnectionView> VpnConnections::find(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<VpnConnectionView>(ports_.books,
                                       [&](Ledger& ledger) -> Outcome<VpnConnectionView> {
                                           auto connection = own_connection(ledger, call, id);
                                           if (!connection) return unexpected(connection.error());
                                           return view(ledger, std::move(*connection));
                                       });
}

Outcome<Page<VpnConnectionView>> VpnConnections::list(const Call& call,
                                                      const DescribeVpnConnections& request) {
    const std::lock_guard turn(ports_.turn);
    using Views = Page<VpnConnectionView>;
    return look_for<Views>(ports_.books, [&](Ledger& ledger) -> Outcome<Views> {
        std::vector<model::VpnConnection> found =
            ledger.vpn_connections().of_account(call.actor.account);
        std::erase_if(found, [&](const auto& row) { return !matches(ledger, row, request); });
        auto page = page_of(std::move(found), request.page);
        if (!page) return unexpected(page.error());
        Views views{.items = {}, .number = page->number, .size = page->size, .total = page->total};
        for (model::VpnConnection& connection : page->items) {
            auto shown = view(ledger, std::move(connection));
            if (!shown) return unexpected(shown.error());
            views.items.push_back(std::move(*shown));
        }
        return views;
    });
}

Outcome<VpnConnectionView> VpnConnections::modify(const Call& call,
                                                  const ModifyVpnConnection& request) {
    return change(call, "ModifyVpnConnectionAttribute", request);
}

Outcome<VpnConnectionView> VpnConnections::modify_tunnel(const Call& call, const std::string& id,
                                                         const TunnelChange& tunnel) {
    if (tunnel.id.empty()) return model::missing("TunnelId");
    ModifyVpnConnection request{.id = id};
    request.change.tunnels = {tunnel};
    return change(call, "ModifyTunnelAttribute", request);
}

Outcome<VpnConnectionView> VpnConnections::change(const Call& call, std::string_view action,
                                                  const ModifyVpnConnection& request) {
    const std::lock_guard turn(ports_.turn);
    Parameters parameters = parameters_of(request.change);
    parameters.add("VpnConnectionId", request.id);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, action, parameters), [&](Ledger& ledger) -> Outcome<Receipt> {
            auto connection = own_connection(ledger, call, request.id);
            if (!connection) return unexpected(connection.error());
            const auto gateway = own_gateway(ledger, call, connection->gateway.text);
            if (!gateway) return unexpected(gateway.error());
            if (auto fits = apply(*connection, request.change); !fits)
                return unexpected(fits.error());
            const auto tunnels = changed_tunnels(ports_, ledger, call, *connection, request.change);
            if (!tunnels) return unexpected(tunnels.error());
            if (auto free = check_connection_beside(ledger, *gateway, *connection, *tunnels); !free)
                return unexpected(free.error());
            ledger.vpn_connections().put(*connection);
            for (const model::IpsecTunnel& tunnel : *tunnels)
                ledger.ipsec_tunnels().remove(tunnel.id.text);
            for (const model::IpsecTunnel& tunnel : *tunnels) ledger.ipsec_tunnels().put(tunnel);
            return Receipt{connection->id.text, connection->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return look_for<VpnConnectionView>(
        ports_.books, [&](Ledger& ledger) -> Outcome<VpnConnectionView> {
            auto connection = own_connection(ledger, call, request.id);
            if (!connection) return unexpected(connection.error());
            return view(ledger, std::move(*connection));
        });
}

Outcome<void> VpnConnections::remove(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteVpnConnection", Parameters().add("VpnConnectionId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto connection = own_connection(ledger, call, id);
            if (!connection) return unexpected(connection.error());
            for (const model::VpnRoute& route : ledger.vpn_routes().below(connection->gateway.text))
                if (route.next_hop == connection->id)
                    return model::refuse("DependencyViolation",
                                         fmt::format("The route {} leads into the IPsec connection "
                                                     "{}; delete that first.",
                                                     model::route_text(route), id));
            for (const model::IpsecTunnel& tunnel : tunnels_of(ledger, connection->id))
                ledger.ipsec_tunnels().remove(tunnel.id.text);
            remove_tags(ledger, id);
            ledger.vpn_connections().remove(id);
            return Receipt{id, connection->name};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

}  // namespace kanmon::usecases
