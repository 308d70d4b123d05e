// How many requests a second are taken of one access key, and of one network whose requests turn
// out to be signed by nobody.
//
// Each has `burst` requests in hand, which come back at `per_second`. A key is charged for what it
// signed, and only for that: nobody without its secret can use up its share. A network is charged
// for requests that were not signed rightly; while it has none in hand, its requests are refused
// before their signature is looked at.
//
// Promises: the memory is bounded; whoever gives way to others had most in hand, and begins anew.
// Owner:    any thread (one lock). Pure: time is an argument.
// Limits:   throttled_max keys and as many networks.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/time.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

inline constexpr std::size_t throttled_max = 4096;
inline constexpr std::chrono::seconds told_every{10};

struct RequestRate {
    std::uint32_t per_second = 100;  // 1 - 1,000,000
    std::uint32_t burst = 200;       // 1 - 1,000,000
};

/// One share each of those who are counted in it. Not thread-safe.
class RateShares {
public:
    RateShares(const RequestRate& rate, std::size_t size_max);

    /// How long until there is something in hand; zero: there is.
    Duration wait(const std::string& who, Instant now) const;
    /// The same, and takes it when there is.
    Duration take(const std::string& who, Instant now);
    void give_back(const std::string& who);
    std::size_t size() const { return whole_at_.size(); }

private:
    Duration wait_until(Instant whole_at, Instant now) const;
    void make_room(Instant now);

    const Duration interval_;
    const Duration in_hand_;  // the time in which all but one come back
    const std::size_t size_max_;
    std::map<std::string, Instant> whole_at_;  // when everything is back; absent: it is
};

class RequestThrottle {
public:
    struct Counts {
        std::uint64_t of_keys = 0;      // refused, since the start
        std::uint64_t of_networks = 0;  // refused, since the start
    };

    explicit RequestThrottle(const RequestRate& rate, std::size_t size_max = throttled_max);

    /// Before the signature is looked at. Throttling.Api (429).
    model::Outcome<void> admit(const std::string& network, Instant now);
    /// Its request was signed by nobody.
    void charge(const std::string& network, Instant now);
    /// Whether its share would do; nothing is taken yet. Throttling.User (429).
    model::Outcome<void> admit_key(const std::string& access_key, Instant now);
    /// The same, and takes of its share. Throttling.User (429).
    model::Outcome<void> charge_key(const std::string& access_key, Instant now);
    /// What was charged for was seen before.
    void give_back(const std::string& access_key);

    Counts counts() const;
    /// The counts, when something was refused and nothing was told for `told_every`.
    std::optional<Counts> news(Instant now);

private:
    model::Outcome<void> judged_key(Duration wait);

    mutable std::mutex lock_;
    RateShares keys_;
    RateShares networks_;
    Counts counts_;
    std::optional<Instant> told_at_;
};

}  // namespace kanmon::api
