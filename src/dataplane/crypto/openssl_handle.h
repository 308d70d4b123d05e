// Owners of OpenSSL's cipher contexts, without OpenSSL's headers.
//
// Promises: what only a bug or exhausted memory can cause ends the process by `require`, because no
// packet may go on with a half-initialised context.
#pragma once

#include <memory>

#include "base/bytes.h"

struct evp_cipher_ctx_st;

namespace kanmon::crypto {

struct CipherContextFree {
    void operator()(evp_cipher_ctx_st* context) const;
};
using CipherContext = std::unique_ptr<evp_cipher_ctx_st, CipherContextFree>;

enum class Way : std::uint8_t { decrypt, encrypt };

/// A context with the key scheduled and no padding; each use sets the IV only. `name` is OpenSSL's.
CipherContext make_cipher(const char* name, Bytes key, Way way);

/// Another key for the same cipher and way. Takes no heap. False when OpenSSL refuses.
bool rekey_cipher(evp_cipher_ctx_st* context, Bytes key);

/// Runs over whole messages in one piece. False when OpenSSL refuses.
bool start_cipher(evp_cipher_ctx_st* context, Bytes initial_vector);
bool run_cipher(evp_cipher_ctx_st* context, Bytes from, std::byte* to);

/// Ends the process with `what` when `ok` is false.
void require(bool ok, const char* what);

inline const unsigned char* octets_of(Bytes bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* octets_of(MutableBytes bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace kanmon::crypto
