// HMAC (RFC 2104) with a key that stays: the digest states after the padded keys are kept, and each
// message starts from a copy of them.
//
// Promises: no allocation after construction.
#pragma once

#include <memory>

#include "base/secret.h"
#include "dataplane/crypto/cipher_suite.h"

namespace kanmon::crypto {

class Hmac {
public:
    /// `key` is at most one block of the digest long (64 octets).
    Hmac(Digest digest, Bytes key);
    ~Hmac();
    Hmac(Hmac&&) noexcept;
    Hmac& operator=(Hmac&&) noexcept;

    /// The same digest under another key from now on.
    void rekey(Bytes key);

    void start();
    void add(Bytes message);
    /// Writes `octets()` octets to the front of `room`.
    void finish(MutableBytes room);

    std::size_t octets() const { return octets_; }

private:
    struct State;
    template <class Algorithm>
    struct StateOf;

    std::unique_ptr<State> state_;
    std::size_t octets_;
};

/// The whole HMAC of `message` in one call, off the packet path.
Buffer hmac_of(Digest digest, Bytes key, std::initializer_list<Bytes> message);

}  // namespace kanmon::crypto
