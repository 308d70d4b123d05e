// The three relays: each runs until SIGTERM, one thread, epoll-free (poll), for tests only.
#pragma once

#include <string>

#include "base/address.h"
#include "chaos/impairment.h"

namespace kanmon::chaos {

struct RelayOptions {
    Impairment up;    // from the client to the server
    Impairment down;  // from the server to the client
    std::uint64_t seed = 1;
    Duration rebind_every{};  // zero: only on SIGUSR1
};

/// Set by the signal handlers of main: ends the relay; asks for new source ports.
extern volatile bool stop_asked;
extern volatile bool rebind_asked;

/// Each client address gets a socket of its own toward the server; a rebind closes it and opens
/// another, so that the server sees a new source port: what a NAT does. Returns an error sentence.
std::string relay_udp(Endpoint listen, Endpoint server, const RelayOptions& options);

/// Connections byte for byte in chunks; `corrupt` changes octets, `delay` and `jitter` hold chunks
/// back in order, `loss` cuts a connection, a rebind cuts all of them.
std::string relay_tcp(Endpoint listen, Endpoint server, const RelayOptions& options);

/// Packets between two TUN devices that exist already ("left" is the client's side).
std::string relay_tun(const std::string& left, const std::string& right,
                      const RelayOptions& options);

}  // namespace kanmon::chaos
