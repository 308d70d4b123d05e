// The API's listening TCP socket, close-on-exec and non-blocking.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace kanmon::api {

/// "127.0.0.1:8443" or "[::1]:8443"; port 0 lets the kernel choose. Nothing when it is neither.
std::optional<Endpoint> parse_listen_address(std::string_view text);
bool is_loopback(const Endpoint& endpoint);

/// The error is one sentence that names the address and what to do.
Expected<UniqueFd, std::string> open_listening_socket(const Endpoint& endpoint);
/// The port that the kernel gave.
std::uint16_t port_of(const UniqueFd& socket);

}  // namespace kanmon::api
