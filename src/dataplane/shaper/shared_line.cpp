#include "dataplane/shaper/shared_line.h"

#include <algorithm>

namespace kanmon::shaper {

namespace {

constexpr std::int64_t burst = SharedLine::burst.count();
constexpr std::int64_t spare = SharedLine::spare.count();

}  // namespace

Duration SharedLine::cost(std::size_t octets) const {
    const std::uint64_t bits_per_second = rate();
    return bits_per_second == 0 ? Duration(0) : time_of(octets, bits_per_second);
}

void LineShare::wait(std::uint32_t clients) {
    if (clients == waiting_) return;
    // Wraps when the number falls, and the sum comes out right.
    line_->waiting_.fetch_add(clients - waiting_, std::memory_order_relaxed);
    waiting_ = clients;
}

/// Beside us, so that ours is a part of the line. Shards in which nobody waits are not in the sum:
/// what passes there has not used its part.
bool LineShare::others_wait() const {
    return waiting_ != 0 && line_->waiting_.load(std::memory_order_relaxed) > waiting_;
}

/// While others wait too, ours has a turn when its own part of the line is free.
std::int64_t LineShare::turn_at(std::int64_t line_free_at) const {
    if (!others_wait()) return line_free_at;
    return std::max(line_free_at, std::min(free_at_, line_free_at + spare));
}

bool LineShare::take(std::size_t octets, Instant at) {
    const std::int64_t cost = line_->cost(octets).count();
    const std::int64_t now = nanoseconds_of(at);
    std::int64_t line_free_at = line_->free_at_.load(std::memory_order_relaxed);
    do {
        if (turn_at(line_free_at) > now) return false;
    } while (!line_->free_at_.compare_exchange_weak(
        line_free_at, std::max(line_free_at, now - burst) + cost, std::memory_order_relaxed));
    const std::int64_t all = line_->waiting_.load(std::memory_order_relaxed);
    const std::int64_t own = std::max<std::int64_t>(waiting_, 1);
    free_at_ = std::max(free_at_, now - burst) + cost * std::max(all, own) / own;
    return true;
}

Instant LineShare::next() const {
    return instant_of(turn_at(line_->free_at_.load(std::memory_order_relaxed)));
}

}  // namespace kanmon::shaper
