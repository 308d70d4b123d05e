// The control channel of one client connection: reset to goodbye. No I/O, no clock, no threads.
//
// Facts come in with the time they happened; what to send, what TLS work to do and what to tell the
// shard come out. Same inputs, same outputs, on any machine. Data packets never pass through here.
//
//     receive_control ─┐                          ┌─> next_transmit   datagrams for the client
//     finish (TLS) ────┤   reliability, key       ├─> next_tls_work   for a TLS worker
//     take_login ──────┤   states, negotiation,   ├─> next_event      for the shard
//     admit / refuse ──┤   login, push,           └─> next_deadline   when to call reach
//     reach (time) ────┘   renegotiation
//
// Owner:  the client's shard.
// Limits: 64 kB of TLS handshake, 6 control packets in flight (4 until the client acknowledged one
//         of them), 60 s for a handshake, 30 s without progress before TLS stands (timers.h).
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/address.h"
#include "base/random.h"
#include "base/time.h"
#include "bridge/messages.h"
#include "bridge/snapshot.h"
#include "dataplane/crypto/key_slots.h"
#include "dataplane/crypto/tls.h"
#include "dataplane/session/login_plan.h"
#include "dataplane/session/wrapping.h"
#include "dataplane/wire/compression.h"
#include "dataplane/wire/peer_info.h"

namespace kanmon::session {

/// What all sessions of one SSL server share. Immutable; a changed server makes a new one.
struct ServerProfile {
    bridge::SslServer server;
    std::shared_ptr<const crypto::TlsFactory> tls;
    Ipv4 server_address;             // the gateway's own tunnel address
    bool tcp = false;                // the listener's transport
    crypto::KeyLimits key_limits{};  // of data keys; smaller only where a test has to reach them
};

struct SessionStart {
    std::shared_ptr<const ServerProfile> profile;
    wire::SessionId own;  // the cookie that was sent as our session id
    wire::SessionId peer;
    wire::PeerId peer_id = 0;  // chosen by the shard
    std::uint64_t number = 0;  // unique in this process; names the session in facts and records
    /// UDP: the stateless reset answer was sent and its id 0 counts as acknowledged. TCP: false,
    /// the session sends the reset itself.
    bool reset_already_sent = true;
    /// The wall clock now. Later times follow from it by the boot clock, so that a clock that is
    /// set meanwhile neither ends nor prolongs what this session gave out.
    UnixTime began{};
    WrappingStart wrapping{};
};

struct TlsWork {
    wire::KeyId key_id = 0;
    std::uint32_t generation = 0;  // of that key state; late progress of an older one is ignored
    std::unique_ptr<crypto::TlsEngine> engine;
    crypto::TlsInput input;
    bool handshaken = false;  // what is left are records
};
struct TlsProgress {
    wire::KeyId key_id = 0;
    std::uint32_t generation = 0;
    std::unique_ptr<crypto::TlsEngine> engine;
    crypto::TlsOutput output;
};
/// Lets the engine do what it can now. On whatever thread has the work.
TlsProgress advance(TlsWork work);

/// One datagram for the client. Owns its octets (invariant I13).
struct Transmit {
    Buffer datagram;
};

/// The client claims to be somebody; control has to say whether it is. LoginRequest
/// (login_plan.h) is answered by `take_login`, perhaps minutes later, perhaps several times.

/// The client proved who it is, by every factor, and asks to enter. Answer with `admit` or
/// `refuse`.
struct AdmissionRequest {
    std::optional<crypto::PeerCertificate> certificate;
    std::string username;  // as control spells it; empty where nobody was asked
    wire::PeerInfo peer_info;
};
/// The packet path shall accept (and later send with) this key.
struct InstallKey {
    wire::KeyId key_id = 0;
    crypto::KeyMaterial material;
    bool data_v2 = true;  // the client was told its peer id
    wire::Framing framing = wire::Framing::none;
};
struct SendWithKey {
    wire::KeyId key_id = 0;
};
struct RetireKey {
    wire::KeyId key_id = 0;
};
/// Seal this payload and send it to the client (ping, OCC answer).
struct SendInBand {
    Buffer payload;
};
/// PUSH_REPLY is on its way and the keys are installed: the tunnel carries packets.
struct Connected {
    std::string cipher;
    std::string description;       // of the data channel, for the log
    std::uint16_t tun_mtu = 1500;  // what was pushed, or what every client has without
    wire::PeerInfo peer_info;
};
/// The next key of a connected client is agreed.
struct Renegotiated {};
/// The client is gone or refused; its slot may be held from now. The session lingers (`Finished`
/// follows) so that retransmissions are answered.
struct Ended {
    Cause cause = Cause::client_left;
    bridge::Stage stage = bridge::Stage::ended;  // how far the connection had come
    std::string detail;
};
/// Nothing more will come out; the shard may destroy the session.
struct Finished {};

using SessionEvent = std::variant<LoginRequest, AdmissionRequest, InstallKey, SendWithKey,
                                  RetireKey, SendInBand, Connected, Ended, Finished, Renegotiated>;

/// When to call `reach` next, and why: the reason appears in traces.
struct Deadline {
    Instant at{};
    std::string_view why;
};

/// From a control packet to its acknowledgement: the way there and back, and the client's delay.
struct RoundTrip {
    std::optional<Duration> latest, least;

