// The TLS port on OpenSSL 3: TLS 1.2 and 1.3, memory BIOs, no tickets, no resumption, no
// renegotiation.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataplane/crypto/tls.h"

namespace kanmon::crypto {

struct TlsServerCredentials {
    std::string ca_certificate_pem;
    std::string certificate_pem;  // with its chain
    SecretBuffer private_key_pem;
    std::vector<std::string> revoked_serials;  // hexadecimal; case and leading zeros do not matter
    /// False: a client may show none, and says by a password who it is. One that it does show is
    /// verified all the same.
    bool certificate_required = true;
};

struct TlsClientCredentials {
    std::string ca_certificate_pem;
    std::string certificate_pem;  // empty: none is shown
    SecretBuffer private_key_pem;
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

/// `now` gives the verification time (the wall clock in the product, a set time in tests).
using WallClock = std::function<UnixTime()>;

/// Errors: a sentence that names what is wrong with the credentials.
Expected<std::shared_ptr<const TlsFactory>, std::string> openssl_server(
    const TlsServerCredentials& credentials, WallClock now);

/// The client's side, for our own client engine: verifies the server's certificate and its
/// extended key usage (remote-cert-tls server). `newest` lets it stand for an older client.
Expected<std::shared_ptr<const TlsFactory>, std::string> openssl_client(
    const TlsClientCredentials& credentials, WallClock now,
    TlsVersion newest = TlsVersion::tls_1_3);

}  // namespace kanmon::crypto
