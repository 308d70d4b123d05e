#include "controlplane/api/listening_socket.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace kanmon::api {
namespace {

constexpr int waiting_connections_max = 128;

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_storage);
    sockaddr* generic() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }
    sockaddr_in* v4() { return static_cast<sockaddr_in*>(static_cast<void*>(&storage)); }
    sockaddr_in6* v6() { return static_cast<sockaddr_in6*>(static_cast<void*>(&storage)); }
};

SocketAddress socket_address(const Endpoint& endpoint) {
    SocketAddress address;
    if (endpoint.is_v4()) {
        address.v4()->sin_family = AF_INET;
        address.v4()->sin_port = htons(endpoint.port);
        address.v4()->sin_addr.s_addr = htonl(endpoint.as_v4().value);
        address.length = sizeof(sockaddr_in);
        return address;
    }
    address.v6()->sin6_family = AF_INET6;
    address.v6()->sin6_port = htons(endpoint.port);
    std::memcpy(&address.v6()->sin6_addr, endpoint.address.octets.data(), 16);
    address.length = sizeof(sockaddr_in6);
    return address;
}

}  // namespace

bool is_loopback(const Endpoint& endpoint) {
    if (endpoint.is_v4()) return endpoint.as_v4().value >> 24 == 127;
    Ipv6 loopback;
    loopback.octets[15] = 1;
    return endpoint.address == loopback;
}

Expected<UniqueFd, std::string> open_listening_socket(const Endpoint& endpoint) {
    const auto failed = [&](std::string_view what) {
        const int error = errno;
        return unexpected(fmt::format(
            "cannot {} {} for the API: {}{}", what, to_string(endpoint), std::strerror(error),
            error == EADDRINUSE ? "; end the program that holds it, or choose another" : ""));
    };
    const int family = endpoint.is_v4() ? AF_INET : AF_INET6;
    UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("open a socket on");
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    SocketAddress address = socket_address(endpoint);
    if (::bind(socket.get(), address.generic(), address.length) != 0) return failed("take");
    if (::listen(socket.get(), waiting_connections_max) != 0) return failed("listen on");
    return socket;
}

std::uint16_t port_of(const UniqueFd& socket) {
    SocketAddress address;
    if (::getsockname(socket.get(), address.generic(), &address.length) != 0) return 0;
    return address.storage.ss_family == AF_INET ? ntohs(address.v4()->sin_port)
                                                : ntohs(address.v6()->sin6_port);
}

}  // namespace kanmon::api
