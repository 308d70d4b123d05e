// What a session remembers, and its parts. Private to this folder.
//
//   session.cpp        the public face: routes packets, TLS progress and time to the parts
//   handshake.cpp      the first key: TLS, identity, negotiation, admission, PUSH_REPLY
//   login.cpp          user names, passwords, codes, pages, tokens: what control is asked
//   renegotiation.cpp  every later key: who starts it, what must not change, which key is in force
//   wrapping.cpp       which key wraps which control packet, and what was sent and seen under it
//   keepalive.cpp      pings, silence, and the OCC messages that travel as data
//   update.cpp         new settings of the server, told to the client that is connected
//   ending.cpp         refusals, goodbyes and the time after them
#pragma once

#include "base/short_queue.h"
#include "dataplane/session/key_state.h"
#include "dataplane/session/lifecycle.h"
#include "dataplane/session/push.h"
#include "dataplane/session/refusal.h"
#include "dataplane/session/session.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {

/// The keys of a connection, by age. At most four at once, so every key id is unique among them.
struct Keys {
    std::unique_ptr<KeyState> upcoming;             // being negotiated
    std::unique_ptr<KeyState> current;              // never null; carries the control messages
    ShortQueue<std::unique_ptr<KeyState>> retired;  // oldest first; the client may still use them

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

/// What is known of who uses the connection.
struct LoginState {
    std::uint32_t number = 0;  // of the latest question
    bool waits = false;        // for its answer
    Instant begun{};
    UnixTime proven_at{};     // when the user was last asked, and all of it held
    std::string claimed;      // the user name as the client sends it
    std::string username;     // as control spells it; empty until it said yes
    std::string state;        // of a challenge that the client is to answer while it waits
    bool challenged = false;  // by CR_TEXT
    std::optional<TokenClaims> token;
};

struct Session::State {
    State(SessionStart start, Random& random, Instant now);

    // --- session.cpp ---
    Taken receive_control(Bytes datagram);
    Taken take_packet(const wire::ControlPacket& packet);
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
    void ask_admission();
    void admit(Ipv4 address);
    void take_push_request();
    void push();
    void connect();

    // --- login.cpp ---
    void prove(wire::ClientKeyMethod2 message);
    void prove_again(wire::ClientKeyMethod2 message);
    LoginPlan plan(const wire::ClientKeyMethod2& message) const;
    void ask(LoginRequest request);
    void take_login(std::uint32_t number, const bridge::LoginAnswer& answer);
    void take_first_login(const bridge::LoginAnswer& answer);
    void take_later_login(const bridge::LoginAnswer& answer);
    void accept_login(const std::string& username, UnixTime at);
    void challenge(const bridge::LoginAnswer& answer);
    void take_challenge_response(std::string_view argument);
    void open_page(const bridge::LoginAnswer& answer);
    void say_pending();
    void refuse_later(Cause cause, std::string_view detail);
    void forget_later_login();
    UnixTime wall() const;
    /// The options of a new token, or none where none are given.
    std::vector<std::string> token_options();

    // --- renegotiation.cpp ---
    Taken take_soft_reset(const wire::ControlPacket& packet);
    void renew_key();
    void begin_renegotiation();
    void advance_renegotiation();
    void complete_renegotiation(const wire::ClientKeyMethod2& message);
    void abandon_renegotiation();
    void succeed();
    void retire_oldest();
    bool install(KeyState& key);
    void send_with(wire::KeyId key_id);
    void peer_used_key(wire::KeyId key_id);
    void key_limit_near();
    void key_exhausted();
    void schedule_renegotiation();

    // --- update.cpp ---
    PushOptions wanted_options() const;
    void reconfigure(std::shared_ptr<const ServerProfile> wanted);
    void bring_up_to_date();
    void repeat_update_if_lost();

    // --- keepalive.cpp ---
    void start_keepalive();
    void ping_if_silent();
    void end_if_unheard();
    void watch_activity();
    void end_if_inactive();
    void in_band(Bytes payload);

    // --- ending.cpp ---
    /// Refuses a client that has shown who it is.
    void turn_away(Cause cause, std::string_view detail, std::chrono::seconds wait = {});
    void send_farewell();
    /// Ends and lingers; `goodbye` is a control message, empty for none.
    void end(Cause cause, std::string detail, std::string_view goodbye = {});
    /// Ends a client that nothing can be said to.
    void vanish(Cause cause, std::string detail);
    void fail(KeyState& key, TlsFailure failure);
    void dismiss(Cause cause, std::string_view detail = {});
    void time_out();
    void report_end(Cause cause, bridge::Stage stage, std::string detail);

    SessionStart start;
    const ServerProfile& profile;  // by which the client was set up
    /// The newest one: what is pushed from now on, and the timers that are ours alone.
    std::shared_ptr<const ServerProfile> present;
    Random& random;
    SessionIds ids;
    Wrapping wrapping;
    Instant now;  // of the latest input
    Lifecycle life;
    Timers timers;
    Keys keys;
    std::uint32_t generations = 0;
    Instant created;
    ShortQueue<SessionEvent> events;

    // Known since the first key exchange; later ones may not change it.
    std::optional<crypto::PeerCertificate> certificate;
    wire::PeerInfo peer;
    Negotiated agreed;
    LoginState login;
    std::optional<wire::ClientKeyMethod2> rekey;  // of a renegotiation that waits for control

    Ipv4 tunnel_address;
    PushOptions held;  // what the client was told last
    Duration ping_every{}, heard_within{};
    std::vector<std::string> update_messages;  // the latest update
    Instant updated_at{};
    std::vector<std::string> push_messages;
    std::optional<Instant> pushed_at;
    bool options_requested = false;

    std::string farewell;  // to be sent when its timer fires
    bool end_reported = false;

    std::optional<wire::KeyId> sending_key;
    Instant renegotiation_begun{}, renegotiated{};
    bool hurried = false;  // the key in use is near its end
    Instant last_heard{};
    Instant last_sent{};
    Instant last_carried{};
    RoundTrip round_trip;
};

}  // namespace kanmon::session
