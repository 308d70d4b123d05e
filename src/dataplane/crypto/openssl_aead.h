// AEAD keys by OpenSSL's EVP: any processor.
#pragma once

#include "dataplane/crypto/aead.h"

namespace kanmon::crypto {

std::unique_ptr<AeadKey> make_openssl_aead_key(CipherSuite suite, Bytes key, Way way);

}  // namespace kanmon::crypto
