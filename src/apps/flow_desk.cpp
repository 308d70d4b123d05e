#include "apps/flow_desk.h"

#include <utility>

namespace kanmon::apps {

std::optional<bridge::FlowAnswer> FlowDesk::flows_of(std::uint64_t session) {
    std::unique_lock lock(mutex_);
    if (asked_.size() >= asking_max) return std::nullopt;
    const std::uint64_t question = ++latest_;
    auto& answer = asked_[question];
    orders_.ask(question, {session});
    answered_.wait_for(lock, patience, [&] { return answer.has_value(); });
    auto told = std::move(answer);
    asked_.erase(question);
    return told;
}

void FlowDesk::take(std::uint64_t question, bridge::FlowAnswer answer) {
    const std::lock_guard lock(mutex_);
    const auto waiting = asked_.find(question);
    if (waiting == asked_.end()) return;  // it waited long enough
    waiting->second = std::move(answer);
    answered_.notify_all();
}

}  // namespace kanmon::apps
