// Sockets that clients reach, bound in the broker's own namespace and made fresh for each request.
//
// Fresh and not kept: a kept duplicate would stay in its port's group, and the kernel would go on
// steering datagrams into a queue that nobody reads.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "bridge/snapshot.h"

namespace kanmon::broker {

/// `count` sockets that share the port (SO_REUSEPORT), non-blocking; TCP ones already listen.
Expected<std::vector<UniqueFd>, std::string> bind_listener(const bridge::Listener& listener,
                                                           std::uint16_t count);

}  // namespace kanmon::broker
