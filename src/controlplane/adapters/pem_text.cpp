#include "controlplane/adapters/pem_text.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

namespace kanmon::adapters {

namespace {

/// Without it OpenSSL would ask a terminal for the password of an encrypted key.
int no_password(char*, int, int, void*) {
    return -1;
}

}  // namespace

Bio borrowed(Bytes octets) {
    return Bio(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
}

std::string_view content_of(BIO* memory) {
    char* octets = nullptr;
    const long size = BIO_get_mem_data(memory, &octets);
    if (size <= 0) return {};
    return {octets, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
    return std::string(content_of(bio.get()));
}

std::vector<Certificate> certificates_of(const std::string& pem, std::size_t most) {
    std::vector<Certificate> certificates;
    const Bio bio = borrowed(as_bytes(pem));
    while (bio && certificates.size() < most) {
        X509* read = PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr);
        if (read == nullptr) break;
        certificates.emplace_back(read);
    }
    ERR_clear_error();
    return certificates;
}

Key key_of(Bytes pem) {
    const Bio bio = borrowed(pem);
    Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
    ERR_clear_error();
    return key;
}

SecretBuffer secret_text(BIO* bio) {
    return SecretBuffer(as_bytes(content_of(bio)));
}

UnixTime time_of(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &broken_down) != 1) return {};
    return unix_time_of(timegm(&broken_down));
}

}  // namespace kanmon::adapters
