#include "dataplane/io/tun_queue.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <cassert>
#include <cerrno>

#include "bridge/tun_offloads.h"

namespace kanmon::io {

std::size_t packets_in(const routing::Offload& offload, Bytes packet) {
    if (offload.segment_octets == 0 || packet.size() <= offload.header_octets) return 1;
    return (packet.size() - offload.header_octets + offload.segment_octets - 1) /
           offload.segment_octets;
}

unsigned taken_offloads(int fd) {
    using bridge::tun_offload_tcp, bridge::tun_offload_udp;
    if (!has_offloads(fd)) return 0;
    for (const unsigned offloads : {tun_offload_tcp | tun_offload_udp, tun_offload_tcp})
        if (::ioctl(fd, TUNSETOFFLOAD, offloads) == 0) return offloads;
    return 0;
}

bool has_offloads(int fd) {
    ifreq answer{};
    return ::ioctl(fd, TUNGETIFF, &answer) == 0 && (answer.ifr_flags & IFF_VNET_HDR) != 0;
}

TunQueue::TunQueue(UniqueFd fd) : fd_(std::move(fd)), offloads_(io::has_offloads(fd_.get())) {
    ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

TunRead TunQueue::read(MutableBytes room, TunPacket& packet) {
    for (;;) {
        const ssize_t octets = ::read(fd_.get(), room.data(), room.size());
        if (octets < 0 && errno == EINTR) continue;
        if (octets < 0 && (errno == EAGAIN || errno == EIO)) return TunRead::empty;
        if (octets <= 0) return TunRead::lost;
        packet = {{}, room.first(static_cast<std::size_t>(octets))};
        if (!offloads_) return TunRead::packet;
        const auto offload = routing::read_offload(packet.octets);
        if (!offload) return TunRead::foreign;
        packet = {*offload, packet.octets.subspan(routing::offload_octets)};
        return TunRead::packet;
    }
}

TunWrite TunQueue::write(const routing::Offload& offload, Bytes packet) {
    assert(offloads_ || offload == routing::Offload{});
    auto header = routing::encode(offload);
    const std::array<iovec, 2> parts{
        iovec{header.data(), header.size()},
        iovec{const_cast<std::byte*>(packet.data()), packet.size()}};  // only read
    const std::size_t from = offloads_ ? 0 : 1;
    for (;;) {
        if (::writev(fd_.get(), &parts[from], static_cast<int>(parts.size() - from)) >= 0)
            return TunWrite::written;
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == ENOBUFS) return TunWrite::full;
        return errno == EINVAL ? TunWrite::refused : TunWrite::failed;
    }
}

}  // namespace kanmon::io
