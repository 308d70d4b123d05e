// Times as people read them.
#pragma once

#include <string>

#include "base/time.h"

namespace kanmon {

/// "2026-11-23", UTC.
std::string date_text(UnixTime time);
/// "15:10:48", UTC.
std::string clock_text(UnixTime time);
/// "2026-11-23 15:10:48", UTC.
std::string time_text(UnixTime time);

}  // namespace kanmon
