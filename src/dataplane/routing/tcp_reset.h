// The answer to a TCP segment of a connection that must not go on: its sender gives it up at once.
//
// Made from the segment in the caller's room, nothing allocates. Never about a reset or a fragment.
// Source: RFC 9293 section 3.5.2.
#pragma once

#include <optional>

#include "dataplane/routing/tcp_segment.h"

namespace kanmon::routing {

/// Room that the longest reset needs.
inline constexpr std::size_t tcp_reset_octets_max = 60;

std::optional<MutableBytes> make_reset(const InnerPacket& packet, MutableBytes room);

}  // namespace kanmon::routing
