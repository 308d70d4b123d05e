#include "dataplane/crypto/replay_window.h"

#include <cassert>

namespace kanmon::crypto {
namespace {

constexpr std::uint64_t words = replay_window_ids / 64 + 1;

constexpr std::uint64_t word_of(std::uint64_t id) {
    return id / 64 % words;
}
constexpr std::uint64_t bit_of(std::uint64_t id) {
    return std::uint64_t{1} << (id % 64);
}

}  // namespace

// The bitmap is a ring of words: id n lives in word (n / 64) mod words. Moving forward clears the
// words that are entered. One word more than the window holds ids, so that entering a word never
// forgets an id of the last `replay_window_ids`.
bool ReplayWindow::is_fresh(std::uint64_t id) const {
    if (id == 0) return false;
    if (id > highest_) return true;
    if (highest_ - id >= replay_window_ids) return false;
    return (seen_[word_of(id)] & bit_of(id)) == 0;
}

void ReplayWindow::mark(std::uint64_t id) {
    assert(is_fresh(id));
    if (id > highest_) {
        const std::uint64_t entered = id / 64 - highest_ / 64;
        for (std::uint64_t i = 1; i <= entered && i <= words; ++i)
            seen_[word_of(highest_ + i * 64)] = 0;
        highest_ = id;
    }
    seen_[word_of(id)] |= bit_of(id);
}

}  // namespace kanmon::crypto
