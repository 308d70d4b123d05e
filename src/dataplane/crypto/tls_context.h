// What all TLS sessions of one factory share: OpenSSL's context, the revoked serials, the clock.
//
// Owner: the factory and its engines together; read by any thread. Never changed after it is made,
//        but for what it remembers of verified certificates.
#pragma once

#include <string>
#include <unordered_set>

#include "dataplane/crypto/openssl_tls.h"
#include "dataplane/crypto/verified_certificates.h"

struct ssl_ctx_st;
struct x509_store_ctx_st;

namespace kanmon::crypto {

enum class TlsRole : std::uint8_t { server, client };

struct SslContextFree {
    void operator()(ssl_ctx_st* context) const;
};
using SslContext = std::unique_ptr<ssl_ctx_st, SslContextFree>;

struct TlsContext {
    TlsRole role = TlsRole::server;
    SslContext openssl;
    std::unordered_set<std::string> revoked_serials;  // normal_serial
    WallClock now;
    bool certificate_required = true;  // of the peer
    std::unique_ptr<VerifiedCertificates> verified = std::make_unique<VerifiedCertificates>();
};

Expected<std::shared_ptr<const TlsContext>, std::string> make_server_context(
    const TlsServerCredentials& credentials, WallClock now);
Expected<std::shared_ptr<const TlsContext>, std::string> make_client_context(
    const TlsClientCredentials& credentials, WallClock now, TlsVersion newest);

/// Empties this thread's error queue; returns OpenSSL's reason for the oldest entry ("" if none).
std::string drain_errors();

inline constexpr int no_alert = -1;

/// What OpenSSL's callbacks learn about the peer of one session.
struct Verification {
    const TlsContext* context = nullptr;
    std::optional<PeerCertificate> peer;
    std::optional<Cause> objection;
    std::optional<Cause> refusal;
    std::string detail;
    int alert_received = no_alert;
    int alert_sent = no_alert;
};

/// OpenSSL's verification of a whole chain, left out for a certificate that it passed before.
int verify_chain(x509_store_ctx_st* store, void* nothing);

/// OpenSSL's verify callback for each certificate of a chain. The session's application data is its
/// `Verification`.
int verify_peer(int accepted, x509_store_ctx_st* store);

}  // namespace kanmon::crypto
