#include "dataplane/crypto/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/escape.h"
#include "dataplane/crypto/openssl_library.h"
#include "dataplane/crypto/peer_identity.h"

namespace kanmon::crypto {
namespace {

// Clients since 2.3.18 choose from these (its transcripts show ECDHE with AES-256-GCM for RSA and
// ECDSA certificates alike).
constexpr const char* suites_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* suites_1_3 =
    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr int issuers_between_max = 3;  // leaf, three between, the authority: depth 4
constexpr long certificate_list_octets_max = 32 * 1024;

struct CertificateFree {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct BioFree {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
using Certificate = std::unique_ptr<X509, CertificateFree>;
using PrivateKey = std::unique_ptr<EVP_PKEY, KeyFree>;
using MemoryBio = std::unique_ptr<BIO, BioFree>;
using Problem = std::string;

/// Without it OpenSSL would ask a terminal for the password of an encrypted file.
int no_password(char*, int, int, void*) {
    return -1;
}

MemoryBio reader_of(Bytes text) {
    return MemoryBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<Certificate> read_certificates(const std::string& pem) {
    std::vector<Certificate> certificates;
    const MemoryBio reader = reader_of(as_bytes(pem));
    while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr))
        certificates.emplace_back(certificate);
    return certificates;
}

Problem with_reason(Problem problem) {
    const std::string reason = drain_errors();
    return reason.empty() ? problem : problem + " (" + reason + ")";
}

/// The settings that both sides share.
SslContext make_openssl(TlsRole role) {
    SslContext made(
        SSL_CTX_new_ex(tls_library(), nullptr,
                       role == TlsRole::server ? TLS_server_method() : TLS_client_method()));
    SSL_CTX* context = made.get();
    if (context == nullptr) return made;
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Only the certificates that were configured are sent: clients have the authority's own.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_max_cert_list(context, certificate_list_octets_max);
    SSL_CTX_set_verify_depth(context, issuers_between_max);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_peer);
    SSL_CTX_set_cert_verify_callback(context, verify_chain, nullptr);
    const bool set = SSL_CTX_set_num_tickets(context, 0) == 1 &&
                     SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                     SSL_CTX_set_cipher_list(context, suites_1_2) == 1 &&
                     SSL_CTX_set_ciphersuites(context, suites_1_3) == 1 &&
                     SSL_CTX_set1_groups_list(context, groups) == 1;
    return set ? std::move(made) : nullptr;
}

Expected<void, Problem> trust(SSL_CTX* context, TlsRole role, const std::string& pem) {
    // A server trusts the authority that signs its clients and not those above it, whose other
    // branches sign for somebody else.
    if (role == TlsRole::server)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    const std::vector<Certificate> authorities = read_certificates(pem);
    if (authorities.empty())
        return unexpected(with_reason("the CA certificate is not a certificate in PEM"));
    for (const Certificate& authority : authorities) {
        if (X509_check_ca(authority.get()) == 0)
            return unexpected(Problem("the CA certificate is not a certificate authority's"));
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
        if (role == TlsRole::server) SSL_CTX_add_client_CA(context, authority.get());
    }
    return {};
}

Expected<void, Problem> show(SSL_CTX* context, TlsRole role, const std::string& pem,
                             const SecretBuffer& key_pem) {
    const std::vector<Certificate> chain = read_certificates(pem);
    if (chain.empty()) return unexpected(with_reason("the certificate is not one in PEM"));
    // Clients with remote-cert-tls would refuse it later, with far less clear words.
    if (role == TlsRole::server &&
        X509_check_purpose(chain.front().get(), X509_PURPOSE_SSL_SERVER, 0) != 1)
        return unexpected(Problem("the certificate is not for TLS servers"));
    if (SSL_CTX_use_certificate(context, chain.front().get()) != 1)
        return unexpected(with_reason("the certificate cannot be used"));
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
            return unexpected(with_reason("the certificate's chain cannot be used"));

    const MemoryBio reader = reader_of(key_pem.view());
    const PrivateKey key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr));
    if (!key) return unexpected(with_reason("the private key is not an unencrypted key in PEM"));
    if (X509_check_private_key(chain.front().get(), key.get()) != 1)
        return unexpected(Problem("the private key does not belong to the certificate"));
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return unexpected(with_reason("the private key cannot be used"));
    return {};
}

Cause cause_of_verify_error(int error) {
    switch (error) {
        case X509_V_ERR_INVALID_PURPOSE:
        case X509_V_ERR_INVALID_CA:
            return Cause::certificate_purpose;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        case X509_V_ERR_CERT_UNTRUSTED:
        case X509_V_ERR_CERT_REJECTED:
        case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
        case X509_V_ERR_AKID_SKID_MISMATCH:
        case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
            return Cause::certificate_foreign;
        case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
        case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
            return Cause::certificate_malformed;
        default:
            return Cause::tls_failed;
    }
}

std::optional<Cause> tolerable(const Verification& verification, int error) {
    if (verification.context->role == TlsRole::client) return std::nullopt;
    if (error == X509_V_ERR_CERT_HAS_EXPIRED) return Cause::certificate_expired;
    if (error == X509_V_ERR_CERT_NOT_YET_VALID) return Cause::certificate_not_yet_valid;
    return std::nullopt;
}

int refuse(Verification& verification, X509_STORE_CTX* store, Cause cause, int error,
           std::string detail) {
    if (!verification.refusal) {
        verification.refusal = cause;
        verification.detail = std::move(detail);
    }
    X509_STORE_CTX_set_error(store, error);  // chooses the alert
    return 0;
}

