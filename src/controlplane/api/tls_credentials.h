// The API's certificate and key in GnuTLS's form, which libmicrohttpd's sessions take.
//
// Promises: what was made is a pair: PEM of a chain and of the key of its first certificate.
// Owner:    shared by all connections that began with it; any thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "controlplane/api/server_certificate.h"

struct gnutls_session_int;

namespace kanmon::api {

class TlsCredentials {
public:
    /// The error is one sentence: no PEM, no such key, or not the key of this certificate.
    static Expected<std::shared_ptr<const TlsCredentials>, std::string> make(
        const ServerCertificate& pair);
    ~TlsCredentials();
    TlsCredentials(const TlsCredentials&) = delete;
    TlsCredentials& operator=(const TlsCredentials&) = delete;

    /// These must outlive the session. Before its handshake.
    bool give_to(gnutls_session_int* session) const;

    UnixTime not_before() const;
    UnixTime not_after() const;
    const std::string& sha256() const;  // of the certificate, lower-case hexadecimal

private:
    struct Parts;
    explicit TlsCredentials(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace kanmon::api
