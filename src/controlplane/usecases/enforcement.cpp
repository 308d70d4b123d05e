#include "controlplane/usecases/enforcement.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "controlplane/model/option_rules.h"
#include "controlplane/usecases/access_policies.h"
#include "controlplane/usecases/operator_events.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/server_rules.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t device_id_octets = 12;

std::vector<bridge::Listener> listeners_of(const Installation& installation,
                                           const model::VpnGateway& gateway,
                                           const model::SslServer& server) {
    const Ipv4 address = listening_address(installation, gateway);
    std::vector<bridge::Listener> listeners;
    for (const auto& [transport, port] : model::listeners_of(server))
        listeners.push_back({transport, Endpoint::v4(address, port)});
    if (!server.options.ipv6_listen) return listeners;
    for (const auto& [transport, port] : model::listeners_of(server))
        listeners.push_back({transport, Endpoint{Ipv6{}, port}});
    return listeners;
}

std::vector<Cidr> pushed_networks(const model::SslServer& server) {
    auto networks = model::check_local_networks(server.local_subnet).value_or(std::vector<Cidr>());
    std::ranges::sort(networks);
    networks.erase(std::unique(networks.begin(), networks.end()), networks.end());
    return networks;
}

void add_options(bridge::SslServer& enforced, const model::ServerOptions& options) {
    if (options.client_pool6)
        enforced.inner6 = bridge::Inner6{.client_pool = *options.client_pool6,
                                         .local_networks = options.local_networks6,
                                         .dns_servers = options.dns_servers6};
    enforced.port_share = options.port_share;
    enforced.full_tunnel = options.full_tunnel;
    enforced.block_lan = options.block_lan;
    enforced.dns_search_domains = options.dns_search_domains;
    enforced.dns_split_domains = options.dns_split_domains;
    enforced.same_holder = options.same_holder;
    enforced.digest = options.digest;
    enforced.tun_mtu = options.tun_mtu;
    enforced.outer_octets_max = options.outer_octets_max;
    enforced.client_bandwidth_mbit = options.client_bandwidth_mbit;
    enforced.inactive_seconds = options.inactive_seconds;
    enforced.renegotiate_seconds = options.renegotiate_seconds;
    enforced.keepalive_ping_seconds = options.keepalive_ping_seconds;
    enforced.keepalive_restart_seconds = options.keepalive_restart_seconds;
    enforced.wrapping.kind = options.wrapping;
    enforced.wrapping.digest = options.digest;
    enforced.wrapping.directed = options.key_direction;
}

/// What the settings need in clear; empty where they need none.
Outcome<void> add_keys(Sealer& sealer, const model::SslServer& server,
                       bridge::SslServer& enforced) {
    auto key = sealer.unseal(server.sealed_key, server.id.text);
    if (!key) return unexpected(key.error());
    enforced.private_key_pem = std::move(*key);
    if (enforced.wrapping.kind != bridge::Wrapping::none) {
        auto wrapping = sealer.unseal(server.sealed_wrapping_key, wrapping_context(server.id));
        if (!wrapping) return unexpected(wrapping.error());
        enforced.wrapping.key = std::move(*wrapping);
    }
    if (enforced.login.token_seconds != 0) {
        auto token = sealer.unseal(server.sealed_token_key, token_context(server.id));
        if (!token) return unexpected(token.error());
        enforced.login.token_key = std::move(*token);
    }
    return {};
}

/// Empty: such clients are refused.
std::string fallback_cipher(const model::SslServer& server) {
    return server.cipher == "none" && !server.options.allow_unencrypted ? std::string()
                                                                        : server.cipher;
}

Outcome<bridge::SslServer> enforced_server(Ports& ports, Ledger& ledger,
                                           const model::VpnGateway& gateway,
                                           const model::SslServer& server) {
    bridge::SslServer enforced;
    enforced.id = server.id.text;
    enforced.gateway_id = gateway.id.text;
    enforced.revision = server.revision;
    enforced.enabled = gateway.ssl_enabled;
    enforced.listeners = listeners_of(ports.installation, gateway, server);
    enforced.client_pool = server.client_pool;
    enforced.topology = server.topology;
    enforced.local_networks = pushed_networks(server);
    enforced.dns_servers =
        model::read_dns_servers(server.dns_servers).value_or(std::vector<Ipv4>());
    enforced.ciphers = {"AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"};
    enforced.fallback_cipher = fallback_cipher(server);
    enforced.compression_framing = server.compress;
    enforced.hold_seconds = server.hold_seconds;
    enforced.ca_certificate_pem = model::client_issuer(server);
    enforced.certificate_pem = server.certificate_pem;
    add_options(enforced, server.options);
    enforced.login = model::login_of(server);
    if (auto added = add_keys(ports.sealer, server, enforced); !added)
        return unexpected(added.error());
    enforced.static_addresses = ledger.static_addresses(server.id.text);
    return enforced;
}

