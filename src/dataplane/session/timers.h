// Everything a session waits for, and for how long.
//
// Promises: one timer of each kind; setting it again moves it. A timer that fired is off.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace kanmon::session {

// --- how long, and why ---

/// From the first packet to PUSH_REPLY. Clients give up after 60 s too.
inline constexpr Duration handshake_limit = 60s;
/// Without any new packet before TLS stands. Stock clients repeat a packet after 2, 4, 8 and 16 s;
/// 30 s outlasts the longest of these pauses, so that only a client whose packet was lost four
/// times in a row (0.2 % at 20 % loss) is given up, and a forgotten half-open session goes early.
inline constexpr Duration quiet_limit = 30s;
/// From the key exchange until every factor has said yes; stock clients wait as long when they are
/// told to by AUTH_PENDING.
inline constexpr Duration login_limit = 300s;
/// Passwords are checked within a second: who waits longer is told so, and then again and again,
/// because a client restarts by itself when it has heard nothing for some time.
inline constexpr Duration pending_after = 5s;
inline constexpr Duration pending_again = 30s;
/// After a goodbye: long enough for a client to have heard it, acknowledged or not.
inline constexpr Duration linger_time = 5s;
/// What a client that is refused for a while is asked to wait, unless the gate says otherwise.
inline constexpr std::chrono::seconds backoff = 10s;
/// An older client cannot be asked: its RESTART is held back instead, since it comes back 1 to 5 s
/// after it and each attempt costs both sides a TLS handshake. It gives up by itself after 60 s.
inline constexpr std::chrono::seconds restart_ahead = 2s;
inline constexpr std::chrono::seconds restart_delay_max = 40s;
/// Clients send under a new key 60 s after its negotiation began; we follow then, if not earlier.
inline constexpr Duration switch_delay = 60s;
/// The same when the old key nears its end: a client that lost our half of the exchange has it by
/// then, and at the highest rates the last eighth of a key lasts longer.
inline constexpr Duration hurried_switch_delay = 5s;
inline constexpr Duration renegotiation_limit = 60s;
/// OpenVPN 3 goes on sending under the older key for `switch_delay` after an exchange, and when
/// another one begins before, forgets the key that it has not used yet: its packets and ours would
/// pass each other for ever. So a client may have so long before it is asked for the next key.
inline constexpr Duration follow_delay_max = switch_delay + 15s;
inline constexpr Duration follow_check = 1s;
/// After a failed renegotiation, before the next try.
inline constexpr Duration renegotiation_pause = 30s;
/// How long an old key stays good after its renegotiation was due (tran-window of the clients).
inline constexpr Duration transition_time = 3600s;
/// A PUSH_REQUEST that follows the answer this closely has crossed it on the way.
inline constexpr Duration push_repeat_guard = 30s;
/// New settings: clients that have to come again are sent away over this time, so that they do not
/// all come back at once. Slow ones (2.3: 5 s until they try, 2 s until they ask, 1 s for their
/// device) are back in 10 s.
inline constexpr Duration restart_spread = 1500ms;
/// The packet path says this often that packets were carried.
inline constexpr Duration activity_grain = 1s;
/// Between two updates of one client; each takes the 2.7 client's tunnel away for a second.
inline constexpr Duration update_pause = 1s;
/// The server is given up after this many times the pushed ping-restart.
inline constexpr int restart_multiple = 2;

// --- the timers ---

enum class Timer : std::uint8_t {
    handshake,
    quiet,
    login,
    pending,
    farewell,
    linger,
    ping,
    keepalive,
    inactivity,
    update,
    renegotiate,
    renegotiation,
    switch_key,
    key_expiry,
    lame_duck,
    count
};

constexpr std::string_view name_of(Timer timer) {
    constexpr std::array<std::string_view, static_cast<std::size_t>(Timer::count)> names{
        "handshake",   "quiet",         "login",      "pending",    "farewell",
        "linger",      "ping",          "keepalive",  "inactivity", "update",
        "renegotiate", "renegotiation", "switch_key", "key_expiry", "lame_duck"};
    return names[static_cast<std::size_t>(timer)];
}

class Timers {
public:
    void set(Timer timer, Instant at) { at_[index(timer)] = at; }
    void clear(Timer timer) { at_[index(timer)].reset(); }
    void clear_all() { at_.fill(std::nullopt); }
    bool is_set(Timer timer) const { return at_[index(timer)].has_value(); }

    struct Next {
        Timer timer;
        Instant at;
    };
    std::optional<Next> next() const {
        std::optional<Next> earliest;
        for (std::size_t i = 0; i < at_.size(); ++i)
            if (at_[i] && (!earliest || *at_[i] < earliest->at))
                earliest = Next{static_cast<Timer>(i), *at_[i]};
        return earliest;
    }

    /// The earliest timer that is due, which is then off.
    std::optional<Timer> take_due(Instant now) {
        const auto earliest = next();
        if (!earliest || earliest->at > now) return std::nullopt;
        clear(earliest->timer);
        return earliest->timer;
    }

private:
    static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
    std::array<std::optional<Instant>, static_cast<std::size_t>(Timer::count)> at_{};
};

}  // namespace kanmon::session