/// OpenSSL lets a certificate without the extension, or with anyExtendedKeyUsage, pass; we do not.
bool serves_as_peer(TlsRole our_role, X509* certificate) {
    const std::uint32_t wanted = our_role == TlsRole::server ? XKU_SSL_CLIENT : XKU_SSL_SERVER;
    const std::uint32_t usage = X509_get_extended_key_usage(certificate);
    const bool has_usage = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
    return has_usage && (usage & wanted) != 0 && X509_check_ca(certificate) == 0;
}

int accept_leaf(Verification& verification, X509_STORE_CTX* store, X509* leaf) {
    if (!serves_as_peer(verification.context->role, leaf))
        return refuse(verification, store, Cause::certificate_purpose, X509_V_ERR_INVALID_PURPOSE,
                      verification.context->role == TlsRole::server
                          ? "the certificate's extended key usage is not that of a TLS client"
                          : "the certificate's extended key usage is not that of a TLS server");
    auto peer = read_identity(leaf);
    if (!peer)
        return refuse(verification, store, Cause::certificate_malformed, X509_V_ERR_CERT_REJECTED,
                      "the certificate is not acceptable: " + peer.error());
    if (verification.context->revoked_serials.contains(*normal_serial(peer->serial)))
        verification.objection = Cause::certificate_revoked;
    peer->objection = verification.objection;
    verification.peer = std::move(*peer);
    return 1;
}

Verification& verification_of(X509_STORE_CTX* store) {
    const auto* session = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return *static_cast<Verification*>(SSL_get_app_data(session));
}

std::optional<ChainValidity> validity_of(const STACK_OF(X509) * chain) {
    ChainValidity validity{UnixTime::min(), UnixTime::max()};
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const auto one = read_validity(sk_X509_value(chain, i));
        if (!one) return std::nullopt;
        validity.not_before = std::max(validity.not_before, one->not_before);
        validity.not_after = std::min(validity.not_after, one->not_after);
    }
    return validity;
}

}  // namespace

void SslContextFree::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

std::string drain_errors() {
    std::string reason;
    while (const unsigned long code = ERR_get_error())
        if (const char* text = ERR_reason_error_string(code); reason.empty() && text != nullptr)
            reason = text;
    return reason;
}

int verify_chain(x509_store_ctx_st* store, void*) {
    Verification& verification = verification_of(store);
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    VerifiedCertificates& verified = *verification.context->verified;
    const UnixTime now = verification.context->now();
    if (auto known = verified.find(digest_of(leaf), now)) {
        verification.peer = std::move(*known);
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    const int accepted = X509_verify_cert(store);
    if (accepted == 1 && verification.peer && !verification.peer->objection)
        if (const auto validity = validity_of(X509_STORE_CTX_get0_chain(store)))
            verified.add(*verification.peer, *validity);
    return accepted;
}

int verify_peer(int accepted, x509_store_ctx_st* store) {
    Verification& verification = verification_of(store);
    const int depth = X509_STORE_CTX_get_error_depth(store);
    if (accepted != 1) {
        const int error = X509_STORE_CTX_get_error(store);
        const std::optional<Cause> objection = tolerable(verification, error);
        if (!objection)
            return refuse(verification, store, cause_of_verify_error(error), error,
                          std::string("the certificate was refused: ") +
                              X509_verify_cert_error_string(error));
        // The leaf comes last, so its own objection is the one that stays.
        verification.objection = objection;
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (depth != 0) return 1;
    return accept_leaf(verification, store, X509_STORE_CTX_get_current_cert(store));
}

Expected<std::shared_ptr<const TlsContext>, std::string> make_server_context(
    const TlsServerCredentials& credentials, WallClock now) {
    ERR_clear_error();
    auto context = std::make_shared<TlsContext>();
    context->role = TlsRole::server;
    context->now = std::move(now);
    context->openssl = make_openssl(context->role);
    if (!context->openssl) return unexpected(with_reason("OpenSSL refuses the TLS settings"));
    SSL_CTX* openssl = context->openssl.get();
    if (const auto done = trust(openssl, context->role, credentials.ca_certificate_pem); !done)
        return unexpected(done.error());
    if (const auto done =
            show(openssl, context->role, credentials.certificate_pem, credentials.private_key_pem);
        !done)
        return unexpected(done.error());
    context->certificate_required = credentials.certificate_required;
    if (!context->certificate_required) SSL_CTX_set_verify(openssl, SSL_VERIFY_PEER, verify_peer);
    for (const std::string& serial : credentials.revoked_serials) {
        const auto normal = normal_serial(serial);
        if (!normal)
            return unexpected("the revoked serial '" + escaped(serial, 64) +
                              "' is not hexadecimal");
        context->revoked_serials.insert(*normal);
    }
    return context;
}

Expected<std::shared_ptr<const TlsContext>, std::string> make_client_context(
    const TlsClientCredentials& credentials, WallClock now, TlsVersion newest) {
    ERR_clear_error();
    auto context = std::make_shared<TlsContext>();
    context->role = TlsRole::client;
    context->now = std::move(now);
    context->openssl = make_openssl(context->role);
    if (!context->openssl) return unexpected(with_reason("OpenSSL refuses the TLS settings"));
    SSL_CTX* openssl = context->openssl.get();
    if (newest == TlsVersion::tls_1_2) SSL_CTX_set_max_proto_version(openssl, TLS1_2_VERSION);
    if (const auto done = trust(openssl, context->role, credentials.ca_certificate_pem); !done)
        return unexpected(done.error());
    if (!credentials.certificate_pem.empty())
        if (const auto done = show(openssl, context->role, credentials.certificate_pem,
                                   credentials.private_key_pem);
            !done)
            return unexpected(done.error());
    return context;
}

}  // namespace kanmon::crypto
