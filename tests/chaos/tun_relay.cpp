#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cstring>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "chaos/relay.h"

namespace kanmon::chaos {

namespace {

UniqueFd attach(const std::string& device) {
    UniqueFd fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    device.copy(request.ifr_name, IFNAMSIZ - 1);
    if (ioctl(fd.get(), TUNSETIFF, &request) != 0) fd.reset();
    return fd;
}

void drain(int from, ImpairedPath& path, Buffer& buffer, Instant now) {
    for (;;) {
        const ssize_t got = read(from, buffer.data(), buffer.size());
        if (got <= 0) return;
        path.put(Bytes(buffer).first(static_cast<std::size_t>(got)), 0, now);
    }
}

void deliver(ImpairedPath& path, int to, Instant now) {
    while (const auto parcel = path.take(now))
        if (write(to, parcel->octets.data(), parcel->octets.size()) < 0) continue;
}

}  // namespace

std::string relay_tun(const std::string& left, const std::string& right,
                      const RelayOptions& options) {
    const UniqueFd from = attach(left);
    const UniqueFd to = attach(right);
    if (!from || !to)
        return "cannot attach to " + left + " and " + right + ": " + std::strerror(errno);
    ImpairedPath up(options.up, options.seed);
    ImpairedPath down(options.down, options.seed + 1);
    Buffer buffer(65536);
    while (!stop_asked) {
        std::array<pollfd, 2> waiting{{{from.get(), POLLIN, 0}, {to.get(), POLLIN, 0}}};
        poll(waiting.data(), waiting.size(), up.next_due() || down.next_due() ? 1 : 100);
        const Instant now = boot_now();
        drain(from.get(), up, buffer, now);
        drain(to.get(), down, buffer, now);
        deliver(up, to.get(), now);
        deliver(down, from.get(), now);
    }
    return "";
}

}  // namespace kanmon::chaos
