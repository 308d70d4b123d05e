// The packets of a world: IPv4 or IPv6 with a number nobody else has, so that a second delivery is
// seen (I6). Every IPv6 address of a world is `network6` with the IPv4 one as its last four octets,
// so both families are told by the same numbers.
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
    bool v6 = false;
};

/// The IPv6 pool whose addresses follow from this one's by the rule above.
Cidr6 network6(const Cidr& pool);

Buffer encode(const InnerPacket& packet);
std::optional<InnerPacket> decode_inner_packet(Bytes octets);

}  // namespace kanmon::world
