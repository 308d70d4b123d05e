#include "controlplane/usecases/clients.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/escape.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

model::ClientConnection connected(const bridge::ClientFact& fact, const std::string& revision) {
    model::ClientConnection client;
    client.session = fact.session;
    client.server = {fact.server_id};
    client.common_name = shown_name(fact);
    client.certificate = fact.common_name;
    client.username = fact.username;
    client.remote = fact.remote;
    client.transport = fact.transport;
    client.tunnel_address = fact.tunnel_address;
    client.cipher = fact.cipher;
    client.version = fact.version;
    client.platform = fact.platform;
    client.revision = fact.revision;
    client.stale_bundle = !fact.revision.empty() && fact.revision != revision;
    client.connected_at = fact.connected_at;
    client.received_octets = fact.received_octets;
    client.sent_octets = fact.sent_octets;
    client.received_packets = fact.received_packets;
    client.sent_packets = fact.sent_packets;
    client.refused_packets = fact.refused_packets;
    client.late_packets = fact.late_packets;
    client.oversize_packets = fact.oversize_packets;
    client.fragmented_packets = fact.fragmented_packets;
    client.segment_limit = fact.segment_limit;
    client.clock_behind_seconds = fact.clock_behind_seconds;
    client.path = fact.path;
    return client;
}

bridge::AttemptRecord end_with_process(const bridge::ClientFact& fact, UnixTime wall) {
    return {.at = wall,
            .server_id = fact.server_id,
            .remote = fact.remote,
            .transport = fact.transport,
            .session = fact.session,
            .happening = bridge::Happening::ended,
            .stage = bridge::Stage::ended,
            .cause = Cause::gateway_restarted,
            .known = true,
            .common_name = fact.common_name,
            .username = fact.username,
            .tunnel_address = fact.tunnel_address,
            .cipher = fact.cipher,
            .received_octets = fact.received_octets,
            .sent_octets = fact.sent_octets};
}

model::ClientConnection held(const bridge::Lease& lease, Instant now) {
    model::ClientConnection client;
    client.server = {lease.server_id};
    client.common_name = lease.holder;
    client.online = false;
    client.tunnel_address = lease.address;
    client.held_seconds_left = static_cast<std::uint32_t>(
        std::chrono::ceil<std::chrono::seconds>(lease.held_until - now).count());
    return client;
}

/// Longer or shorter than before, if there was a block; those that have passed make room.
Outcome<void> block(Ledger& ledger, const Call& call, const model::SslServer& server,
                    const DisconnectClient& request) {
    const auto minutes = model::check_block(*request.block_minutes);
    if (!minutes) return unexpected(minutes.error());
    if (auto fits = model::check_common_name(request.name); !fits) return fits;
    const model::BlockedClient row{.id = model::blocked_id(server.id, request.name),
                                   .account = server.account,
                                   .server = server.id,
                                   .name = request.name,
                                   .until = call.now + *minutes,
                                   .created_at = call.now,
                                   .access_key = call.actor.access_key};
    std::size_t others = 0;
    for (const model::BlockedClient& other : ledger.blocked_clients().below(server.id.text)) {
        if (other.until <= call.now)
            ledger.blocked_clients().remove(other.id.text);
        else if (other.id != row.id)
            ++others;
    }
    if (others >= model::blocks_max)
        return model::refuse("Resource.QuotaFull",
                             fmt::format("{} clients of the SSL server {} are blocked, as many as "
                                         "can be; unblock some, or revoke certificates and switch "
                                         "off users instead.",
                                         others, server.id.text));
    ledger.blocked_clients().put(row);
    return {};
}

}  // namespace

Outcome<Page<model::ClientConnection>> Clients::list(const Call& call,
                                                     const DescribeClients& request, Instant now) {
    const std::lock_guard turn(ports_.turn);
    if (request.gateway.empty()) return model::missing("VpnGatewayId");
    using Connections = std::vector<model::ClientConnection>;
    auto found = look_for<Connections>(ports_.books, [&](Ledger& ledger) -> Outcome<Connections> {
        const auto gateway = own_gateway(ledger, call, request.gateway);
        if (!gateway) return unexpected(gateway.error());
        Connections clients;
        const auto servers = ledger.ssl_servers().below(gateway->id.text);
        for (const model::SslServer& server : servers)
            std::ranges::move(connected_to(server), std::back_inserter(clients));
        std::ranges::stable_sort(clients, {}, &model::ClientConnection::connected_at);
        for (const model::SslServer& server : servers)
            for (const auto& [place, lease] : held_)
                if (lease.server_id == server.id.text && lease.held_until > now)
                    clients.push_back(held(lease, now));
        return clients;
    });
    if (!found) return unexpected(found.error());
    return page_of(std::move(*found), request.page);
}

Outcome<void> Clients::disconnect(const Call& call, const DisconnectClient& request) {
    const std::lock_guard turn(ports_.turn);
    bool is_new = false;  // a repeated token does not send away who has come back meanwhile
    const auto receipt =
        ports_.books.transact(call.actor,
                              token_of(call, "DisconnectSslVpnClient",
                                       Parameters()
                                           .add("SslVpnServerId", request.server)
                                           .add("CommonName", request.name)
                                           .add("BlockMinutes", request.block_minutes)),
                              [&](Ledger& ledger) -> Outcome<Receipt> {
                                  const auto own = own_server(ledger, call, request.server);
                                  if (!own) return unexpected(own.error());
                                  if (request.block_minutes)
                                      if (auto kept = block(ledger, call, *own, request); !kept)
                                          return unexpected(kept.error());
                                  is_new = true;
                                  return Receipt{request.server, own->name};
                              });
    if (!receipt) return unexpected(receipt.error());
    if (!is_new) return {};
    if (request.block_minutes) ports_.gatekeeper.changed();
    ports_.gatekeeper.disconnect({.session = 0,
                                  .server_id = request.server,
                                  .common_name = request.name,
                                  .cause = Cause::disconnected_by_operator});
    return {};
}

