// How long a process that died stays dead: short at first, longer while it keeps dying.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace kanmon::apps {

class RestartDelay {
public:
    static constexpr Duration first = 50ms;
    static constexpr Duration longest = 5s;
    static constexpr Duration healthy_life = 30s;  // after a life this long it starts anew

    /// The wait before the next start, after a life of `lived`.
    Duration after(Duration lived) {
        if (lived >= healthy_life) next_ = first;
        const Duration delay = next_;
        next_ = std::min(longest, next_ * 2);
        return delay;
    }

private:
    Duration next_ = first;
};

}  // namespace kanmon::apps
