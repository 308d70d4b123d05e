#include "controlplane/usecases/event_delivery.h"

#include <algorithm>

namespace kanmon::usecases {

EventDelivery::Step EventDelivery::step(Instant now, UnixTime wall) {
    if (now < next_) return {};
    auto done = deliver_next(wall);
    if (!done) {
        next_ = now + pause_;
        pause_ = std::min(longest_pause, pause_ * 2);
        return {.problem = done.error()};
    }
    pause_ = first_pause;
    next_ = done->delivered == batch_max ? now : now + look_every;
    return *done;
}

/// A mark beyond the newest event is of another store: one that was restored from a backup.
Expected<void, std::string> EventDelivery::find_mark() {
    if (delivered_) return {};
    const auto kept = mark_.read();
    if (!kept) return unexpected(kept.error());
    const auto newest = log_.newest();
    if (!newest) return unexpected(newest.error());
    const std::uint64_t begin = std::min(kept->value_or(*newest), *newest);
    if (*kept != begin)
        if (const auto written = mark_.write(begin); !written) return written;
    delivered_ = begin;
    return {};
}

Expected<EventDelivery::Step, std::string> EventDelivery::deliver_next(UnixTime wall) {
    if (const auto found = find_mark(); !found) return unexpected(found.error());
    auto events = log_.after(*delivered_, batch_max);
    if (!events) return unexpected(events.error());
    if (events->empty()) return Step{};
    const std::uint64_t last = events->back().number;
    const std::uint64_t lost = last - *delivered_ - events->size();  // numbers have no other gaps
    const EventBatch batch{std::move(*events), lost};
    if (const auto taken = place_.deliver(batch, wall); !taken) return unexpected(taken.error());
    // Remembered here too, so that a disk that is full does not make the same be told for ever.
    delivered_ = last;
    if (const auto written = mark_.write(last); !written) return unexpected(written.error());
    return Step{batch.events.size(), batch.lost, {}};
}

}  // namespace kanmon::usecases