Outcome<Page<model::BlockedClient>> Clients::blocked(const Call& call, const ListBlocked& request) {
    const std::lock_guard turn(ports_.turn);
    using Blocked = Page<model::BlockedClient>;
    return look_for<Blocked>(ports_.books, [&](Ledger& ledger) -> Outcome<Blocked> {
        const auto own = own_server(ledger, call, request.server);
        if (!own) return unexpected(own.error());
        auto rows = ledger.blocked_clients().below(request.server);
        std::erase_if(rows, [&](const model::BlockedClient& row) { return row.until <= call.now; });
        return page_of(std::move(rows), request.page);
    });
}

Outcome<void> Clients::unblock(const Call& call, const std::string& server,
                               const std::string& name) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "UnblockSslVpnClient",
                 Parameters().add("SslVpnServerId", server).add("CommonName", name)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto own = own_server(ledger, call, server);
            if (!own) return unexpected(own.error());
            const std::string id = model::blocked_id(own->id, name).text;
            const auto row = ledger.blocked_clients().find(id);
            if (!row || row->until <= call.now)
                return model::not_found("InvalidBlockedClient.NotFound", "blocked client",
                                        escaped(name, 64));
            ledger.blocked_clients().remove(id);
            return Receipt{server, own->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return {};
}

Outcome<void> Clients::release(const Call& call, const model::SslServerId& server, Ipv4 address) {
    const std::lock_guard turn(ports_.turn);
    bool is_new = false;  // a repeated token does not take what somebody else holds meanwhile
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(
            call, "ReleaseSslVpnClientSlot",
            Parameters().add("SslVpnServerId", server.text).add("PrivateIp", to_string(address))),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto own = own_server(ledger, call, server.text);
            if (!own) return unexpected(own.error());
            if (!own->client_pool.contains(address))
                return model::illegal(
                    "PrivateIp",
                    fmt::format("{} is no address of the clients of {}, which are {}; "
                                "DescribeSslVpnClients lists who holds which.",
                                to_string(address), server.text, to_string(own->client_pool)));
            is_new = true;
            return Receipt{server.text, own->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (!is_new) return {};
    ports_.gatekeeper.release({.server_id = server.text, .address = address});
    return {};
}

std::vector<bridge::AttemptRecord> Clients::hello(const bridge::DataHello& hello, UnixTime wall) {
    const std::lock_guard turn(ports_.turn);
    std::vector<bridge::AttemptRecord> ends;
    if (process_ != 0 && process_ != hello.process)
        for (const auto& [session, fact] : online_) ends.push_back(end_with_process(fact, wall));
    process_ = hello.process;
    // Facts are absolute and sent again on every connection: what ended meanwhile must not stay.
    online_.clear();
    held_.clear();
    return ends;
}

bool Clients::learn(const bridge::ClientFact& fact) {
    const std::lock_guard turn(ports_.turn);
    if (fact.status == bridge::ClientStatus::online)
        return online_.insert_or_assign(fact.session, fact).second;
    online_.erase(fact.session);
    return false;
}

void Clients::learn(const bridge::LeaseFact& fact) {
    const std::lock_guard turn(ports_.turn);
    const std::pair place(fact.lease.server_id, fact.lease.address);
    if (fact.gone || fact.lease.session != 0)
        held_.erase(place);
    else
        held_[place] = fact.lease;
}

std::vector<std::pair<std::uint64_t, std::string>> Clients::users_of(
    const model::SslServerId& server) const {
    std::vector<std::pair<std::uint64_t, std::string>> users;
    for (const auto& [session, fact] : online_)
        if (fact.server_id == server.text && !fact.username.empty())
            users.emplace_back(session, fact.username);
    return users;
}

std::optional<bridge::ClientFact> Clients::at(const model::SslServerId& server,
                                              Ipv4 address) const {
    const auto found = std::ranges::find_if(online_, [&](const auto& entry) {
        return entry.second.server_id == server.text && entry.second.tunnel_address == address;
    });
    if (found == online_.end()) return std::nullopt;
    return found->second;
}

std::uint32_t Clients::slots_held(const model::SslServerId& server) const {
    const std::lock_guard turn(ports_.turn);
    return held_count(server);
}

std::uint32_t Clients::held_count(const model::SslServerId& server) const {
    return static_cast<std::uint32_t>(
        std::distance(held_.lower_bound({server.text, Ipv4{}}),
                      held_.upper_bound({server.text, Ipv4{0xffffffff}})));
}

std::uint32_t Clients::online(const model::SslServerId& server) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        online_, [&](const auto& entry) { return entry.second.server_id == server.text; }));
}

std::vector<model::ClientConnection> Clients::connected_to(const model::SslServer& server) const {
    std::vector<model::ClientConnection> clients;
    for (const auto& [session, fact] : online_)
        if (fact.server_id == server.id.text) clients.push_back(connected(fact, server.revision));
    return clients;
}

std::uint32_t Clients::slots_taken(const model::SslServerId& server) const {
    return online(server) + held_count(server);
}

}  // namespace kanmon::usecases
