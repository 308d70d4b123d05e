// What the TUN devices leave to the other side: the broker offers it, the data process asks whether
// it was taken.
#pragma once

#include <linux/if_tun.h>

namespace kanmon::bridge {

// Not in the headers of kernels before 6.2.
inline constexpr unsigned tun_offload_udp = 0x20 | 0x40;  // TUN_F_USO4 | TUN_F_USO6
inline constexpr unsigned tun_offload_tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

}  // namespace kanmon::bridge
