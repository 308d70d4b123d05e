// What a session remembers, and its parts. Private to this folder.
//
//   session.cpp        the public face: routes packets, TLS progress and time to the parts
//   handshake.cpp      the first key: TLS, identity, negotiation, admission, PUSH_REPLY
//   renegotiation.cpp  every later key: who starts it, what must not change, which key is in force
//   keepalive.cpp      pings, silence, and the OCC messages that travel as data
//   ending.cpp         refusals, goodbyes and the time after them
#pragma once

#include <deque>

#include "dataplane/session/key_state.h"
#include "dataplane/session/lifecycle.h"
#include "dataplane/session/session.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {

/// The keys of a connection, by age. At most four at once, so every key id is unique among them.
struct Keys {
    std::unique_ptr<KeyState> upcoming;             // being negotiated
    std::unique_ptr<KeyState> current;              // never null; carries the control messages
    std::deque<std::unique_ptr<KeyState>> retired;  // oldest first; the client may still use them

    /// Newest first.
    template <class Visit>
    void visit(Visit visit) const {
        if (upcoming) visit(*upcoming);
        visit(*current);
        for (auto key = retired.rbegin(); key != retired.rend(); ++key) visit(**key);
    }
    template <class Wanted>
    KeyState* find(Wanted wanted) const {
        KeyState* found = nullptr;
        visit([&](KeyState& key) {
            if (!found && wanted(key)) found = &key;
        });
        return found;
    }
};

struct Session::State {
    State(SessionStart start, Random& random, Instant now);

    // --- session.cpp ---
    Taken receive_control(Bytes datagram);
    Taken receive_for(KeyState& key, const wire::ControlPacket& packet);
    void finish(TlsProgress progress);
    void read_messages(KeyState& key);
    void take_message(std::string_view text);
    void fire(Timer timer);
    void emit(SessionEvent event) { events.push_back(std::move(event)); }
    std::unique_ptr<KeyState> make_key(wire::KeyId key_id, std::uint32_t first_id);
    std::string options_text() const;

    // --- handshake.cpp ---
    void advance_handshake();
    void identify();
    void ask_admission(wire::ClientKeyMethod2 message);
    void admit(Ipv4 address);
    void take_push_request();
    void push();
    void connect();

    // --- renegotiation.cpp ---
    Taken take_soft_reset(const wire::ControlPacket& packet);
    void begin_renegotiation();
    void advance_renegotiation();
    void abandon_renegotiation();
    void succeed();
    void retire_oldest();
    bool install(KeyState& key);
    void send_with(wire::KeyId key_id);
    void peer_used_key(wire::KeyId key_id);
    void key_limit_near();
    void key_exhausted();
    void schedule_renegotiation();

    // --- keepalive.cpp ---
    void start_keepalive();
    void ping_if_silent();
    void end_if_unheard();
    void in_band(Bytes payload);

    // --- ending.cpp ---
    /// Refuses a client that has shown who it is.
    void turn_away(Cause cause, std::string_view detail);
    void send_farewell();
    /// Ends and lingers; `goodbye` is a control message, empty for none.
    void end(Cause cause, std::string detail, std::string_view goodbye = {});
    /// Ends a client that nothing can be said to.
    void vanish(Cause cause, std::string detail);
    void fail(KeyState& key, TlsFailure failure);
    void dismiss(Cause cause);
    void time_out();
    void report_end(Cause cause, bridge::Stage stage, std::string detail);

    SessionStart start;
    const ServerProfile& profile;
    Random& random;
    SessionIds ids;
    Instant now;  // of the latest input
    Lifecycle life;
    Timers timers;
    Keys keys;
    std::uint32_t generations = 0;
    std::deque<SessionEvent> events;

    // Known since the first key exchange; later ones may not change it.
    std::optional<crypto::PeerCertificate> certificate;
    wire::PeerInfo peer;
    Negotiated agreed;

    std::vector<std::string> push_messages;
    std::optional<Instant> pushed_at;
    bool options_requested = false;

    std::string farewell;  // to be sent when its timer fires
    bool end_reported = false;

    std::optional<wire::KeyId> sending_key;
    Instant renegotiation_begun{};
    bool hurried = false;  // the key in use is near its end
    Instant last_heard{};
    Instant last_sent{};
};

}  // namespace kanmon::session
