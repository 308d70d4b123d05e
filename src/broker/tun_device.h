// TUN devices of the network namespace of the calling thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::broker {

/// Makes a persistent multi-queue TUN device; succeeds when it is there already.
Expected<void, std::string> make_tun(const std::string& device);

struct TunQueues {
    /// One non-blocking descriptor a queue. Where the kernel can (IFF_VNET_HDR, which a descriptor
    /// tells by TUNGETIFF), several packets of a flow come and go as one, with a header before each
    /// (dataplane/routing/offload.h); else they are whole IP packets without any.
    std::vector<UniqueFd> queues;
    /// Names the queue of each destination (tun_steering.h). Nothing with one queue, or where the
    /// kernel does not let us: `why_not`.
    UniqueFd steering;
    std::string why_not;
};
Expected<TunQueues, std::string> open_queues(const std::string& device, std::uint16_t queues);

}  // namespace kanmon::broker
