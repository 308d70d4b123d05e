// A new snapshot's servers. What a living connection cannot change decides who has to go at once;
// the others hear what is new (session/push_update.h). Packets wait meanwhile, so what did not
// change costs nothing: its clients are not even looked at.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>
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

/// The revocations of changed servers: there may be a million, and they are asked for each client.
class Revocations {
public:
    bool hold(const Client& client, const session::ServerProfile& present) {
        if (!client.certificate) return false;
        const auto [found, is_new] = of_.try_emplace(&present);
        if (is_new)
            found->second.insert(present.server.revoked_serials.begin(),
                                 present.server.revoked_serials.end());
        return found->second.contains(client.certificate->serial);
    }

private:
    std::map<const session::ServerProfile*, std::unordered_set<std::string_view>> of_;
};

Profile with_transport(const Profile& profile, bool tcp) {
    if (profile->tcp == tcp) return profile;
    auto other = std::make_shared<session::ServerProfile>(*profile);
    other->tcp = tcp;
    return other;
}

/// By the former index: where the very same settings stand now; `no_server`: nowhere.
std::vector<ServerIndex> places_of_unchanged(const std::vector<Server>& former,
                                             const std::vector<Profile>& present) {
    std::unordered_map<const session::ServerProfile*, ServerIndex> places;
    for (std::size_t i = 0; i < present.size(); ++i)
        if (present[i]) places.emplace(present[i].get(), static_cast<ServerIndex>(i));
    std::vector<ServerIndex> unchanged(former.size(), no_server);
    for (std::size_t i = 0; i < former.size(); ++i)
        if (const auto found = places.find(former[i].datagrams.get()); found != places.end())
            unchanged[i] = found->second;
    return unchanged;
}

}  // namespace

void Shard::State::configure(std::vector<Profile> profiles) {
    const std::vector<ServerIndex> unchanged = places_of_unchanged(servers, profiles);
    dismiss_outdated(profiles, unchanged);
    std::vector<Server> former = std::exchange(servers, std::vector<Server>(profiles.size()));
    for (std::size_t i = 0; i < former.size(); ++i)
        if (unchanged[i] != no_server) servers[unchanged[i]] = std::move(former[i]);
    for (std::size_t i = 0; i < profiles.size(); ++i)
        if (profiles[i] && !servers[i].datagrams) open_server(servers[i], profiles[i], former);
    follow_servers();
    for (Slot slot = 0; slot < never_used; ++slot) {
        Client* client = at(slot);
        if (client == nullptr) continue;
        const ServerIndex place = place_in(unchanged, *client);
        if (place != no_server && place == client->path.server) continue;
        relocate(*client);
        if (place == no_server) reconfigure(*client);
    }
}

/// Where the server of this client stands now, if it is unchanged.
ServerIndex Shard::State::place_in(const std::vector<ServerIndex>& unchanged,
                                   const Client& client) {
    return client.path.server < unchanged.size() ? unchanged[client.path.server] : no_server;
}

void Shard::State::open_server(Server& server, const Profile& profile,
                               std::vector<Server>& former) {
    server.datagrams = with_transport(profile, false);
    server.streams = with_transport(profile, true);
    server.addresses.emplace(profile->server.client_pool, pool6_of(profile->server));
    server.around = around(*server.datagrams);
    open_access(server, former);
    open_doorway(server, former);
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
void Shard::State::dismiss_outdated(const std::vector<Profile>& profiles,
                                    const std::vector<ServerIndex>& unchanged) {
    Revocations revocations;
    for (Slot slot = 0; slot < never_used; ++slot) {
        Client* client = at(slot);
        if (client == nullptr) continue;
        if (place_in(unchanged, *client) != no_server) continue;
        const bridge::SslServer& held = client->profile->server;
        const session::ServerProfile* present = profile_of(profiles, held.id);
        const bool way_in = present != nullptr && has_way_in(*client, present->server);
        if (!way_in || is_outdated(held, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (is_misplaced(*client, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (revocations.hold(*client, *present))
            client->session.dismiss(Cause::certificate_revoked, now);
        pump(*client);  // the goodbye leaves by the listener as long as that is there
        // A connection outlives its listener.
        if (!way_in && !client->path.is_stream()) client->reachable = false;
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
