// Every key after the first: a new TLS session beside the present one, which stays in force until
// the new one is proven. What was agreed for the first key (cipher, derivation, options) is not
// asked again. Source: wire reference, section 26.
#include "dataplane/session/refusal.h"
#include "dataplane/session/session_state.h"

namespace kanmon::session {

namespace {

/// Which keys may be alive once a renegotiation is done: the current one and two before it.
constexpr std::size_t retired_keys_max = 2;

/// Renewing a key may be up to this much early, so that clients that came together part.
constexpr std::uint64_t jitter_percent = 10;

/// Who showed none the first time shows none later: then the user's proof is all there is.
bool same_identity(const std::optional<crypto::PeerCertificate>& first,
                   const std::optional<crypto::PeerCertificate>& later) {
    if (!first || !later) return first.has_value() == later.has_value();
    return first->common_name == later->common_name && first->sha256 == later->sha256;
}

}  // namespace

Taken Session::State::take_soft_reset(const wire::ControlPacket& packet) {
    const bool ours_runs = keys.upcoming && !keys.upcoming->stopped();
    if (!ours_runs && life.in(Phase::connected) && packet.packet_id == 0U &&
        packet.key_id == wire::next_key_id(keys.current->key_id()))
        begin_renegotiation();
    // When both sides began at once, each reset is the answer to the other.
    KeyState* key =
        keys.find([&](const KeyState& candidate) { return candidate.key_id() == packet.key_id; });
    if (!key) return unexpected(Cause::wrong_key_id);
    if (packet.packet_id != 0U) return unexpected(Cause::reset_not_first);
    return receive_for(*key, packet);
}

/// It is time for a new key, but not before the client has followed to the present one.
void Session::State::renew_key() {
    const bool follows = keys.retired.empty() || keys.current->used_by_peer;
    if (!follows && now < renegotiated + follow_delay_max)
        return timers.set(Timer::renegotiate, now + follow_check);
    begin_renegotiation();
}

void Session::State::begin_renegotiation() {
    const bool runs = keys.upcoming && !keys.upcoming->stopped();
    if (!life.in(Phase::connected) || runs) return;
    // A failed attempt is repeated under the same key id: the client knows no other next one.
    keys.upcoming = make_key(wire::next_key_id(keys.current->key_id()), 0);
    keys.upcoming->send_reset(wire::Opcode::soft_reset_v1);
    renegotiation_begun = now;
    timers.clear(Timer::renegotiate);
    timers.set(Timer::renegotiation, now + renegotiation_limit);
}

void Session::State::advance_renegotiation() {
    if (life.over() || keys.upcoming->stopped() || !keys.upcoming->established()) return;
    const auto goodbye = [&](Cause cause) {
        end(cause, {}, refusal(cause, reason_text(cause, {}, certificate), peer).message);
    };
    const auto& shown = keys.upcoming->certificate();
    if (!same_identity(certificate, shown)) return goodbye(Cause::identity_changed);
    if (shown && shown->objection) return goodbye(*shown->objection);

    auto read = keys.upcoming->read_key_method_2();
    if (!read) return abandon_renegotiation();
    if (!*read) return;  // more of it is to come
    prove_again(std::move(**read));
}

/// The client hears our half only now: until then its new key is as unusable as ours.
void Session::State::complete_renegotiation(const wire::ClientKeyMethod2& message) {
    keys.upcoming->answer_key_method_2(message, options_text(), ids, random);
    if (!install(*keys.upcoming)) return abandon_renegotiation();
    succeed();
}

void Session::State::abandon_renegotiation() {
    // Kept until the next attempt, so that the alert of a failed handshake still leaves.
    keys.upcoming->stop_reading();
    forget_later_login();
    timers.clear(Timer::renegotiation);
    timers.set(Timer::renegotiate, now + renegotiation_pause);
}

void Session::State::succeed() {
    keys.retired.push_back(std::move(keys.current));
    keys.current = std::move(keys.upcoming);
    renegotiated = now;
    emit(Renegotiated{});
    // The client keeps one old key: what we send with must not be older than that.
    send_with(keys.retired.back()->key_id());
    while (keys.retired.size() > 1 &&
           (keys.retired.size() > retired_keys_max || keys.retired[1]->used_by_peer))
        retire_oldest();
    forget_later_login();
    timers.clear(Timer::renegotiation);
    timers.set(Timer::switch_key,
               hurried ? now + hurried_switch_delay : renegotiation_begun + switch_delay);
    hurried = false;
    timers.set(Timer::lame_duck, now + transition_time);
    repeat_update_if_lost();
    schedule_renegotiation();
    for (const std::string& option : token_options())
        if (option.starts_with("auth-token ")) keys.current->send_message("PUSH_REPLY," + option);
}

void Session::State::retire_oldest() {
    emit(RetireKey{keys.retired.front()->key_id()});
    keys.retired.pop_front();
}

bool Session::State::install(KeyState& key) {
    auto block = key.derive(agreed.derivation);
    if (!block) return false;
    emit(InstallKey{.key_id = key.key_id(),
                    .material = {.suite = agreed.cipher,
                                 .digest = agreed.digest,
                                 .block = *block,
                                 .side = crypto::Side::server,
                                 .format = agreed.format,
                                 .limits = profile.key_limits},
                    .data_v2 = agreed.data_v2,
                    .framing = agreed.framing});
    return true;
}

void Session::State::send_with(wire::KeyId key_id) {
    if (sending_key == key_id) return;
    sending_key = key_id;
    emit(SendWithKey{key_id});
}

void Session::State::peer_used_key(wire::KeyId key_id) {
    KeyState* key =
        keys.find([&](const KeyState& candidate) { return candidate.key_id() == key_id; });
    if (!key || key == keys.upcoming.get()) return;
    key->used_by_peer = true;
    if (key != keys.current.get() || !life.in(Phase::connected)) return;
    timers.clear(Timer::switch_key);
    send_with(key_id);
}

void Session::State::key_limit_near() {
    if (!life.in(Phase::connected)) return;
    if (sending_key != keys.current->key_id())  // a newer one is there already
        return timers.set(Timer::switch_key, now + hurried_switch_delay);
    hurried = true;
    // A failed attempt is repeated by its own timer, however often the packet path asks.
    if (!keys.upcoming) begin_renegotiation();
}

/// Better a packet that the client cannot open yet than none at all.
void Session::State::key_exhausted() {
    if (!life.in(Phase::connected)) return;
    if (sending_key == keys.current->key_id()) return key_limit_near();
    timers.clear(Timer::switch_key);
    send_with(keys.current->key_id());
}

void Session::State::schedule_renegotiation() {
    const Duration period = std::chrono::seconds(present->server.renegotiate_seconds);
    if (period <= Duration::zero()) return timers.clear(Timer::key_expiry);
    const auto jitter = static_cast<std::int64_t>(
        random.u64() % (static_cast<std::uint64_t>(period.count()) * jitter_percent / 100 + 1));
    timers.set(Timer::renegotiate, now + period - Duration(jitter));
    timers.set(Timer::key_expiry, now + period + transition_time);
}

}  // namespace kanmon::session
