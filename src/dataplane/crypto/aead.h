// One AEAD key in one direction: messages in place, with the key scheduled already. The packet
// path.
//
// Two back ends do the same: intel-ipsec-mb where it was built in and the processor has what it
// needs, OpenSSL elsewhere. Which one serves is decided once a process.
// Why two: docs/decisions/0015-ciphers.md
//
// Promises: open, seal and rekey take no heap; key material is wiped when the key goes; tags are
//           compared in constant time.
// Owner:    one thread. What it needs beside itself is made ready by the thread that makes it.
// Source:   RFC 5116; nonces of 12 octets, tags of 16.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {

inline constexpr std::size_t aead_tag_octets = 16;
inline constexpr std::size_t aead_nonce_octets = 12;

class AeadKey {
public:
    AeadKey() = default;
    virtual ~AeadKey() = default;
    AeadKey(const AeadKey&) = delete;
    AeadKey& operator=(const AeadKey&) = delete;

    /// Of a key made to decrypt. False when the message does not authenticate; `text` is garbage
    /// then.
    virtual bool open(Bytes nonce, Bytes additional_data, MutableBytes text, Bytes tag) = 0;
    /// Of a key made to encrypt. Writes the tag into `tag`.
    virtual void seal(Bytes nonce, Bytes additional_data, MutableBytes text, MutableBytes tag) = 0;
    /// Another key of the same suite and way.
    virtual void rekey(Bytes key) = 0;
};

enum class AeadBackEnd : std::uint8_t { openssl, ipsec_mb };

/// The one that serves this suite in this process; the first question tries what there is.
AeadBackEnd aead_back_end(CipherSuite suite);
/// What serves, and what it uses of the processor: for the log.
std::string describe_aead_back_ends();

/// By the back end that serves; `key` has exactly the suite's length. Allocates.
std::unique_ptr<AeadKey> make_aead_key(CipherSuite suite, Bytes key, Way way);
/// Of one back end; nothing where this machine does not have it.
std::unique_ptr<AeadKey> make_aead_key(AeadBackEnd back_end, CipherSuite suite, Bytes key, Way way);

}  // namespace kanmon::crypto
