// Packets that wait, unsealed: one bounded room for all clients of a shard.
//
// Packets lie in chains of blocks, so that small ones do not take the room of large ones.
// Promises: nothing allocates after construction.
// Owner:    one shard. Limits: `blocks` blocks of `block_octets`; a packet up to 64 KiB.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace kanmon::shaper {

/// A packet in the store; only good until it is discarded.
using PacketNumber = std::uint32_t;
inline constexpr PacketNumber no_packet = 0xffffffff;

class PacketStore {
public:
    static constexpr std::size_t block_octets = 2048;

    explicit PacketStore(std::uint32_t blocks);

    /// Nothing when there is no room for it.
    std::optional<PacketNumber> put(Bytes packet, Instant now);
    /// Copied into `room`, which is as long as the packet at least.
    MutableBytes copy(PacketNumber packet, MutableBytes room) const;
    void discard(PacketNumber packet);

    std::size_t octets(PacketNumber packet) const { return blocks_[packet].octets; }
    Instant put_at(PacketNumber packet) const { return blocks_[packet].put_at; }
    /// The packet behind this one in its queue, as the queue's owner has set it.
    PacketNumber next(PacketNumber packet) const { return blocks_[packet].next_packet; }
    void set_next(PacketNumber packet, PacketNumber behind) {
        blocks_[packet].next_packet = behind;
    }
    std::uint32_t free_blocks() const { return free_count_; }

private:
    struct Block {  // what describes a packet stands in its first block
        std::uint32_t next_block = no_packet;
        PacketNumber next_packet = no_packet;
        std::uint32_t octets = 0;
        Instant put_at{};
    };
    MutableBytes room_of(std::uint32_t block) {
        return {octets_.get() + std::size_t{block} * block_octets, block_octets};
    }
    Bytes room_of(std::uint32_t block) const {
        return {octets_.get() + std::size_t{block} * block_octets, block_octets};
    }

    std::vector<Block> blocks_;
    std::unique_ptr<std::byte[]> octets_;  // untouched, and so no memory, until it is needed
    std::uint32_t free_ = no_packet;       // chain by `next_block`
    std::uint32_t free_count_ = 0;
};

}  // namespace kanmon::shaper
