#include "swarm/flow.h"

#include <algorithm>

namespace kanmon::swarm {

Flow::Flow(const FlowPlan& plan, std::uint32_t run, std::uint64_t client, Instant now)
    : plan_(plan), began_(now), heard_(now) {
    message_.run = run;
    message_.client = client;
}

bool Flow::allowed(Instant now) const {
    if (plan_.packets_per_second <= 0) return true;
    const double seconds = std::chrono::duration<double>(now - began_).count();
    return static_cast<double>(counts_.sent) < seconds * plan_.packets_per_second;
}

std::optional<Flow::Request> Flow::next(Instant now) {
    if (under_way_ > 0 && now - heard_ >= patience) give_up(now);
    if (under_way_ >= plan_.window || !allowed(now)) return std::nullopt;
    const std::size_t large = plan_.inner_octets;
    const std::size_t small = plan_.headers + message_octets;
    Request request{.message = message_, .inner_octets = large};
    request.message.answer_octets = static_cast<std::uint16_t>(large - plan_.headers);
    request.message.answers = 1;
    std::uint64_t packets = 1;
    if (plan_.direction == Direction::up) {
        const bool last = (message_.number + 1) % answered_every == 0;
        request.message.answer_octets = message_octets;
        request.message.answers = last ? 1 : 0;
    } else if (plan_.direction == Direction::down) {
        request.inner_octets = small;
        request.message.answers = answered_every;
        packets = answered_every;
    }
    if (under_way_ == 0) heard_ = now;
    ++message_.number;
    under_way_ += packets;
    counts_.sent += packets;
    return request;
}

void Flow::answered(const EchoMessage& answer, Instant now) {
    if (answer.run != message_.run || answer.client != message_.client) return;
    heard_ = now;
    if (plan_.direction != Direction::up) {
        ++counts_.arrived;
        under_way_ -= std::min<std::uint64_t>(under_way_, 1);
        return;
    }
    const std::uint64_t upto = answer.number + 1;
    if (upto > message_.number || upto <= acknowledged_) return;
    under_way_ -= std::min(under_way_, upto - acknowledged_);
    acknowledged_ = upto;
    received_ = std::max(received_, answer.received);
    counts_.arrived = received_;
    counts_.lost = upto - std::min(upto, received_);
}

/// Nothing came for too long: what is under way will not come any more.
void Flow::give_up(Instant now) {
    if (plan_.direction == Direction::up) acknowledged_ = message_.number;
    counts_.lost += under_way_;
    under_way_ = 0;
    heard_ = now;
}

}  // namespace kanmon::swarm
