// Control packets. A stranger's hello is answered without remembering it; a session begins with the
// first packet that proves by our cookie that its sender receives at its address.
// Source: wire reference, sections 5 and 27.
#include <algorithm>
#include <limits>

#include "dataplane/shard/state.h"
#include "dataplane/wire/reset_flags.h"

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

/// Whether this may be the first packet that is heard of a client; why not, otherwise.
Expected<void, Cause> may_be_first(wire::FirstOctet first, bool stream) {
    switch (first.opcode) {
        case wire::Opcode::hard_reset_client_v2:
        case wire::Opcode::hard_reset_client_v3:
            if (first.key_id != 0) return unexpected(Cause::reset_not_first);
            return {};
        case wire::Opcode::control_v1:
        case wire::Opcode::control_wkc_v1:
        case wire::Opcode::ack_v1:
            if (stream || first.key_id != 0) return unexpected(Cause::unknown_client);
            return {};
        case wire::Opcode::soft_reset_v1:
            return unexpected(Cause::unknown_client);
        default:
            return unexpected(Cause::unknown_opcode);
    }
}

bool is_hello(wire::Opcode opcode) {
    return opcode == wire::Opcode::hard_reset_client_v2 ||
           opcode == wire::Opcode::hard_reset_client_v3;
}

/// The sender's session id stands in clear behind the first octet, however the rest is wrapped.
wire::SessionId sender_of(Bytes datagram) {
    ByteReader in(datagram);
    in.u8();
    return {in.array<8>()};
}

/// Ours minus theirs, as far as a wrapped packet tells: it names when its sender began to count.
std::int32_t clock_behind(UnixTime ours, std::uint32_t theirs) {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    return static_cast<std::int32_t>(
        std::clamp(seconds_of(ours) - std::int64_t{theirs}, -most, most));
}

bridge::AttemptRecord stranger_record(const Path& path, const Server& server, UnixTime wall,
                                      Cause cause, std::string detail) {
    return {.at = wall,
            .server_id = server.settings().id,
            .remote = path.remote,
            .transport = path.is_stream() ? bridge::Transport::tcp : bridge::Transport::udp,
            .cause = cause,
            .detail = std::move(detail)};
}

}  // namespace

admission::Greeter FirstPacket::greeter() const {
    return {path.server, path.listener, path.remote, packet.sender};
}

void Shard::State::receive_control(const Path& path, Server& server, Bytes datagram) {
    Client* client = at(directory.by_session(place_of(path), sender_of(datagram)));
    if (client == nullptr) return greet(path, server, datagram);
    const auto taken = client->session.receive_control(datagram, now);
    if (!taken) drop(taken.error());
    pump(*client);
}

void Shard::State::greet(const Path& path, Server& server, Bytes datagram) {
    const auto first = wire::peek(datagram);
    if (!first) return ignore(path, first.error());
    const auto fits = may_be_first(*first, path.is_stream());
    if (!fits) return ignore(path, fits.error());
    const auto opened = open_door(path, server, datagram);
    if (!opened) return ignore(path, opened.error());
    const auto packet = wire::decode_control_packet(opened->packet);
    if (!packet) return ignore(path, packet.error());
    meet({path, server, datagram, *opened, *packet});
}

/// Whoever tries keys on a connection learns nothing: a hello that begins no session ends it as
/// noise would, at once and without a word.
void Shard::State::ignore(const Path& path, Cause cause) {
    drop(cause);
    if (path.is_stream() && directory.newest_at(place_of(path)) == no_slot) outlet.finished(path);
}

Expected<Doorway::Opened, Cause> Shard::State::open_door(const Path& path, Server& server,
                                                         Bytes datagram) {
    if (!server.door) return unexpected(Cause::gateway_not_ready);
    const admission::Greeter greeter{path.server, path.listener, path.remote, sender_of(datagram)};
    const bool may_be_remembered = brought && server.door->brings_keys();
    const auto opened =
        server.door->open(datagram, may_be_remembered ? brought->find(greeter, now) : Bytes());
    if (!opened && opened.error() == Cause::wrapping_mismatch) {
        ++server.door->mismatches;
        report_wrong_key(path, server, datagram);
    }
    return opened;
}

/// Silence is all that its sender gets, so the operator gets some words about it.
void Shard::State::report_wrong_key(const Path& path, const Server& server, Bytes hello) {
    if (!is_hello(wire::peek(hello)->opcode) || !wrong_key_records.take(now)) return;
    outlet.report(stranger_record(path, server, wall, Cause::wrapping_mismatch,
                                  wrong_key_text(server.settings().wrapping, hello) + " (" +
                                      std::to_string(server.door->mismatches) +
                                      " such packets so far)"));
}

void Shard::State::note_stranger(const Path& path, Cause cause, std::string_view detail) {
    const Server* server = server_of(path);
    if (server == nullptr || !stranger_records.take(now)) return;
    outlet.report(stranger_record(path, *server, wall, cause, std::string(detail)));
}

void Shard::State::turn_away_hello(const Path& path) {
    drop(Cause::rate_limited);
    // The address of a datagram may be anybody's: a flood of forged ones is counted, not told.
    if (path.is_stream()) note_stranger(path, Cause::rate_limited, {});
}

