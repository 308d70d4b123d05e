#include "controlplane/usecases/vpn_gateways.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::int64_t default_ssl_connections = 5;

/// The installation's address with the fewest gateways.
Ipv4 least_used_address(Ledger& ledger, const std::vector<Ipv4>& addresses) {
    const std::vector<model::VpnGateway> gateways = ledger.vpn_gateways().all();
    const auto uses = [&](Ipv4 address) {
        return std::ranges::count(gateways, address, &model::VpnGateway::public_address);
    };
    return *std::ranges::min_element(addresses, {}, uses);
}

/// What a request asks for, once every value of it has been found right.
struct Checked {
    std::uint32_t bandwidth = 0;
    std::uint32_t connections = 0;
    std::string network_type;
};

Outcome<Checked> check(const CreateVpnGateway& request) {
    if (request.vpc.empty()) return model::missing("VpcId");
    if (request.bandwidth == 0) return model::missing("Bandwidth");
    if (auto name = model::check_gateway_name(request.name); !name) return unexpected(name.error());
    const auto bandwidth = model::check_bandwidth(request.bandwidth);
    if (!bandwidth) return unexpected(bandwidth.error());
    const auto connections =
        model::check_ssl_connections(request.ssl_connections.value_or(default_ssl_connections));
    if (!connections) return unexpected(connections.error());
    const std::string type = request.network_type.empty() ? "public" : request.network_type;
    if (auto known = model::check_network_type(type); !known) return unexpected(known.error());
    return Checked{*bandwidth, *connections, type};
}

/// A larger maximum must still fit every client CIDR.
Outcome<void> check_pools(Ledger& ledger, const model::VpnGateway& gateway) {
    for (const model::SslServer& server : ledger.ssl_servers().below(gateway.id.text)) {
        auto fits = model::check_pool_size(server.client_pool, server.topology,
                                           gateway.ssl_connections_max);
        if (fits) continue;
        return model::illegal("SslConnections", fmt::format("SSL server {}: {}", server.id.text,
                                                            fits.error().message));
    }
    return {};
}

Outcome<bool> apply(Ledger& ledger, model::VpnGateway& gateway, const ModifyVpnGateway& request) {
    const model::VpnGateway before = gateway;
    if (request.name) {
        if (auto name = model::check_gateway_name(*request.name); !name)
            return unexpected(name.error());
        gateway.name = request.name->empty() ? gateway.id.text : *request.name;
    }
    if (request.description) {
        if (auto text = model::check_description(*request.description); !text)
            return unexpected(text.error());
        gateway.description = *request.description;
    }
    if (request.bandwidth) {
        const auto bandwidth = model::check_bandwidth(*request.bandwidth);
        if (!bandwidth) return unexpected(bandwidth.error());
        gateway.bandwidth_mbit = *bandwidth;
    }
    if (request.enable_ssl) gateway.ssl_enabled = *request.enable_ssl;
    if (request.ssl_connections) {
        const auto connections = model::check_ssl_connections(*request.ssl_connections);
        if (!connections) return unexpected(connections.error());
        gateway.ssl_connections_max = *connections;
        if (gateway.ssl_connections_max > before.ssl_connections_max)
            if (auto fit = check_pools(ledger, gateway); !fit) return unexpected(fit.error());
    }
    return gateway.bandwidth_mbit != before.bandwidth_mbit ||
           gateway.ssl_enabled != before.ssl_enabled ||
           gateway.ssl_connections_max != before.ssl_connections_max;
}

}  // namespace

