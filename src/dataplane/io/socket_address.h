// Endpoints as the kernel's socket addresses, for sockets of either family.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/address.h"

namespace kanmon::io {

/// Writes `endpoint` for a socket of `family` (AF_INET or AF_INET6) and returns the octets used.
socklen_t write_address(const Endpoint& endpoint, int family, sockaddr_storage& room);
Endpoint read_address(const sockaddr_storage& address);

/// An IPv4 address in the mapped form that the whole project uses.
Ipv6 mapped(in_addr address);
in_addr unmapped(const Ipv6& address);
/// The wildcard of either family.
bool is_wildcard(const Ipv6& address);

}  // namespace kanmon::io
