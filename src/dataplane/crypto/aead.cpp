#include "dataplane/crypto/aead.h"

#include <openssl/evp.h>

namespace kanmon::crypto {
namespace {

bool authenticate(evp_cipher_ctx_st* context, Bytes additional_data) {
    int written = 0;
    return EVP_CipherUpdate(context, nullptr, &written, octets_of(additional_data),
                            static_cast<int>(additional_data.size())) == 1;
}

bool finish(evp_cipher_ctx_st* context) {
    unsigned char nothing[aead_tag_octets];
    int written = 0;
    return EVP_CipherFinal_ex(context, nothing, &written) == 1;
}

}  // namespace

bool open_aead(evp_cipher_ctx_st* context, Bytes nonce, Bytes additional_data, MutableBytes text,
               MutableBytes tag) {
    require(start_cipher(context, nonce), "starting to open a packet");
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aead_tag_octets, tag.data()) == 1,
            "giving a tag");
    return authenticate(context, additional_data) &&
           (text.empty() || run_cipher(context, text, text.data())) && finish(context);
}

void seal_aead(evp_cipher_ctx_st* context, Bytes nonce, Bytes additional_data, MutableBytes text,
               MutableBytes tag) {
    require(
        start_cipher(context, nonce) && authenticate(context, additional_data) &&
            (text.empty() || run_cipher(context, text, text.data())) && finish(context) &&
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aead_tag_octets, tag.data()) == 1,
        "sealing a packet");
}

}  // namespace kanmon::crypto
