// The data channel of one client: its keys, its keep-alive and what crosses the tunnel.
//
// Owner: the ClientEngine.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "base/time.h"
#include "dataplane/crypto/key_slots.h"
#include "dataplane/wire/compression.h"
#include "dataplane/wire/in_band.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::client {

class Tunnel {
public:
    void start(std::optional<std::uint32_t> peer_id, Duration ping, Duration ping_restart,
               Instant now);
    /// Of both directions, for pings and OCC messages as well.
    void frame_by(wire::Framing framing) { framing_ = framing; }
    void install(wire::KeyId key_id, const crypto::KeyMaterial& material);
    void retire(wire::KeyId key_id);
    void send_with(wire::KeyId key_id) { slots_.send_with(key_id); }
    bool has(wire::KeyId key_id) const { return slots_.has(key_id); }

    /// What a data packet meant; its payload lies inside the datagram that was given.
    struct Opened {
        wire::InBand kind = wire::InBand::none;  // none: a tunnelled packet
        MutableBytes payload;
    };
    Expected<Opened, Cause> open(MutableBytes datagram, Instant now);
    /// A tunnelled packet that is to wait in `next_inner`.
    void keep(Bytes inner) { inner_.push_back(copy_of(inner)); }
    /// The sealed datagram, or nothing when there is no key for it.
    std::optional<Buffer> seal(Bytes payload, Instant now);

    /// For those who move packets by the dozen: `packet` holds front_octets() of room, the payload
    /// and back_octets() of room; the datagram begins at its front. Without compression framing
    /// only; nothing as with `seal`.
    std::optional<MutableBytes> seal_in_place(MutableBytes packet, std::size_t payload_octets,
                                              Instant now);
    std::size_t front_octets() const { return slots_.front_octets(); }
    std::size_t back_octets() const { return slots_.back_octets(); }

    void heard(Instant now) { heard_ = now; }
    bool wants_ping(Instant now) const { return ping_due() && *ping_due() <= now; }
    bool is_silent(Instant now) const { return silence_end() && *silence_end() <= now; }
    std::optional<Instant> ping_due() const;
    std::optional<Instant> silence_end() const;
    bool key_limit_near() const { return slots_.limit() != crypto::KeyLimit::far; }

    std::optional<Buffer> next_inner();
    /// The material behind a key id, for observers that open copies; nothing when not installed.
    const crypto::KeyMaterial* material(wire::KeyId key_id) const;
    /// Counts installs, so that an observer tells a key from its successor with the same id.
    std::uint32_t installs() const { return installs_; }

private:
    crypto::KeySlots slots_;
    wire::Framing framing_ = wire::Framing::none;
    std::map<wire::KeyId, crypto::KeyMaterial> materials_;
    std::uint32_t installs_ = 0;
    std::deque<Buffer> inner_;
    bool started_ = false;
    Duration ping_{}, ping_restart_{};
    Instant sent_{}, heard_{};
};

}  // namespace kanmon::client
