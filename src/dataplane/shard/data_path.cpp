// Data packets, opened and sealed. Nothing here locks, allocates or logs.
#include <utility>

#include "dataplane/session/timers.h"
#include "dataplane/shard/state.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::shard {

namespace {

/// A client that sends so many compressed packets in such a time, and no plain one among them, will
/// not stop: its user learns why nothing passes.
constexpr unsigned compressed_max = 8;
constexpr Duration compressed_span = 10s;

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
    if (client->keys.wants_preparation()) prepare_later(*client);
    if (!opened) return drop(opened.error());
    if (client->path != path && !follow(*client, path, *opened)) return drop(Cause::unknown_client);
    client->gaps.take(opened->key_id, opened->packet_id);
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
    // Overtaken on its way from the address that the client has left.
    if (client.gaps.is_late(opened.key_id, opened.packet_id)) return true;
    if (!may_move(client, to)) return false;
    const Endpoint former = std::exchange(client.path, to).remote;
    client.way_in = servers[to.server].listener_of(to);
    directory.move(client.slot, place_of(to));
    client.path_limit.forget(client.path_limit.outer_max());
    client.upload_hole = {};
    measure(client);
    if (client.connected) report(client, bridge::ClientStatus::online, Cause::client_left);
    count(client, bridge::Meter::moves);
    record_move(client, former);
    return true;
}

bool Shard::State::may_move(Client& client, const Path& to) {
    if (server_of(to) == nullptr) return false;
    for (Slot slot = directory.newest_at(place_of(to)); slot != no_slot;
         slot = directory.older_here(slot)) {
        Client* other = at(slot);
        if (other == nullptr || other->over || !other->leased) continue;
        if (!same_person(*other, client)) return false;
        remove(*other, Cause::replaced, "the same client moved to its address");
    }
    return true;
}

void Shard::State::take_payload(Client& client, MutableBytes payload) {
    if (client.framing == wire::Framing::none && looks_like_ipv4(payload))
        return forward(client, payload);
    // Clients that hide their options, or that ignore what they are pushed, are answered in kind.
    if (const auto spoken = wire::framing_of(payload); spoken && *spoken != client.framing) {
        client.framing = *spoken;
        measure(client);
    }
    const auto plain = wire::take_frame(client.framing, payload);
    if (!plain) return refuse_frame(client, plain.error());
    take_packet(client, *plain);
}

void Shard::State::refuse_frame(Client& client, Cause cause) {
    drop(cause);
    if (cause != Cause::unsupported_framing) return;
    if (client.compressed_run == 0 || now - client.compressed_since > compressed_span) {
        client.compressed_run = 0;
        client.compressed_since = now;
    }
    if (++client.compressed_run < compressed_max) return;
    client.session.dismiss(Cause::compression_required, now);
    pump(client);
}

void Shard::State::take_packet(Client& client, MutableBytes payload) {
    switch (wire::classify(payload)) {
        case wire::InBand::none:
            client.compressed_run = 0;
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
    if (Client* client = std::exchange(unprepared, nullptr)) client->keys.prepare();
    if (heard == nullptr) return;
    Client& client = *heard;
    heard = nullptr;
    client.session.heard(now);
    watch_key_limit(client);
}

/// Once for each run, so that forged packets cost no key derivation each.
void Shard::State::prepare_later(Client& client) {
    if (unprepared != nullptr && unprepared != &client) unprepared->keys.prepare();
    unprepared = &client;
}

// --- to the client -------------------------------------------------------------------------------

/// Where the next datagram for this client is made: where it is sent from, if that can be.
MutableBytes Shard::State::sealing_room(const Client& client, std::size_t payload_octets) {
    const std::size_t octets = client.keys.front_octets() + payload_octets +
                               wire::framing_octets_max + client.keys.back_octets();
    const MutableBytes room = client.reachable ? outlet.room(client.path, octets) : MutableBytes{};
    return room.empty() ? MutableBytes(arena) : room;
}

/// The payload may lie already where it would be copied to.
Expected<MutableBytes, Cause> Shard::State::seal(Client& client, Bytes payload) {
    const std::size_t front = client.keys.front_octets();
    const MutableBytes room = sealing_room(client, payload.size());
    const std::size_t octets = wire::put_frame(client.framing, payload, room.subspan(front));
    const auto datagram =
        client.keys.seal(room.first(front + octets + client.keys.back_octets()), octets);
    if (client.keys.wants_preparation()) client.keys.prepare();
    return datagram;
}

bool Shard::State::seal_and_send(Client& client, Bytes payload) {
    auto datagram = seal(client, payload);
    if (!datagram && datagram.error() == Cause::key_exhausted) {
        // A piece keeps: behind it lies, in the other room, the packet that it was cut from.
        const bool keeps = payload.data() == piece_room.data();
        const Bytes kept = keeps ? payload : out_of_the_way(payload);
        client.session.key_exhausted(now);
        pump(client);
        datagram = seal(client, kept);  // with the next key, when there is one
    }
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
