#include "dataplane/io/udp_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "dataplane/io/socket_address.h"

namespace kanmon::io {

namespace {

constexpr int buffer_octets = 8 << 20;

bool set_option(int fd, int level, int name, int value) {
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

}  // namespace

UdpSocket::UdpSocket(UniqueFd fd) : fd_(std::move(fd)) {
    sockaddr_storage address{};
    socklen_t octets = sizeof address;
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &octets);
    family_ = address.ss_family;
    local_ = read_address(address);
    wildcard_ = is_wildcard(local_.address);
    ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    enlarge_buffers();
    if (wildcard_) ask_for_destination();
    gathers_ = set_option(fd_.get(), SOL_UDP, UDP_GRO, 1);
    if (!gathers_)
        log_event(Severity::warning, "no UDP_GRO: datagrams are received one by one",
                  {{"listener", to_string(local_)}});
    int segment = 0;
    octets = sizeof segment;
    if (::getsockopt(fd_.get(), SOL_UDP, UDP_SEGMENT, &segment, &octets) != 0) {
        segmentation_ = false;
        log_event(Severity::warning, "no UDP_SEGMENT: datagrams are sent one by one",
                  {{"listener", to_string(local_)}});
    }
}

void UdpSocket::enlarge_buffers() {
    // The forcing variants need a capability that this process gave up; the broker may have used
    // them already, so a size is only ever raised.
    const auto raise = [&](int name) {
        int present = 0;
        socklen_t octets = sizeof present;
        ::getsockopt(fd_.get(), SOL_SOCKET, name, &present, &octets);
        if (present < buffer_octets) set_option(fd_.get(), SOL_SOCKET, name, buffer_octets);
    };
    raise(SO_RCVBUF);
    raise(SO_SNDBUF);
}

void UdpSocket::ask_for_destination() {
    const bool done = family_ == AF_INET ? set_option(fd_.get(), IPPROTO_IP, IP_PKTINFO, 1)
                                         : set_option(fd_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (!done)
        log_event(Severity::warning, "no packet information: the kernel picks reply addresses",
                  {{"listener", to_string(local_)}});
}

void UdpSocket::give_up_segmentation() {
    if (!segmentation_) return;
    segmentation_ = false;
    log_event(Severity::warning, "the device cannot segment UDP: plain sends from now on",
              {{"listener", to_string(local_)}});
}

}  // namespace kanmon::io
