// Signs of life in the data channel. The packet path reports them cheaply; timers look at them
// late.
#include <algorithm>

#include "dataplane/session/session_state.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::session {

namespace {

/// A client that repeats OCC requests faster than the shard drains answers gets no more of them.
constexpr std::size_t waiting_events_max = 64;

}  // namespace

void Session::State::start_keepalive() {
    last_heard = last_sent = last_carried = now;
    // As pushed: the client goes by these until it connects again.
    const bridge::SslServer& server = present->server;
    ping_every = std::chrono::seconds(server.keepalive_ping_seconds);
    heard_within = restart_multiple * std::chrono::seconds(server.keepalive_restart_seconds);
    if (ping_every > Duration::zero()) timers.set(Timer::ping, now + ping_every);
    if (heard_within > Duration::zero()) timers.set(Timer::keepalive, now + heard_within);
    watch_activity();
}

void Session::State::ping_if_silent() {
    if (now - last_sent >= ping_every) {
        emit(SendInBand{copy_of(wire::ping_payload())});
        last_sent = now;
    }
    timers.set(Timer::ping, last_sent + ping_every);
}

void Session::State::end_if_unheard() {
    if (now - last_heard >= heard_within) return vanish(Cause::keepalive_timeout, {});
    timers.set(Timer::keepalive, last_heard + heard_within);
}

/// Pings keep a connection alive, but not busy.
void Session::State::watch_activity() {
    const Duration patience = std::chrono::seconds(present->server.inactive_seconds);
    if (patience <= Duration::zero()) return timers.clear(Timer::inactivity);
    timers.set(Timer::inactivity, std::max(last_carried + patience + activity_grain, now));
}

void Session::State::end_if_inactive() {
    const Duration patience = std::chrono::seconds(present->server.inactive_seconds);
    if (now - last_carried >= patience + activity_grain) return dismiss(Cause::inactive);
    watch_activity();
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
