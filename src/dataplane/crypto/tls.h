// TLS as a port: OpenSSL in the product (openssl_tls.h), a scripted double in most worlds.
//
// An engine is one TLS session over memory. It is moved to whoever advances it (a TLS worker, the
// shard for records, the simulator inline) and back; it is never used by two threads at once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"
#include "bridge/causes.h"
#include "dataplane/crypto/key_block.h"

namespace kanmon::crypto {

/// Who the client is, read from its verified certificate. A certificate of our own authority that
/// is merely expired, not yet valid or revoked completes TLS and carries that as `objection`; every
/// other one ends the handshake by alert.
struct PeerCertificate {
    std::string common_name;  // 1..64 printable ASCII; anything else is certificate_malformed
    std::string serial;       // lower-case hexadecimal
    UnixTime not_before{};
    UnixTime not_after{};
    std::array<std::byte, 32> sha256{};
    std::optional<Cause> objection;
    friend bool operator==(const PeerCertificate&, const PeerCertificate&) = default;
};

struct TlsInput {
    Buffer ciphertext{};       // from the peer, in order
    SecretBuffer plaintext{};  // to be sent once the handshake is done
};

struct TlsOutput {
    Buffer ciphertext;         // for the peer
    Buffer plaintext;          // from the peer
    bool established = false;  // true from the output on in which the handshake finished
    /// In the output in which the handshake finished, and only there:
    std::optional<PeerCertificate> peer;        // nothing: none was shown, and none was required
    std::optional<KeyBlock> data_keys;          // EXPORTER-OpenVPN-datakeys
    std::optional<KeyBlock> dynamic_tls_crypt;  // EXPORTER-OpenVPN-dynamic-tls-crypt
    std::string protocol;                       // "TLSv1.3 TLS_AES_256_GCM_SHA384"
    /// The session is dead; `ciphertext` may still hold an alert for the peer.
    std::optional<Cause> failure;
    std::string detail;  // why, our words or the library's; never the peer's
};

class TlsEngine {
public:
    virtual ~TlsEngine() = default;
    virtual TlsOutput advance(TlsInput input) = 0;
};

/// Makes engines for one SSL server. Any thread.
class TlsFactory {
public:
    virtual ~TlsFactory() = default;
    virtual std::unique_ptr<TlsEngine> make() const = 0;
};

}  // namespace kanmon::crypto
