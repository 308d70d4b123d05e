// What waits to be sent on one stream: whole frames, in chunks of a pool that all streams share.
//
// A connection that takes what it is given holds one chunk for the length of a turn; one whose
// socket is full holds up to six until the peer reads on.
// Promises: frames leave whole and in their order; a tunnelled packet for which `has_room` said yes
//           fits, and control packets have room of their own behind the tunnelled ones, in the
//           queue and in the pool.
// Owner:    one shard's thread. Allocates only when more chunks are in use than ever before (the
//           pool keeps `kept_max`).
// Limits:   `tunnelled_octets_max` a queue, `control_octets_max` more for control packets;
//           `chunks_max` of the pool.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "base/bytes.h"

namespace kanmon::io {

class ChunkPool {
public:
    static constexpr std::size_t chunk_octets = std::size_t{64} << 10;
    static constexpr std::size_t kept_max = 32;
    using Chunk = std::unique_ptr<std::byte[]>;

    /// 64 MiB: a thousand streams that are blocked a little, or two hundred that are full.
    explicit ChunkPool(std::size_t chunks_max = 1024) : chunks_max_(chunks_max) {
        free_.reserve(kept_max);
    }

    /// Nothing when all are in use.
    Chunk take();
    void give_back(Chunk chunk);
    bool has(std::size_t chunks) const { return chunks_max_ - in_use_ >= chunks; }
    /// What tunnelled packets leave alone, so that a client whose queue is empty can be spoken to
    /// however many others do not read.
    std::size_t kept_for_control() const { return chunks_max_ / 8; }
    std::size_t in_use() const { return in_use_; }

private:
    const std::size_t chunks_max_;
    std::size_t in_use_ = 0;
    std::vector<Chunk> free_;
};

class OutputQueue {
public:
    static constexpr std::size_t tunnelled_octets_max = std::size_t{256} << 10;
    static constexpr std::size_t control_octets_max = std::size_t{64} << 10;

    /// True when a tunnelled packet of that many octets may be pushed now.
    bool has_room(const ChunkPool& pool, std::size_t packet_octets) const;
    /// False, and nothing queued, when not even the room for control packets is left.
    bool push(ChunkPool& pool, Bytes packet);

    bool empty() const { return octets_ == 0; }
    std::size_t octets() const { return octets_; }
    /// What is to be sent next, at most a chunk.
    Bytes front() const;
    /// The first `octets` of `front` have left.
    void sent(ChunkPool& pool, std::size_t octets);
    void clear(ChunkPool& pool);

private:
    static constexpr std::size_t chunks_max =
        (tunnelled_octets_max + control_octets_max) / ChunkPool::chunk_octets + 1;

    std::size_t chunks_for(std::size_t more_octets) const;
    void append(Bytes octets);

    std::array<ChunkPool::Chunk, chunks_max> chunks_;
    std::size_t used_chunks_ = 0;
    std::size_t begin_ = 0;  // of what is left, in the first chunk
    std::size_t octets_ = 0;
};

}  // namespace kanmon::io
