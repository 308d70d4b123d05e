#include "controlplane/usecases/vpn_gateways.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/name.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/tagging.h"
#include "controlplane/usecases/vpc_plans.h"

namespace kanmon::usecases {

namespace {

constexpr std::int64_t default_ssl_connections = 5;

/// The installation's address with the fewest gateways, of those that no clients of the VPC have:
/// what is sent to the gateway would go into the tunnel.
Outcome<Ipv4> least_used_address(Ledger& ledger, const model::VpnGateway& gateway,
                                 std::vector<Ipv4> addresses) {
    const auto pools = plan_beside(ledger, gateway, {}).client_pools;
    const auto holder_of = [&](Ipv4 address) {
        return std::ranges::find_if(
            pools, [&](const model::Neighbour& pool) { return pool.cidr.contains(address); });
    };
    const Ipv4 first = addresses.front();
    std::erase_if(addresses, [&](Ipv4 address) { return holder_of(address) != pools.end(); });
    if (addresses.empty())
        return model::refuse(
            "DependencyViolation",
            fmt::format("Every public address of the installation is inside a client CIDR of the "
                        "VPC {}, {} inside {}; give that server another ClientIpPool first.",
                        gateway.vpc.text, to_string(first), holder_of(first)->what));
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

/// What is sold by the month, or made for a country's own ciphers, is not made here.
Outcome<void> check_meaning(const CreateVpnGateway& request) {
    if (!request.charge_type.empty() && request.charge_type != "POSTPAY")
        return model::unsupported(
            "Nothing is sold here, so nothing can be paid in advance; leave InstanceChargeType out "
            "or give POSTPAY.");
    if (!request.vpn_type.empty() && request.vpn_type != "Normal")
        return model::unsupported(
            "Gateways with the SM ciphers are not made here; leave VpnType out or give Normal.");
    return check_resource_group("ResourceGroupId", request.resource_group);
}

/// The original answers 400 here, and 404 where a vSwitch itself is asked for.
Outcome<void> check_vswitch(Ledger& ledger, const Call& call, const model::Vpc& vpc,
                            const std::string& id) {
    if (id.empty()) return {};
    const auto part = own_vswitch(ledger, call, id);
    if (!part) return model::refuse(part.error().code, part.error().message);
    if (part->vpc == vpc.id) return {};
    return model::refuse("InvalidVSwitchId.NotFound",
                         fmt::format("The vSwitch {} is in the VPC {}, not in {}.", id,
                                     part->vpc.text, vpc.id.text));
}

Outcome<Checked> check(const CreateVpnGateway& request) {
    if (request.vpc.empty()) return model::missing("VpcId");
    if (auto name = model::check_gateway_name(request.name); !name) return unexpected(name.error());
    const auto bandwidth = model::check_bandwidth(request.bandwidth);
    if (!bandwidth) return unexpected(bandwidth.error());
    const auto connections =
        model::check_ssl_connections(request.ssl_connections.value_or(default_ssl_connections));
    if (!connections) return unexpected(connections.error());
    const std::string type = request.network_type.empty() ? "public" : request.network_type;
    if (auto known = model::check_network_type(type); !known) return unexpected(known.error());
    if (auto meant = check_meaning(request); !meant) return unexpected(meant.error());
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

/// IPsec goes off only where nothing uses it; routes learnt from others are passed on only where
/// there may be some.
Outcome<void> set_ipsec(Ledger& ledger, model::VpnGateway& gateway,
                        const ModifyVpnGateway& request) {
    for (const auto& connection : ledger.vpn_connections().below(gateway.id.text)) {
        if (request.enable_ipsec == false)
            return model::illegal("EnableIpsec", fmt::format("The gateway {} has the IPsec "
                                                             "connection {}; delete that first.",
                                                             gateway.id.text, connection.id.text));
        if (gateway.auto_propagate && request.auto_propagate == false && connection.dynamic_routing)
            return model::illegal("AutoPropagate",
                                  fmt::format("The IPsec connection {} uses BGP; switch that off "
                                              "first.",
                                              connection.id.text));
    }
    if (request.enable_ipsec) gateway.ipsec_enabled = *request.enable_ipsec;
    if (request.auto_propagate) gateway.auto_propagate = *request.auto_propagate;
    return {};
}

VpnGatewayView view(Ledger& ledger, model::VpnGateway gateway, std::uint64_t settled) {
    const model::GatewayStatus status = model::status_of(gateway, settled);
    VpnGatewayView shown{.gateway = std::move(gateway), .status = status};
    shown.tags = tags_of(ledger, shown.gateway.id.text);
    shown.dynamic_routing =
        std::ranges::any_of(ledger.vpn_connections().below(shown.gateway.id.text),
                            &model::VpnConnection::dynamic_routing);
    return shown;
}

bool matches(const VpnGatewayView& view, const DescribeVpnGateways& request) {
    const auto same = [](const std::string& wanted, std::string_view present) {
        return wanted.empty() || wanted == present;
    };
    return same(request.id, view.gateway.id.text) && same(request.vpc, view.gateway.vpc.text) &&
           same(request.status, model::status_text(view.status)) &&
           same(request.business_status, "Normal") && same(request.gateway_type, "Traditional") &&
           same(request.resource_group, view.gateway.resource_group) &&
           model::has_tags(view.tags, request.tags);
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
    if (auto set = set_ipsec(ledger, gateway, request); !set) return unexpected(set.error());
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
                                      .add("Name", request.name)
                                      .add("VSwitchId", request.vswitch)
                                      .add("DisasterRecoveryVSwitchId", request.second_vswitch)
                                      .add("ResourceGroupId", request.resource_group);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateVpnGateway", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto vpc = own_vpc(ledger, call, request.vpc);
            if (!vpc) return unexpected(vpc.error());
            for (const std::string& id : {request.vswitch, request.second_vswitch})
                if (auto known = check_vswitch(ledger, call, *vpc, id); !known)
                    return unexpected(known.error());
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
            const auto address =
                least_used_address(ledger, gateway, ports_.installation.public_addresses);
            if (!address) return unexpected(address.error());
            gateway.public_address = *address;
            gateway.bandwidth_mbit = checked->bandwidth;
            gateway.ssl_connections_max = checked->connections;
            gateway.ssl_enabled = request.enable_ssl;
            gateway.ipsec_enabled = request.enable_ipsec;
            gateway.network_type = checked->network_type;
            gateway.vswitch.text = request.vswitch;
            gateway.second_vswitch.text = request.second_vswitch;
            gateway.resource_group = request.resource_group;
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
            VpnGatewayView shown = view(ledger, std::move(gateway), settled);
            if (matches(shown, request)) views.push_back(std::move(shown));
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
        return view(ledger, *gateway, settled);
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
                                      .add("SslConnections", request.ssl_connections)
                                      .add("EnableIpsec", request.enable_ipsec)
                                      .add("AutoPropagate", request.auto_propagate);
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
        return view(ledger, *gateway, settled);
    });
}

Outcome<void> VpnGateways::remove(const Call& call, const model::VpnGatewayId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DeleteVpnGateway", Parameters().add("VpnGatewayId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, id.text);
            if (!gateway) return unexpected(gateway.error());
            const auto connections = ledger.vpn_connections().below(id.text);
            if (!connections.empty())
                return model::refuse("DependencyViolation",
                                     fmt::format("The VPN gateway {} still has the IPsec "
                                                 "connection {}; delete that first.",
                                                 id.text, connections.front().id.text));
            for (const model::SslServer& server : ledger.ssl_servers().below(id.text))
                remove_server(ledger, server);
            for (const model::Diagnosis& diagnosis : ledger.diagnoses().below(id.text))
                ledger.diagnoses().remove(diagnosis.id.text);
            remove_tags(ledger, id.text);
            ledger.vpn_gateways().remove(id.text);
            return Receipt{id.text, gateway->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return {};
}

}  // namespace kanmon::usecases
