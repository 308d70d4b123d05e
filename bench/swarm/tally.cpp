#include "swarm/tally.h"

#include <algorithm>

namespace kanmon::swarm {

double quantile(std::vector<double>& values, double part) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(static_cast<double>(values.size() - 1) * part)];
}

double fairness(std::span<const double> shares) {
    double sum = 0, squares = 0;
    for (const double share : shares) {
        sum += share;
        squares += share * share;
    }
    return squares == 0 ? 1 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

void Reasons::count(const std::string& reason) {
    ++total_;
    const bool told_apart = counts_.contains(reason) || counts_.size() < reasons_max;
    ++counts_[told_apart ? reason : "other reasons"];
}

double Tally::seconds() const {
    if (latencies_ms.empty()) return 0;
    return std::chrono::duration<double>(last_connect - first_start).count();
}

double Tally::connects_per_second() const {
    const double span = seconds();
    return span > 0 ? static_cast<double>(connected()) / span : 0;
}

}  // namespace kanmon::swarm
