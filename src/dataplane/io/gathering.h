// How long a shard's thread rests before it looks for packets again.
//
// A client that seals one packet at a time wakes the shard for each, and waking costs more than all
// that is done with the packet. While packets come faster than one in 50 us, a rest as short as
// that after each turn makes one turn of several (docs/decisions/0019).
//
// Promises: whoever sends less is never made to wait; neither is who comes in batches already.
// Owner:    one shard's thread.
#pragma once

#include <cstddef>

#include "base/time.h"

namespace kanmon::io {

class Gathering {
public:
    static constexpr Duration rest = 50us;
    static constexpr Duration window = 1ms;
    static constexpr std::size_t packets_from = 20;  // a window
    /// A turn of so many is batch enough.
    static constexpr std::size_t packets_enough = 16;

    /// After a turn that began at `now` and took so many packets from the wire; zero: no rest.
    Duration after(std::size_t packets, Instant now) {
        packets_ += packets;
        if (const Duration passed = now - began_; passed >= window) {
            gathers_ = static_cast<std::int64_t>(packets_) * window.count() >=
                       static_cast<std::int64_t>(packets_from) * passed.count();
            packets_ = 0;
            began_ = now;
        }
        return gathers_ && packets > 0 && packets < packets_enough ? rest : Duration{};
    }

private:
    Instant began_{};
    std::size_t packets_ = 0;
    bool gathers_ = false;
};

}  // namespace kanmon::io
