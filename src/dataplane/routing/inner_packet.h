// Is a tunnelled packet allowed? The IPv4 header is read once, then judged by addresses.
//
//      0        1     2              6        8     9           10        12       16       20
//     +--------+-----+--------+-----+--------+-----+-----------+---------+--------+--------+------+
//     | 4, ihl | tos | length | id  | flags, | ttl | protocol  | header  | source | desti- | …    |
//     |        |     | u16    | u16 | offset |     | u8        | checksum|        | nation |      |
//     +--------+-----+--------+-----+--------+-----+-----------+---------+--------+--------+------+
//
// Pure. Checksums are the receiver's business. Source: RFC 791.
#pragma once

#include <span>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "bridge/causes.h"

namespace kanmon::routing {

struct InnerPacket {
    MutableBytes octets;  // exactly the packet: what follows its total length is cut off
    std::uint8_t header_octets = 20;
    std::uint8_t protocol = 0;
    bool later_fragment = false;  // offset > 0: holds no transport header
    Ipv4 source, destination;
};

/// Errors: not_ip (another version), truncated, malformed (lengths that contradict each other),
/// unsupported_framing (a compression header in front).
Expected<InnerPacket, Cause> read_inner_packet(MutableBytes payload);

/// What one server's clients may send. Borrows `local_networks`.
struct Neighbourhood {
    Cidr client_pool;
    Ipv4 server_address;
    std::span<const Cidr> local_networks;
};

/// A packet that a client with this tunnel address sends. Errors: spoofed_source, multicast
/// (broadcast too), client_to_client, malformed (a destination that no wire carries).
Expected<void, Cause> check_from_client(const InnerPacket& packet, Ipv4 client,
                                        const Neighbourhood& neighbourhood);

}  // namespace kanmon::routing
