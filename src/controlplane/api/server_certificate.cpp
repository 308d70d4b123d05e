#include "controlplane/api/server_certificate.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include "base/unique_fd.h"
#include "base/whole_file.h"
#include "controlplane/api/listening_socket.h"

namespace kanmon::api {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* value) const {
        Free(value);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;

constexpr std::size_t pem_octets_max = 64 * 1024;

bool set_serial(X509* certificate) {
    std::array<unsigned char, 16> octets{};
    if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) return false;
    octets[0] &= 0x7f;
    const Number number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool set_name(X509* certificate) {
    X509_NAME* name = X509_get_subject_name(certificate);
    const auto* text = static_cast<const unsigned char*>(static_cast<const void*>("Kanmon API"));
    return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string alternative_names(const CertificateAddresses& addresses) {
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    for (const Ipv4 address : addresses.v4) names += ",IP:" + to_string(address);
    for (const Ipv6& address : addresses.v6) names += ",IP:" + to_string(address);
    return names;
}

bool fill(X509* certificate, EVP_PKEY* key, const CertificateAddresses& addresses, UnixTime now) {
    const std::time_t from = seconds_of(now - std::chrono::minutes(10));
    const std::time_t until = seconds_of(now + server_certificate_lifetime);
    return X509_set_version(certificate, 2) == 1 && set_serial(certificate) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr &&
           set_name(certificate) && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, NID_subject_alt_name, alternative_names(addresses)) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

Bytes content(BIO* memory) {
    char* start = nullptr;
    const long length = BIO_get_mem_data(memory, &start);
    return std::as_bytes(std::span(start, static_cast<std::size_t>(length)));
}

std::string path_of(const std::string& folder, std::string_view file) {
    return fmt::format("{}/{}", folder, file);
}

/// Nothing when the file is not there.
Expected<std::optional<Buffer>, std::string> read_file(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::optional<Buffer>();
    if (!file) return unexpected(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
    Buffer bytes(pem_octets_max);
    std::size_t used = 0;
    while (used < bytes.size()) {
        const ssize_t got = ::read(file.get(), bytes.data() + used, bytes.size() - used);
        if (got < 0)
            return unexpected(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    bytes.resize(used);
    return std::optional(std::move(bytes));
}

}  // namespace

void CertificateAddresses::add(const Endpoint& listen) {
    if (is_loopback(listen)) return;
    if (listen.is_v4() && listen.as_v4() != Ipv4{}) v4.push_back(listen.as_v4());
    if (!listen.is_v4() && listen.address != Ipv6{}) v6.push_back(listen.address);
}

Expected<ServerCertificate, std::string> make_server_certificate(
    const CertificateAddresses& addresses, UnixTime now) {
    const auto failed = [] { return unexpected(std::string("OpenSSL made no API certificate")); };
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    if (!key || !certificate || !fill(certificate.get(), key.get(), addresses, now))
        return failed();
    const Memory certificate_text(BIO_new(BIO_s_mem()));
    const Memory key_text(BIO_new(BIO_s_secmem()));
    if (!certificate_text || !key_text ||
        PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) != 1)
        return failed();
    return ServerCertificate{as_text(content(certificate_text.get())),
                             SecretBuffer(content(key_text.get()))};
}

Expected<ServerCertificate, std::string> read_server_certificate(
    const std::string& certificate_path, const std::string& key_path) {
    ServerCertificate pair;
    for (const std::string& path : {certificate_path, key_path}) {
        auto content = read_file(path);
        if (!content && ::access(path.c_str(), R_OK) != 0 && errno == EACCES)
            return unexpected(
                fmt::format("{}; let Kanmon's control process read it with: "
                            "chgrp {} {} && chmod g+r {}",
                            content.error(), ::getegid(), path, path));
        if (!content) return unexpected(content.error());
        if (!*content) return unexpected(fmt::format("{} is not there", path));
        if (path == certificate_path) pair.certificate_pem = as_text(**content);
        if (path == key_path) pair.private_key_pem = SecretBuffer(**content);
        wipe(**content);
    }
    return pair;
}

Expected<ServerCertificate, std::string> load_server_certificate(
    const std::string& folder, const CertificateAddresses& addresses, UnixTime now) {
    const std::string certificate_path = path_of(folder, "api.crt");
    const std::string key_path = path_of(folder, "api.key");
    const auto certificate = read_file(certificate_path);
    if (!certificate) return unexpected(certificate.error());
    auto key = read_file(key_path);
    if (!key) return unexpected(key.error());
    if (*certificate && *key) {
        ServerCertificate kept{as_text(**certificate), SecretBuffer(**key)};
        wipe(**key);
        return kept;
    }
    if (*certificate)
        return unexpected(
            fmt::format("{} is there but {} is not: put it back, or remove the first "
                        "so that both are made anew",
                        certificate_path, key_path));
    auto made = make_server_certificate(addresses, now);
    if (!made) return made;
    // The key first: a certificate without its key is a state that needs a person.
    if (const auto written = write_whole_file(key_path, made->private_key_pem.view(), 0600);
        !written)
        return unexpected(written.error());
    if (const auto written =
            write_whole_file(certificate_path, as_bytes(made->certificate_pem), 0644);
        !written)
        return unexpected(written.error());
    return made;
}

}  // namespace kanmon::api
