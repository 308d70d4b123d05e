// Whose datagram is this? Slots of clients by their path and session ids.
//
//     DATA_V2   peer id               -> slot   (arithmetic, `PeerIds`)
//     DATA_V1   path                  -> slots  (newest first)
//     control   path, client's id     -> slot
//     a hello   client's and own id   -> slot   (has this cookie made a session already?)
//
// Owner:    one shard. Lookups, additions and moves do not allocate.
// Promises: a client that moves is found at its new path and no longer at the old one, in one step.
#pragma once

#include <array>

#include "base/address.h"
#include "dataplane/directory/slot_index.h"
#include "dataplane/wire/opcode.h"

namespace kanmon::directory {

/// The socket that a datagram came in by, and who sent it.
struct Place {
    std::uint32_t server = 0;
    std::uint32_t listener = 0;
    Endpoint remote;
    std::uint32_t stream = 0;  // the connection, when it is one
    friend bool operator==(const Place&, const Place&) = default;
};

/// Peer ids of one shard: slot * shards + shard, so that the id alone names the shard.
struct PeerIds {
    std::uint32_t shard = 0;
    std::uint32_t shards = 1;

    wire::PeerId of(Slot slot) const { return slot * shards + shard; }
    /// `no_slot` for an id of another shard.
    Slot slot_of(wire::PeerId peer_id) const {
        return peer_id % shards == shard ? peer_id / shards : no_slot;
    }
    /// How many slots have a peer id below 2^24 - 1 ("none").
    Slot slots_max() const { return (wire::peer_id_none - 1 - shard) / shards + 1; }
};

class ClientDirectory {
public:
    /// `seed` is secret, so that nobody can choose addresses which collide.
    ClientDirectory(std::uint32_t slots_max, const std::array<std::uint64_t, 2>& seed);

    void add(Slot slot, const Place& place, const wire::SessionId& peer,
             const wire::SessionId& own);
    void remove(Slot slot);
    void move(Slot slot, const Place& to);

    Slot by_session(const Place& place, const wire::SessionId& peer) const;
    Slot by_ids(const wire::SessionId& peer, const wire::SessionId& own) const;
    /// The client that came to this place last; `older_here` walks on to the earlier ones.
    Slot newest_at(const Place& place) const;
    Slot older_here(Slot slot) const { return records_[slot].older; }

    const Place& place_of(Slot slot) const { return records_[slot].place; }

private:
    struct Record {
        Place place;
        wire::SessionId peer, own;
        Slot older = no_slot, newer = no_slot;  // at the same place
        std::uint64_t place_hash = 0;
    };
    std::uint64_t hash_of(const Place& place) const;
    std::uint64_t hash_of(const wire::SessionId& id, std::uint64_t with) const;
    void link(Slot slot);
    void unlink(Slot slot);

    std::array<std::uint64_t, 2> seed_;
    std::vector<Record> records_;
    SlotIndex by_session_, by_ids_, by_place_;
};

}  // namespace kanmon::directory
