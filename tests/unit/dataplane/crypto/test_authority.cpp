#include "test_authority.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace kanmon::testing {
namespace {

void need(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL refused to make a test certificate");
}

std::shared_ptr<EVP_PKEY> new_key(bool rsa) {
    EVP_PKEY* key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    need(key != nullptr);
    return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> new_key(const std::string& kind) {
    const std::shared_ptr<EVP_PKEY_CTX> context(
        EVP_PKEY_CTX_new_from_name(nullptr, kind.c_str(), nullptr), EVP_PKEY_CTX_free);
    EVP_PKEY* key = nullptr;
    need(EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_generate(context.get(), &key) == 1);
    return {key, EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const char* value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    need(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

void add_names(X509_NAME* name, const Leaf& leaf) {
    int index = 0;
    for (const std::string& common_name : leaf.common_names) {
        const int type = leaf.name_type == 0 ? V_ASN1_UTF8STRING : leaf.name_type;
        const int set = leaf.names_in_one_set && index > 0 ? -1 : 0;
        const auto* octets = reinterpret_cast<const unsigned char*>(common_name.data());
        // A long name would be refused by number; made by hand it is not.
        X509_NAME_ENTRY* entry = X509_NAME_ENTRY_create_by_NID(
            nullptr, NID_commonName, type, octets, static_cast<int>(common_name.size()));
        need(entry != nullptr && X509_NAME_add_entry(name, entry, -1, set) == 1);
        X509_NAME_ENTRY_free(entry);
        ++index;
    }
}

std::string pem_of(X509* certificate) {
    BIO* memory = BIO_new(BIO_s_mem());
    need(PEM_write_bio_X509(memory, certificate) == 1);
    std::string pem(BIO_ctrl_pending(memory), '\0');
    BIO_read(memory, pem.data(), static_cast<int>(pem.size()));
    BIO_free(memory);
    return pem;
}

std::string pem_of(EVP_PKEY* key) {
    BIO* memory = BIO_new(BIO_s_mem());
    need(PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    std::string pem(BIO_ctrl_pending(memory), '\0');
    BIO_read(memory, pem.data(), static_cast<int>(pem.size()));
    BIO_free(memory);
    return pem;
}

std::shared_ptr<X509> new_certificate(const Leaf& leaf, EVP_PKEY* key, X509* issuer,
                                      EVP_PKEY* issuer_key) {
    std::shared_ptr<X509> made(X509_new(), X509_free);
    X509* certificate = made.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), leaf.serial);
    ASN1_TIME_set(X509_getm_notBefore(certificate), seconds_of(leaf.not_before));
    ASN1_TIME_set(X509_getm_notAfter(certificate), seconds_of(leaf.not_after));
    add_names(X509_get_subject_name(certificate), leaf);
    X509_set_issuer_name(certificate,
                         X509_get_subject_name(issuer == nullptr ? certificate : issuer));
    X509_set_pubkey(certificate, key);
    if (leaf.authority) add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (leaf.purpose == Purpose::client)
        add_extension(certificate, NID_ext_key_usage, "clientAuth");
    if (leaf.purpose == Purpose::server)
        add_extension(certificate, NID_ext_key_usage, "serverAuth");
    if (leaf.purpose == Purpose::any)
        add_extension(certificate, NID_ext_key_usage, "anyExtendedKeyUsage");
    need(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return made;
}

Leaf authority_of(const std::string& name) {
    return {.common_names = {name},
            .purpose = Purpose::none,
            .not_before = unix_time_of(1'000'000'000),
            .not_after = unix_time_of(2'200'000'000),
            .serial = 1,
            .authority = true};
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name, bool rsa)
    : key_(new_key(rsa)),
      certificate_(new_certificate(authority_of(name), key_.get(), nullptr, key_.get())) {}

TestAuthority::TestAuthority(const std::string& name, const TestAuthority& issuer)
    : key_(new_key(false)),
      certificate_(new_certificate(authority_of(name), key_.get(), issuer.certificate_.get(),
                                   issuer.key_.get())) {}

std::string TestAuthority::certificate_pem() const {
    return pem_of(certificate_.get());
}

Issued TestAuthority::issue(const Leaf& leaf) const {
    const auto key = leaf.key_kind.empty() ? new_key(leaf.rsa) : new_key(leaf.key_kind);
    const auto certificate = new_certificate(leaf, key.get(), certificate_.get(), key_.get());
    return {pem_of(certificate.get()), SecretBuffer(as_bytes(pem_of(key.get())))};
}

}  // namespace kanmon::testing
