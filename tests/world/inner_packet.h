// The packets of a world: IPv4 with a number nobody else has, so that a second delivery is seen
// (I6).
#pragma once

#include <optional>

#include "base/address.h"
#include "base/bytes.h"

namespace kanmon::world {

struct InnerPacket {
    Ipv4 source;
    Ipv4 destination;
    std::uint64_t number = 0;
    Ipv4 true_source;     // the sender's own tunnel address, whatever `source` claims
    bool allowed = true;  // false: must never arrive
};

Buffer encode(const InnerPacket& packet);
std::optional<InnerPacket> decode_inner_packet(Bytes octets);

}  // namespace kanmon::world
