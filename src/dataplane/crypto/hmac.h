// HMAC (RFC 2104) with a key that stays: the padded keys are kept, the digest context is started
// again.
//
// Promises: no allocation after construction. OpenSSL 3.0's own MAC contexts duplicate their digest
// state on the heap for every message, which the packet path must not do.
#pragma once

#include <array>

#include "base/secret.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {

class Hmac {
public:
    /// `key` is at most one block of the digest long (64 octets).
    Hmac(Digest digest, Bytes key);

    void start();
    void add(Bytes message);
    /// Writes `digest_octets` octets to the front of `room`.
    void finish(MutableBytes room);

    std::size_t octets() const { return digest_octets_; }

private:
    DigestContext context_;
    std::size_t digest_octets_;
    std::size_t block_octets_;
    Secret<128> inner_, outer_;
};

/// The whole HMAC of `message` in one call, off the packet path.
Buffer hmac_of(Digest digest, Bytes key, std::initializer_list<Bytes> message);

}  // namespace kanmon::crypto
