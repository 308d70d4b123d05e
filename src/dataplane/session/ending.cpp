// Refusals, goodbyes, and the time after them.
//
// A client that can be spoken to hears why; the session then lingers so that retransmissions are
// acknowledged. It is reported as ended once, and what it sends while it lingers prolongs nothing.
#include "dataplane/session/session_state.h"

namespace kanmon::session {

void Session::State::turn_away(Cause cause, std::string_view detail, std::chrono::seconds wait) {
    const std::string reason = reason_text(cause, detail, certificate);
    Retry retry{.several_remotes = present->server.listeners.size() > 1};
    if (wait > std::chrono::seconds::zero()) retry.wait = wait;
    Farewell words = refusal(cause, reason, peer, retry);
    if (words.delay == Duration::zero()) {
        report_end(cause, bridge::Stage::admission, reason);
        return end(cause, reason, words.message);
    }
    if (!life.take(Step::deferred)) return;
    report_end(cause, bridge::Stage::admission, reason);
    farewell = std::move(words.message);
    timers.clear_all();
    timers.set(Timer::farewell, now + words.delay);
}

void Session::State::send_farewell() {
    end(Cause::client_left, {}, farewell);
}

void Session::State::end(Cause cause, std::string detail, std::string_view goodbye) {
    const bridge::Stage stage = stage_of(life.phase());
    if (!life.take(Step::ended)) return;
    forget_later_login();
    report_end(cause, stage, std::move(detail));
    if (!goodbye.empty()) keys.current->send_message(goodbye);
    keys.visit([](KeyState& key) { key.stop_reading(); });
    timers.clear_all();
    timers.set(Timer::linger, now + linger_time);
}

void Session::State::vanish(Cause cause, std::string detail) {
    end(cause, std::move(detail));
    timers.clear(Timer::linger);
    if (life.take(Step::drained)) emit(Finished{});
}

void Session::State::fail(KeyState& key, TlsFailure failure) {
    if (&key == keys.upcoming.get()) {
        if (!key.stopped()) abandon_renegotiation();
        return;
    }
    // An older key may lose its TLS session: it only decrypts.
    if (&key == keys.current.get()) end(failure.cause, std::move(failure.detail));
}

void Session::State::dismiss(Cause cause, std::string_view detail) {
    const bool can_hear = life.phase() > Phase::identifying;
    const std::string reason = reason_text(cause, detail, certificate);
    const std::string goodbye = can_hear ? dismissal(cause, reason) : std::string();
    if (goodbye.empty()) return vanish(cause, std::string(detail));
    end(cause, reason, goodbye);
}

void Session::State::time_out() {
    if (life.in(Phase::asking))
        return vanish(Cause::gateway_not_ready, "admission was not decided");
    vanish(Cause::handshake_timeout, {});
}

void Session::State::report_end(Cause cause, bridge::Stage stage, std::string detail) {
    if (end_reported) return;
    end_reported = true;
    emit(Ended{.cause = cause, .stage = stage, .detail = std::move(detail)});
}

}  // namespace kanmon::session
