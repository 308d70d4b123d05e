#include "base/clock.h"

#include <ctime>

namespace kanmon {

Instant boot_now() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

UnixTime unix_now() {
    return UnixTime(std::chrono::seconds(std::time(nullptr)));
}

}  // namespace kanmon
