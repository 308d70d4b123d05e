#include "broker/listening_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace kanmon::broker {

namespace {

/// A client's burst of full windows; the data process may not raise it beyond the system's default.
constexpr int buffer_octets = 4 << 20;
constexpr int backlog = 1024;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    int family = AF_INET;
};

SocketAddress address_of(const Endpoint& local) {
    SocketAddress address;
    if (local.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(local.port);
        v4.sin_addr.s_addr = htonl(local.as_v4().value);
        std::memcpy(&address.storage, &v4, sizeof v4);
        address.size = sizeof v4;
        return address;
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(local.port);
    std::memcpy(&v6.sin6_addr, local.address.octets.data(), local.address.octets.size());
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    address.family = AF_INET6;
    return address;
}

void set_option(int fd, int level, int name, int value) {
    ::setsockopt(fd, level, name, &value, sizeof value);
}

Expected<UniqueFd, int> bind_one(bridge::Transport transport, const SocketAddress& address) {
    const bool tcp = transport == bridge::Transport::tcp;
    const int kind = tcp ? SOCK_STREAM : SOCK_DGRAM;
    UniqueFd fd(::socket(address.family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return unexpected(errno);
    if (tcp) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (!tcp) {
        set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, buffer_octets);
        set_option(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, buffer_octets);
    }
    if (address.family == AF_INET6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
    if (::bind(fd.get(), generic, address.size) != 0) return unexpected(errno);
    if (tcp && ::listen(fd.get(), backlog) != 0) return unexpected(errno);
    return fd;
}

std::string problem_of(const bridge::Listener& listener, int error) {
    const std::string port = (listener.transport == bridge::Transport::tcp ? "TCP " : "UDP ") +
                             to_string(listener.local);
    if (error == EADDRINUSE)
        return port + " is taken by another program; find it with: ss -lnp 'sport = :" +
               std::to_string(listener.local.port) + "'";
    if (error == EADDRNOTAVAIL) return port + ": this machine does not have that address";
    return port + ": " + std::strerror(error);
}

}  // namespace

Expected<std::vector<UniqueFd>, std::string> bind_listener(const bridge::Listener& listener,
                                                           std::uint16_t count) {
    const SocketAddress address = address_of(listener.local);
    std::vector<UniqueFd> sockets;
    for (std::uint16_t i = 0; i < count; ++i) {
        auto fd = bind_one(listener.transport, address);
        if (!fd) return unexpected(problem_of(listener, fd.error()));
        sockets.push_back(std::move(*fd));
    }
    return sockets;
}

}  // namespace kanmon::broker
