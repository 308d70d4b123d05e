// Programs with the same certificate that push each other out: how often a holder was replaced of
// late. Pure.
//
// Once or twice is a laptop that was woken up, or a user who went from one machine to another. More
// often within `window` is two programs that take turns, each coming back when it notices.
// Owner:  the gate.
// Limits: `holders_max` holders; beyond them nothing is noticed.
#pragma once

#include <map>
#include <string>

#include "base/time.h"

namespace kanmon::admission {

class ContestBook {
public:
    static constexpr unsigned replacements_max = 3;
    static constexpr Duration window = 10min;
    static constexpr std::size_t holders_max = 65536;

    /// A session of this holder is replaced now. True when it is the one too many; the count then
    /// begins anew.
    bool replaced(const std::string& server_id, const std::string& holder, Instant now);
    void sweep(Instant now);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        unsigned replacements = 0;
        Instant first{};
    };
    std::map<std::pair<std::string, std::string>, Entry> entries_;
};

}  // namespace kanmon::admission
