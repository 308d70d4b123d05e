#include "broker/tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

#include "bridge/tun_offloads.h"
#include "broker/tun_steering.h"

namespace kanmon::broker {

namespace {

/// As much as the kernel knows; packets then come with what they leave to us written before them.
void offer_offloads(int fd) {
    using bridge::tun_offload_tcp, bridge::tun_offload_udp;
    for (const unsigned offloads :
         {tun_offload_tcp | tun_offload_udp, tun_offload_tcp, unsigned{TUN_F_CSUM}})
        if (::ioctl(fd, TUNSETOFFLOAD, offloads) == 0) return;
}

Expected<UniqueFd, std::string> attach(const std::string& device) {
    UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd)
        return unexpected(std::string("open /dev/net/tun: ") + std::strerror(errno) +
                          " (make it with: modprobe tun)");
    ifreq request{};
    std::memcpy(request.ifr_name, device.data(),
                std::min(device.size(), sizeof request.ifr_name - 1));
    constexpr short plain = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE;
    request.ifr_flags = plain | IFF_VNET_HDR;
    if (::ioctl(fd.get(), TUNSETIFF, &request) == 0) {
        offer_offloads(fd.get());
        return fd;
    }
    request.ifr_flags = plain;
    if (::ioctl(fd.get(), TUNSETIFF, &request) != 0)
        return unexpected("attach to the TUN device " + device + ": " + std::strerror(errno));
    return fd;
}

}  // namespace

Expected<void, std::string> make_tun(const std::string& device) {
    const auto fd = attach(device);
    if (!fd) return unexpected(fd.error());
    if (::ioctl(fd->get(), TUNSETPERSIST, 1) != 0)
        return unexpected("keep the TUN device " + device + ": " + std::strerror(errno));
    return {};
}

Expected<TunQueues, std::string> open_queues(const std::string& device, std::uint16_t queues) {
    TunQueues opened;
    for (std::uint16_t i = 0; i < queues; ++i) {
        auto fd = attach(device);
        if (!fd) return unexpected(fd.error());
        opened.queues.push_back(std::move(*fd));
    }
    if (queues < 2) return opened;
    if (auto steering = steer_queues(opened.queues.front().get()))
        opened.steering = std::move(*steering);
    else
        opened.why_not = steering.error();
    return opened;
}

}  // namespace kanmon::broker
