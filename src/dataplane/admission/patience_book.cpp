#include "dataplane/admission/patience_book.h"

#include <algorithm>

namespace kanmon::admission {

namespace {

/// Neighbouring numbers come out far from each other (Knuth's multiplicative hashing).
constexpr std::uint64_t scattered(std::uint64_t number) {
    return (number * 0x9e3779b97f4a7c15U) >> 32;
}

}  // namespace

std::chrono::seconds PatienceBook::refused(const std::string& server_id, const std::string& holder,
                                           std::uint64_t salt, Instant now) {
    Entry fresh;
    const auto found = entries_.find({server_id, holder});
    const bool room = entries_.size() < holders_max;
    Entry& entry = found != entries_.end() ? found->second
                   : room                  ? entries_[{server_id, holder}]
                                           : fresh;
    if (now - entry.latest >= memory) entry.refusals = 0;
    entry.latest = now;
    std::chrono::seconds wait = wait_first;
    for (unsigned i = 0; i < entry.refusals && wait < wait_longest; ++i) wait *= 2;
    wait = std::min(wait, wait_longest);
    ++entry.refusals;
    const auto fifth = wait.count() / 5;
    const auto offset =
        static_cast<std::int64_t>(scattered(salt) % static_cast<std::uint64_t>(2 * fifth + 1));
    return wait + std::chrono::seconds(offset - fifth);
}

void PatienceBook::admitted(const std::string& server_id, const std::string& holder) {
    entries_.erase({server_id, holder});
}

void PatienceBook::sweep(Instant now) {
    std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.latest >= memory; });
}

}  // namespace kanmon::admission
