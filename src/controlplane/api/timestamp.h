// Times as requests carry them: 2026-11-23T15:10:48Z.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kanmon::api {

std::optional<UnixTime> parse_timestamp(std::string_view text);
std::string timestamp_text(UnixTime time);

}  // namespace kanmon::api
