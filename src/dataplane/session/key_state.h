// One key of a connection from its reset to its data keys: a TLS session of its own, carried by a
// reliability layer of its own, and the exchange of key-method 2 messages inside it.
//
// It knows nothing of admission, options or other keys; the session decides and asks. `generation`
// tells this key from an earlier one with the same id, so that late work of a worker finds no
// owner. Owner: the session. Source: wire reference, 3, 4, 9, 10, 13.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/session/negotiation.h"
#include "dataplane/session/reliability.h"
#include "dataplane/session/session.h"
#include "dataplane/session/tls_channel.h"
#include "dataplane/wire/control_message.h"
#include "dataplane/wire/key_method_2.h"

namespace kanmon::session {

/// The two ends of the control channel, constant for the whole connection.
struct SessionIds {
    wire::SessionId own;
    wire::SessionId peer;
};

struct TlsFailure {
    Cause cause = Cause::tls_failed;
    std::string detail;
};

class KeyState {
public:
    /// `first_id` is the packet id of our next packet and of the next one expected.
    KeyState(wire::KeyId key_id, std::uint32_t generation,
             std::unique_ptr<crypto::TlsEngine> engine, std::uint32_t first_id);

    wire::KeyId key_id() const { return key_id_; }
    std::uint32_t generation() const { return generation_; }

    // --- control packets ---
    /// Of this key, from the right peer. True when it brought anything new.
    /// Errors: outside_window, queue_full (come again), tls_too_large (the key is lost).
    Expected<bool, Cause> receive(const wire::ControlPacket& packet, Instant now);
    /// As the send window has it.
    std::optional<Duration> take_round_trip() { return send_.take_round_trip(); }
    void send_reset(wire::Opcode opcode);
    std::optional<Buffer> next_datagram(const SessionIds& ids, Instant now);
    std::optional<Instant> next_deadline() const { return send_.next_deadline(); }

    // --- TLS ---
    std::optional<TlsWork> next_tls_work();
    /// Nothing when TLS goes on. After a failure the alert, if any, is still sent.
    std::optional<TlsFailure> finish(TlsProgress progress);
    bool begun() const { return tls_.begun(); }
    bool established() const { return tls_.established(); }
    const std::optional<crypto::PeerCertificate>& certificate() const { return certificate_; }
    /// What TLS exported for dynamic tls-crypt; once, and not before it is established.
    std::optional<crypto::KeyBlock> take_dynamic_tls_crypt() {
        return std::exchange(dynamic_tls_crypt_, std::nullopt);
    }

    // --- key-method 2 ---
    /// Nothing yet, or the client's message, once. Errors: malformed.
    wire::Decoded<std::optional<wire::ClientKeyMethod2>> read_key_method_2();
    void answer_key_method_2(const wire::ClientKeyMethod2& client, const std::string& options,
                             const SessionIds& ids, Random& random);
    /// Once, after the answer. Nothing when TLS exported no keys. The secrets are forgotten.
    std::optional<crypto::KeyBlock> derive(KeyDerivation derivation);

    // --- control messages ---
    void send_message(std::string_view text);
    bool all_messages_sent() const { return tls_.all_sent(); }
    bool all_acknowledged() const { return tls_.all_sent() && send_.idle(); }
    /// Errors: malformed; the stream is unusable then.
    wire::Decoded<std::optional<std::string>> next_message();

    /// Only acknowledges from now on, and sends what is queued.
    void stop_reading();
    bool stopped() const { return stopped_; }
    /// As stop_reading, and whatever the peer has not acknowledged is never sent again.
    void abandon();

    /// The peer has protected data with this key.
    bool used_by_peer = false;

private:
    wire::KeyId key_id_;
    std::uint32_t generation_;
    SendWindow send_;
    ReceiveWindow receive_;
    TlsChannel tls_;
    std::optional<crypto::PeerCertificate> certificate_;
    std::optional<crypto::KeyBlock> exported_keys_, dynamic_tls_crypt_;
    std::optional<crypto::PrfInput> prf_input_;
    Buffer plaintext_;  // up to the end of the key-method 2 message; holds secrets
    bool exchanged_ = false;
    bool stopped_ = false;
    bool abandoned_ = false;
    bool stream_broken_ = false;
    wire::MessageSplitter messages_;
};

}  // namespace kanmon::session
