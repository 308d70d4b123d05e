// An address and a port to listen on, as people write it.
#pragma once

#include <optional>
#include <string_view>

#include "base/address.h"

namespace kanmon {

/// "127.0.0.1:8443", "localhost:8443" or "[::1]:8443". Nothing when it is none of these.
std::optional<Endpoint> parse_listen_address(std::string_view text);

}  // namespace kanmon
