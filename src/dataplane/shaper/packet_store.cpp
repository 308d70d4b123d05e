#include "dataplane/shaper/packet_store.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kanmon::shaper {

PacketStore::PacketStore(std::uint32_t blocks)
    : blocks_(blocks),
      octets_(std::make_unique_for_overwrite<std::byte[]>(std::size_t{blocks} * block_octets)),
      free_count_(blocks) {
    for (std::uint32_t block = blocks; block-- > 0;)
        blocks_[block].next_block = std::exchange(free_, block);
}

std::optional<PacketNumber> PacketStore::put(Bytes packet, Instant now) {
    const std::size_t wanted =
        std::max<std::size_t>(1, (packet.size() + block_octets - 1) / block_octets);
    if (wanted > free_count_) return std::nullopt;
    const std::uint32_t first = free_;
    blocks_[first].octets = static_cast<std::uint32_t>(packet.size());
    blocks_[first].put_at = now;
    blocks_[first].next_packet = no_packet;
    std::uint32_t last = first;
    for (std::uint32_t block = first; !packet.empty(); block = blocks_[block].next_block) {
        const Bytes part = packet.first(std::min(packet.size(), block_octets));
        std::ranges::copy(part, room_of(block).begin());
        packet = packet.subspan(part.size());
        last = block;
    }
    free_ = std::exchange(blocks_[last].next_block, no_packet);
    free_count_ -= static_cast<std::uint32_t>(wanted);
    return first;
}

MutableBytes PacketStore::copy(PacketNumber packet, MutableBytes room) const {
    const std::size_t octets = blocks_[packet].octets;
    assert(octets <= room.size());
    MutableBytes rest = room.first(octets);
    for (std::uint32_t block = packet; !rest.empty(); block = blocks_[block].next_block) {
        const Bytes part = room_of(block).first(std::min(rest.size(), block_octets));
        std::ranges::copy(part, rest.begin());
        rest = rest.subspan(part.size());
    }
    return room.first(octets);
}

void PacketStore::discard(PacketNumber packet) {
    std::uint32_t last = packet;
    ++free_count_;
    for (; blocks_[last].next_block != no_packet; last = blocks_[last].next_block) ++free_count_;
    blocks_[last].next_block = std::exchange(free_, packet);
}

}  // namespace kanmon::shaper
