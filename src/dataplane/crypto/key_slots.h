// The data keys of one client: opens and seals P_DATA_V1/V2 packets in place. The packet path.
//
// Owner:    the shard that owns the client. Nothing here locks; open and seal do not allocate.
// Promises: header, replay and tag are checked in this order: known key, fresh packet id, valid
// tag;
//           the replay window is marked only after the tag verified. No (key, packet id) pair is
//           ever used twice for sealing.
// Limits:   8 key ids, of which the session keeps at most 3 alive.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "bridge/causes.h"
#include "dataplane/crypto/cipher_suite.h"
#include "dataplane/crypto/key_block.h"
#include "dataplane/crypto/replay_window.h"

namespace kanmon::crypto {

enum class Side : std::uint8_t { server, client };

struct KeyMaterial {
    CipherSuite suite = CipherSuite::aes_256_gcm;
    Digest digest = Digest::sha1;  // CBC only
    KeyBlock block;
    Side side = Side::server;  // whose keys for sealing are taken
};

struct OpenedPacket {
    MutableBytes payload;  // inside the datagram that was given
    std::uint8_t key_id = 0;
    std::uint32_t packet_id = 0;
};

/// How near a key is to its limits; the session renegotiates at `soft`.
enum class KeyLimit : std::uint8_t { far, soft, hard };

class KeySlots {
public:
    KeySlots();
    ~KeySlots();
    KeySlots(KeySlots&&) noexcept;
    KeySlots& operator=(KeySlots&&) noexcept;

    /// `peer_id` below 2^24: packets carry it (DATA_V2); nothing: DATA_V1 is sent. Both are opened.
    void set_peer_id(std::optional<std::uint32_t> peer_id);

    /// Allocates the cipher contexts; replaces a key with the same id. Off the packet path. The
    /// same material again under its id changes nothing: its packet ids must not start over.
    void install(std::uint8_t key_id, const KeyMaterial& material);
    void retire(std::uint8_t key_id);
    void send_with(std::uint8_t key_id);  // must be installed
    bool has(std::uint8_t key_id) const;
    std::optional<std::uint8_t> sending_key() const;

    /// Opens one whole datagram (first octet included) in place.
    /// Errors: truncated, malformed, wrong_key_id, keys_not_ready, replayed, bad_tag, and
    /// key_exhausted for a key under which too many packets failed or were opened.
    Expected<OpenedPacket, Cause> open(MutableBytes datagram);

    /// Room that `seal` needs before and after the payload, for the present sending key.
    std::size_t front_octets() const;
    std::size_t back_octets() const;

    /// `packet` holds front_octets() of room, the payload, and back_octets() of room. Returns the
    /// sealed datagram, which starts at packet[0]. Errors: keys_not_ready, key_exhausted.
    Expected<MutableBytes, Cause> seal(MutableBytes packet, std::size_t payload_octets);

    KeyLimit limit() const;  // of the sending key and of what was received under it
    /// Tests only: the next packet id of a key (to reach limits quickly).
    void set_next_packet_id(std::uint8_t key_id, std::uint32_t next);

private:
    struct Slot;
    Slot* slot_of(std::uint8_t key_id) const { return slots_[key_id & 7].get(); }

    std::array<std::unique_ptr<Slot>, 8> slots_;
    std::optional<std::uint32_t> peer_id_;
    std::optional<std::uint8_t> sending_;
};

}  // namespace kanmon::crypto
