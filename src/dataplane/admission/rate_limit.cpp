#include "dataplane/admission/rate_limit.h"

#include <algorithm>
#include <limits>

namespace kanmon::admission {

namespace {

constexpr std::size_t sketch_columns = 8192;
constexpr std::int64_t nanoseconds_a_second = 1'000'000'000;

}  // namespace

Buckets::Buckets(const Rate& rate, std::size_t columns)
    : columns_(columns),
      interval_(nanoseconds_a_second / rate.per_second),
      depth_(interval_ * rate.burst),
      points_(rows * columns, std::numeric_limits<std::int64_t>::min() / 2) {}

bool Buckets::has_token(std::uint64_t hash, Instant now) const {
    const std::int64_t latest = nanoseconds_of(now) + depth_ - interval_;
    for (std::size_t row = 0; row < rows; ++row)
        if (points_[index(hash, row)] <= latest) return true;
    return false;
}

void Buckets::take(std::uint64_t hash, Instant now) {
    const std::int64_t full = nanoseconds_of(now) + depth_;
    for (std::size_t row = 0; row < rows; ++row) {
        std::int64_t& point = points_[index(hash, row)];
        point = std::min(std::max(point, nanoseconds_of(now)) + interval_, full);
    }
}

void Buckets::give_back(std::uint64_t hash) {
    for (std::size_t row = 0; row < rows; ++row) points_[index(hash, row)] -= interval_;
}

RateLimit::RateLimit(const SipKey& key, const RateLimits& limits)
    : key_(key),
      hosts_(limits.host, sketch_columns),
      neighbourhoods_(limits.neighbourhood, sketch_columns),
      global_(limits.global, 1) {}

std::uint64_t RateLimit::hash_of(const Network& network) const {
    std::array<std::byte, 17> input{};
    ByteWriter out(input);
    out.u8(network.significant);
    out.bytes(std::as_bytes(std::span(network.octets)));
    return sip_hash(key_, input);
}

bool RateLimit::allow(const Endpoint& remote, Instant now) {
    const std::uint64_t host = hash_of(host_of(remote));
    const std::uint64_t neighbourhood = hash_of(neighbourhood_of(remote));
    if (!hosts_.has_token(host, now) || !neighbourhoods_.has_token(neighbourhood, now) ||
        !global_.has_token(0, now))
        return false;
    hosts_.take(host, now);
    neighbourhoods_.take(neighbourhood, now);
    global_.take(0, now);
    return true;
}

void RateLimit::give_back(const Endpoint& remote) {
    hosts_.give_back(hash_of(host_of(remote)));
    neighbourhoods_.give_back(hash_of(neighbourhood_of(remote)));
    global_.give_back(0);
}

}  // namespace kanmon::admission
