// A new snapshot's servers. What clients hold in their hands decides who has to go.
#include <algorithm>

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

/// True when a client that was set up by `held` cannot go on under `present`. Added or removed
/// networks, resolvers and timers are no such change: they reach clients when they come next.
bool is_outdated(const bridge::SslServer& held, const bridge::SslServer& present) {
    return !present.enabled || held.listeners != present.listeners ||
           held.client_pool != present.client_pool || held.topology != present.topology ||
           held.ciphers != present.ciphers || held.fallback_cipher != present.fallback_cipher ||
           held.digest != present.digest || held.tun_mtu != present.tun_mtu ||
           held.compression_framing != present.compression_framing ||
           held.ca_certificate_pem != present.ca_certificate_pem ||
           held.certificate_pem != present.certificate_pem;
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
    servers.clear();
    for (const Profile& profile : profiles) {
        Server& server = servers.emplace_back();
        if (!profile) continue;
        server.datagrams = with_transport(profile, false);
        server.streams = with_transport(profile, true);
        server.addresses.emplace(profile->server.client_pool);
    }
    for (const auto& client : clients)
        if (client != nullptr && !client->buried) relocate(*client);
}

/// While the outlet still knows the former listeners, so that goodbyes leave by them.
void Shard::State::dismiss_outdated(const std::vector<Profile>& profiles) {
    for (const auto& client : clients) {
        if (client == nullptr || client->buried) continue;
        const bridge::SslServer& held = client->profile->server;
        const session::ServerProfile* present = profile_of(profiles, held.id);
        if (present == nullptr || is_outdated(held, present->server))
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

}  // namespace kanmon::shard
