#include "dataplane/crypto/hmac.h"

#include <openssl/evp.h>

namespace kanmon::crypto {
namespace {

constexpr std::byte inner_pad{0x36};
constexpr std::byte outer_pad{0x5c};
constexpr std::size_t digest_octets_max = 64;

}  // namespace

Hmac::Hmac(Digest digest, Bytes key)
    : context_(EVP_MD_CTX_new()),
      digest_octets_(digest_octets(digest)),
      block_octets_(digest == Digest::sha512 ? 128 : 64) {
    require(key.size() <= block_octets_, "an HMAC key longer than a block");
    EVP_MD* algorithm = EVP_MD_fetch(nullptr, name_of(digest).data(), nullptr);
    require(algorithm != nullptr && context_ != nullptr, "fetching a digest");
    require(EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1, "starting a digest");
    EVP_MD_free(algorithm);
    for (std::size_t i = 0; i < block_octets_; ++i) {
        const std::byte octet = i < key.size() ? key[i] : std::byte{0};
        inner_.mutable_view()[i] = octet ^ inner_pad;
        outer_.mutable_view()[i] = octet ^ outer_pad;
    }
}

void Hmac::start() {
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1, "starting a digest");
    add(inner_.view().first(block_octets_));
}

void Hmac::add(Bytes message) {
    require(EVP_DigestUpdate(context_.get(), message.data(), message.size()) == 1, "digesting");
}

void Hmac::finish(MutableBytes room) {
    require(room.size() >= digest_octets_, "room for a digest");
    std::array<std::byte, digest_octets_max> inner{};
    require(EVP_DigestFinal_ex(context_.get(), octets_of(MutableBytes(inner)), nullptr) == 1,
            "finishing a digest");
    require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1, "starting a digest");
    add(outer_.view().first(block_octets_));
    add(Bytes(inner).first(digest_octets_));
    require(EVP_DigestFinal_ex(context_.get(), octets_of(room), nullptr) == 1,
            "finishing a digest");
}

Buffer hmac_of(Digest digest, Bytes key, std::initializer_list<Bytes> message) {
    Hmac hmac(digest, key);
    hmac.start();
    for (const Bytes part : message) hmac.add(part);
    Buffer result(hmac.octets());
    hmac.finish(result);
    return result;
}

}  // namespace kanmon::crypto
