// One TLS session whose engine is away at a worker during handshakes. Queues what comes meanwhile.
//
// Promises: at most one piece of work is out; ciphertext goes in whole and in order; every
//           plaintext message becomes a TLS record of its own, since clients read the key-method 2
//           message and what follows it by separate reads.
// Limits:   64 kB of waiting ciphertext and 64 kB for a whole handshake; 32 waiting messages.
#pragma once

#include <memory>
#include <optional>

#include "base/short_queue.h"
#include "dataplane/session/session.h"

namespace kanmon::session {

inline constexpr std::size_t tls_input_octets_max = std::size_t{64} << 10;
inline constexpr std::size_t tls_messages_max = 32;

class TlsChannel {
public:
    explicit TlsChannel(std::unique_ptr<crypto::TlsEngine> engine) : engine_(std::move(engine)) {}

    /// Room for `octets` more of ciphertext; without it a packet must not be acknowledged.
    bool has_room(std::size_t octets) const;
    /// False when the handshake has grown beyond its bound.
    [[nodiscard]] bool receive(Bytes ciphertext);
    /// False when too many messages wait.
    [[nodiscard]] bool send(SecretBuffer message);

    /// The engine with everything it can do now; the caller adds key id and generation.
    std::optional<TlsWork> next_work();
    void take_back(std::unique_ptr<crypto::TlsEngine> engine, bool established);

    bool established() const { return established_; }
    bool begun() const { return received_octets_ > 0; }
    /// Every message has passed through the engine.
    bool all_sent() const { return messages_.empty() && engine_ != nullptr; }
    /// Forgets what was received and not yet read, and takes no more. Messages still leave.
    void stop_reading();

private:
    std::unique_ptr<crypto::TlsEngine> engine_;  // null while it is away
    Buffer ciphertext_;
    ShortQueue<SecretBuffer> messages_;
    std::size_t received_octets_ = 0;  // of the handshake
    bool established_ = false;
    bool reading_ = true;
};

}  // namespace kanmon::session
