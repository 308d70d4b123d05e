// Signs of life in the data channel. The packet path reports them cheaply; timers look at them
// late.
#include "dataplane/session/session_state.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::session {

namespace {

/// A client that repeats OCC requests faster than the shard drains answers gets no more of them.
constexpr std::size_t waiting_events_max = 64;

}  // namespace

void Session::State::start_keepalive() {
    last_heard = last_sent = now;
    const bridge::SslServer& server = profile.server;
    if (server.keepalive_ping_seconds > 0)
        timers.set(Timer::ping, now + std::chrono::seconds(server.keepalive_ping_seconds));
    if (server.keepalive_restart_seconds > 0)
        timers.set(Timer::keepalive,
                   now + restart_multiple * std::chrono::seconds(server.keepalive_restart_seconds));
}

void Session::State::ping_if_silent() {
    const Duration pause = std::chrono::seconds(profile.server.keepalive_ping_seconds);
    if (now - last_sent >= pause) {
        emit(SendInBand{copy_of(wire::ping_payload())});
        last_sent = now;
    }
    timers.set(Timer::ping, last_sent + pause);
}

void Session::State::end_if_unheard() {
    const Duration patience =
        restart_multiple * std::chrono::seconds(profile.server.keepalive_restart_seconds);
    if (now - last_heard >= patience) return vanish(Cause::keepalive_timeout, {});
    timers.set(Timer::keepalive, last_heard + patience);
}

void Session::State::in_band(Bytes payload) {
    if (!life.in(Phase::connected)) return;
    switch (wire::classify(payload)) {
        case wire::InBand::occ_exit:
            return end(Cause::client_left, {});
        case wire::InBand::occ_request:
            if (events.size() < waiting_events_max)
                emit(SendInBand{wire::occ_reply_payload(options_text())});
            return;
        case wire::InBand::occ_mtu_request:
            if (events.size() < waiting_events_max) emit(SendInBand{wire::occ_mtu_reply_payload()});
            return;
        default:
            return;
    }
}

}  // namespace kanmon::session