/// What is revoked by now: by us, and by the authority that was brought along.
void add_revocations(Ledger& ledger, UnixTime wall, bridge::SslServer& enforced,
                     std::optional<UnixTime>& again_at) {
    for (const auto& revoked : ledger.revoked_certificates().below(enforced.id)) {
        if (model::is_revoked(revoked, wall))
            enforced.revoked_serials.push_back(revoked.serial);
        else
            remind(again_at, revoked.revoked_at);
    }
    const auto list = ledger.revocation_lists().find(enforced.id);
    if (!list) return;
    enforced.revoked_serials.insert(enforced.revoked_serials.end(), list->serials.begin(),
                                    list->serials.end());
    if (!list->refuse_when_expired) return;
    if (wall <= list->next_update)
        remind(again_at, list->next_update + std::chrono::seconds(1));
    else
        enforced.enabled = false;  // nobody can tell any more who is revoked
}

bridge::WantedServer wanted_server(const Installation& installation, const model::Vpc& vpc,
                                   const bridge::SslServer& server, bool source_nat) {
    bridge::WantedServer wanted;
    wanted.server_id = server.id;
    wanted.device = device_name({server.id});
    wanted.vpc_namespace = vpc.network_namespace;
    wanted.server_address = Ipv4{server.client_pool.base.value + 1};
    wanted.client_pool = server.client_pool;
    wanted.topology = server.topology;
    wanted.mtu = server.tun_mtu;
    wanted.queues = installation.tun_queues;
    wanted.listeners = server.listeners;
    if (server.inner6) wanted.client_pool6 = server.inner6->client_pool;
    wanted.source_nat = source_nat;
    return wanted;
}

EventWrite unheard(const model::SslServer& server, const bridge::Listener& listener,
                   UnixTime wall) {
    constexpr std::chrono::days told_once_for{30};
    const auto transport = model::transport_text(listener.transport);
    return {
        .event = {.number = 0,
                  .account = server.account,
                  .at = wall,
                  .kind = "ListenerTaken",
                  .resource = server.id.text,
                  .server = server.id.text,
                  .message = fmt::format(
                      "Since the public addresses of the installation were changed, an older "
                      "SSL server listens on {0} port {1}, and {2} does not: give it another "
                      "Port (ModifySslVpnServer), and its clients new bundles.",
                      transport, listener.local.port, server.id.text)},
        .mark = fmt::format("{}/listener/{}/{}", server.id.text, transport, listener.local.port),
        .mark_kept_until = wall + told_once_for};
}

/// Each server was free of others where it listens when it was made, but the public addresses of
/// the installation may be others since then. Two servers on one socket would take each other's
/// clients, so the older one stays.
std::vector<EventWrite> keep_listeners_apart(Ledger& ledger, Enforced& enforced) {
    std::set<std::pair<bridge::Transport, Endpoint>> taken;
    std::vector<EventWrite> told;
    for (std::size_t i = 0; i < enforced.snapshot.servers.size(); ++i) {
        bridge::SslServer& server = enforced.snapshot.servers[i];
        std::erase_if(server.listeners, [&](const bridge::Listener& one) {
            if (taken.emplace(one.transport, one.local).second) return false;
            if (const auto row = ledger.ssl_servers().find(server.id))
                told.push_back(unheard(*row, one, enforced.wall));
            return true;
        });
        server.enabled = server.enabled && !server.listeners.empty();
        enforced.want.servers[i].listeners = server.listeners;
    }
    return told;
}

Outcome<void> add_gateway(Ports& ports, Ledger& ledger, const model::VpnGateway& gateway,
                          UnixTime wall, Enforced& enforced) {
    const auto vpc = ledger.vpcs().find(gateway.vpc.text);
    if (!vpc) return {};
    enforced.snapshot.gateways.push_back({.id = gateway.id.text,
                                          .connections_max = gateway.ssl_connections_max,
                                          .bandwidth_mbit = gateway.bandwidth_mbit});
    for (const model::SslServer& server : ledger.ssl_servers().below(gateway.id.text)) {
        auto row = enforced_server(ports, ledger, gateway, server);
        if (!row) return unexpected(row.error());
        add_revocations(ledger, wall, *row, enforced.again_at);
        row->access = access_policy(ledger, server, wall, enforced.again_at);
        enforced.want.servers.push_back(
            wanted_server(ports.installation, *vpc, *row, server.options.source_nat));
        enforced.snapshot.servers.push_back(std::move(*row));
    }
    return {};
}

}  // namespace

std::string device_name(const model::SslServerId& id) {
    const std::size_t skipped = id.text.size() - std::min(id.text.size(), device_id_octets);
    return "kmn" + id.text.substr(skipped);
}

