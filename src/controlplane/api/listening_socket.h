// The API's listening TCP socket, close-on-exec and non-blocking.
#pragma once

#include <string>

#include "base/address.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::api {

bool is_loopback(const Endpoint& endpoint);

/// The error is one sentence that names the address and what to do.
Expected<UniqueFd, std::string> open_listening_socket(const Endpoint& endpoint);
/// The port that the kernel gave.
std::uint16_t port_of(const UniqueFd& socket);

}  // namespace kanmon::api
