// TUN devices of the network namespace of the calling thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::broker {

/// Makes a persistent multi-queue TUN device; succeeds when it is there already.
Expected<void, std::string> make_tun(const std::string& device);

/// One non-blocking descriptor a queue: whole IP packets without a header before them.
Expected<std::vector<UniqueFd>, std::string> open_queues(const std::string& device,
                                                         std::uint16_t queues);

}  // namespace kanmon::broker