Outcome<VpnGatewayCreated> VpnGateways::create(const Call& call, const CreateVpnGateway& request) {
    const std::lock_guard turn(ports_.turn);
    const auto checked = check(request);
    if (!checked) return unexpected(checked.error());
    const Parameters parameters = Parameters()
                                      .add("RegionId", request.region)
                                      .add("VpcId", request.vpc)
                                      .add("Bandwidth", request.bandwidth)
                                      .add("EnableSsl", request.enable_ssl)
                                      .add("EnableIpsec", request.enable_ipsec)
                                      .add("SslConnections", request.ssl_connections)
                                      .add("NetworkType", checked->network_type)
                                      .add("Name", request.name);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateVpnGateway", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto vpc = own_vpc(ledger, call, request.vpc);
            if (!vpc) return unexpected(vpc.error());
            const std::size_t present = ledger.vpn_gateways().of_account(call.actor.account).size();
            if (present >= ports_.installation.gateways_per_account)
                return model::refuse("Resource.QuotaFull",
                                     fmt::format("The account has {} VPN gateways, its maximum; "
                                                 "delete one first.",
                                                 present));
            model::VpnGateway gateway;
            gateway.id = model::make_vpn_gateway_id(ports_.random);
            gateway.account = call.actor.account;
            gateway.region = request.region;
            gateway.vpc = vpc->id;
            gateway.name = request.name.empty() ? gateway.id.text : request.name;
            gateway.public_address =
                least_used_address(ledger, ports_.installation.public_addresses);
            gateway.bandwidth_mbit = checked->bandwidth;
            gateway.ssl_connections_max = checked->connections;
            gateway.ssl_enabled = request.enable_ssl;
            gateway.ipsec_enabled = request.enable_ipsec;
            gateway.network_type = checked->network_type;
            gateway.created_at = call.now;
            gateway.created_by = gateway.changed_by = ledger.number();
            ledger.vpn_gateways().put(gateway);
            return Receipt{gateway.id.text, gateway.name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return VpnGatewayCreated{{receipt->subject}, receipt->name};
}

Outcome<Page<VpnGatewayView>> VpnGateways::list(const Call& call,
                                                const DescribeVpnGateways& request) {
    const std::lock_guard turn(ports_.turn);
    const std::uint64_t settled = ports_.settled.load();
    return look_for<Page<VpnGatewayView>>(ports_.books, [&](Ledger& ledger) {
        std::vector<VpnGatewayView> views;
        for (model::VpnGateway& gateway : ledger.vpn_gateways().of_account(call.actor.account)) {
            const model::GatewayStatus status = model::status_of(gateway, settled);
            if (!request.id.empty() && gateway.id.text != request.id) continue;
            if (!request.vpc.empty() && gateway.vpc.text != request.vpc) continue;
            if (!request.status.empty() && model::status_text(status) != request.status) continue;
            views.push_back({std::move(gateway), status});
        }
        return page_of(std::move(views), request.page);
    });
}

Outcome<VpnGatewayView> VpnGateways::find(const Call& call, const model::VpnGatewayId& id) {
    const std::lock_guard turn(ports_.turn);
    const std::uint64_t settled = ports_.settled.load();
    return look_for<VpnGatewayView>(ports_.books, [&](Ledger& ledger) -> Outcome<VpnGatewayView> {
        const auto gateway = own_gateway(ledger, call, id.text);
        if (!gateway) return unexpected(gateway.error());
        return VpnGatewayView{*gateway, model::status_of(*gateway, settled)};
    });
}

Outcome<VpnGatewayView> VpnGateways::modify(const Call& call, const ModifyVpnGateway& request) {
    const std::lock_guard turn(ports_.turn);
    const Parameters parameters = Parameters()
                                      .add("VpnGatewayId", request.id)
                                      .add("Name", request.name)
                                      .add("Description", request.description)
                                      .add("Bandwidth", request.bandwidth)
                                      .add("EnableSsl", request.enable_ssl)
                                      .add("SslConnections", request.ssl_connections);
    const auto receipt =
        ports_.books.transact(call.actor, token_of(call, "ModifyVpnGatewayAttribute", parameters),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  auto gateway = own_gateway(ledger, call, request.id);
                                  if (!gateway) return unexpected(gateway.error());
                                  const auto enforced = apply(ledger, *gateway, request);
                                  if (!enforced) return unexpected(enforced.error());
                                  if (*enforced) gateway->changed_by = ledger.number();
                                  ledger.vpn_gateways().put(*gateway);
                                  return Receipt{gateway->id.text, gateway->name};
                              });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    const std::uint64_t settled = ports_.settled.load();
    return look_for<VpnGatewayView>(ports_.books, [&](Ledger& ledger) -> Outcome<VpnGatewayView> {
        const auto gateway = own_gateway(ledger, call, request.id);
        if (!gateway) return unexpected(gateway.error());
        return VpnGatewayView{*gateway, model::status_of(*gateway, settled)};
    });
}

Outcome<void> VpnGateways::remove(const Call& call, const model::VpnGatewayId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteVpnGateway", Parameters().add("VpnGatewayId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, id.text);
            if (!gateway) return unexpected(gateway.error());
            for (const model::SslServer& server : ledger.ssl_servers().below(id.text))
                remove_server(ledger, server);
            ledger.vpn_gateways().remove(id.text);
            return Receipt{id.text, gateway->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return {};
}

}  // namespace kanmon::usecases
