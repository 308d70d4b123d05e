// The construction that tls-crypt and tls-crypt-v2 share: HMAC-SHA256 over what stays clear and the
// plain text; the first 16 octets of that tag are the IV of AES-256-CTR over the plain text.
#pragma once

#include <optional>

#include "base/secret.h"

namespace kanmon::crypto {

inline constexpr std::size_t siv_tag_octets = 32;

/// Tag, then ciphertext.
Buffer tag_then_encrypt(const Secret<32>& cipher, const Secret<32>& mac, Bytes clear, Bytes plain);

/// The plain text; nothing when the tag is not that of these keys. `sealed` is tag ‖ ciphertext.
std::optional<Buffer> decrypt_then_check(const Secret<32>& cipher, const Secret<32>& mac,
                                         Bytes clear, Bytes sealed);

}  // namespace kanmon::crypto
