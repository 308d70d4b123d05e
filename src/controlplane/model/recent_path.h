// What a client carried and lost lately, out of counters that only grow. Pure.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "bridge/messages.h"

namespace kanmon::model {

/// Over the last `mark_interval` to twice that, or since the client was first seen.
struct RecentPath {
    UnixTime since{};
    std::uint64_t received_packets = 0, sent_packets = 0;
    std::uint64_t lost_packets = 0;  // on their way from the client
    std::uint64_t late_packets = 0;  // waited too long for a bandwidth, both ways
    friend bool operator==(const RecentPath&, const RecentPath&) = default;
};

/// Two marks in the counters of one session, of which the older one counts.
class PathMarks {
public:
    static constexpr std::chrono::minutes mark_interval{5};

    /// Of one session, in the order in which they were told.
    void note(const bridge::ClientFact& fact, UnixTime now);
    RecentPath recent() const;

private:
    RecentPath older_, newer_, latest_;  // `since` is the time of the mark
    bool begun_ = false;
};

}  // namespace kanmon::model
