// Brings events to where an operator wants them beside the list of the API: syslog, a webhook.
//
// Promises: a place gets every event in order and at least once, also across restarts: it is marked
//           after it was taken. What the store has pushed out meanwhile (`model::events_max` of an
//           account) is counted, and the next delivery says how many. A new place begins with what
//           happens from then on.
// Owner:    a thread of its own; nothing here needs the turn.
// Limits:   `batch_max` events a delivery; a pause of `longest_pause` at most after a failure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "controlplane/model/event.h"

namespace kanmon::usecases {

/// The events of all accounts as they were stored. Errors are sentences, here and below.
class EventLog {
public:
    virtual ~EventLog() = default;
    /// Those with larger numbers, oldest first.
    virtual Expected<std::vector<model::Event>, std::string> after(std::uint64_t number,
                                                                   std::size_t count) = 0;
    /// The largest number; 0 when there is none.
    virtual Expected<std::uint64_t, std::string> newest() = 0;
};

/// How far one place has come; outlives the process.
class DeliveryMark {
public:
    virtual ~DeliveryMark() = default;
    virtual Expected<std::optional<std::uint64_t>, std::string> read() = 0;
    virtual Expected<void, std::string> write(std::uint64_t number) = 0;
};

struct EventBatch {
    std::vector<model::Event> events;  // at least one
    std::uint64_t lost = 0;            // pushed out before they could be delivered
};

class EventPlace {
public:
    virtual ~EventPlace() = default;
    /// All of them or none. May take seconds.
    virtual Expected<void, std::string> deliver(const EventBatch& batch, UnixTime now) = 0;
};

class EventDelivery {
public:
    static constexpr std::size_t batch_max = 100;
    static constexpr Duration look_every = 1s;
    static constexpr Duration first_pause = 1s;
    static constexpr Duration longest_pause = 15min;

    EventDelivery(EventLog& log, DeliveryMark& mark, EventPlace& place)
        : log_(log), mark_(mark), place_(place) {}

    struct Step {
        std::size_t delivered = 0;
        std::uint64_t lost = 0;
        std::string problem;  // why nothing was delivered; empty: nothing is wrong
    };
    /// Delivers one batch when one is due.
    Step step(Instant now, UnixTime wall);
    /// When to come again.
    Instant next() const { return next_; }

private:
    Expected<Step, std::string> deliver_next(UnixTime wall);
    Expected<void, std::string> find_mark();

    EventLog& log_;
    DeliveryMark& mark_;
    EventPlace& place_;
    std::optional<std::uint64_t> delivered_;  // up to this number
    Duration pause_ = first_pause;
    Instant next_{};
};

}  // namespace kanmon::usecases
