// Data packets, opened and sealed. Nothing here locks, allocates or logs.
#include "dataplane/session/timers.h"
#include "dataplane/shard/state.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::shard {

namespace {

bool looks_like_ipv4(Bytes payload) {
    return !payload.empty() && std::to_integer<unsigned>(payload[0]) >> 4 == 4;
}

}  // namespace

// --- from the client -----------------------------------------------------------------------------

Client* Shard::State::client_of_data(const Path& path, Bytes datagram,
                                     wire::FirstOctet first) const {
    if (first.opcode == wire::Opcode::data_v2) {
        ByteReader in(datagram);
        in.u8();
        Client* client = at(peer_ids.slot_of(in.u24()));
        if (client == nullptr || client->path.server != path.server) return nullptr;
        return client;
    }
    // Two sessions share an address for a moment, when a client comes back: the newest with the
    // key.
    for (Slot slot = directory.newest_at(place_of(path)); slot != no_slot;
         slot = directory.older_here(slot)) {
        Client* client = at(slot);
        if (client != nullptr && client->keys.has(first.key_id)) return client;
    }
    return nullptr;
}

void Shard::State::receive_data(const Path& path, MutableBytes datagram, wire::FirstOctet first) {
    Client* client = client_of_data(path, datagram, first);
    if (client == nullptr) return drop(Cause::unknown_client);
    const auto opened = client->keys.open(datagram);
    if (!opened) return drop(opened.error());
    if (client->path != path && !follow(*client, path, *opened)) return drop(Cause::unknown_client);
    if (opened->key_id != client->newest_key || opened->packet_id > client->newest_packet) {
        client->newest_key = opened->key_id;
        client->newest_packet = opened->packet_id;
    }
    note_heard(*client);
    const auto key_bit = static_cast<std::uint8_t>(1U << opened->key_id);
    if ((client->keys_used & key_bit) == 0) {
        client->keys_used = static_cast<std::uint8_t>(client->keys_used | key_bit);
        client->session.peer_used_key(opened->key_id, now);
        pump(*client);
    }
    take_payload(*client, opened->payload);
}

/// The client speaks from another address: moves it there. False when it must not have that one.
bool Shard::State::follow(Client& client, const Path& to, const crypto::OpenedPacket& opened) {
    if (to.is_stream() || client.path.is_stream()) return false;  // a connection is where it is
    const bool late = opened.key_id == client.newest_key && opened.packet_id < client.newest_packet;
    if (late) return true;  // overtaken on its way from the address that the client has left
    if (!may_move(client, to)) return false;
    client.path = to;
    client.way_in = servers[to.server].listener_of(to);
    directory.move(client.slot, place_of(to));
    client.path_limit.forget(client.path_limit.outer_max());
    client.upload_hole = {};
    measure(client);
    if (client.connected) report(client, bridge::ClientStatus::online, Cause::client_left);
    return true;
}

bool Shard::State::may_move(Client& client, const Path& to) {
    if (server_of(to) == nullptr || !client.certificate) return false;
    for (Slot slot = directory.newest_at(place_of(to)); slot != no_slot;
         slot = directory.older_here(slot)) {
        Client* other = at(slot);
        if (other == nullptr || other->over || !other->leased) continue;
        if (other->certificate->sha256 != client.certificate->sha256) return false;
        remove(*other, Cause::replaced, "the same client moved to its address");
    }
    return true;
}

void Shard::State::take_payload(Client& client, MutableBytes payload) {
    if (looks_like_ipv4(payload)) return forward(client, payload);
    switch (wire::classify(payload)) {
        case wire::InBand::none:
            return forward(client, payload);
        case wire::InBand::ping:
            return;
        default:
            client.session.in_band(payload, now);
            return pump(client);
    }
}

void Shard::State::note_carried(Client& client) {
    if (now - client.told_carried < session::activity_grain) return;
    client.told_carried = now;
    client.session.carried(now);
}

void Shard::State::note_heard(Client& client) {
    if (heard == &client) return;
    end_run();
    heard = &client;
}

/// A run is of one source, so this tells one session once; clients live until the turn is over.
void Shard::State::end_run() {
    if (heard == nullptr) return;
    Client& client = *heard;
    heard = nullptr;
    client.session.heard(now);
    watch_key_limit(client);
}

// --- to the client -------------------------------------------------------------------------------

bool Shard::State::seal_and_send(Client& client, Bytes payload) {
    const std::size_t front = client.keys.front_octets();
    const MutableBytes room =
        MutableBytes(arena).first(front + payload.size() + client.keys.back_octets());
    std::memcpy(room.data() + front, payload.data(), payload.size());
    const auto datagram = client.keys.seal(room, payload.size());
    if (!datagram) {
        drop(datagram.error());
        watch_key_limit(client);
        return false;
    }
    if (client.reachable) outlet.send(client.path, *datagram);
    return true;
}

/// Once for each key, since the session then takes it from there.
void Shard::State::watch_key_limit(Client& client) {
    if (client.told_limit || client.keys.limit() == crypto::KeyLimit::far) return;
    client.told_limit = true;
    client.session.key_limit_near(now);
    pump(client);
}

}  // namespace kanmon::shard
