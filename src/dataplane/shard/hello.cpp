// Control packets. A stranger's hello is answered without remembering it; a session begins with the
// first packet that proves by our cookie that its sender receives at its address.
// Source: wire reference, sections 5 and 27.
#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

/// Cookies are for beginnings: whoever acknowledges more, or says more, talks about a session that
/// is not here (any more).
constexpr std::uint32_t first_ids_max = 1;

bool is_beginning(const wire::ControlPacket& packet) {
    if (packet.key_id != 0) return false;
    if (packet.packet_id && *packet.packet_id > first_ids_max) return false;
    for (unsigned i = 0; i < packet.acks.count; ++i)
        if (packet.acks.ids[i] > first_ids_max) return false;
    return true;
}

admission::Greeter greeter_of(const Path& path, const wire::SessionId& peer) {
    return {path.server, path.listener, path.remote, peer};
}

}  // namespace

void Shard::State::receive_control(const Path& path, Server& server, Bytes datagram) {
    const auto packet = wire::decode_control_packet(datagram);
    if (!packet) return drop(packet.error());
    Client* client = at(directory.by_session(place_of(path), packet->sender));
    if (client == nullptr) return greet(path, server, *packet, datagram);
    const auto taken = client->session.receive_control(datagram, now);
    if (!taken) drop(taken.error());
    pump(*client);
}

void Shard::State::greet(const Path& path, Server& server, const wire::ControlPacket& packet,
                         Bytes datagram) {
    const bool stream = path.is_stream();
    switch (packet.opcode) {
        case wire::Opcode::hard_reset_client_v2:
            if (packet.key_id != 0 || packet.packet_id != 0U) return drop(Cause::reset_not_first);
            if (!stream) return answer_hello(path, packet);
            if (!hellos.allow(path.remote, now)) return drop(Cause::rate_limited);
            return begin_session(path, server, {}, packet, datagram);
        case wire::Opcode::control_v1:
        case wire::Opcode::ack_v1:
            if (stream || !is_beginning(packet)) return drop(Cause::unknown_client);
            return welcome_back(path, server, packet, datagram);
        case wire::Opcode::soft_reset_v1:
            return drop(Cause::unknown_client);
        default:
            return drop(Cause::unknown_opcode);
    }
}

/// Also when the address has a session: that one goes on until the new one has proved itself.
void Shard::State::answer_hello(const Path& path, const wire::ControlPacket& packet) {
    if (!hellos.allow(path.remote, now)) return drop(Cause::rate_limited);
    const admission::Greeter greeter = greeter_of(path, packet.sender);
    const wire::SessionId cookie = cookies.issue(greeter, now);
    issued.remember(greeter, cookie, now);
    send_reset(path, cookie, packet.sender);
}

/// An old client whose lone acknowledgement was lost: it acknowledges a repeated reset again.
void Shard::State::repeat_answer(const Path& path, const wire::ControlPacket& packet) {
    const wire::SessionId cookie = issued.find(greeter_of(path, packet.sender), now);
    const bool fits = packet.opcode == wire::Opcode::control_v1 && packet.packet_id == 1U;
    if (!fits || cookie.is_zero() || directory.by_ids(packet.sender, cookie) != no_slot)
        return drop(Cause::cookie_invalid);
    if (!hellos.allow(path.remote, now)) return drop(Cause::rate_limited);
    send_reset(path, cookie, packet.sender);
}

void Shard::State::send_reset(const Path& path, const wire::SessionId& own,
                              const wire::SessionId& peer) {
    // The layout of wire/control_packet.h, written without allocating: floods come this way.
    std::array<std::byte, 26> answer{};
    ByteWriter out(answer);
    out.bytes(std::array{wire::first_octet(wire::Opcode::hard_reset_server_v2, 0)});
    out.bytes(own.octets);
    out.u8(1);   // one acknowledgement:
    out.u32(0);  // of the hello
    out.bytes(peer.octets);
    out.u32(0);  // our own packet id
    outlet.send(path, answer);
}

void Shard::State::welcome_back(const Path& path, Server& server, const wire::ControlPacket& packet,
                                Bytes datagram) {
    if (packet.acks.count == 0) return repeat_answer(path, packet);
    if (!cookies.is_ours(packet.receiver, greeter_of(path, packet.sender), now))
        return drop(Cause::cookie_invalid);
    // A cookie begins one session. That session may have moved to another address since, and then
    // this is a late or replayed packet from the old one.
    if (directory.by_ids(packet.sender, packet.receiver) != no_slot)
        return drop(Cause::foreign_session_id);
    begin_session(path, server, packet.receiver, packet, datagram);
}

void Shard::State::begin_session(const Path& path, Server& server, const wire::SessionId& own,
                                 const wire::ControlPacket& packet, Bytes datagram) {
    const bool stream = own.is_zero();
    const auto& profile = stream ? server.streams : server.datagrams;
    if (!profile->tls) return drop(Cause::gateway_not_ready);
    const Slot slot = take_slot();
    if (slot == no_slot) return drop(Cause::queue_full);
    const auto entry = half_open.enter(slot, path.remote, now);
    if (!entry.entered) {
        give_back(slot, false);
        return drop(Cause::rate_limited);
    }
    if (entry.evict)
        remove(*clients[*entry.evict], Cause::rate_limited, "too many unfinished handshakes");
    hellos.give_back(path.remote);

    session::SessionStart start{.profile = profile,
                                .own = own,
                                .peer = packet.sender,
                                .peer_id = peer_ids.of(slot),
                                .number = ++sequence << 24 | peer_ids.of(slot),
                                .reset_already_sent = !stream};
    while (start.own.is_zero()) start.own.octets = random.array<8>();
    directory.add(slot, place_of(path), start.peer, start.own);
    clients[slot] = std::make_unique<Client>(std::move(start), random, now);
    Client& client = *clients[slot];
    client.slot = slot;
    client.path = path;
    client.way_in = server.listener_of(path);
    const auto taken = client.session.receive_control(datagram, now);
    if (!taken) drop(taken.error());
    pump(client);
}

}  // namespace kanmon::shard
