// One AEAD message in place, under a context whose key is scheduled already.
//
// Promises: no allocation. Source: RFC 5116; nonces of 12 octets, tags of 16.
#pragma once

#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {

inline constexpr std::size_t aead_tag_octets = 16;
inline constexpr std::size_t aead_nonce_octets = 12;

/// False when the message does not authenticate; `text` is garbage then.
bool open_aead(evp_cipher_ctx_st* context, Bytes nonce, Bytes additional_data, MutableBytes text,
               MutableBytes tag);

/// Writes the tag into `tag`.
void seal_aead(evp_cipher_ctx_st* context, Bytes nonce, Bytes additional_data, MutableBytes text,
               MutableBytes tag);

}  // namespace kanmon::crypto
