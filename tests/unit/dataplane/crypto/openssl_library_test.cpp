#include "dataplane/crypto/openssl_library.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "test_authority.h"

namespace kanmon::crypto {
namespace {

using testing::TestAuthority;

/// As TLS reads what a client shows.
bool reads_key_of(const std::string& certificate_pem) {
    const std::shared_ptr<BIO> reader(
        BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())),
        BIO_free);
    X509* certificate = X509_new_ex(tls_library(), nullptr);
    EXPECT_NE(PEM_read_bio_X509(reader.get(), &certificate, nullptr, nullptr), nullptr);
    const bool read = X509_get0_pubkey(certificate) != nullptr;
    X509_free(certificate);
    return read;
}

TEST(TlsLibrary, ReadsTheKeysThatCertificatesHaveAndReachesNoOtherDecoder) {
    const TestAuthority authority("Kanmon test authority");
    for (const char* kind : {"RSA", "RSA-PSS", "ED25519", "ED448"})
        EXPECT_TRUE(reads_key_of(authority.issue({.key_kind = kind}).certificate_pem)) << kind;
    EXPECT_TRUE(reads_key_of(authority.issue({}).certificate_pem));
    for (const char* kind : {"X25519", "X448", "SM2"})
        EXPECT_FALSE(reads_key_of(authority.issue({.key_kind = kind}).certificate_pem)) << kind;
}

}  // namespace
}  // namespace kanmon::crypto
