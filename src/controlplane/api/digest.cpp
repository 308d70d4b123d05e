#include "controlplane/api/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace kanmon::api {
namespace {

const unsigned char* octets(Bytes bytes) {
    return static_cast<const unsigned char*>(static_cast<const void*>(bytes.data()));
}

Buffer hmac(const EVP_MD* algorithm, Bytes key, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> room{};
    unsigned length = 0;
    // An empty key is still a key; OpenSSL takes a null pointer for "the last one".
    const void* start = key.empty() ? static_cast<const void*>("") : key.data();
    const Bytes input = as_bytes(text);
    if (HMAC(algorithm, start, static_cast<int>(key.size()), octets(input), input.size(),
             room.data(), &length) == nullptr)
        std::abort();  // only a broken OpenSSL refuses a hash
    return copy_of(std::as_bytes(std::span(room.data(), length)));
}

}  // namespace

std::array<std::byte, 32> sha256(std::string_view text) {
    std::array<unsigned char, 32> room{};
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), room.data(), &length, EVP_sha256(), nullptr) != 1)
        std::abort();
    std::array<std::byte, 32> digest{};
    for (std::size_t i = 0; i < room.size(); ++i) digest[i] = static_cast<std::byte>(room[i]);
    return digest;
}

std::string sha256_hex(std::string_view text) {
    return to_hex(sha256(text));
}

std::string hmac_sha256_hex(Bytes key, std::string_view text) {
    return to_hex(hmac(EVP_sha256(), key, text));
}

std::string hmac_sha1_base64(Bytes key, std::string_view text) {
    return base64(hmac(EVP_sha1(), key, text));
}

std::string base64(Bytes bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '\0');
    if (bytes.empty()) return text;
    Buffer room(text.size() + 1);  // OpenSSL adds a NUL
    EVP_EncodeBlock(static_cast<unsigned char*>(static_cast<void*>(room.data())), octets(bytes),
                    static_cast<int>(bytes.size()));
    return as_text(Bytes(room).first(text.size()));
}

}  // namespace kanmon::api
