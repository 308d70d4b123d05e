// One direction of a gateway's bandwidth, shared by all shards: atomic credits, no lock.
//
// The line is a point in time: when what was sent so far would have left at its rate. Who sends
// moves it on. A shard with waiting clients gets a part of the line by their number, so that ten
// clients have a tenth each wherever they sit; what a shard does not use the others take once the
// line has been free for `spare`.
//
// Pure: time is an argument. Owner: a SharedLine any thread; a LineShare one shard.
// Limits: `shards_max` shards; a line that was free sends at most `burst` at once.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace kanmon::shaper {

inline constexpr std::uint64_t bits_per_octet = 8, nanoseconds_per_second = 1'000'000'000;
inline constexpr std::uint64_t bits_per_megabit = 1'000'000;

/// How long so many octets take at this rate, which is not 0.
constexpr Duration time_of(std::size_t octets, std::uint64_t bits_per_second) {
    return Duration(octets * bits_per_octet * nanoseconds_per_second / bits_per_second);
}

class SharedLine {
public:
    static constexpr std::size_t shards_max = 64;
    /// What a free line may send beyond its rate: a shard that wakes late loses nothing.
    static constexpr Duration burst = 4ms;
    /// Free for so long, the line is anybody's.
    static constexpr Duration spare = 2ms;

    /// Bits per second of tunnelled packets; 0 is a line without an end.
    explicit SharedLine(std::uint64_t bits_per_second) : rate_(bits_per_second) {}

    /// In force at once, for what waits too.
    void set_rate(std::uint64_t bits_per_second) { rate_.store(bits_per_second); }
    std::uint64_t rate() const { return rate_.load(std::memory_order_relaxed); }
    /// How long the line is busy with so many octets.
    Duration cost(std::size_t octets) const;

private:
    friend class LineShare;
    static constexpr std::size_t cache_line = 64;

    std::atomic<std::uint64_t> rate_;
    alignas(cache_line) std::atomic<std::int64_t> free_at_{0};   // nanoseconds of the boot clock
    alignas(cache_line) std::atomic<std::uint32_t> waiting_{0};  // clients of all shards
};

class LineShare {
public:
    explicit LineShare(SharedLine& line) : line_(&line) {}
    LineShare(const LineShare&) = delete;
    LineShare& operator=(const LineShare&) = delete;
    ~LineShare() { wait(0); }

    /// So many of this shard's clients have something to send that may not leave yet.
    void wait(std::uint32_t clients);
    /// True, and the line is busy with them, when so many octets may leave now.
    bool take(std::size_t octets, Instant now);
    /// When `take` is worth another try: an estimate, since the other shards take too.
    Instant next() const;
    const SharedLine& line() const { return *line_; }

private:
    bool others_wait() const;
    std::int64_t turn_at(std::int64_t line_free_at) const;

    SharedLine* line_;
    std::uint32_t waiting_ = 0;
    std::int64_t free_at_ = 0;  // the same for this shard's part of the line
};

}  // namespace kanmon::shaper
