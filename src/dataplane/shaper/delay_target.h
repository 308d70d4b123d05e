// When a queue has made its packets wait for too long, the oldest are dropped: CoDel, RFC 8289.
//
// A queue that is emptied within `target` again and again is a good one, however long it gets in
// between; one that never is for an `interval` loses packets, at first one an interval and then
// faster, until its senders slow down.
//
// Pure. Owner: one queue.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace kanmon::shaper {

class DelayTarget {
public:
    /// Twice what RFC 8289 4.4 says: one shard of many may have its turn late.
    static constexpr Duration target = 10ms;
    static constexpr Duration interval = 100ms;

    /// Asked for each packet before it leaves: is it to be dropped instead? `last`: nothing waits
    /// behind it, so that dropping it would help nobody.
    bool drops(Duration waited, bool last, Instant now);

private:
    Duration spacing() const;

    std::optional<Instant> late_since_;  // every packet since has waited for longer than `target`
    std::optional<Instant> next_drop_;   // set while packets are being dropped
    std::uint32_t drops_ = 0;            // of this spell, and what is remembered of the last one
};

}  // namespace kanmon::shaper
