#include "dataplane/io/socket_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace kanmon::io {

Ipv6 mapped(in_addr address) {
    return Endpoint::v4(Ipv4{ntohl(address.s_addr)}, 0).address;
}

in_addr unmapped(const Ipv6& address) {
    const Ipv4 v4 = Endpoint{address, 0}.as_v4();
    return in_addr{htonl(v4.value)};
}

bool is_wildcard(const Ipv6& address) {
    return address == Ipv6{} || address == Endpoint::v4(Ipv4{0}, 0).address;
}

socklen_t write_address(const Endpoint& endpoint, int family, sockaddr_storage& room) {
    if (family == AF_INET) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(endpoint.port);
        address.sin_addr = unmapped(endpoint.address);
        std::memcpy(&room, &address, sizeof address);
        return sizeof address;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.octets.data(), endpoint.address.octets.size());
    std::memcpy(&room, &address, sizeof address);
    return sizeof address;
}

Endpoint read_address(const sockaddr_storage& address) {
    Endpoint endpoint;
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return Endpoint{mapped(v4.sin_addr), ntohs(v4.sin_port)};
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    std::memcpy(endpoint.address.octets.data(), &v6.sin6_addr, endpoint.address.octets.size());
    endpoint.port = ntohs(v6.sin6_port);
    return endpoint;
}

}  // namespace kanmon::io