Outcome<std::vector<bridge::Lease>> Enforcement::leases(
    const std::vector<bridge::SslServer>& servers, Instant now) {
    const auto stored = ports_.books.leases();
    if (!stored) return unexpected(stored.error());
    std::vector<bridge::Lease> result;
    std::vector<LeaseWrite> gone;
    for (const StoredLease& row : *stored) {
        const auto server = std::ranges::find(servers, row.lease.server_id, &bridge::SslServer::id);
        if (server == servers.end() || !server->client_pool.contains(row.lease.address)) {
            // Its server went away or moved to other addresses: nobody can hold it any more.
            gone.push_back({row, true});
            continue;
        }
        bridge::Lease lease = row.lease;
        if (row.boot != boot_) {
            lease.session = 0;
            lease.held_until = now + std::chrono::seconds(server->hold_seconds);
        }
        result.push_back(std::move(lease));
    }
    if (!gone.empty())
        if (auto removed = ports_.books.write_leases(gone); !removed)
            return unexpected(removed.error());
    return result;
}

Outcome<Enforced> Enforcement::compose(Instant now, UnixTime wall) {
    const std::lock_guard turn(ports_.turn);
    pools_.clear();
    const auto number = ports_.books.next_snapshot_number();
    if (!number) return unexpected(number.error());
    std::vector<EventWrite> events;
    auto enforced = look_for<Enforced>(ports_.books, [&](Ledger& ledger) -> Outcome<Enforced> {
        Enforced result;
        result.change = ledger.number();
        result.wall = wall;
        for (const model::VpnGateway& gateway : ledger.vpn_gateways().all())
            if (auto added = add_gateway(ports_, ledger, gateway, wall, result); !added)
                return unexpected(added.error());
        events = keep_listeners_apart(ledger, result);
        return result;
    });
    if (!enforced) return enforced;
    if (!events.empty()) static_cast<void>(ports_.books.append_events(events, wall));
    auto known = leases(enforced->snapshot.servers, now);
    if (!known) return unexpected(known.error());
    enforced->snapshot.leases = std::move(*known);
    enforced->snapshot.number = enforced->want.number = *number;
    enforced->snapshot.made_at = now;
    return enforced;
}

std::string Enforcement::tell_undeliverable(bridge::Snapshot snapshot, UnixTime wall) {
    std::string server;
    std::size_t most = 0;
    for (bridge::SslServer& one : snapshot.servers) {
        const std::string id = one.id;
        bridge::Snapshot alone;
        alone.servers.push_back(std::move(one));
        Buffer octets = bridge::encode(alone);
        const std::size_t size = octets.empty() ? bridge::snapshot_octets_max : octets.size();
        wipe(octets);
        if (size <= most) continue;
        most = size;
        server = id;
    }
    std::string told = fmt::format(
        "What is configured is more than the data process can be told ({} MiB), so no change has "
        "come into force since then. The SSL server {} has most; take access rules, groups or "
        "blocked clients away from it, or delete it.",
        bridge::snapshot_octets_max >> 20, server);
    const std::lock_guard turn(ports_.turn);
    tell_operator(ports_,
                  {.kind = "ChangesNotInForce",
                   .message = told,
                   .mark = "snapshot/undeliverable",
                   .told_once_for = std::chrono::days(1)},
                  wall);
    return told;
}

void Enforcement::settle(std::uint64_t change) {
    const std::lock_guard turn(ports_.turn);
    if (change > ports_.settled.load()) ports_.settled.store(change);
}

Outcome<void> Enforcement::know_pools_of(const std::vector<LeaseNews>& news) {
    const auto is_new = [&](const LeaseNews& one) {
        return one.question && !pools_.contains(one.lease.server_id);
    };
    if (std::ranges::none_of(news, is_new)) return {};
    return ports_.books.look([&](Ledger& ledger) {
        for (const LeaseNews& one : news) {
            if (!is_new(one)) continue;
            const auto server = ledger.ssl_servers().find(one.lease.server_id);
            pools_[one.lease.server_id] =
                server ? std::optional(server->client_pool) : std::nullopt;
        }
    });
}

LeaseWord Enforcement::hear(const std::vector<LeaseNews>& news) {
    const std::lock_guard turn(ports_.turn);
    const bridge::LeaseAnswer no{.granted = false, .cause = Cause::gateway_not_ready};
    LeaseWord word{.answers = {}, .stored = know_pools_of(news)};
    std::vector<LeaseWrite> writes;
    // A pool that does not hold the address is of an older snapshot: that passes with time.
    for (const LeaseNews& one : news) {
        bool known = true;
        if (one.question) {
            const auto pool = pools_.find(one.lease.server_id);
            known =
                pool != pools_.end() && pool->second && pool->second->contains(one.lease.address);
            word.answers.push_back(known ? bridge::LeaseAnswer{.granted = true, .cause = no.cause}
                                         : no);
        }
        if (known) writes.push_back({{one.lease, boot_}, one.gone});
    }
    if (word.stored) word.stored = ports_.books.write_leases(writes);
    if (!word.stored)
        word.answers.assign(
            static_cast<std::size_t>(std::ranges::count(news, true, &LeaseNews::question)), no);
    return word;
}

}  // namespace kanmon::usecases
