// The TUN device of a swarm client, in the network namespace that the process runs in.
//
// Gone with the object. Several packets of a flow come and go as one where the kernel can.
// Errors are sentences that name the device and what was tried.
#pragma once

#include <memory>

#include "dataplane/io/tun_queue.h"
#include "swarm/addressing.h"

namespace kanmon::swarm {

/// The device with its addresses and routes, up. Needs CAP_NET_ADMIN.
Expected<std::unique_ptr<io::TunQueue>, std::string> make_device(const std::string& name,
                                                                 const Addressing& addressing,
                                                                 std::uint16_t mtu);

}  // namespace kanmon::swarm
