// Virtual time: what happens when. Equal times happen in the order they were planned.
#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "base/time.h"

namespace kanmon::world {

class Agenda {
public:
    using Deed = std::function<void()>;

    Instant now() const { return now_; }
    void at(Instant when, Deed deed) {
        entries_.push(Entry{std::max(when, now_), next_number_++, std::move(deed)});
    }
    void after(Duration wait, Deed deed) { at(now_ + wait, std::move(deed)); }

    /// The next deed, if it is due by `end`; false when there is none.
    bool step(Instant end) {
        if (entries_.empty() || entries_.top().when > end) return false;
        const Entry entry = entries_.top();
        entries_.pop();
        now_ = entry.when;
        entry.deed();
        return true;
    }

private:
    struct Entry {
        Instant when;
        std::uint64_t number;
        Deed deed;
        friend bool operator<(const Entry& left, const Entry& right) {
            return left.when != right.when ? left.when > right.when : left.number > right.number;
        }
    };

    Instant now_ = instant_of(1'000'000'000'000);
    std::uint64_t next_number_ = 0;
    std::priority_queue<Entry> entries_;
};

}  // namespace kanmon::world