    void take(Duration sample) {
        latest = sample;
        least = least ? std::min(*least, sample) : sample;
    }
};

/// Why a control datagram was dropped, or nothing when it was taken.
using Taken = Expected<void, Cause>;

class Session {
public:
    Session(SessionStart start, Random& random, Instant now);
    ~Session();
    Session(Session&&) noexcept;

    Taken receive_control(Bytes datagram, Instant now);
    void finish(TlsProgress progress, Instant now);
    void reach(Instant now);

    /// What control said to the LoginRequest of this number. Of an older one: ignored.
    void take_login(std::uint32_t number, const bridge::LoginAnswer& answer, Instant now);

    /// The shard's answer to AdmissionRequest: the client's tunnel address.
    void admit(Ipv4 tunnel_address, Instant now);
    /// Or why not: the client is told by AUTH_FAILED (TEMP where it understands), or, for a
    /// temporary cause and an older client, by a delayed RESTART. `detail` goes to the client too.
    /// `wait`: how long the client shall stay away after a temporary cause; 0 for the default.
    void refuse(Cause cause, std::string_view detail, Instant now, std::chrono::seconds wait = {});

    /// The server's settings are new. A connected client hears what it lacks by PUSH_UPDATE, or by
    /// a RESTART that tells it to come again; what it lacks not is not said. The pool, the ciphers
    /// and whatever else a living connection cannot change must be the same.
    void reconfigure(std::shared_ptr<const ServerProfile> profile, Instant now);

    /// Ends the connection from our side with a goodbye the client understands (EXIT never; RESTART
    /// so that it comes back, or AUTH_FAILED when it must not).
    void dismiss(Cause cause, Instant now);

    // --- what the packet path has seen; cheap, called for runs of packets, not for each one ---
    void heard(Instant now);                              // an authenticated data packet arrived
    void sent(Instant now);                               // a data packet was sent
    void carried(Instant now);                            // a tunnelled one, either way
    void peer_used_key(wire::KeyId key_id, Instant now);  // first packet opened under a newer key
    void key_limit_near(Instant now);                     // renegotiate before the key is exhausted
    void key_exhausted(Instant now);                      // the key in use seals nothing any more
    void in_band(Bytes payload, Instant now);             // an OCC message (exit, request)

    std::optional<TlsWork> next_tls_work();
    std::optional<Transmit> next_transmit();
    std::optional<SessionEvent> next_event();
    std::optional<Deadline> next_deadline() const;

    // --- for the client list and for tests ---
    /// Verified, and perhaps objected to; nothing before TLS stands, or when none was shown.
    const std::optional<crypto::PeerCertificate>& certificate() const;
    /// The user name that the client sent: hostile; empty before that, or without one.
    const std::string& claimed_username() const;
    /// What the client said of itself with its first key: hostile; empty before that.
    const wire::PeerInfo& peer_info() const;
    bridge::Stage stage() const;
    /// Nothing until a packet that was sent once was acknowledged.
    const RoundTrip& round_trip() const;
    std::uint64_t number() const;
    wire::PeerId peer_id() const;
    wire::SessionId peer_session_id() const;
    wire::SessionId own_session_id() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kanmon::session