void Shard::State::meet(const FirstPacket& first) {
    if (is_hello(first.packet.opcode)) {
        if (first.packet.packet_id != 0U) return ignore(first.path, Cause::reset_not_first);
        if (!first.path.is_stream()) return answer_hello(first);
        if (!hellos.allow(first.path.remote, now)) return turn_away_hello(first.path);
        return begin_session(first, {});
    }
    if (!is_beginning(first.packet)) return drop(Cause::unknown_client);
    welcome_back(first);
}

/// Also when the address has a session: that one goes on until the new one has proved itself.
void Shard::State::answer_hello(const FirstPacket& first) {
    if (!hellos.allow(first.path.remote, now)) return turn_away_hello(first.path);
    const admission::Greeter greeter = first.greeter();
    const wire::SessionId cookie = cookies.issue(greeter, now);
    issued.remember(greeter, cookie, now);
    if (first.server.door->brings_keys() && !first.opened.early_negotiation())
        brought->remember(greeter, first.opened.wrapped_key, now);
    send_reset(first, cookie);
}

/// An old client whose lone acknowledgement was lost: it acknowledges a repeated reset again.
void Shard::State::repeat_answer(const FirstPacket& first) {
    const wire::SessionId cookie = issued.find(first.greeter(), now);
    const bool fits =
        first.packet.opcode == wire::Opcode::control_v1 && first.packet.packet_id == 1U;
    if (!fits || cookie.is_zero() || directory.by_ids(first.packet.sender, cookie) != no_slot)
        return drop(Cause::cookie_invalid);
    if (!hellos.allow(first.path.remote, now)) return drop(Cause::rate_limited);
    send_reset(first, cookie);
}

void Shard::State::send_reset(const FirstPacket& first, const wire::SessionId& own) {
    // The layout of wire/control_packet.h, written without allocating: floods come this way.
    std::array<std::byte, 26 + wire::resend_wrapped_key.size()> answer{};
    ByteWriter out(answer);
    out.bytes(std::array{wire::first_octet(wire::Opcode::hard_reset_server_v2, 0)});
    out.bytes(own.octets);
    out.u8(1);   // one acknowledgement:
    out.u32(0);  // of the hello
    out.bytes(first.packet.sender.octets);
    out.u32(0);  // our own packet id
    const bool asks = first.server.door->brings_keys() && first.opened.early_negotiation();
    if (asks) out.bytes(wire::resend_wrapped_key);
    const Bytes packet = Bytes(answer).first(asks ? answer.size() : 26);
    outlet.send(first.path, first.server.door->wrap(packet, {.id = 1, .time = wrapping_time()}));
}

void Shard::State::welcome_back(const FirstPacket& first) {
    const wire::ControlPacket& packet = first.packet;
    if (packet.acks.count == 0) return repeat_answer(first);
    if (!cookies.is_ours(packet.receiver, first.greeter(), now)) return drop(Cause::cookie_invalid);
    // A cookie begins one session. That session may have moved to another address since, and then
    // this is a late or replayed packet from the old one.
    if (directory.by_ids(packet.sender, packet.receiver) != no_slot)
        return drop(Cause::foreign_session_id);
    begin_session(first, packet.receiver);
}

void Shard::State::begin_session(const FirstPacket& first, const wire::SessionId& own) {
    const bool stream = own.is_zero();
    const auto& profile = stream ? first.server.streams : first.server.datagrams;
    if (!profile->tls) return drop(Cause::gateway_not_ready);
    const Slot slot = take_slot();
    if (slot == no_slot) return drop(Cause::queue_full);
    const auto entry = half_open.enter(slot, first.path.remote, now);
    if (!entry.entered) {
        give_back(slot, false);
        return turn_away_hello(first.path);
    }
    if (entry.evict)
        remove(*clients[*entry.evict], Cause::rate_limited, "too many unfinished handshakes");
    hellos.give_back(first.path.remote);

    session::SessionStart start{.profile = profile,
                                .own = own,
                                .peer = first.packet.sender,
                                .peer_id = peer_ids.of(slot),
                                .number = ++sequence << 24 | peer_ids.of(slot),
                                .reset_already_sent = !stream,
                                .began = wall,
                                .wrapping = first.server.door->for_session()};
    start.wrapping.time = wrapping_time();
    start.wrapping.sent = stream ? 0 : 1;
    while (start.own.is_zero()) start.own.octets = random.array<8>();
    directory.add(slot, place_of(first.path), start.peer, start.own);
    clients[slot] = std::make_unique<Client>(std::move(start), random, now);
    Client& client = *clients[slot];
    client.slot = slot;
    client.path = first.path;
    client.way_in = first.server.listener_of(first.path);
    count(client, bridge::Meter::handshakes_begun);
    client.key_metadata = copy_of(first.opened.metadata);
    if (first.opened.replay) client.clock_behind = clock_behind(wall, first.opened.replay->time);
    const auto taken = client.session.receive_control(first.datagram, now);
    if (!taken) drop(taken.error());
    pump(client);
}

/// Unix time that never goes back, whatever happens to the clock: what a client has seen of it in
/// the answer to its hello must not be later than what its session says.
std::uint32_t Shard::State::wrapping_time() {
    latest_wrapping_time =
        std::max(latest_wrapping_time, static_cast<std::uint32_t>(seconds_of(wall)));
    return latest_wrapping_time;
}

}  // namespace kanmon::shard
