#include "dataplane/io/output_queue.h"

#include <algorithm>

#include "dataplane/wire/stream_framing.h"

namespace kanmon::io {

ChunkPool::Chunk ChunkPool::take() {
    if (!has(1)) return nullptr;
    ++in_use_;
    if (free_.empty()) return std::make_unique_for_overwrite<std::byte[]>(chunk_octets);
    Chunk chunk = std::move(free_.back());  // the last one given back is still in the cache
    free_.pop_back();
    return chunk;
}

void ChunkPool::give_back(Chunk chunk) {
    --in_use_;
    if (free_.size() < kept_max) free_.push_back(std::move(chunk));
}

/// How many chunks are missing for that much more.
std::size_t OutputQueue::chunks_for(std::size_t more_octets) const {
    const std::size_t end = begin_ + octets_ + more_octets;
    const std::size_t needed = (end + ChunkPool::chunk_octets - 1) / ChunkPool::chunk_octets;
    return needed - std::min(needed, used_chunks_);
}

bool OutputQueue::has_room(const ChunkPool& pool, std::size_t packet_octets) const {
    const std::size_t more = wire::frame_prefix_octets + packet_octets;
    const std::size_t missing = chunks_for(more);
    return octets_ + more <= tunnelled_octets_max &&
           (missing == 0 || pool.has(missing + pool.kept_for_control()));
}

bool OutputQueue::push(ChunkPool& pool, Bytes packet) {
    const std::size_t more = wire::frame_prefix_octets + packet.size();
    if (octets_ + more > tunnelled_octets_max + control_octets_max) return false;
    const std::size_t missing = chunks_for(more);
    if (!pool.has(missing)) return false;
    for (std::size_t i = 0; i < missing; ++i) chunks_[used_chunks_++] = pool.take();
    std::array<std::byte, wire::frame_prefix_octets> prefix{};
    ByteWriter(prefix).u16(static_cast<std::uint16_t>(packet.size()));
    append(prefix);
    append(packet);
    return true;
}

void OutputQueue::append(Bytes octets) {
    while (!octets.empty()) {
        const std::size_t end = begin_ + octets_;
        const std::size_t at = end % ChunkPool::chunk_octets;
        const std::size_t taken = std::min(octets.size(), ChunkPool::chunk_octets - at);
        std::memcpy(chunks_[end / ChunkPool::chunk_octets].get() + at, octets.data(), taken);
        octets = octets.subspan(taken);
        octets_ += taken;
    }
}

Bytes OutputQueue::front() const {
    if (empty()) return {};
    return Bytes(chunks_[0].get() + begin_, std::min(octets_, ChunkPool::chunk_octets - begin_));
}

void OutputQueue::sent(ChunkPool& pool, std::size_t octets) {
    begin_ += octets;
    octets_ -= octets;
    if (empty()) return clear(pool);
    if (begin_ < ChunkPool::chunk_octets) return;
    pool.give_back(std::move(chunks_[0]));
    std::move(chunks_.begin() + 1, chunks_.begin() + static_cast<std::ptrdiff_t>(used_chunks_),
              chunks_.begin());
    --used_chunks_;
    begin_ = 0;
}

void OutputQueue::clear(ChunkPool& pool) {
    for (std::size_t i = 0; i < used_chunks_; ++i) pool.give_back(std::move(chunks_[i]));
    used_chunks_ = 0;
    begin_ = 0;
    octets_ = 0;
}

}  // namespace kanmon::io
