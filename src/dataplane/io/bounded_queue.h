// A bounded queue for any number of producers and consumers, whose cells are made once.
//
// Promises: never blocks and never allocates; a thread that is descheduled in the middle of `push`
//           delays what was pushed after it, but nobody ever waits for it.
// Owner:    any thread may push and pop.
// Limits:   `capacity` is rounded up to a power of two.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace kanmon::io {

template <class Item>
class BoundedQueue {
public:
    explicit BoundedQueue(std::size_t capacity)
        : mask_(std::bit_ceil(capacity < 2 ? std::size_t{2} : capacity) - 1),
          cells_(std::make_unique<Cell[]>(mask_ + 1)) {
        for (std::size_t i = 0; i <= mask_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
    }

    /// `fill(Item&)` writes the claimed cell in place. False, and `fill` not called, when full.
    template <class Fill>
    bool push_with(Fill&& fill) {
        std::size_t at = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const auto ahead =
                static_cast<std::ptrdiff_t>(cell.turn.load(std::memory_order_acquire) - at);
            if (ahead < 0) return false;
            if (ahead > 0) {
                at = tail_.load(std::memory_order_relaxed);
                continue;
            }
            if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
            fill(cell.item);
            cell.turn.store(at + 1, std::memory_order_release);
            return true;
        }
    }

    bool push(Item&& item) {
        return push_with([&](Item& room) { room = std::move(item); });
    }

    /// `take(Item&)` reads the oldest cell in place. False when there is nothing to take yet.
    template <class Take>
    bool pop_with(Take&& take) {
        std::size_t at = head_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const auto ahead =
                static_cast<std::ptrdiff_t>(cell.turn.load(std::memory_order_acquire) - (at + 1));
            if (ahead < 0) return false;
            if (ahead > 0) {
                at = head_.load(std::memory_order_relaxed);
                continue;
            }
            if (!head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
            take(cell.item);
            cell.turn.store(at + mask_ + 1, std::memory_order_release);
            return true;
        }
    }

    bool pop(Item& item) {
        return pop_with([&](Item& oldest) { item = std::move(oldest); });
    }

    std::size_t capacity() const { return mask_ + 1; }

private:
    struct Cell {
        std::atomic<std::size_t> turn{0};  // whose turn: position to write, or position + 1 to read
        Item item{};
    };

    static constexpr std::size_t line_octets = 64;  // producers and consumers do not share a line
    const std::size_t mask_;
    const std::unique_ptr<Cell[]> cells_;
    alignas(line_octets) std::atomic<std::size_t> tail_{0};
    alignas(line_octets) std::atomic<std::size_t> head_{0};
};

}  // namespace kanmon::io
