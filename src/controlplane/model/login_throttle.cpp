#include "controlplane/model/login_throttle.h"

#include <algorithm>

namespace kanmon::model {

Duration LoginThrottle::pause_after(std::uint32_t wrong) const {
    if (wrong < rules_.attempts) return {};
    Duration pause = rules_.first_pause;
    for (std::uint32_t i = rules_.attempts; i < wrong && pause < rules_.longest_pause; ++i)
        pause *= 2;
    return std::min(pause, rules_.longest_pause);
}

void LoginThrottle::make_room(Instant now) {
    if (records_.size() < rules_.keys_max) return;
    std::erase_if(records_, [&](const auto& entry) {
        return entry.second.open == 0 && now - entry.second.touched >= rules_.forgotten_after;
    });
    if (records_.size() < rules_.keys_max) return;
    const auto quietest = std::ranges::min_element(
        records_, {}, [](const auto& entry) { return entry.second.touched; });
    records_.erase(quietest);
}

void LoginThrottle::forgive_by_time(Record& record, Instant now) const {
    if (rules_.one_forgiven_each <= Duration{} || record.wrong == 0) return;
    const auto times =
        std::max<std::int64_t>(0, (now - record.forgiven_at) / rules_.one_forgiven_each);
    record.wrong -= static_cast<std::uint32_t>(std::min<std::int64_t>(times, record.wrong));
    record.forgiven_at += times * rules_.one_forgiven_each;
}

LoginThrottle::Admission LoginThrottle::begin(const std::string& key, Instant now) {
    if (!records_.contains(key)) make_room(now);
    Record& record = records_[key];
    if (record.open == 0 && now - record.touched >= rules_.forgotten_after) record = {};
    record.touched = now;
    forgive_by_time(record, now);
    if (now < record.locked_until) return {Entry::locked, record.locked_until - now};
    // Behind a pause one attempt is free: right or wrong, it decides how it goes on.
    const std::uint32_t free = record.wrong < rules_.attempts ? rules_.attempts - record.wrong : 1;
    if (record.open >= free) return {Entry::busy, {}};
    ++record.open;
    return {Entry::open, {}};
}

void LoginThrottle::conclude(const std::string& key, Ending ending, Instant now) {
    const auto found = records_.find(key);
    if (found == records_.end()) return;  // it gave way to others
    Record& record = found->second;
    if (record.open > 0) --record.open;
    if (ending == Ending::right) record.wrong = 0;
    if (ending == Ending::wrong) {
        if (record.wrong++ == 0) record.forgiven_at = now;
        record.locked_until = now + pause_after(record.wrong);
    }
    if (record.open == 0 && record.wrong == 0) records_.erase(found);
}

void LoginThrottle::forgive(const std::string& key, std::uint32_t most) {
    const auto found = records_.find(key);
    if (found == records_.end()) return;
    Record& record = found->second;
    record.wrong -= std::min(record.wrong, most);
    if (record.wrong > 0) return;
    record.locked_until = {};
    if (record.open == 0) records_.erase(found);
}

LoginThrottle::Standing LoginThrottle::standing(const std::string& key) const {
    const auto found = records_.find(key);
    if (found == records_.end()) return {};
    return {found->second.wrong, found->second.locked_until, found->second.touched};
}

void LoginThrottle::restore(const std::string& key, const Standing& standing, Instant now) {
    if (standing.wrong == 0 || now - standing.touched >= rules_.forgotten_after) return;
    if (!records_.contains(key)) make_room(now);
    records_[key] = {.wrong = standing.wrong,
                     .open = 0,
                     .locked_until = std::min(standing.locked_until, now + rules_.longest_pause),
                     .touched = std::min(standing.touched, now),
                     .forgiven_at = std::min(standing.touched, now)};
}

}  // namespace kanmon::model
