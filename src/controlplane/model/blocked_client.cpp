#include "controlplane/model/blocked_client.h"

#include <fmt/core.h>

namespace kanmon::model {

Outcome<std::chrono::minutes> check_block(std::int64_t minutes) {
    if (minutes >= 1 && minutes <= block_longest.count()) return std::chrono::minutes(minutes);
    return illegal("BlockMinutes",
                   fmt::format("BlockMinutes is {}; a client can be blocked for 1 to {} minutes (a "
                               "week). Without BlockMinutes it may come back at once.",
                               minutes, block_longest.count()));
}

}  // namespace kanmon::model
