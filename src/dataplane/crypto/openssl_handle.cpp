#include "dataplane/crypto/openssl_handle.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

namespace kanmon::crypto {

void CipherContextFree::operator()(evp_cipher_ctx_st* context) const {
    EVP_CIPHER_CTX_free(context);
}

void require(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "OpenSSL cannot go on: %s\n", what);
    std::abort();
}

CipherContext make_cipher(const char* name, Bytes key, Way way) {
    EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
    require(cipher != nullptr, name);
    require(static_cast<std::size_t>(EVP_CIPHER_get_key_length(cipher)) == key.size(), name);
    CipherContext context(EVP_CIPHER_CTX_new());
    require(context != nullptr, "memory for a cipher context");
    const int encrypting = way == Way::encrypt ? 1 : 0;
    require(EVP_CipherInit_ex2(context.get(), cipher, octets_of(key), nullptr, encrypting,
                               nullptr) == 1,
            "scheduling a key");
    EVP_CIPHER_free(cipher);  // the context keeps its own reference
    EVP_CIPHER_CTX_set_padding(context.get(), 0);
    return context;
}

bool rekey_cipher(evp_cipher_ctx_st* context, Bytes key) {
    return static_cast<std::size_t>(EVP_CIPHER_CTX_get_key_length(context)) == key.size() &&
           EVP_CipherInit_ex2(context, nullptr, octets_of(key), nullptr, -1, nullptr) == 1;
}

bool start_cipher(evp_cipher_ctx_st* context, Bytes initial_vector) {
    return EVP_CipherInit_ex2(context, nullptr, nullptr, octets_of(initial_vector), -1, nullptr) ==
           1;
}

bool run_cipher(evp_cipher_ctx_st* context, Bytes from, std::byte* to) {
    int written = 0;
    return EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(to), &written,
                            octets_of(from), static_cast<int>(from.size())) == 1 &&
           static_cast<std::size_t>(written) == from.size();
}

}  // namespace kanmon::crypto
