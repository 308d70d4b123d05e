// What other threads tell a shard's thread, and the packets that strayed to another shard.
//
// Owner:  the shard's thread drains; the keeper, TLS workers and other shards post.
// Limits: `messages_max` messages, `strays_max` packets of `StrayPacket::octets_max`, made once.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "dataplane/io/mailbox.h"
#include "dataplane/io/owner_table.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

/// The servers of a new snapshot, by ServerIndex, who owns their tunnel addresses, and the
/// bandwidth of their gateways.
struct ConfigureShard {
    std::vector<std::shared_ptr<const session::ServerProfile>> profiles;
    std::vector<std::shared_ptr<const TunnelOwners>> owners;
    std::vector<std::shared_ptr<shaper::GatewayLines>> lines;
};
/// A queue of the server's TUN device. Only one thread may read it; a shard that got no queue of
/// its own only writes.
struct AddTun {
    shard::ServerIndex server = 0;
    UniqueFd fd;
    bool reads = true;
};
struct RemoveTun {
    shard::ServerIndex server = 0;
};
struct AddListener {
    shard::ServerIndex server = 0;
    std::uint32_t listener = 0;
    UniqueFd fd;
    bridge::Transport transport = bridge::Transport::udp;
};
/// The server's listeners changed: the one now at place i was at `from[i]`, or is yet to come.
/// Those that are not named are closed; connections that clients have entered by stay.
struct ArrangeListeners {
    static constexpr std::uint32_t yet_to_come = 0xffffffff;
    shard::ServerIndex server = 0;
    std::vector<std::uint32_t> from;
};
struct DisconnectSession {
    std::uint64_t session = 0;
    Cause cause = Cause::disconnected_by_operator;
};
/// Tell whom this client speaks with.
struct TellFlows {
    std::uint64_t question = 0;  // its id on the bridge
    std::uint64_t session = 0;
};
/// Report the drop counters and what the machine provides.
struct ReportAll {
    bool clients = false;  // and every client: control knows none
};
/// Report what was carried since the last time.
struct ReportTraffic {};

using ShardMessage =
    std::variant<std::monostate, ConfigureShard, AddTun, RemoveTun, AddListener, ArrangeListeners,
                 DisconnectSession, TellFlows, ReportAll, ReportTraffic, shard::AdmissionAnswer,
                 shard::LoginReply, shard::TlsDone>;

struct StrayPacket {
    static constexpr std::size_t octets_max = 2304;
    enum class Kind : std::uint8_t { datagram, tunnelled };

    Kind kind = Kind::datagram;
    std::uint16_t octets = 0;
    shard::Path path;  // of a tunnelled packet only the server
    Ipv6 local;        // the address that the sender of a datagram used
    std::array<std::byte, octets_max> packet;
};

struct ShardInbox {
    static constexpr std::size_t messages_max = 16384;
    static constexpr std::size_t strays_max = 1024;

    Wakeup wakeup;
    Mailbox<ShardMessage> mailbox{messages_max, wakeup};
    BoundedQueue<StrayPacket> strays{strays_max};
};

}  // namespace kanmon::io
