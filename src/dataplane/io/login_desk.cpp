#include "dataplane/io/login_desk.h"

#include <algorithm>

namespace kanmon::io {

void LoginDesk::ask(std::uint32_t shard, shard::LoginQuestion question, Instant now) {
    // A session has one question at a time: a new one is what it cares for now.
    std::erase_if(open_, [&](const auto& entry) {
        return entry.second.question.session == question.session;
    });
    Open asked{.shard = shard, .question = std::move(question), .asked_at = now};
    if (open_.size() >= questions_max) return refuse(asked);
    const std::uint64_t id = next_id_++;
    const Open& open = open_.emplace(id, std::move(asked)).first->second;
    if (!lost_at_) outlet_.tell_control({id, open.question.question});
}

void LoginDesk::take(std::uint64_t id, const bridge::LoginAnswer& answer) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    const std::uint32_t shard = found->second.shard;
    const shard::LoginReply reply{.session = found->second.question.session,
                                  .number = found->second.question.number,
                                  .answer = answer};
    // A page that is opened is not the last word.
    if (answer.verdict != bridge::LoginVerdict::open_page) open_.erase(found);
    outlet_.reply(shard, reply);
}

void LoginDesk::refuse(const Open& open) {
    bridge::LoginAnswer answer;
    answer.verdict = bridge::LoginVerdict::refused;
    answer.cause = Cause::login_unavailable;
    outlet_.reply(
        open.shard,
        {.session = open.question.session, .number = open.question.number, .answer = answer});
}

void LoginDesk::control_connected() {
    lost_at_.reset();
    for (const auto& [id, open] : open_) outlet_.tell_control({id, open.question.question});
}

void LoginDesk::control_lost(Instant now) {
    if (!lost_at_) lost_at_ = now;
}

void LoginDesk::reach(Instant now) {
    std::erase_if(open_, [&](const auto& entry) {
        const Open& open = entry.second;
        if (now - open.asked_at >= kept_at_most) return true;  // the session has given up before
        if (!lost_at_ || now - std::max(*lost_at_, open.asked_at) < control_patience) return false;
        refuse(open);
        return true;
    });
}

std::optional<Instant> LoginDesk::next_deadline() const {
    std::optional<Instant> next;
    for (const auto& [id, open] : open_) {
        Instant at = open.asked_at + kept_at_most;
        if (lost_at_) at = std::min(at, std::max(*lost_at_, open.asked_at) + control_patience);
        next = next ? std::min(*next, at) : at;
    }
    return next;
}

}  // namespace kanmon::io
