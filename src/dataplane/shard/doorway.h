// How one server's first packets are wrapped: opens what strangers send, wraps what they get back,
// and remembers nothing.
//
// What does not open is not answered. A tls-crypt-v2 server knows a client by the key that it
// brings; one without wrapping lets everybody in as far as this.
//
// Owner:    one shard. Made off the packet path, from a snapshot.
// Promises: `open` and `wrap` take no heap. Limits: 2048 octets a datagram.
// Source:   wire reference, sections 5 to 8.
#pragma once

#include <memory>
#include <optional>

#include "bridge/snapshot.h"
#include "dataplane/crypto/wrapped_client_key.h"
#include "dataplane/session/wrapping.h"

namespace kanmon::shard {

class Doorway {
public:
    /// Nothing when the key has not the length of its kind, or the digest no name.
    static std::unique_ptr<Doorway> make(const bridge::ControlWrapping& wrapping);

    /// A stranger's packet; borrows from the doorway, until it opens the next one, or the datagram.
    struct Opened {
        Bytes packet;                            // as if it had never been wrapped
        std::optional<crypto::ReplayId> replay;  // nothing without wrapping
        Bytes wrapped_key, metadata;             // tls-crypt-v2
        /// The client understands what a reset says after its packet id.
        bool early_negotiation() const;
    };
    /// `remembered` is the wrapped key that this client brought before, for packets without one.
    /// Errors: truncated, malformed, wrapping_mismatch, unknown_client (nothing tells its key).
    Expected<Opened, Cause> open(Bytes datagram, Bytes remembered);

    bool brings_keys() const { return reader_.has_value(); }

    /// For whom was opened last. Borrows until the next call.
    Bytes wrap(Bytes packet, crypto::ReplayId replay);
    /// The wrapping of a session with whom was opened last; takes heap.
    session::WrappingStart for_session() const;

    std::uint64_t mismatches = 0;  // first packets that did not open

private:
    Doorway() = default;
    Expected<Opened, Cause> open_with_key(Bytes datagram, bool carries_key, Bytes remembered);

    std::shared_ptr<crypto::ControlWrap> fixed_;     // tls-auth and tls-crypt
    std::optional<crypto::ClientKeyReader> reader_;  // tls-crypt-v2 …
    std::optional<crypto::TlsCrypt> brought_;        // … and the key of whom was opened last
    std::array<std::byte, wire::control_datagram_octets_max> opened_{};
    std::array<std::byte, 128> wrapped_{};
};

}  // namespace kanmon::shard
