#include "dataplane/crypto/openssl_aead.h"

#include <openssl/evp.h>

#include "dataplane/crypto/data_key.h"

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

class OpenSslAeadKey final : public AeadKey {
public:
    OpenSslAeadKey(CipherSuite suite, Bytes key, Way way) : cipher_(make_cipher(suite, key, way)) {}

    bool open(Bytes nonce, Bytes additional_data, MutableBytes text, Bytes tag) override {
        evp_cipher_ctx_st* context = cipher_.get();
        require(start_cipher(context, nonce), "starting to open a packet");
        unsigned char* expected = const_cast<unsigned char*>(octets_of(tag));  // only read
        require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, aead_tag_octets, expected) == 1,
                "giving a tag");
        return authenticate(context, additional_data) &&
               (text.empty() || run_cipher(context, text, text.data())) && finish(context);
    }

    void seal(Bytes nonce, Bytes additional_data, MutableBytes text, MutableBytes tag) override {
        evp_cipher_ctx_st* context = cipher_.get();
        require(start_cipher(context, nonce) && authenticate(context, additional_data) &&
                    (text.empty() || run_cipher(context, text, text.data())) && finish(context) &&
                    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, aead_tag_octets,
                                        tag.data()) == 1,
                "sealing a packet");
    }

    void rekey(Bytes key) override {
        require(rekey_cipher(cipher_.get(), key), "scheduling a key");
    }

private:
    CipherContext cipher_;
};

}  // namespace

std::unique_ptr<AeadKey> make_openssl_aead_key(CipherSuite suite, Bytes key, Way way) {
    return std::make_unique<OpenSslAeadKey>(suite, key, way);
}

}  // namespace kanmon::crypto
