// tls-auth, tls-crypt and tls-crypt-v2: what wraps a control packet. Layouts are drawn in the .cpp.
//
// A wrapped packet in, the same packet as if it had never been wrapped out (opcode, session id,
// then the rest), and the other way round. Pure: the replay id and time come from the caller.
// Source: wire reference, sections 6, 7, 8.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "bridge/causes.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/key_slots.h"

namespace kanmon::crypto {

using StaticKey = Secret<256>;

/// "-----BEGIN OpenVPN Static key V1-----" …; nothing when the text is not such a file.
std::optional<StaticKey> parse_static_key(std::string_view text);
std::string format_static_key(const StaticKey& key);

struct ReplayId {
    std::uint32_t id = 0;
    std::uint32_t time = 0;  // sender's unix time when its counter started
};

struct Unwrapped {
    Buffer packet;  // opcode ‖ session id ‖ rest
    ReplayId replay;
};

enum class KeyDirection : std::uint8_t { both, normal, inverse };

/// tls-auth. `direction` normal is "0" (by custom the server's), inverse is "1".
class TlsAuth {
public:
    TlsAuth(const StaticKey& key, KeyDirection direction, Digest digest);
    Buffer wrap(Bytes packet, ReplayId replay) const;
    Expected<Unwrapped, Cause> unwrap(Bytes datagram) const;  // truncated, wrapping_mismatch

private:
    SecretBuffer send_key_, receive_key_;
    Digest digest_;
};

class TlsCrypt {
public:
    TlsCrypt(const StaticKey& key, Side side);
    Buffer wrap(Bytes packet, ReplayId replay) const;
    Expected<Unwrapped, Cause> unwrap(Bytes datagram) const;

private:
    Secret<32> send_cipher_, send_mac_, receive_cipher_, receive_mac_;
};

inline constexpr std::size_t wrapped_client_key_octets_max = 1024;

/// What a tls-crypt-v2 client brings: its own key, and metadata that the server put there.
struct ClientKeyV2 {
    StaticKey key;
    Buffer metadata;
};
struct ServerKeyV2 {
    Secret<32> cipher, mac;
};
std::optional<ServerKeyV2> parse_server_key_v2(std::string_view pem);
Expected<ClientKeyV2, Cause> unwrap_client_key(const ServerKeyV2& server, Bytes wrapped);
Buffer wrap_client_key(const ServerKeyV2& server, const ClientKeyV2& client);
/// Splits a datagram whose last two octets tell the length of the wrapped key at its end.
struct SplitWkc {
    Bytes packet, wrapped_key;
};
Expected<SplitWkc, Cause> split_wrapped_client_key(Bytes datagram);

}  // namespace kanmon::crypto
