// tls-crypt-v2: a client's own tls-crypt key, which it brings along wrapped by the server that will
// read it. The layout is drawn in the .cpp. Source: wire reference, section 8.
#pragma once

#include <optional>
#include <string_view>

#include "dataplane/crypto/control_wrap.h"

namespace kanmon::crypto {

inline constexpr std::size_t wrapped_client_key_octets_max = 1024;
inline constexpr std::size_t server_key_v2_octets = 128;

struct ServerKeyV2 {
    Secret<32> cipher, mac;
};
/// Nothing for another length than `server_key_v2_octets`.
std::optional<ServerKeyV2> server_key_v2(Bytes octets);
std::optional<ServerKeyV2> parse_server_key_v2(std::string_view pem);

/// Splits a datagram whose last two octets tell the length of the wrapped key at its end.
struct SplitWkc {
    Bytes packet, wrapped_key;
};
/// Errors: truncated, malformed.
Expected<SplitWkc, Cause> split_wrapped_client_key(Bytes datagram);

/// Reads the keys that clients bring. Takes no heap after construction. One thread.
class ClientKeyReader {
public:
    explicit ClientKeyReader(const ServerKeyV2& server) : seal_(server.cipher, server.mac) {}
    ~ClientKeyReader() { wipe(plain_); }

    struct Read {
        const StaticKey& key;
        Bytes metadata;  // what the server put there when it made the key
    };
    /// What is returned holds until the next call. Errors: truncated, malformed, wrapping_mismatch.
    Expected<Read, Cause> read(Bytes wrapped);

private:
    TagThenEncrypt seal_;
    std::array<std::byte, wrapped_client_key_octets_max> plain_{};
    StaticKey key_;
};

/// The same by value, for those who may take heap.
struct ClientKeyV2 {
    StaticKey key;
    Buffer metadata;
};
Expected<ClientKeyV2, Cause> unwrap_client_key(const ServerKeyV2& server, Bytes wrapped);
Buffer wrap_client_key(const ServerKeyV2& server, const ClientKeyV2& client);

}  // namespace kanmon::crypto
