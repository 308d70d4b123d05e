// How a client wraps its control packets: tls-auth, tls-crypt, tls-crypt-v2, dynamic tls-crypt.
//
// It shares the ciphers with the gateway, but counts and refuses replays by itself: strictly as
// stock programs do, so that a gateway whose counter or clock runs back is found out.
//
// Owner: the ClientEngine. Source: wire reference, sections 6 to 8, 18, 26.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "client/personality.h"
#include "dataplane/crypto/control_wrap.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::client {

/// What the client's profile says.
struct ClientWrapping {
    KnownWrapping kind = KnownWrapping::none;
    crypto::StaticKey key;                         // of tls-crypt-v2 the client's own
    crypto::Digest digest = crypto::Digest::sha1;  // `auth`, which CBC packets go by as well
    crypto::KeyDirection direction = crypto::KeyDirection::inverse;
    Buffer wrapped_key{};  // tls-crypt-v2
};

/// False for a program that is older than this wrapping.
/// The wrapping of that profile by itself; null for none.
std::unique_ptr<crypto::ControlWrap> wrap_of(const ClientWrapping& wrapping);

inline bool knows(const Personality& personality, KnownWrapping kind) {
    return kind <= personality.newest_wrapping;
}

/// One key: what was sent and seen under it.
struct EnvelopeLayer {
    std::unique_ptr<crypto::ControlWrap> wrap;
    std::uint32_t sent = 0;
    std::uint32_t seen_time = 0;
    std::set<std::uint32_t> seen;
};

class Envelope {
public:
    Envelope(const ClientWrapping& wrapping, const Personality& personality,
             std::uint32_t unix_seconds);

    wire::Opcode hello() const;
    Buffer wrap(wire::KeyId key_id, Buffer packet);
    bool wraps(wire::KeyId key_id) const;
    /// What programs take their profile's wrapping to add to a packet: tls-crypt a cipher block
    /// more than it does, and dynamic tls-crypt is not reckoned with.
    std::size_t reckoned_octets() const;
    /// Nothing for what is not ours, or was seen before.
    std::optional<Buffer> unwrap(Bytes datagram);

    /// The server forgot our key and asks for it with the first packet behind the hello.
    void show_key_again() { shows_key_ = true; }
    bool shows_key() const { return shows_key_; }
    void begin_dynamic(const crypto::StaticKey& exported);
    /// From now on also what is said under key id 0 is wrapped with the dynamic key (openvpn3).
    void use_dynamic_for_all() { dynamic_for_all_ = true; }

    std::uint32_t replays() const { return replays_; }

private:
    using Layer = EnvelopeLayer;
    bool goes_dynamic(wire::KeyId key_id) const;
    std::optional<Buffer> open(Layer& layer, Bytes datagram);
    bool is_replay(Layer& layer, const crypto::ReplayId& replay);

    ClientWrapping wrapping_;
    std::uint32_t time_;
    std::optional<Layer> fixed_, dynamic_;
    bool shows_key_ = false;
    bool dynamic_for_all_ = false;
    std::uint32_t replays_ = 0;
};

}  // namespace kanmon::client
