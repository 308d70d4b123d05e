// Plain UDP sockets on the loopback, as the broker would bind them.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include "base/address.h"
#include "base/unique_fd.h"
#include "dataplane/io/socket_address.h"

namespace kanmon::io {

inline const Endpoint loopback = Endpoint::v4(Ipv4{0x7f000001}, 0);

inline UniqueFd bound_socket(int family, const Endpoint& local, bool shared = false) {
    UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    const int off = 0;
    if (shared) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_storage address{};
    const socklen_t octets = write_address(local, family, address);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), octets), 0);
    return fd;
}

inline Endpoint local_of(const UniqueFd& fd) {
    sockaddr_storage address{};
    socklen_t octets = sizeof address;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &octets);
    return read_address(address);
}

inline bool readable(int fd, int milliseconds = 1000) {
    pollfd watched{fd, POLLIN, 0};
    return ::poll(&watched, 1, milliseconds) == 1;
}

inline void send_to(const UniqueFd& from, const Endpoint& to, Bytes datagram) {
    sockaddr_storage address{};
    const socklen_t octets = write_address(to, AF_INET, address);
    EXPECT_EQ(::sendto(from.get(), datagram.data(), datagram.size(), 0,
                       reinterpret_cast<sockaddr*>(&address), octets),
              static_cast<ssize_t>(datagram.size()));
}

}  // namespace kanmon::io
