#include "controlplane/usecases/ssl_servers.h"

#include <fmt/core.h>

#include <algorithm>

#include "controlplane/model/name.h"
#include "controlplane/usecases/clients.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/server_keys.h"
#include "controlplane/usecases/server_rules.h"
#include "controlplane/usecases/user_sessions.h"

namespace kanmon::usecases {

namespace {

/// Where clients are named and no wrapping is: the strongest that they know.
void add_usual_wrapping(model::OptionTexts& options) {
    if (options.contains("Wrapping") || !options.contains("Clients")) return;
    model::ServerOptions named;
    if (!model::write_options(named, options)) return;  // apply() says what is wrong
    const bridge::Wrapping wrapping = model::strongest_for(named.clients);
    options.emplace("Wrapping", model::wrapping_text(wrapping));
    if (wrapping == bridge::Wrapping::tls_auth) options.try_emplace("Digest", "SHA256");
}

/// Create is a modification of a server with the defaults: the same checks in the same order.
ModifySslServer as_modification(const CreateSslServer& request) {
    ModifySslServer change;
    change.client_pool = request.client_pool;
    change.local_subnet = request.local_subnet;
    if (!request.transport.empty()) change.transport = request.transport;
    change.port = request.port;
    if (!request.cipher.empty()) change.cipher = request.cipher;
    change.compress = request.compress;
    change.enable_multi_factor_auth = request.enable_multi_factor_auth;
    if (!request.idaas_instance.empty()) change.idaas_instance = request.idaas_instance;
    change.idaas_application = request.idaas_application;
    change.idaas_region = request.idaas_region;
    change.dns_servers = request.dns_servers;
    change.name = request.name;
    if (!request.topology.empty()) change.topology = request.topology;
    change.hold_seconds = request.hold_seconds;
    change.options = request.options;
    add_usual_wrapping(change.options);
    return change;
}

Parameters parameters_of(const ModifySslServer& request) {
    Parameters parameters;
    parameters.add("Name", request.name)
        .add("ClientIpPool", request.client_pool)
        .add("LocalSubnet", request.local_subnet)
        .add("Proto", request.transport)
        .add("Port", request.port)
        .add("Cipher", request.cipher)
        .add("Compress", request.compress)
        .add("EnableMultiFactorAuth", request.enable_multi_factor_auth)
        .add("IDaaSInstanceId", request.idaas_instance)
        .add("IDaaSApplicationId", request.idaas_application)
        .add("IDaaSRegionId", request.idaas_region)
        .add("DnsServers", request.dns_servers)
        .add("Topology", request.topology)
        .add("HoldSeconds", request.hold_seconds);
    for (const auto& [name, text] : request.options) parameters.add(name, text);
    return parameters;
}

/// Keys of the settings, made when they are first needed. Another wrapping gets another key.
Outcome<void> make_option_keys(Ports& ports, bridge::Wrapping before, model::SslServer& server) {
    const bridge::Wrapping wrapping = server.options.wrapping;
    if (wrapping != before) server.sealed_wrapping_key.clear();
    if (wrapping != bridge::Wrapping::none && server.sealed_wrapping_key.empty()) {
        const Secret<256> key(ports.random.array<256>());
        const std::size_t octets = wrapping == bridge::Wrapping::tls_crypt_v2 ? 128 : key.size();
        auto sealed = ports.sealer.seal(key.view().first(octets), wrapping_context(server.id));
        if (!sealed) return unexpected(sealed.error());
        server.sealed_wrapping_key = std::move(*sealed);
    }
    if (server.options.token_seconds != 0 && server.sealed_token_key.empty()) {
        const Secret<32> key(ports.random.array<32>());
        auto sealed = ports.sealer.seal(key.view(), token_context(server.id));
        if (!sealed) return unexpected(sealed.error());
        server.sealed_token_key = std::move(*sealed);
    }
    return {};
}

/// Where the bundle or the data plane sees a difference; the name alone does not count.
bool is_enforced_change(model::SslServer before, const model::SslServer& after) {
    before.name = after.name;
    return !(before == after);
}

Outcome<void> check_may_add(Ledger& ledger, const Installation& installation,
                            const model::VpnGateway& gateway) {
    if (!gateway.ssl_enabled)
        return model::refuse("VpnGateway.SslVpnDisabled",
                             fmt::format("SSL-VPN is off on the gateway {}; modify it with "
                                         "EnableSsl=true.",
                                         gateway.id.text));
    const std::vector<model::SslServer> servers = ledger.ssl_servers().below(gateway.id.text);
    if (servers.size() >= installation.servers_per_gateway)
        return model::refuse("Resource.QuotaFull",
                             fmt::format("The gateway {} has the SSL server {} already, and may "
                                         "have {}; modify or delete that one.",
                                         gateway.id.text, servers.front().id.text,
                                         installation.servers_per_gateway));
    return {};
}

}  // namespace

SslServerView SslServers::view(Ledger& ledger, const model::SslServer& server) const {
    SslServerView view{.server = server,
                       .region = {},
                       .resource_group = {},
                       .public_address = {},
                       .connections = clients_.online(server.id),
                       .connections_max = 0};
    if (const auto gateway = ledger.vpn_gateways().find(server.gateway.text)) {
        view.region = gateway->region;
        view.resource_group = gateway->resource_group;
        view.public_address = gateway->public_address;
        view.connections_max = gateway->ssl_connections_max;
    }
    return view;
}

Outcome<SslServerCreated> SslServers::create(const Call& call, const CreateSslServer& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.gateway.empty()) return model::missing("VpnGatewayId");
    const ModifySslServer change = as_modification(request);
    Parameters parameters = parameters_of(change);
    parameters.add("VpnGatewayId", request.gateway);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateSslVpnServer", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, request.gateway);
            if (!gateway) return unexpected(gateway.error());
            model::SslServer server;
            server.id = model::make_ssl_server_id(ports_.random);
            server.account = call.actor.account;
            server.gateway = gateway->id;
            server.created_at = call.now;
            if (auto fits = apply(server, change); !fits) return unexpected(fits.error());
            if (auto asks = check_identity_source(ledger, call, server); !asks)
                return unexpected(asks.error());
            if (auto may = check_may_add(ledger, ports_.installation, *gateway); !may)
                return unexpected(may.error());
            if (auto free = check_beside_others(ledger, ports_.installation, *gateway, server);
                !free)
                return unexpected(free.error());
            if (auto made = make_server_keys(ports_, server, call.now); !made)
                return unexpected(made.error());
            if (auto made = make_option_keys(ports_, bridge::Wrapping::none, server); !made)
                return unexpected(made.error());
            server.revision = revision_of(ports_, server, gateway->public_address);
            ledger.ssl_servers().put(server);
            mark_changed(ledger, gateway->id);
            return Receipt{server.id.text, server.name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return SslServerCreated{{receipt->subject}, receipt->name};
}

Outcome<Page<SslServerView>> SslServers::list(const Call& call, const DescribeSslServers& request) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<SslServerView>>(ports_.books, [&](Ledger& ledger) {
        std::vector<SslServerView> views;
        for (const model::SslServer& server : ledger.ssl_servers().of_account(call.actor.account)) {
            if (!request.id.empty() && server.id.text != request.id) continue;
            if (!request.gateway.empty() && server.gateway.text != request.gateway) continue;
            if (!request.name.empty() && server.name != request.name) continue;
            SslServerView shown = view(ledger, server);
            if (request.resource_group.empty() || shown.resource_group == request.resource_group)
                views.push_back(std::move(shown));
        }
        return page_of(std::move(views), request.page);
    });
}

