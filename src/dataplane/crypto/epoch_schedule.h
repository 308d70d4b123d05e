// The keys of the epoch format: every epoch's secret leads to the next one's, and never back.
//
//   E(1)           first 32 octets of this direction's cipher key material
//   data key(n)    label(E(n), "data_key", length of the suite's key)
//   data IV(n)     label(E(n), "data_iv", 12)
//   E(n+1)         label(E(n), "datakey upd", 32)
//
//   label(secret, name, L) = HKDF-Expand-SHA256(secret, info, L) (RFC 5869)
//
//      0        2         3                    3+k       4+k
//     +--------+---------+--------------------+---------+
//     | L      | k       | "ovpn " and name   | 0       |  info; the last octet: an empty context
//     | u16    | u8      | k octets           | u8      |
//     +--------+---------+--------------------+---------+
//
// Source: wire reference, section 17.
#pragma once

#include "base/secret.h"
#include "dataplane/crypto/aead.h"
#include "dataplane/crypto/cipher_suite.h"

namespace kanmon::crypto {

using EpochSecret = Secret<32>;

/// What protects the packets of one epoch in one direction.
struct EpochMaterial {
    std::uint16_t epoch = 0;  // 0: nothing yet
    Secret<32> key;           // as many octets as the suite needs, from the front
    Secret<aead_nonce_octets> iv;

    Bytes key_of(CipherSuite suite) const { return key.view().first(key_bits(suite) / 8u); }
};

/// One direction, from epoch 1 on. Allocates: off the packet path.
class EpochSchedule {
public:
    EpochSchedule(CipherSuite suite, Bytes first_secret);

    /// Of the epoch that comes next.
    std::uint32_t epoch() const { return epoch_; }
    /// Its material; the schedule then stands one epoch later.
    EpochMaterial next();
    const EpochSecret& secret() const { return secret_; }

private:
    CipherSuite suite_;
    EpochSecret secret_;
    std::uint32_t epoch_ = 1;
};

}  // namespace kanmon::crypto
