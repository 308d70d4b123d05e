// An OpenVPN client of our own, one connection from hello to goodbye. No I/O, no clock, no threads.
//
// For the simulator and the load generator; accepted because it passes a stock OpenVPN server
// (interop_main.cpp). It shares the wire codecs and the key slots with the gateway, nothing else.
//
//     receive ─────┐                 ┌─> next_datagram   for the server
//     from_tunnel ─┤  ClientEngine   ├─> next_inner      packets out of the tunnel
//     reach (time) ┘                 └─> next_event, next_deadline
//
// A client program that comes back after a refusal or a restart is a new engine; who drives it
// waits as long as that program does. Where the datagrams come from or go to is the driver's (a
// float is just another address). Control packets pass through an Envelope.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <variant>

#include "base/random.h"
#include "client/envelope.h"
#include "client/negotiation.h"
#include "client/pushed.h"
#include "client/tunnel.h"

namespace kanmon::client {

struct ClientSettings {
    const Personality* personality = &openvpn_2_6;
    std::shared_ptr<const crypto::TlsFactory> tls;
    std::string username;
    std::string password;
    Duration hand_window = 60s;
    Duration renegotiate_every{};        // 0: never by itself
    Duration new_key_sends_after = 60s;  // counted from the start of its negotiation
    Duration transition_window = 3600s;  // how long the old key stays
    ClientWrapping wrapping;
    std::uint32_t unix_seconds = 1'700'000'000;  // the client's clock, as wrapped packets show it
    crypto::KeyLimits key_limits{};
    bool ignores_pushed_framing = false;  // keeps to its profile, as with pull-filter
    bool stream = false;                  // its datagrams go as frames over TCP
    /// Sees every control packet before it is wrapped, and what leaves.
    std::function<void(const wire::ControlPacket&, Bytes datagram)> watches{};
};

struct Connected {
    Pushed pushed;
};
/// The server changed what it had pushed.
struct Updated {
    Pushed pushed;
};
struct Renegotiated {
    wire::KeyId key_id = 0;
};
enum class Why : std::uint8_t {
    refused,
    told_to_restart,
    told_to_halt,
    server_left,
    unanswered,
    handshake_timeout,
    tls_failed,
    silence,
    left,
    unsupported
};
struct Over {
    Why why = Why::left;
    std::string text;  // what the server or TLS said
};
using ClientEvent = std::variant<Connected, Updated, Renegotiated, Over>;

class ClientEngine {
public:
    ClientEngine(ClientSettings settings, Random& random, Instant now);

    void receive(MutableBytes datagram, Instant now);
    void from_tunnel(Bytes packet, Instant now);

    /// The same for those who move packets by the dozen. A tunnelled packet comes back where it
    /// lies, inside the datagram; everything else is taken as by `receive`.
    std::optional<MutableBytes> receive_in_place(MutableBytes datagram, Instant now);
    /// `packet` holds front_octets() of room, the tunnelled packet and back_octets() of room; the
    /// datagram begins at its front. Nothing while not connected, and with compression framing.
    std::optional<MutableBytes> seal(MutableBytes packet, std::size_t payload_octets, Instant now);
    std::size_t front_octets() const { return tunnel_.front_octets(); }
    std::size_t back_octets() const { return tunnel_.back_octets(); }

    void reach(Instant now);
    void renegotiate(Instant now);
    /// Says goodbye in the way the server asked for; `Over` follows when that is done.
    void leave(Instant now);

    std::optional<Buffer> next_datagram();
    std::optional<Buffer> next_inner() { return tunnel_.next_inner(); }
    std::optional<ClientEvent> next_event();
    std::optional<Instant> next_deadline() const;

    bool connected() const { return pushed_.has_value() && !over_; }
    bool over() const { return over_; }
    const Pushed* pushed() const { return pushed_ ? &*pushed_ : nullptr; }
    const wire::SessionId& session_id() const { return own_; }
    const wire::SessionId& server_session_id() const { return server_; }
    const Tunnel& tunnel() const { return tunnel_; }
    std::uint32_t dropped() const { return dropped_; }
    crypto::CipherSuite cipher() const { return suite_; }
    /// Wrapped packets that were received twice, or whose counter or time ran back.
    std::uint32_t replays() const { return envelope_.replays(); }

private:
    Negotiation& begin(wire::KeyId key_id, Instant now);
    ControlHabits habits_of(wire::KeyId key_id) const;
    std::string options() const;
    Negotiation* find(wire::KeyId key_id);
    void receive_control(Bytes datagram, Instant now);
    std::optional<MutableBytes> receive_data(MutableBytes datagram, Instant now);
    Negotiation* meant_by(const wire::ControlPacket& packet, Instant now);
    bool accept_sender(const wire::ControlPacket& packet);
    void progress(Negotiation& negotiation, Instant now);
    void finish_keys(Negotiation& negotiation, Instant now);
    void use_keys(const Negotiation& negotiation, Instant now);
    void on_message(std::string_view text, Instant now);
    void on_push_reply(std::string_view argument, Instant now);
    void on_push_update(std::string_view argument);
    void reach_handshake(Instant now);
    void reach_keys(Instant now);
    void reach_goodbye(Instant now);
    Negotiation* control_negotiation();
    void send_payload(Bytes payload, Instant now);
    bool leave_old_key();
    void flush(Instant now);
    void send_control(Negotiation& negotiation, const wire::ControlPacket& packet);
    bool must_show_key(const wire::ControlPacket& packet) const;
    void end(Why why, std::string_view text);

    ClientSettings settings_;
    Random& random_;
    Envelope envelope_;
    wire::SessionId own_, server_;
    std::list<Negotiation> negotiations_;  // oldest first; the last one is the newest
    Instant started_;
    bool heard_server_ = false;

    PushReader push_reader_;
    UpdateReader update_reader_;
    std::optional<Pushed> pushed_;
    std::optional<Instant> push_request_at_;
    crypto::CipherSuite suite_ = crypto::CipherSuite::aes_128_cbc;
    Tunnel tunnel_;
    wire::KeyId current_key_ = 0;         // the newest with data keys
    std::optional<wire::KeyId> old_key_;  // received on until `old_key_ends_`
    Instant old_key_ends_{};
    std::optional<Instant> send_with_current_at_;
    std::optional<Instant> renegotiate_at_;

    bool leaving_ = false;
    unsigned exits_left_ = 0;
    std::optional<Instant> goodbye_at_;
    bool over_ = false;

    std::deque<Buffer> datagrams_;
    std::deque<ClientEvent> events_;
    std::uint32_t dropped_ = 0;
};

}  // namespace kanmon::client
