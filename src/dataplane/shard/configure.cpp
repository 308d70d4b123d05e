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

/// Who may enter, and by which proof: a client that entered otherwise has to show it again.
bool same_demands(const bridge::Login& held, const bridge::Login& present) {
    return held.certificate == present.certificate && held.password == present.password &&
           held.code == present.code && held.web == present.web;
}

/// True when a client that was set up by `held` cannot go on under `present`.
bool is_outdated(const bridge::SslServer& held, const bridge::SslServer& present) {
    return !present.enabled || held.listeners != present.listeners ||
           held.client_pool != present.client_pool || held.topology != present.topology ||
           held.ciphers != present.ciphers || held.fallback_cipher != present.fallback_cipher ||
           held.digest != present.digest || held.tun_mtu != present.tun_mtu ||
           held.wrapping != present.wrapping || !same_demands(held.login, present.login) ||
           held.compression_framing != present.compression_framing ||
           held.ca_certificate_pem != present.ca_certificate_pem ||
           held.certificate_pem != present.certificate_pem;
}

/// True when the address that the client has is another's by now, or the client's is another.
bool is_misplaced(const Client& client, const bridge::SslServer& present) {
    if (!client.leased) return false;
    return std::ranges::any_of(present.static_addresses, [&](const bridge::StaticAddress& fixed) {
        const bool own = fixed.holder == client.certificate->common_name;
        return own != (fixed.address == client.tunnel_address);
    });
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
        server.datagrams = with_transport(profile, false);
        server.streams = with_transport(profile, true);
        server.addresses.emplace(profile->server.client_pool);
        open_doorway(server, former);
    }
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
        if (present == nullptr || is_outdated(held, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (is_misplaced(*client, present->server))
            client->session.dismiss(Cause::server_changed, now);
        else if (is_revoked(*client, present->server))
            client->session.dismiss(Cause::certificate_revoked, now);
        pump(*client);
        if (present == nullptr || held.listeners != present->server.listeners)
            client->reachable = false;
    }
}

/// Finds the client's server under its new index.
void Shard::State::relocate(Client& client) {
    const std::string& id = client.profile->server.id;
    const auto server = std::ranges::find_if(servers, [&](const Server& candidate) {
        return candidate.datagrams && candidate.settings().id == id;
    });
    Path path = client.path;
    path.server = client.reachable && server != servers.end()
                      ? static_cast<ServerIndex>(server - servers.begin())
                      : no_server;
    if (path != client.path) {
        client.path = path;
        directory.move(client.slot, place_of(path));
    }
    if (client.leased && !client.over && path.server != no_server)
        server->addresses->set(client.tunnel_address, client.slot);
}

void Shard::State::reconfigure(Client& client) {
    if (client.over || client.path.server == no_server) return;
    const Server& server = servers[client.path.server];
    client.profile = client.profile->tcp ? server.streams : server.datagrams;
    client.session.reconfigure(client.profile, now);
    pump(client);
}

}  // namespace kanmon::shard
