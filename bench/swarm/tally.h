// What became of many clients: how many connected and how fast, and why others did not. Pure.
//
// Limits: `reasons_max` different reasons are told apart; further ones count as "other reasons".
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"

namespace kanmon::swarm {

/// The value below which that part (0 to 1) of them lies; 0 for none. Sorts.
double quantile(std::vector<double>& values, double part);

/// Jain's index: 1 when all got the same, 1/n when one got everything; 1 for none.
double fairness(std::span<const double> shares);

class Reasons {
public:
    static constexpr std::size_t reasons_max = 20;

    void count(const std::string& reason);
    std::uint64_t total() const { return total_; }
    const std::map<std::string, std::uint64_t>& by_reason() const { return counts_; }

private:
    std::map<std::string, std::uint64_t> counts_;
    std::uint64_t total_ = 0;
};

struct Tally {
    std::uint64_t started = 0;
    std::vector<double> latencies_ms;  // of those that connected
    Reasons failed;                    // before they were connected
    Reasons lost;                      // after it, before they were told to leave
    std::uint64_t left = 0;
    std::uint64_t renegotiated = 0;
    Instant first_start{}, last_connect{};

    std::uint64_t connected() const { return latencies_ms.size(); }
    std::uint64_t settled() const { return connected() + failed.total(); }
    /// From the first start to the last connect; 0 when nobody connected.
    double seconds() const;
    double connects_per_second() const;
};

}  // namespace kanmon::swarm
