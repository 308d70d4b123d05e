// What sessions say, and what the keeper answers.
#include "base/escape.h"
#include "dataplane/shard/state.h"

namespace kanmon::shard {

/// Takes out of a session whatever it has to say. Events come before datagrams: the keys that a
/// PUSH_REPLY lets the client use are installed before it leaves.
void Shard::State::pump(Client& client) {
    if (client.pumping) return;  // an outlet that decides at once: the outer loop goes on
    client.pumping = true;
    for (;;) {
        if (auto event = client.session.next_event()) {
            std::visit([&](auto&& what) { on(client, std::move(what)); }, std::move(*event));
        } else if (auto work = client.session.next_tls_work()) {
            outlet.work({client.number, std::move(*work)});
        } else if (auto transmit = client.session.next_transmit()) {
            if (client.reachable) outlet.send(client.path, transmit->datagram);
        } else {
            break;
        }
    }
    client.pumping = false;
    schedule(client);
}

void Shard::State::on(Client& client, session::AdmissionRequest&& request) {
    client.certificate = std::move(request.certificate);
    client.peer_info = std::move(request.peer_info);
    client.replaces = predecessor_of(client);
    outlet.ask({.session = client.number,
                .server = client.path.server,
                .server_id = client.profile->server.id,
                .holder = client.certificate->common_name,
                .common_name = client.certificate->common_name,
                .remote = client.path.remote,
                .replaces = client.replaces});
}

/// The session of the same certificate that this client had at the same address before, or 0.
std::uint64_t Shard::State::predecessor_of(const Client& client) const {
    for (Slot slot = directory.older_here(client.slot); slot != no_slot;
         slot = directory.older_here(slot)) {
        const Client* older = at(slot);
        if (older != nullptr && older->leased && !older->over &&
            older->certificate->sha256 == client.certificate->sha256)
            return older->number;
    }
    return 0;
}

void Shard::State::answer(const AdmissionAnswer& answer) {
    Client* client = find(answer.session);
    if (client == nullptr || client->over || client->leased) {
        // It left while the keeper thought about it; what it was given is free again.
        const bool second = client != nullptr && client->leased;
        if (answer.admitted && !second) outlet.left(answer.session, Cause::client_left);
        return;
    }
    if (!answer.admitted) {
        client->session.refuse(answer.cause, answer.detail, now);
        return pump(*client);
    }
    if (Client* older = find(client->replaces); older != nullptr && !older->over) {
        // The lease went over to the newer session, so it does not end with the older one.
        if (older->tunnel_address == answer.tunnel_address && older->leased) {
            older->leased = false;
            --leased;
        }
        remove(*older, Cause::replaced, "the client came back from the same address");
    }
    client->leased = true;
    ++leased;
    client->tunnel_address = answer.tunnel_address;
    half_open.leave(client->slot);
    servers[client->path.server].addresses->set(answer.tunnel_address, client->slot);
    client->session.admit(answer.tunnel_address, now);
    pump(*client);
}

void Shard::State::on(Client& client, session::InstallKey&& key) {
    client.keys.set_peer_id(key.data_v2 ? std::optional(client.peer_id) : std::nullopt);
    client.keys.install(key.key_id, key.material);
    if (!client.had_keys) client.framing = key.framing;
    client.keys_used = static_cast<std::uint8_t>(client.keys_used & ~(1U << key.key_id));
    client.had_keys = true;
    measure(client);
}

void Shard::State::on(Client& client, session::SendWithKey&& key) {
    if (!client.keys.has(key.key_id)) return;
    client.keys.send_with(key.key_id);
    client.told_limit = false;
    measure(client);
}

void Shard::State::on(Client& client, session::RetireKey&& key) {
    client.keys.retire(key.key_id);
}

void Shard::State::on(Client& client, session::SendInBand&& message) {
    seal_and_send(client, message.payload);
}

void Shard::State::on(Client& client, session::Connected&& connected) {
    client.connected = true;
    client.connected_at = wall;
    client.cipher = std::move(connected.cipher);
    client.peer_info = std::move(connected.peer_info);
    report(client, bridge::ClientStatus::online, Cause::client_left);
    record(client, bridge::Stage::connected, std::nullopt,
           connected.description + ", version " + escaped(client.peer_info.version) +
               ", platform " + escaped(client.peer_info.platform));
}

void Shard::State::on(Client& client, session::Ended&& ended) {
    conclude(client, ended.cause, ended.stage, std::move(ended.detail));
}

void Shard::State::on(Client& client, session::Finished&&) {
    bury_later(client);
}

void Shard::State::report(const Client& client, bridge::ClientStatus status, Cause cause) {
    outlet.report(bridge::ClientFact{
        .session = client.number,
        .status = status,
        .server_id = client.profile->server.id,
        .common_name = client.certificate->common_name,
        .remote = client.path.remote,
        .transport = client.profile->tcp ? bridge::Transport::tcp : bridge::Transport::udp,
        .tunnel_address = client.tunnel_address,
        .cipher = client.cipher,
        .version = client.peer_info.version,
        .platform = client.peer_info.platform,
        .revision = client.peer_info.revision,
        .username = {},
        .clock_behind_seconds = {},
        .connected_at = client.connected_at,
        .received_octets = client.received_octets,
        .sent_octets = client.sent_octets,
        .received_packets = client.received_packets,
        .sent_packets = client.sent_packets,
        .segment_limit = client.segment_limit,
        .cause = cause});
}

void Shard::State::record(const Client& client, bridge::Stage stage, std::optional<Cause> cause,
                          std::string detail) {
    outlet.report(bridge::AttemptRecord{
        .at = wall,
        .server_id = client.profile->server.id,
        .remote = client.path.remote,
        .session = client.number,
        .stage = stage,
        .refused = cause.has_value() && !client.connected,
        .cause = cause.value_or(Cause::client_left),
        .common_name = client.certificate ? client.certificate->common_name : std::string(),
        .detail = std::move(detail)});
}

}  // namespace kanmon::shard
