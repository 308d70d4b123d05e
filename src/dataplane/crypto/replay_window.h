// Which packet ids were seen: a sliding bitmap of `replay_window_ids` ids.
//
// Promises: an id is marked only by `mark`, which the caller does after the tag has verified.
#pragma once

#include <array>
#include <cstdint>

namespace kanmon::crypto {

inline constexpr std::uint32_t replay_window_ids = 4096;

class ReplayWindow {
public:
    /// True when this id was not seen and is not older than the window. 0 is never fresh.
    bool is_fresh(std::uint64_t id) const;
    /// Marks the id as seen. Only after the packet authenticated, and only when `is_fresh`.
    void mark(std::uint64_t id);
    std::uint64_t highest() const { return highest_; }

private:
    std::array<std::uint64_t, replay_window_ids / 64 + 1> seen_{};
    std::uint64_t highest_ = 0;
};

}  // namespace kanmon::crypto
