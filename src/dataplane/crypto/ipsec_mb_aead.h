// AEAD keys by intel-ipsec-mb: AES-GCM by its direct calls, ChaCha20-Poly1305 by its jobs.
//
// Limits: x86-64 with AES-NI and PCLMULQDQ. GCM takes 1 kB a key and direction, as OpenSSL does;
//         ChaCha20 takes a manager of 200 kB a thread that has such keys.
#pragma once

#include <optional>

#include "dataplane/crypto/aead.h"

namespace kanmon::crypto {

/// What it makes of this processor.
enum class VectorWidth : std::uint8_t { narrow, avx2, avx512 };

/// Nothing where it was not built in, or the processor lacks something, or it fails its own tests.
/// `without_aes`: as if the processor had no instructions for AES.
std::optional<VectorWidth> probe_ipsec_mb(bool without_aes = false);

/// Which suites are faster by it than by OpenSSL 3.0: measured, docs/decisions/0015-ciphers.md.
constexpr bool is_faster_by_ipsec_mb(CipherSuite suite, VectorWidth width) {
    return suite != CipherSuite::chacha20_poly1305 || width == VectorWidth::avx512;
}

/// Only where `probe_ipsec_mb` found it.
std::unique_ptr<AeadKey> make_ipsec_mb_aead_key(CipherSuite suite, Bytes key, Way way);

}  // namespace kanmon::crypto
