#include "dataplane/routing/path_limit.h"

#include <algorithm>

namespace kanmon::routing {

namespace {

constexpr std::uint8_t sights_before_pieces = 3;

}  // namespace

std::uint16_t PathLimit::leaving(const TcpSegment& segment, std::uint16_t outer_octets,
                                 Instant now) {
    const std::uint16_t allowed = std::min(outer_octets, limit_);
    if (allowed <= outer_octets_least && outer_octets <= outer_octets_least) return allowed;
    if (segment.payload_octets == 0) return allowed;
    if (watching_ && segment.sequence == sequence_ && segment.flow == flow_)
        return seen_again(outer_octets, now);
    if (watching_ && now - last_sight_ < patience) return allowed;
    if (limit_ != unlimited && !climbing_ && now >= climb_at_ && limit_ < outer_max_)
        climbing_ = true;
    const std::uint16_t step = climbing_ ? next_step() : allowed;
    const bool tries = climbing_ && outer_octets >= step;
    watch(segment, tries ? step : allowed, now);
    return sent_as_;
}

std::uint16_t PathLimit::seen_again(std::uint16_t outer_octets, Instant now) {
    last_sight_ = now;
    if (sent_as_ > limit_) {  // the step was too large
        climbing_ = false;
        climb_at_ = now + retry_after;
        sights_ = 0;
    }
    if (sights_ < 0xff) ++sights_;
    sent_as_ = std::min(outer_octets, limit_);
    if (sights_ > sights_before_pieces) sent_as_ = std::min(sent_as_, outer_octets_least);
    return sent_as_;
}

void PathLimit::watch(const TcpSegment& segment, std::uint16_t sent_as, Instant now) {
    watching_ = true;
    sights_ = 1;
    sent_as_ = sent_as;
    flow_ = segment.flow;
    sequence_ = segment.sequence;
    end_ = segment.sequence + segment.payload_octets;
    last_sight_ = now;
}

bool PathLimit::acknowledged(const TcpSegment& segment) {
    if (!watching_ || segment.flow != flow_ || (segment.flags & tcp_ack) == 0) return false;
    if (static_cast<std::int32_t>(segment.acknowledged - end_) < 0) return false;
    watching_ = false;
    const std::uint16_t before = limit_;
    if (sent_as_ > limit_) {
        limit_ = sent_as_;
        climbing_ = limit_ < outer_max_;
    } else if (sights_ > sights_before_pieces) {
        return doubt();
    }
    return limit_ != before;
}

bool PathLimit::doubt() {
    if (limit_ <= outer_octets_least) return false;
    limit_ = outer_octets_least;
    climbing_ = limit_ < outer_max_;
    watching_ = false;
    return true;
}

std::uint16_t PathLimit::next_step() const {
    const auto step = std::ranges::upper_bound(outer_steps, limit_);
    return step == outer_steps.end() ? outer_max_ : std::min(*step, outer_max_);
}

}  // namespace kanmon::routing
