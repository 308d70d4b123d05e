// One data key: opens and seals the data packets of one key id. What KeySlots holds eight of.
//
// Owner:    KeySlots. Nothing here locks; open and seal do not allocate.
// Promises: known format, fresh packet id, valid tag are checked in this order, as far as the
// format
//           allows; the replay window is marked only after the tag verified. No (key, packet id)
//           pair is ever used twice for sealing.
//
//   aead_data_key.cpp    GCM and ChaCha20 as all clients from 2.4 know them
//   hmac_data_key.cpp    CBC, or no cipher at all, with an HMAC: clients without negotiation
//   epoch_data_key.cpp   the epoch format of 2.7: AEAD whose keys advance by themselves
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "bridge/causes.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/key_block.h"
#include "dataplane/crypto/openssl_handle.h"

namespace kanmon::crypto {

enum class Side : std::uint8_t { server, client };
enum class DataFormat : std::uint8_t { classic, epoch };

/// Where a key has to be replaced and where it stops. These are the protocol's figures (wire
/// reference, 15 and 17); smaller ones let a test reach them.
struct KeyLimits {
    std::uint64_t packet_id_first = 1;
    std::uint64_t packet_id_soft = 0xff000000;  // renegotiate from here on
    std::uint64_t packet_id_last = 0xffffffff;
    /// GCM: messages and their 16-octet blocks under one key in one direction; soft at 7/8.
    std::uint64_t units_max = (std::uint64_t{1} << 36) - 1;
    std::uint64_t failures_soft = std::uint64_t{1} << 35;  // packets that did not authenticate
    std::uint64_t failures_max = std::uint64_t{1} << 36;
    std::uint64_t epoch_counter_last = (std::uint64_t{1} << 48) - 1;  // then the next epoch
    std::uint16_t epoch_soft = 0xf000;                                // renegotiate from here on
    std::uint16_t epoch_last = 0xffff;

    constexpr std::uint64_t units_soft() const { return units_max - units_max / 8; }
};

struct KeyMaterial {
    CipherSuite suite = CipherSuite::aes_256_gcm;
    Digest digest = Digest::sha1;  // without AEAD only
    KeyBlock block;
    Side side = Side::server;                 // whose keys for sealing are taken
    DataFormat format = DataFormat::classic;  // epoch: with AEAD only
    KeyLimits limits{};
};

struct OpenedPacket {
    MutableBytes payload;  // inside the datagram that was given
    std::uint8_t key_id = 0;
    std::uint64_t packet_id = 0;  // grows within a key; of the epoch format: epoch 16, counter 48
};

/// How near a key is to its limits; the session renegotiates at `soft`.
enum class KeyLimit : std::uint8_t { far, soft, hard };

inline constexpr std::uint8_t opcode_data_v1 = 6;
inline constexpr std::uint8_t opcode_data_v2 = 9;

/// Of a data packet before the packet id: opcode and key id; of V2 the peer id too.
constexpr std::size_t header_octets_of(std::uint8_t opcode) {
    return opcode == opcode_data_v2 ? 4 : 1;
}

class DataKey {
public:
    DataKey() = default;
    virtual ~DataKey() = default;
    DataKey(const DataKey&) = delete;
    DataKey& operator=(const DataKey&) = delete;

    /// Opens one whole datagram in place. The key id of the result is the caller's to set.
    /// Errors: truncated, malformed, replayed, bad_tag, epoch_unknown, and key_exhausted for a key
    /// under which too much failed or was opened.
    virtual Expected<OpenedPacket, Cause> open(MutableBytes datagram,
                                               std::size_t header_octets) = 0;

    /// Room before the payload behind the header, and at most behind the payload.
    virtual std::size_t front_octets() const = 0;
    virtual std::size_t back_octets() const = 0;

    /// `packet` holds the written header, front_octets(), the payload and back_octets(). Returns
    /// the octets of the datagram. Errors: key_exhausted.
    virtual Expected<std::size_t, Cause> seal(MutableBytes packet, std::size_t header_octets,
                                              std::size_t payload_octets) = 0;

    virtual KeyLimit limit() const = 0;

    /// What can be made ready off the packet path: keys of epochs to come.
    virtual bool wants_preparation() const { return false; }
    virtual void prepare() {}
};

/// Allocates; off the packet path. The suite and the format decide which of the three it is.
std::unique_ptr<DataKey> make_data_key(const KeyMaterial& material);

std::unique_ptr<DataKey> make_aead_data_key(const KeyMaterial& material);
std::unique_ptr<DataKey> make_hmac_data_key(const KeyMaterial& material);
std::unique_ptr<DataKey> make_epoch_data_key(const KeyMaterial& material);

// --- what the three share ------------------------------------------------------------------------

/// The half of the key block that this side seals with (or opens with): cipher 64, hmac 64 octets.
struct KeyHalves {
    Bytes sealing, opening;
};
KeyHalves halves_of(const KeyMaterial& material);

/// A context of this suite, which has a cipher; `key` has exactly its length.
CipherContext make_cipher(CipherSuite suite, Bytes key, Way way);

/// One message and its blocks, as the usage limit of GCM counts them.
constexpr std::uint64_t units_of(std::size_t octets) {
    return 1 + (octets + 15) / 16;
}
/// ChaCha20-Poly1305 has no usage limit that a 32-bit packet id could reach.
constexpr bool counts_units(CipherSuite suite) {
    return is_aead(suite) && suite != CipherSuite::chacha20_poly1305;
}

}  // namespace kanmon::crypto
