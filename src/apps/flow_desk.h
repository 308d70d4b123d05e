// Where a thread of the API waits for what the data process saw of a client.
//
// Owner:  any thread asks; the loop's brings answers. Answers that nobody waits for are dropped.
// Limits: `asking_max` threads wait at a time, each for `patience`.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "apps/control_loop.h"

namespace kanmon::apps {

class FlowDesk final : public usecases::FlowSource {
public:
    static constexpr std::size_t asking_max = 4;  // half of the API's threads
    static constexpr Duration patience = 1s;

    explicit FlowDesk(ControlOrders& orders) : orders_(orders) {}

    std::optional<bridge::FlowAnswer> flows_of(std::uint64_t session) override;
    void take(std::uint64_t question, bridge::FlowAnswer answer);

private:
    ControlOrders& orders_;
    std::mutex mutex_;
    std::condition_variable answered_;
    std::uint64_t latest_ = 0;
    std::map<std::uint64_t, std::optional<bridge::FlowAnswer>> asked_;  // by the question's id
};

}  // namespace kanmon::apps
