#include "controlplane/api/request_throttle.h"

#include <algorithm>

namespace kanmon::api {

RateShares::RateShares(const RequestRate& rate, std::size_t size_max)
    : interval_(Duration(std::chrono::seconds(1)) / rate.per_second),
      in_hand_(interval_ * (rate.burst - 1)),
      size_max_(size_max) {}

Duration RateShares::wait_until(Instant whole_at, Instant now) const {
    return std::max(whole_at - now - in_hand_, Duration{});
}

Duration RateShares::wait(const std::string& who, Instant now) const {
    const auto found = whole_at_.find(who);
    return found == whole_at_.end() ? Duration{} : wait_until(found->second, now);
}

Duration RateShares::take(const std::string& who, Instant now) {
    auto found = whole_at_.find(who);
    if (found == whole_at_.end()) {
        make_room(now);
        found = whole_at_.emplace(who, now).first;
    }
    const Duration wait = wait_until(found->second, now);
    if (wait == Duration{}) found->second = std::max(found->second, now) + interval_;
    return wait;
}

void RateShares::give_back(const std::string& who) {
    const auto found = whole_at_.find(who);
    if (found != whole_at_.end()) found->second -= interval_;
}

void RateShares::make_room(Instant now) {
    if (whole_at_.size() < size_max_) return;
    std::erase_if(whole_at_, [&](const auto& share) { return share.second <= now; });
    if (whole_at_.size() < size_max_) return;
    whole_at_.erase(
        std::ranges::min_element(whole_at_, {}, [](const auto& share) { return share.second; }));
}

RequestThrottle::RequestThrottle(const RequestRate& rate, std::size_t size_max)
    : keys_(rate, size_max), networks_(rate, size_max) {}

model::Outcome<void> RequestThrottle::admit(const std::string& network, Instant now) {
    const std::lock_guard guard(lock_);
    const Duration wait = networks_.wait(network, now);
    if (wait == Duration{}) return {};
    ++counts_.of_networks;
    return model::throttled("Throttling.Api",
                            "Too many requests from this address were not signed rightly; look at "
                            "the access key and the clock, and try again a moment later.",
                            wait);
}

void RequestThrottle::charge(const std::string& network, Instant now) {
    const std::lock_guard guard(lock_);
    networks_.take(network, now);
}

model::Outcome<void> RequestThrottle::judged_key(Duration wait) {
    if (wait == Duration{}) return {};
    ++counts_.of_keys;
    return model::throttled("Throttling.User",
                            "This access key sends more requests a second than are taken; send "
                            "fewer, or let the operator raise requests_per_second.",
                            wait);
}

model::Outcome<void> RequestThrottle::admit_key(const std::string& access_key, Instant now) {
    const std::lock_guard guard(lock_);
    return judged_key(keys_.wait(access_key, now));
}

model::Outcome<void> RequestThrottle::charge_key(const std::string& access_key, Instant now) {
    const std::lock_guard guard(lock_);
    return judged_key(keys_.take(access_key, now));
}

void RequestThrottle::give_back(const std::string& access_key) {
    const std::lock_guard guard(lock_);
    keys_.give_back(access_key);
}

RequestThrottle::Counts RequestThrottle::counts() const {
    const std::lock_guard guard(lock_);
    return counts_;
}

std::optional<RequestThrottle::Counts> RequestThrottle::news(Instant now) {
    const std::lock_guard guard(lock_);
    if (counts_.of_keys + counts_.of_networks == 0) return std::nullopt;
    if (told_at_ && now - *told_at_ < told_every) return std::nullopt;
    told_at_ = now;
    return counts_;
}

}  // namespace kanmon::api
