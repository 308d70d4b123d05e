// A network namespace of the test's own, with nothing but a loopback that is up.
#pragma once

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "base/unique_fd.h"

namespace kanmon::io {

inline bool change_device(const char* name, unsigned long request, ifreq change) {
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    std::strncpy(change.ifr_name, name, IFNAMSIZ - 1);
    return ::ioctl(any.get(), request, &change) == 0;
}

inline bool bring_up(const char* name) {
    ifreq change{};
    change.ifr_flags = IFF_UP | IFF_RUNNING;
    return change_device(name, SIOCSIFFLAGS, change);
}

inline bool set_mtu(const char* name, int octets) {
    ifreq change{};
    change.ifr_mtu = octets;
    return change_device(name, SIOCSIFMTU, change);
}

/// Moves the calling thread, for the rest of its life. False where that is not permitted.
inline bool enter_private_network() {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    return bring_up("lo");
}

}  // namespace kanmon::io
