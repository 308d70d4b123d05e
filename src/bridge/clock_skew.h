// How far a client's clock is from ours, for whoever judges it or tells it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace kanmon::bridge {

inline constexpr std::int32_t clock_skew_seconds_max = 600;

/// `behind`: ours minus the client's, in seconds; nothing where no packet has told it.
inline bool is_skewed(const std::optional<std::int32_t>& behind) {
    return behind && std::abs(*behind) > clock_skew_seconds_max;
}

/// "clock is 90 s behind the gateway's"
inline std::string clock_skew_text(std::int32_t behind) {
    return "clock is " + std::to_string(std::abs(behind)) + " s " +
           (behind > 0 ? "behind" : "ahead of") + " the gateway's";
}

}  // namespace kanmon::bridge
