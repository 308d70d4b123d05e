// The data keys of one client: opens and seals P_DATA_V1/V2 packets in place. The packet path.
//
// Owner:    the shard that owns the client. Nothing here locks; open and seal do not allocate.
// Promises: those of DataKey (data_key.h), which each of the slots holds one of.
// Limits:   8 key ids, of which the session keeps at most 3 alive.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "dataplane/crypto/data_key.h"

namespace kanmon::crypto {

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
    /// Errors: truncated, malformed, wrong_key_id, keys_not_ready, and those of DataKey::open.
    Expected<OpenedPacket, Cause> open(MutableBytes datagram);

    /// Room that `seal` needs before and after the payload, for the present sending key.
    std::size_t front_octets() const { return front_octets_; }
    std::size_t back_octets() const { return back_octets_; }

    /// `packet` holds front_octets() of room, the payload, and back_octets() of room. Returns the
    /// sealed datagram, which starts at packet[0]. Errors: keys_not_ready, key_exhausted.
    Expected<MutableBytes, Cause> seal(MutableBytes packet, std::size_t payload_octets);

    KeyLimit limit() const;  // of the sending key and of what was received under it

    /// Makes ready what packets to come may need (the keys of coming epochs). May allocate: for the
    /// end of a run of packets. Until then such a packet is dropped, or the key seals no more.
    bool wants_preparation() const { return wants_preparation_; }
    void prepare();

private:
    struct Slot {
        KeyMaterial material;  // kept to notice the same material being installed again
        std::unique_ptr<DataKey> key;
    };
    void measure();

    std::array<std::unique_ptr<Slot>, 8> slots_;
    std::optional<std::uint32_t> peer_id_;
    std::optional<std::uint8_t> sending_;
    std::size_t header_octets_ = 0, front_octets_ = 0, back_octets_ = 0;  // of the sending key
    bool wants_preparation_ = false;
};

}  // namespace kanmon::crypto
