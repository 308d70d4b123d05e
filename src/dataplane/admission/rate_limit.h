// How many hellos a network may send: token buckets in a fixed-size sketch.
//
// Each network has one bucket in every row of the sketch; it passes when any of them has a token,
// so a stranger that shares one bucket by accident does not starve it. Only hellos of new clients
// come here; packets of established ones never do.
//
// Owner: one shard. Limits: three quarters of a megabyte, allocated at start, whatever arrives.
// The figures let a thousand clients behind one address return within seconds after a restart,
// while one address at 20,000 hellos a second gets 100 answers a second and nobody else notices.
#pragma once

#include <vector>

#include "base/time.h"
#include "dataplane/admission/network.h"
#include "dataplane/admission/sip_hash.h"

namespace kanmon::admission {

struct Rate {
    std::uint32_t per_second = 1;
    std::uint32_t burst = 1;
};

struct RateLimits {
    Rate host{100, 300};
    Rate neighbourhood{400, 1200};
    Rate global{50000, 50000};
};

/// Token buckets as points in time: a bucket is full when its point is not later than now, and one
/// token moves it by one interval.
class Buckets {
public:
    Buckets(const Rate& rate, std::size_t columns);
    bool has_token(std::uint64_t hash, Instant now) const;
    void take(std::uint64_t hash, Instant now);
    void give_back(std::uint64_t hash);

private:
    static constexpr std::size_t rows = 4;
    std::size_t index(std::uint64_t hash, std::size_t row) const {
        return row * columns_ + (hash >> (16 * row)) % columns_;
    }

    std::size_t columns_;
    std::int64_t interval_, depth_;     // nanoseconds
    std::vector<std::int64_t> points_;  // nanoseconds of the clock
};

class RateLimit {
public:
    explicit RateLimit(const SipKey& key, const RateLimits& limits = {});

    /// True, and a token is taken, when this remote may be answered now. A refusal costs nothing.
    bool allow(const Endpoint& remote, Instant now);
    /// The hello was honest: its sender came back with the cookie.
    void give_back(const Endpoint& remote);

private:
    std::uint64_t hash_of(const Network& network) const;

    SipKey key_;
    Buckets hosts_, neighbourhoods_, global_;
};

}  // namespace kanmon::admission
