// The construction that tls-crypt and tls-crypt-v2 share: HMAC-SHA256 over what stays clear and the
// plain text; the first 16 octets of that tag are the IV of AES-256-CTR over the plain text.
//
// Owner:    one thread; the digest and cipher states are its scratch.
// Promises: no heap after construction, whatever arrives.
#pragma once

#include <optional>

#include "dataplane/crypto/hmac.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {

inline constexpr std::size_t siv_tag_octets = 32;

class TagThenEncrypt {
public:
    TagThenEncrypt(const Secret<32>& cipher, const Secret<32>& mac);
    /// The same, for other keys from now on.
    void rekey(const Secret<32>& cipher, const Secret<32>& mac);

    /// Tag, then ciphertext, in the front of `room`, which may not overlap what goes in.
    MutableBytes seal(std::initializer_list<Bytes> clear, Bytes plain, MutableBytes room);

    /// The plain text in the front of `room`; nothing, and only zeros there, when the tag is not
    /// that of these keys. `sealed` is tag ‖ ciphertext.
    std::optional<MutableBytes> open(std::initializer_list<Bytes> clear, Bytes sealed,
                                     MutableBytes room);

private:
    /// CTR is its own inverse.
    void apply_ctr(Bytes tag, MutableBytes text);

    CipherContext cipher_;
    Hmac mac_;
};

}  // namespace kanmon::crypto
