#include "dataplane/session/session.h"

#include "dataplane/session/refusal.h"
#include "dataplane/session/session_state.h"

namespace kanmon::session {

// --- what comes in ---

Session::State::State(SessionStart starting, Random& randomness, Instant time)
    : start(std::move(starting)),
      profile(*start.profile),
      present(start.profile),
      random(randomness),
      ids{.own = start.own, .peer = start.peer},
      wrapping(start.wrapping),
      now(time),
      created(time) {
    // Over UDP the client has proved its address by echoing our reset: packet 0 of both sides is
    // done.
    keys.current = make_key(0, start.reset_already_sent ? 1 : 0);
    if (!start.reset_already_sent) keys.current->send_reset(wire::Opcode::hard_reset_server_v2);
    timers.set(Timer::handshake, now + handshake_limit);
    timers.set(Timer::quiet, now + quiet_limit);
}

Taken Session::State::receive_control(Bytes datagram) {
    std::array<std::byte, wire::control_datagram_octets_max> room{};
    const auto plain = wrapping.unwrap(datagram, room);
    if (!plain) return unexpected(plain.error());
    const auto packet = wire::decode_control_packet(*plain);
    if (!packet) return unexpected(packet.error());
    return take_packet(*packet);
}

Taken Session::State::take_packet(const wire::ControlPacket& packet) {
    if (packet.sender != ids.peer) return unexpected(Cause::unknown_client);
    if (packet.acks.count > 0 && packet.receiver != ids.own)
        return unexpected(Cause::foreign_session_id);

    switch (packet.opcode) {
        case wire::Opcode::soft_reset_v1:
            return take_soft_reset(packet);
        case wire::Opcode::hard_reset_client_v2:
        case wire::Opcode::hard_reset_client_v3:
            // Our answer was lost or came late. Another reset than the first is somebody else's.
            if (packet.packet_id != 0U || packet.key_id != 0)
                return unexpected(Cause::reset_not_first);
            break;
        case wire::Opcode::control_v1:
        case wire::Opcode::control_wkc_v1:  // the key was taken off when it was unwrapped
        case wire::Opcode::ack_v1:
            break;
        default:
            return unexpected(Cause::unknown_opcode);
    }
    KeyState* key =
        keys.find([&](const KeyState& candidate) { return candidate.key_id() == packet.key_id; });
    if (!key) return unexpected(Cause::wrong_key_id);
    return receive_for(*key, packet);
}

Taken Session::State::receive_for(KeyState& key, const wire::ControlPacket& packet) {
    const auto fresh = key.receive(packet, now);
    if (const auto sample = key.take_round_trip()) round_trip.take(*sample);
    if (!fresh) {
        if (fresh.error() == Cause::tls_too_large) fail(key, {Cause::tls_too_large, {}});
        return unexpected(fresh.error());
    }
    if (life.in(Phase::greeted) && key.begun()) static_cast<void>(life.take(Step::tls_begun));
    if (*fresh && timers.is_set(Timer::quiet)) timers.set(Timer::quiet, now + quiet_limit);
    return {};
}

void Session::State::finish(TlsProgress progress) {
    KeyState* key = keys.find([&](const KeyState& candidate) {
        return candidate.key_id() == progress.key_id &&
               candidate.generation() == progress.generation;
    });
    if (!key) return;  // of a key that is gone
    if (auto failure = key->finish(std::move(progress))) return fail(*key, std::move(*failure));
    if (key == keys.upcoming.get())
        advance_renegotiation();
    else if (key == keys.current.get())
        advance_handshake();
    // Either step may have ended or replaced the key, but never destroys it.
    read_messages(*key);
}

void Session::State::read_messages(KeyState& key) {
    while (!life.over()) {
        auto message = key.next_message();
        if (!message) return end(Cause::malformed, "a control message longer than 2048 octets");
        if (!*message) return;
        take_message(**message);
        wipe(std::as_writable_bytes(std::span(**message)));  // it may have held a code
    }
}

void Session::State::take_message(std::string_view text) {
    const wire::ControlMessage message = wire::parse_control_message(text);
    switch (message.kind) {
        case wire::MessageKind::push_request:
            return take_push_request();
        case wire::MessageKind::cr_response:
            return take_challenge_response(message.argument);
        case wire::MessageKind::exit:
            return end(Cause::client_left, {});
        default:
            return;  // meant for servers that do more, or hostile
    }
}

void Session::State::fire(Timer timer) {
    switch (timer) {
        case Timer::handshake:
        case Timer::quiet:
            return time_out();
        case Timer::login:
            return turn_away(Cause::login_timeout, {});
        case Timer::pending:
            return say_pending();
        case Timer::farewell:
            return send_farewell();
        case Timer::linger:
            if (life.take(Step::drained)) emit(Finished{});
            return;
        case Timer::ping:
            return ping_if_silent();
        case Timer::keepalive:
            return end_if_unheard();
        case Timer::inactivity:
            return end_if_inactive();
        case Timer::update:
            return bring_up_to_date();
        case Timer::renegotiate:
            return renew_key();
        case Timer::renegotiation:
            abandon_renegotiation();
            // Nothing of it may be acknowledged any more: the client has to start over as well.
            keys.upcoming.reset();
            return;
        case Timer::switch_key:
            return send_with(keys.current->key_id());
        case Timer::key_expiry:
            return end(Cause::renegotiation_failed, {},
                       dismissal(Cause::renegotiation_failed,
                                 reason_text(Cause::renegotiation_failed, {}, certificate)));
        case Timer::lame_duck:
            while (!keys.retired.empty()) retire_oldest();
            return;
        case Timer::count:
            return;
    }
}

std::unique_ptr<KeyState> Session::State::make_key(wire::KeyId key_id, std::uint32_t first_id) {
    return std::make_unique<KeyState>(key_id, generations++, present->tls->make(), first_id);
}

std::string Session::State::options_text() const {
    const bridge::SslServer& server = profile.server;
    wire::OwnOptions own;
    own.tun_mtu = server.tun_mtu;
    own.cipher = server.fallback_cipher;
    if (const auto suite = crypto::cipher_suite_of(server.fallback_cipher))
        own.key_bits = crypto::key_bits(*suite);
    own.compression = server.compression_framing;
    own.digest = server.digest;
    if (const auto digest = crypto::digest_of(server.digest))
        own.digest_octets = crypto::digest_octets(*digest);
    own.tcp = profile.tcp;
    own.tls_auth = server.wrapping.kind == bridge::Wrapping::tls_auth;
    own.directed = server.wrapping.directed;
    return wire::options_string(own);
}

// --- the public face ---

Session::Session(SessionStart start, Random& random, Instant now)
    : state_(std::make_unique<State>(std::move(start), random, now)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

Taken Session::receive_control(Bytes datagram, Instant now) {
    state_->now = now;
    return state_->receive_control(datagram);
}

void Session::finish(TlsProgress progress, Instant now) {
    state_->now = now;
    state_->finish(std::move(progress));
}

void Session::reach(Instant now) {
    state_->now = now;
    while (const auto timer = state_->timers.take_due(now)) state_->fire(*timer);
}

void Session::take_login(std::uint32_t number, const bridge::LoginAnswer& answer, Instant now) {
    state_->now = now;
    state_->take_login(number, answer);
}

void Session::admit(Ipv4 tunnel_address, Instant now) {
    state_->now = now;
    state_->admit(tunnel_address);
}

void Session::refuse(Cause cause, std::string_view detail, Instant now, std::chrono::seconds wait) {
    state_->now = now;
    if (state_->life.in(Phase::asking)) state_->turn_away(cause, detail, wait);
}

void Session::reconfigure(std::shared_ptr<const ServerProfile> profile, Instant now) {
    state_->now = now;
    state_->reconfigure(std::move(profile));
}

void Session::dismiss(Cause cause, Instant now) {
    state_->now = now;
    state_->dismiss(cause);
}

void Session::heard(Instant now) {
    state_->last_heard = now;
}

void Session::sent(Instant now) {
    state_->last_sent = now;
}

void Session::carried(Instant now) {
    state_->last_carried = now;
}

void Session::peer_used_key(wire::KeyId key_id, Instant now) {
    state_->now = now;
    state_->peer_used_key(key_id);
}

void Session::key_limit_near(Instant now) {
    state_->now = now;
    state_->key_limit_near();
}

void Session::key_exhausted(Instant now) {
    state_->now = now;
    state_->key_exhausted();
}

void Session::in_band(Bytes payload, Instant now) {
    state_->now = now;
    state_->in_band(payload);
}

// --- what comes out ---

std::optional<TlsWork> Session::next_tls_work() {
    std::optional<TlsWork> work;
    state_->keys.visit([&](KeyState& key) {
        if (!work) work = key.next_tls_work();
    });
    return work;
}

std::optional<Transmit> Session::next_transmit() {
    std::optional<Transmit> transmit;
    if (state_->life.in(Phase::finished)) return transmit;
    state_->keys.visit([&](KeyState& key) {
        if (transmit) return;
        if (auto datagram = key.next_datagram(state_->ids, state_->now))
            transmit = Transmit{state_->wrapping.wrap(key.key_id(), std::move(*datagram))};
    });
    return transmit;
}

std::optional<SessionEvent> Session::next_event() {
    if (state_->events.empty()) return std::nullopt;
    SessionEvent event = std::move(state_->events.front());
    state_->events.pop_front();
    return event;
}

std::optional<Deadline> Session::next_deadline() const {
    std::optional<Deadline> earliest;
    if (state_->life.in(Phase::finished)) return earliest;
    if (const auto timer = state_->timers.next())
        earliest = Deadline{timer->at, name_of(timer->timer)};
    state_->keys.visit([&](const KeyState& key) {
        const auto at = key.next_deadline();
        if (at && (!earliest || *at < earliest->at)) earliest = Deadline{*at, "retransmit"};
    });
    return earliest;
}

const std::optional<crypto::PeerCertificate>& Session::certificate() const {
    return state_->certificate;
}
const wire::PeerInfo& Session::peer_info() const {
    return state_->peer;
}
const std::string& Session::claimed_username() const {
    return state_->login.claimed;
}
bridge::Stage Session::stage() const {
    return stage_of(state_->life.phase());
}
const RoundTrip& Session::round_trip() const {
    return state_->round_trip;
}
std::uint64_t Session::number() const {
    return state_->start.number;
}
wire::PeerId Session::peer_id() const {
    return state_->start.peer_id;
}
wire::SessionId Session::peer_session_id() const {
    return state_->ids.peer;
}
wire::SessionId Session::own_session_id() const {
    return state_->ids.own;
}

}  // namespace kanmon::session
