// Octets of a client's key file, before base64:
//
//      0            256    288                                       end - 2
//     +------------+------+-----------------------------------------+----------+
//     | key 256    | tag  | AES-256-CTR of: key 256 | type 1 | text | length 2 |
//     |            | 32   | type 0: the text is the server's own    | of wrap  |
//     +------------+------+-----------------------------------------+----------+
//     tag: HMAC-SHA256 over length | key | type | text; its first 16 octets are the counter
//
// The server's key: cipher 32 | unused 32 | HMAC 32 | unused 32. The unused octets, which are as
// random and as secret as the others, are what clients' keys are derived from.
// Source: wire reference, section 8.
#include "controlplane/adapters/client_key_v2.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "controlplane/adapters/openssl_owned.h"

namespace kanmon::adapters {

namespace {

constexpr std::size_t server_key_octets = 128;
constexpr std::size_t client_key_octets = 256;
constexpr std::size_t wrapped_octets_max = 1024;
constexpr std::size_t tag_octets = 32;
constexpr std::size_t counter_octets = 16;
constexpr std::size_t length_octets = 2;
constexpr std::byte user_data{0};

using Tag = std::array<std::byte, tag_octets>;

const unsigned char* raw(Bytes octets) {
    return reinterpret_cast<const unsigned char*>(octets.data());
}
unsigned char* raw(MutableBytes octets) {
    return reinterpret_cast<unsigned char*>(octets.data());
}

bool hmac(Bytes key, Bytes message, Tag& tag) {
    return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(message),
                message.size(), raw(MutableBytes(tag)), nullptr) != nullptr;
}

/// Eight blocks of HMAC(the server key's unused octets, client | block number).
bool derive(Bytes server_key, const std::string& client, Buffer& key) {
    Buffer unused;
    unused.reserve(64);
    append(unused, server_key.subspan(32, 32));
    append(unused, server_key.subspan(96, 32));
    bool fine = true;
    for (std::uint8_t block = 0; fine && key.size() < client_key_octets; ++block) {
        Buffer message = copy_of(as_bytes(client));
        message.push_back(std::byte{block});
        Tag part{};
        fine = hmac(unused, message, part);
        append(key, part);
        wipe(part);
    }
    wipe(unused);
    return fine;
}

bool encrypt(Bytes key, Bytes counter, MutableBytes octets) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    int written = 0;
    return context &&
           EVP_EncryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr, raw(key), raw(counter)) ==
               1 &&
           EVP_EncryptUpdate(context.get(), raw(octets), &written, raw(Bytes(octets)),
                             static_cast<int>(octets.size())) == 1;
}

}  // namespace

model::Outcome<SecretBuffer> client_key_v2(Bytes server_key, const std::string& client) {
    const std::size_t wrapped = tag_octets + client_key_octets + 1 + client.size() + length_octets;
    if (server_key.size() != server_key_octets || wrapped > wrapped_octets_max)
        return model::unavailable("The key of tls-crypt-v2 cannot be used.");
    Buffer key;
    key.reserve(client_key_octets + wrapped);  // growing would leave copies behind
    bool fine = derive(server_key, client, key);
    Buffer plain;
    plain.reserve(wrapped);
    append(plain, key);
    plain.push_back(user_data);
    append(plain, as_bytes(client));
    const std::array<std::byte, length_octets> length{std::byte(wrapped >> 8),
                                                      std::byte(wrapped & 0xff)};
    Buffer signed_octets;
    signed_octets.reserve(wrapped);
    append(signed_octets, length);
    append(signed_octets, plain);
    Tag tag{};
    fine = fine && hmac(server_key.subspan(64, 32), signed_octets, tag) &&
           encrypt(server_key.first(32), Bytes(tag).first(counter_octets), plain);
    append(key, tag);
    append(key, plain);
    append(key, length);
    SecretBuffer file(key);
    wipe(key);
    wipe(signed_octets);
    wipe(plain);
    if (!fine) return model::unavailable("OpenSSL could not wrap a client's key.");
    return file;
}

}  // namespace kanmon::adapters
