// The TLS 1.0 PRF key derivation.
//
//   master(48)  = PRF(pre_master, "OpenVPN master secret" | client random1 | server random1)
//   block (256) = PRF(master, "OpenVPN key expansion" | client random2 | server random2
//                                                     | client session id | server session id)
#include "dataplane/crypto/key_block.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <string_view>

#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {
namespace {

struct KdfContextFree {
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

OSSL_PARAM octet_parameter(const char* name, Bytes value) {
    // OpenSSL reads this parameter only; its type has no const.
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(value.data()),
                                             value.size());
}

void prf(Bytes secret, std::string_view label, std::initializer_list<Bytes> seeds,
         MutableBytes to) {
    EVP_KDF* algorithm = EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr);
    require(algorithm != nullptr, "fetching TLS1-PRF");
    const std::unique_ptr<EVP_KDF_CTX, KdfContextFree> context(EVP_KDF_CTX_new(algorithm));
    EVP_KDF_free(algorithm);
    require(context != nullptr, "memory for a key derivation");

    Buffer seed = copy_of(as_bytes(label));
    for (const Bytes part : seeds) append(seed, part);
    char digest[] = "MD5-SHA1";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octet_parameter(OSSL_KDF_PARAM_SECRET, secret),
        octet_parameter(OSSL_KDF_PARAM_SEED, seed),
        OSSL_PARAM_construct_end(),
    };
    require(EVP_KDF_derive(context.get(), octets_of(to), to.size(), parameters) == 1, "TLS1-PRF");
    wipe(seed);
}

}  // namespace

KeyBlock derive_by_prf(const PrfInput& input) {
    Secret<48> master;
    prf(input.pre_master.view(), "OpenVPN master secret",
        {input.client_random1.view(), input.server_random1.view()}, master.mutable_view());
    KeyBlock block;
    prf(master.view(), "OpenVPN key expansion",
        {input.client_random2.view(), input.server_random2.view(), input.client_session_id,
         input.server_session_id},
        block.mutable_view());
    return block;
}

}  // namespace kanmon::crypto
