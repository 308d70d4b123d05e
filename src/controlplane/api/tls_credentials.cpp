#include "controlplane/api/tls_credentials.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>

#include "base/bytes.h"

namespace kanmon::api {

struct TlsCredentials::Parts {
    gnutls_certificate_credentials_t handle = nullptr;
    UnixTime not_before{};
    UnixTime not_after{};
    std::string sha256;

    ~Parts() {
        if (handle != nullptr) gnutls_certificate_free_credentials(handle);
    }
};

namespace {

gnutls_datum_t datum_of(Bytes text) {
    // GnuTLS takes a pointer to what it only reads.
    auto* data = const_cast<void*>(static_cast<const void*>(text.data()));
    return {static_cast<unsigned char*>(data), static_cast<unsigned>(text.size())};
}

struct CertificateEnd {
    void operator()(gnutls_x509_crt_int* certificate) const { gnutls_x509_crt_deinit(certificate); }
};

/// What is told about the certificate: the first of the chain.
bool read_facts(Bytes pem, UnixTime& not_before, UnixTime& not_after, std::string& sha256) {
    gnutls_x509_crt_t raw = nullptr;
    if (gnutls_x509_crt_init(&raw) != GNUTLS_E_SUCCESS) return false;
    const std::unique_ptr<gnutls_x509_crt_int, CertificateEnd> certificate(raw);
    const gnutls_datum_t text = datum_of(pem);
    std::array<std::byte, 32> digest{};
    std::size_t octets = digest.size();
    if (gnutls_x509_crt_import(raw, &text, GNUTLS_X509_FMT_PEM) != GNUTLS_E_SUCCESS ||
        gnutls_x509_crt_get_fingerprint(raw, GNUTLS_DIG_SHA256, digest.data(), &octets) !=
            GNUTLS_E_SUCCESS)
        return false;
    not_before = unix_time_of(gnutls_x509_crt_get_activation_time(raw));
    not_after = unix_time_of(gnutls_x509_crt_get_expiration_time(raw));
    sha256 = to_hex(digest);
    return true;
}

}  // namespace

TlsCredentials::TlsCredentials(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TlsCredentials::~TlsCredentials() = default;

Expected<std::shared_ptr<const TlsCredentials>, std::string> TlsCredentials::make(
    const ServerCertificate& pair) {
    auto parts = std::make_unique<Parts>();
    if (gnutls_certificate_allocate_credentials(&parts->handle) != GNUTLS_E_SUCCESS)
        return unexpected(std::string("no memory for the API's certificate"));
    const Bytes certificate_pem = as_bytes(pair.certificate_pem);
    const gnutls_datum_t certificate = datum_of(certificate_pem);
    const gnutls_datum_t key = datum_of(pair.private_key_pem.view());
    const int taken = gnutls_certificate_set_x509_key_mem2(parts->handle, &certificate, &key,
                                                           GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (taken == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return unexpected(std::string("the key is not that of the certificate"));
    if (taken < 0)
        return unexpected(
            std::string("certificate and key are not both PEM as the API needs it: ") +
            gnutls_strerror(taken));
    if (!read_facts(certificate_pem, parts->not_before, parts->not_after, parts->sha256))
        return unexpected(std::string("the certificate cannot be read"));
    return std::shared_ptr<const TlsCredentials>(new TlsCredentials(std::move(parts)));
}

bool TlsCredentials::give_to(gnutls_session_int* session) const {
    return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, parts_->handle) ==
           GNUTLS_E_SUCCESS;
}

UnixTime TlsCredentials::not_before() const {
    return parts_->not_before;
}

UnixTime TlsCredentials::not_after() const {
    return parts_->not_after;
}

const std::string& TlsCredentials::sha256() const {
    return parts_->sha256;
}

}  // namespace kanmon::api
