#include "dataplane/shaper/delay_target.h"

#include <cmath>

namespace kanmon::shaper {

/// Source: RFC 8289 section 5.5: the n-th drop follows after interval / sqrt(n), to which the rate
/// of TCP answers linearly.
Duration DelayTarget::spacing() const {
    const double nanoseconds = static_cast<double>(interval.count()) / std::sqrt(drops_);
    return Duration(static_cast<std::int64_t>(nanoseconds));
}

bool DelayTarget::drops(Duration waited, bool last, Instant now) {
    if (waited < target || last) {
        late_since_.reset();
        next_drop_.reset();
        return false;
    }
    if (!late_since_) late_since_ = now;
    if (!next_drop_) {
        if (now - *late_since_ < interval) return false;
        // A spell soon after another goes on nearly as fast. Source: RFC 8289 section 5.6.
        drops_ = drops_ > 2 ? drops_ - 2 : 1;
        next_drop_ = now + spacing();
        return true;
    }
    if (now < *next_drop_) return false;
    ++drops_;
    *next_drop_ += spacing();
    return true;
}

}  // namespace kanmon::shaper
