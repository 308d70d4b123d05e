// The wrapping of one session's control packets: which key protects which packet, the counter of
// what we sent under it and the window of what we have seen.
//
//     key id 0     the server's static key, or the key that the client brought (tls-crypt-v2)
//     later ones   the same, until dynamic tls-crypt is in force: then only that
//
// Repetitions are wrapped anew: a datagram's replay id is never used twice.
// Owner: the session. Source: wire reference, sections 6 to 8, 18 and 26.
#pragma once

#include <memory>
#include <optional>

#include "dataplane/crypto/control_wrap.h"
#include "dataplane/crypto/replay_window.h"
#include "dataplane/wire/control_packet.h"

namespace kanmon::session {

/// What the shard knows of a session's wrapping when it begins.
struct WrappingStart {
    /// Null: control packets are not wrapped. Shared with others of the same thread.
    std::shared_ptr<crypto::ControlWrap> wrap{};
    /// tls-crypt-v2: some of the client's packets carry its wrapped key behind them.
    bool brings_key = false;
    /// Our time in wrapped packets; not before that of what was sent without a session.
    std::uint32_t time = 0;
    /// How many packets were sent to this client before there was a session.
    std::uint32_t sent = 0;
};

/// Packets in order of (time, id): a later time starts over, an earlier one is over.
class ControlReplay {
public:
    /// False for what was seen before or is too old. Only for packets that have authenticated.
    [[nodiscard]] bool take(const crypto::ReplayId& replay);

private:
    std::uint32_t time_ = 0;
    crypto::ReplayWindow window_;
};

class Wrapping {
public:
    explicit Wrapping(WrappingStart start);

    /// The packet as if it had never been wrapped, in `room` or in the datagram itself.
    /// Errors: truncated, malformed, unknown_opcode, wrapping_mismatch, wrapping_replayed.
    wire::Decoded<Bytes> unwrap(Bytes datagram, MutableBytes room);
    Buffer wrap(wire::KeyId key_id, Buffer packet);

    /// From now on the packets of later keys pass under dynamic tls-crypt, and no other way.
    void begin_dynamic(const crypto::StaticKey& exported);

private:
    /// One key with its own counter and window.
    struct Layer {
        std::shared_ptr<crypto::ControlWrap> wrap;
        std::uint32_t time = 0;
        std::uint32_t sent = 0;
        ControlReplay seen{};

        Buffer seal(Bytes packet);
        wire::Decoded<Bytes> open(Bytes datagram, MutableBytes room);
    };
    wire::Decoded<Bytes> unwrap_fixed(Bytes datagram, wire::Opcode opcode, MutableBytes room);

    Layer& dynamic();

    std::unique_ptr<Layer> fixed_;
    /// Made of its key when it is first needed: an hour after the connection began, or never.
    std::unique_ptr<Layer> dynamic_;
    std::optional<crypto::StaticKey> dynamic_key_;
    bool brings_key_;
    std::uint32_t time_;
};

}  // namespace kanmon::session
