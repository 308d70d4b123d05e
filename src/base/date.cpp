#include "base/date.h"

#include <fmt/core.h>

namespace kanmon {

std::string date_text(UnixTime time) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string clock_text(UnixTime time) {
    const std::chrono::hh_mm_ss clock(time - std::chrono::floor<std::chrono::days>(time));
    return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::string time_text(UnixTime time) {
    return date_text(time) + ' ' + clock_text(time);
}

}  // namespace kanmon