Outcome<SslServerView> SslServers::modify(const Call& call, const ModifySslServer& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.id.empty()) return model::missing("SslVpnServerId");
    Parameters parameters = parameters_of(request);
    parameters.add("SslVpnServerId", request.id);
    bool asks_another = false;
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifySslVpnServer", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto before = own_server(ledger, call, request.id);
            if (!before) return unexpected(before.error());
            model::SslServer server = *before;
            if (auto fits = apply(server, request); !fits) return unexpected(fits.error());
            if (auto asks = check_identity_source(ledger, call, server); !asks)
                return unexpected(asks.error());
            const auto gateway = own_gateway(ledger, call, server.gateway.text);
            if (!gateway) return unexpected(gateway.error());
            // Names of another source are other people's, also where they are the same.
            asks_another = server.idaas_instance != before->idaas_instance;
            if (asks_another) server.sealed_token_key.clear();
            if (is_enforced_change(*before, server)) {
                if (auto free = check_beside_others(ledger, ports_.installation, *gateway, server);
                    !free)
                    return unexpected(free.error());
                if (auto made = make_option_keys(ports_, before->options.wrapping, server); !made)
                    return unexpected(made.error());
                server.revision = revision_of(ports_, server, gateway->public_address);
                mark_changed(ledger, gateway->id);
            }
            ledger.ssl_servers().put(server);
            return Receipt{server.id.text, server.name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    if (asks_another)
        sessions_.end_all_of(model::SslServerId{request.id});
    else
        sessions_.recheck(model::SslServerId{request.id});
    return look_for<SslServerView>(ports_.books, [&](Ledger& ledger) -> Outcome<SslServerView> {
        const auto server = own_server(ledger, call, request.id);
        if (!server) return unexpected(server.error());
        return view(ledger, *server);
    });
}

Outcome<void> SslServers::remove(const Call& call, const model::SslServerId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "DeleteSslVpnServer", Parameters().add("SslVpnServerId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto server = own_server(ledger, call, id.text);
            if (!server) return unexpected(server.error());
            remove_server(ledger, *server);
            mark_changed(ledger, server->gateway);
            return Receipt{id.text, server->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return {};
}

}  // namespace kanmon::usecases
