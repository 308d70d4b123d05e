// The thread around one shard: its epoll, its sockets, its TUN queues, its clock.
//
// One turn: drain the TUN queues, the UDP sockets and the TCP connections, take strays and
// messages, let timers run. What is to be sent leaves at the end of each drain. The clock is read
// once a turn. Between two turns of a fast stream of single packets the thread rests (gathering.h).
// Promises: nothing on the packet path locks, allocates or logs; packets that belong to another
//           shard are handed over to it.
// Owner:    `run` is the shard's thread; `stop` may be called from any other.
// Limits:   the budgets below bound what one source can take of a turn.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "dataplane/io/event_poll.h"
#include "dataplane/io/gathering.h"
#include "dataplane/io/keeper_inbox.h"
#include "dataplane/io/local_addresses.h"
#include "dataplane/io/receive_batch.h"
#include "dataplane/io/send_batch.h"
#include "dataplane/io/shard_inbox.h"
#include "dataplane/io/streams.h"
#include "dataplane/io/tls_workers.h"
#include "dataplane/io/tun_output.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

/// What a shard's thread needs of its surroundings; all of it outlives the loop.
struct ShardWiring {
    std::vector<ShardInbox*> inboxes;  // of all shards, by index
    KeeperInbox* keeper = nullptr;
    TlsWorkers* tls = nullptr;
    const RemoteOwners* remotes = nullptr;
};

class ShardLoop final : public shard::Outlet {
public:
    static constexpr std::size_t tun_budget = 64;                    // packets a queue and turn,
    static constexpr std::size_t tun_octets = std::size_t{1} << 20;  // and what they hold
    static constexpr std::size_t udp_budget = 4;  // receive batches a socket and turn
    /// A turn that comes later than this after the last one began answers at once.
    static constexpr Duration pause = 1ms;
    /// How long nobody is accepted after the descriptors ran out.
    static constexpr Duration accept_pause = 1s;

    ShardLoop(const shard::ShardOptions& options, ShardWiring wiring, StreamLimits streams = {});
    ~ShardLoop() override;

    void run();
    void stop();

    void send(const shard::Path& path, Bytes datagram) override;
    void deliver(shard::ServerIndex server, MutableBytes inner_packet) override;
    MutableBytes room(const shard::Path& path, std::size_t octets) override;
    Ipv6 local_address(const shard::Path& path) const override;
    bool has_room(const shard::Path& path, std::size_t octets) override;
    void entered(const shard::Path& path, std::size_t frame_octets_max) override;
    void proved(const shard::Path& path) override;
    void finished(const shard::Path& path) override;
    std::optional<bridge::StreamQuality> stream_quality(const shard::Path& path) const override;
    void work(shard::TlsJob job) override;
    void ask(shard::AdmissionQuestion question) override;
    void ask_login(shard::LoginQuestion question) override;
    void left(std::uint64_t session, Cause cause) override;
    void report(bridge::ClientFact fact) override;
    void report(bridge::AttemptRecord record) override;

private:
    struct Ports;

    int sleep_milliseconds() const;
    void rest();
    void drain_tun(shard::ServerIndex server, std::size_t slot, std::size_t budget);
    void take_echoes(shard::ServerIndex server, std::uint64_t packets);
    void drain_udp(shard::ServerIndex server, std::uint32_t listener);
    void drain_streams(std::span<const epoll_event> ready);
    void accept(shard::ServerIndex server, std::uint32_t listener);
    void accept_again();
    void drain_inbox();
    void take_stray(StrayPacket& stray);
    void receive(const shard::Path& path, const ReceivedRun& run);
    void enter(shard::ServerIndex server, const TunPacket& packet);
    void hand_over(std::uint32_t owner, shard::ServerIndex server, const TunPacket& packet);
    std::uint32_t owner_of(const ReceivedRun& run) const;
    void hand_over(std::uint32_t owner, StrayPacket::Kind kind, const shard::Path& path,
                   const Ipv6& local, Bytes packet);

    void take(std::monostate) {}
    void take(ConfigureShard message);
    void take(AddTun message);
    void take(RemoveTun message);
    void take(AddListener message);
    void take(ArrangeListeners message);
    void take(DisconnectSession message);
    void take(TellFlows message);
    void take(ReportAll message);
    void take(ReportTraffic message);
    void take(shard::AdmissionAnswer message);
    void take(shard::LoginReply message);
    void take(shard::TlsDone message);

    void flush();
    void pass_on(Stranger stranger);
    Ports& ports(shard::ServerIndex server);
    void close_tuns(shard::ServerIndex server);
    void note(bridge::Provision provision, bool present);
    void find_provisions();
    void report_machine();
    void tell_keeper(KeeperMessage message);
    void retry_keeper();
    void count(Cause cause) { ++drops_[static_cast<std::size_t>(cause)]; }

    const std::uint32_t index_;
    const std::uint32_t shards_;
    ShardWiring wiring_;
    ShardInbox& inbox_;
    SystemRandom random_;
    shard::Shard shard_;
    EventPoll poll_;
    Streams streams_;
    std::vector<Ports> ports_;
    std::optional<Instant> accept_again_at_;
    LocalAddresses locals_;
    ReceiveBatch received_;
    SendBatch sending_;
    TunOutput delivering_;
    Gathering gathering_;
    std::size_t taken_ = 0;                  // datagrams of this turn
    std::unique_ptr<std::byte[]> tun_room_;  // what is read, and behind it pieces of it
    std::deque<KeeperMessage> unsent_;       // what the keeper had no room for
    std::array<std::uint64_t, cause_count> drops_{};
    bridge::BatchSizes tun_reads_;
    bridge::Provisions provisions_{};  // of whatever was opened so far
    bool after_pause_ = false;         // nothing had come for `pause` when this turn began
    std::atomic<bool> stopping_{false};
    Instant now_{};
    UnixTime wall_{};
};

}  // namespace kanmon::io
