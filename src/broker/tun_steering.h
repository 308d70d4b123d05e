// Which queue of a TUN device the packets come out of that the kernel routes into it.
//
// By itself the kernel remembers where a flow's packets last came in (4,096 flows a device, for
// three seconds) and spreads the others by a hash: what a host of the VPC begins, or sends without
// an answer, then comes out anywhere. The program made here looks the destination up instead.
// Source: TUNSETSTEERINGEBPF (linux/if_tun.h), bpf(2); tun_ebpf_select_queue in drivers/net/tun.c.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::broker {

/// Steers the device of this queue by the table that is returned, empty as yet: `steering_octets`
/// (bridge/tun_steering.h) to be mapped. It lives as long as the device does or somebody has it.
/// An error, where the kernel does not let us, leaves the kernel's own way.
Expected<UniqueFd, std::string> steer_queues(int queue);

}  // namespace kanmon::broker
