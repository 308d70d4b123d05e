// tls-auth and tls-crypt: what wraps a control packet. Layouts are drawn in the .cpp.
//
// A wrapped packet in, the same packet as if it had never been wrapped out (opcode, session id,
// then the rest), and the other way round. Pure: the replay id and time come from the caller.
//
// Owner:    one thread: the keys never change, but digests and ciphers keep scratch of their own.
// Promises: no heap after construction, whatever arrives, so that floods cost none.
// Source:   wire reference, sections 6 and 7.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "bridge/causes.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/key_slots.h"
#include "dataplane/crypto/tag_then_encrypt.h"

namespace kanmon::crypto {

using StaticKey = Secret<256>;

/// "-----BEGIN OpenVPN Static key V1-----" …; nothing when the text is not such a file.
std::optional<StaticKey> parse_static_key(std::string_view text);
std::string format_static_key(const StaticKey& key);

struct ReplayId {
    std::uint32_t id = 0;
    std::uint32_t time = 0;  // sender's unix time when its counter started
    friend bool operator==(const ReplayId&, const ReplayId&) = default;
};

struct Unwrapped {
    Bytes packet;  // opcode ‖ session id ‖ rest; lies in the caller's room
    ReplayId replay;
};

/// The most that wrapping adds: replay id, time, and the longest digest.
inline constexpr std::size_t wrapping_octets_max = 8 + 64;

class ControlWrap {
public:
    virtual ~ControlWrap() = default;
    ControlWrap(const ControlWrap&) = delete;
    ControlWrap& operator=(const ControlWrap&) = delete;

    /// The wrapped packet, in the front of `room`, which has `wrapping_octets_max` octets more than
    /// the packet and does not overlap it.
    virtual MutableBytes wrap(Bytes packet, ReplayId replay, MutableBytes room) = 0;
    /// `room` is as long as the datagram and does not overlap it.
    /// Errors: truncated, wrapping_mismatch.
    virtual Expected<Unwrapped, Cause> unwrap(Bytes datagram, MutableBytes room) = 0;

    /// What the wrapping keys were cut from; dynamic tls-crypt is mixed with it.
    const StaticKey& static_key() const { return key_; }

protected:
    explicit ControlWrap(const StaticKey& key) : key_(key) {}
    StaticKey key_;
};

/// For those who may take heap.
Buffer wrapped(ControlWrap& wrap, Bytes packet, ReplayId replay);

enum class KeyDirection : std::uint8_t { both, normal, inverse };

/// tls-auth. `direction` normal is "0" (by custom the server's), inverse is "1".
class TlsAuth final : public ControlWrap {
public:
    TlsAuth(const StaticKey& key, KeyDirection direction, Digest digest);
    MutableBytes wrap(Bytes packet, ReplayId replay, MutableBytes room) override;
    Expected<Unwrapped, Cause> unwrap(Bytes datagram, MutableBytes room) override;

private:
    Hmac send_, receive_;
};

class TlsCrypt final : public ControlWrap {
public:
    TlsCrypt(const StaticKey& key, Side side);
    /// The same side under another key from now on.
    void rekey(const StaticKey& key);
    MutableBytes wrap(Bytes packet, ReplayId replay, MutableBytes room) override;
    Expected<Unwrapped, Cause> unwrap(Bytes datagram, MutableBytes room) override;

private:
    Side side_;
    TagThenEncrypt send_, receive_;
};

/// Dynamic tls-crypt: what TLS exported, mixed with the static key of the connection's wrapping
/// (none: taken as it is).
StaticKey dynamic_key(const StaticKey& exported, const StaticKey* fixed);

}  // namespace kanmon::crypto
