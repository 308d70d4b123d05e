// When a certificate is near its end, and how near.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"

namespace kanmon::model {

/// Each is told once for a certificate: 90, 30 and 7 days before its end, and the end itself.
inline constexpr std::array<std::chrono::days, 4> expiry_warnings{
    std::chrono::days(90), std::chrono::days(30), std::chrono::days(7), std::chrono::days(0)};

/// The nearest of these that was reached, so that whoever comes late is told once and not three
/// times. Nothing while the end is further away than all of them.
std::optional<std::chrono::days> expiry_warning(UnixTime not_after, UnixTime now);
/// When the next of them is reached; nothing after the end.
std::optional<UnixTime> next_expiry_warning(UnixTime not_after, UnixTime now);

}  // namespace kanmon::model
