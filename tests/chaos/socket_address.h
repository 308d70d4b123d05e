// Endpoint (IPv4) to and from the kernel's form. Tests only.
#pragma once

#include <netinet/in.h>

#include "base/address.h"

namespace kanmon::chaos {

inline sockaddr_in kernel_address(const Endpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.as_v4().value);
    return address;
}

inline const sockaddr* generic(const sockaddr_in* address) {
    return static_cast<const sockaddr*>(static_cast<const void*>(address));
}
inline sockaddr* generic(sockaddr_in* address) {
    return static_cast<sockaddr*>(static_cast<void*>(address));
}

inline Endpoint endpoint_of(const sockaddr_in& address) {
    return Endpoint::v4(Ipv4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port));
}

}  // namespace kanmon::chaos
