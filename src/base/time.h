// The two clocks of the project, as types that do not mix.
//
// Instant:  time since boot (CLOCK_BOOTTIME), the same in every process of one boot; all timers.
// UnixTime: the wall clock; only for certificates, tokens, audit and what people read.
// Pure code takes both as arguments. Only `base/clock.h` asks the machine.
#pragma once

#include <chrono>
#include <cstdint>

namespace kanmon {

struct BootClock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<BootClock>;
    static constexpr bool is_steady = true;
};

using Instant = BootClock::time_point;
using Duration = std::chrono::nanoseconds;
using UnixTime = std::chrono::sys_seconds;

using namespace std::chrono_literals;

constexpr std::int64_t nanoseconds_of(Instant instant) {
    return instant.time_since_epoch().count();
}
constexpr Instant instant_of(std::int64_t nanoseconds) {
    return Instant(Duration(nanoseconds));
}
constexpr std::int64_t seconds_of(UnixTime time) {
    return time.time_since_epoch().count();
}
constexpr UnixTime unix_time_of(std::int64_t seconds) {
    return UnixTime(std::chrono::seconds(seconds));
}

}  // namespace kanmon
