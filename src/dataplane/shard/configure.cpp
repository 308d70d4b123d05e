// A new snapshot's servers. What a living connection cannot change decides who has to go at once;
// the others hear what is new (session/push_update.h).
#include <algorithm>
#include <utility>

#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

using Profile = std::shared_ptr<const session::ServerProfile>;

const session::ServerProfile* profile_of(const std::vector<Profile>& profiles,
                                         const std::string& id) {
    for (const Profile& profile : profiles)
        if (profile && profile->server.id == id) return profile.get();
    return nullptr;
}

std::optional<Cidr6> pool6_of(const bridge::SslServer& server) {
    return server.inner6 ? std::optional(server.inner6->client_pool) : std::nullopt;
}

routing::Neighbourhood around(const session::ServerProfile& profile) {
    const bridge::SslServer& server = profile.server;
    routing::Neighbourhood made{.client_pool = server.client_pool,
                                .server_address = profile.server_address,
                                .local_networks = server.local_networks,
                                .client_pool6 = pool6_of(server),
                                .server_address6 = {}};
    if (server.inner6)
        made.server_address6 = bridge::tunnel_address6(
            server.client_pool, server.inner6->client_pool, profile.server_address);
    return made;
}

/// Other factors than the client has shown. A new token key only makes tokens useless.
bool asks_otherwise(const bridge::Login& held, const bridge::Login& present) {
    return held.certificate != present.certificate || held.password != present.password ||
           held.code != present.code || held.web != present.web;
}

/// True when a client that was set up by `held` cannot go on under `present`.
bool is_outdated(const bridge::SslServer& held, const bridge::SslServer& present) {
    return !present.enabled || held.client_pool != present.client_pool ||
           pool6_of(held) != pool6_of(present) || held.topology != present.topology ||
           held.ciphers != present.ciphers || held.fallback_cipher != present.fallback_cipher ||
           held.compression_framing != present.compression_framing ||
           held.wrapping != present.wrapping || held.digest != present.digest ||
           asks_otherwise(held.login, present.login) || held.tun_mtu != present.tun_mtu ||
           held.ca_certificate_pem != present.ca_certificate_pem ||
           held.certificate_pem != present.certificate_pem;
}

/// True when the address that the client has is another's by now, or the client's is another.
bool is_misplaced(const Client& client, const bridge::SslServer& present) {
    if (!client.leased) return false;
    const std::string& holder =
        client.username.empty() ? client.certificate->common_name : client.username;
    return std::ranges::any_of(present.static_addresses, [&](const bridge::StaticAddress& fixed) {
        const bool own = fixed.holder == holder;
        return own != (fixed.address == client.tunnel_address);
    });
}

bool has_way_in(const Client& client, const bridge::SslServer& present) {
    return std::ranges::find(present.listeners, client.way_in) != present.listeners.end();
}

bool is_revoked(const Client& client, const bridge::SslServer& present) {
    return client.certificate &&
           std::ranges::find(present.revoked_serials, client.certificate->serial) !=
               present.revoked_serials.end();
}

Profile with_transport(const Profile& profile, bool tcp) {
    if (profile->tcp == tcp) return profile;
    auto other = std::make_shared<session::ServerProfile>(*profile);
    other->tcp = tcp;
    return other;
}

}  // namespace

void Shard::State::configure(std::vector<Profile> profiles) {
    dismiss_outdated(profiles);
    std::vector<Server> former = std::exchange(servers, {});
    for (const Profile& profile : profiles) {
        Server& server = servers.emplace_back();
        if (!profile) continue;
        const auto same = std::ranges::find(former, profile, &Server::datagrams);
        server.datagrams = with_transport(profile, false);
        // Rules with all their names are copied only when they are new: packets wait meanwhile.
        server.streams = same != former.end() ? same->streams : with_transport(profile, true);
        server.addresses.emplace(profile->server.client_pool, pool6_of(profile->server));
        server.around = around(*server.datagrams);
        open_access(server, former);
        open_doorway(server, former);
    }
    follow_servers();
    for (const auto& client : clients) {
        if (client == nullptr || client->buried) continue;
        relocate(*client);
        reconfigure(*client);
    }
}

/// An unchanged doorway goes on, so that it does not forget what it counted.
void Shard::State::open_doorway(Server& server, std::vector<Server>& former) {
    const auto same = std::ranges::find_if(former, [&](const Server& candidate) {
        return candidate.datagrams && candidate.settings().id == server.settings().id &&
               candidate.settings().wrapping == server.settings().wrapping;
    });
    server.door =
        same != former.end() ? std::move(same->door) : Doorway::make(server.settings().wrapping);
    if (server.door && server.door->brings_keys() && !brought)
        brought.emplace(derived_key(options.cookie_key, 5));
}

/// While the outlet still knows the former listeners, so that goodbyes leave by them.
void Shard::State::dismiss_outdated(const std::vector<Profile>& profiles) {
    for (const auto& client : clients) {
        if (client == nullptr || client->buried) continue;
        const bridge::SslServer& held = client->profile->server;
        const session::ServerProfile* present = profile_of(profiles, held.id);
        const bool way_in = present != nullptr && has_way_in(*client, present->server);
        if (!way_in || is_outdated(held, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (is_misplaced(*client, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (is_revoked(*client, present->server))
            client->session.dismiss(Cause::certificate_revoked, now);
        // A connection outlives its listener: the goodbye still gets through.
        if (!way_in && !client->path.is_stream()) client->reachable = false;
        pump(*client);
    }
}

/// Finds the client's server and its listener at their new places. A connection has its own place.
void Shard::State::relocate(Client& client) {
    const std::string& id = client.profile->server.id;
    const auto server = std::ranges::find_if(servers, [&](const Server& candidate) {
        return candidate.datagrams && candidate.settings().id == id;
    });
    Path path = client.path;
    path.server = client.reachable && server != servers.end()
                      ? static_cast<ServerIndex>(server - servers.begin())
                      : no_server;
    if (path.server != no_server && !path.is_stream()) {
        const auto& listeners = server->settings().listeners;
        const auto way_in = std::ranges::find(listeners, client.way_in);
        if (way_in != listeners.end())
            path.move_to_listener(static_cast<std::uint32_t>(way_in - listeners.begin()));
    }
    if (path != client.path) {
        client.path = path;
        directory.move(client.slot, place_of(path));
    }
    if (path.server == no_server) return;
    if (client.leased && !client.over) server->addresses->set(client.tunnel_address, client.slot);
    const std::uint16_t outer_max = server->settings().outer_octets_max;
    if (client.path_limit.outer_max() != outer_max) client.path_limit.forget(outer_max);
    measure(client);
}

void Shard::State::reconfigure(Client& client) {
    if (client.over || client.path.server == no_server) return;
    const Server& server = servers[client.path.server];
    client.profile = client.profile->tcp ? server.streams : server.datagrams;
    if (client.leased) give_access(client);
    client.session.reconfigure(client.profile, now);
    pump(client);
}

}  // namespace kanmon::shard
