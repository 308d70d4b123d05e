// Which shard a datagram belongs to, decided by the kernel before it queues the datagram.
//
// A socket filter on each listener's group of sockets (SO_REUSEPORT) picks the socket of the shard:
//   P_DATA_V2      the 24-bit peer id, octets 1..3, modulo the number of shards: a shard gives its
//                  clients only peer ids that name it, so a float stays on the shard
//   P_DATA_V1      names nobody: the kernel's hash of the addresses decides
//   anything else  octet 8, the last of the sender's session id, modulo the number of shards: all
//                  control packets of a client meet on one shard, also after a float
// `shard_of` is the same rule for packets that arrived although a filter could not be set.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace kanmon::io {

/// The shard of this datagram, or nothing when the datagram does not tell.
std::optional<std::uint32_t> shard_of(Bytes datagram, std::uint32_t shards);

/// Sets the filter on the group that `socket` belongs to. False when the kernel has no such filter;
/// the gateway works without it, at the price of handing packets over between shards.
bool steer(int socket, std::uint32_t shards);

}  // namespace kanmon::io
