// The one thread of the data process that knows the outside: control, the broker, the snapshot.
//
// Promises: when control or the broker dies nothing here touches a packet: what is open stays open,
//           what is connected stays connected; it connects again and says everything again.
// Owner:    `run` is the keeper's thread; `dismiss_all` and `stop` may be called from any other.
// Limits:   `records_max` records wait while control is away, further ones are counted.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <vector>

#include "dataplane/io/gate.h"
#include "dataplane/io/gateway_book.h"
#include "dataplane/io/keeper_inbox.h"
#include "dataplane/io/link.h"
#include "dataplane/io/login_desk.h"
#include "dataplane/io/port_desk.h"
#include "dataplane/io/server_slots.h"

namespace kanmon::io {

struct KeeperOptions {
    std::string bridge_path;
    std::string broker_path;
    std::uint64_t process = 0;  // random, new at every start
    TlsMaker make_tls = make_server_tls;
};

struct KeeperWiring {
    std::vector<ShardInbox*> inboxes;  // of all shards, by index
    KeeperInbox* inbox = nullptr;
    RemoteOwners* remotes = nullptr;
};

class Keeper final : public GateOutlet, public LoginOutlet {
public:
    static constexpr std::size_t records_max = 4096;
    static constexpr std::size_t records_of_strangers_max = 2048;  // waiting, whoever's they are
    static constexpr std::size_t ended_max = 4096;
    static constexpr std::size_t outbox_for_records = 1024;
    static constexpr std::size_t outbox_for_strangers = 32;
    static constexpr Duration report_interval = 5s;
    static constexpr Duration traffic_interval = 1s;

    Keeper(KeeperOptions options, KeeperWiring wiring);

    void run();
    /// Says goodbye to every client.
    void dismiss_all();
    void stop();
    std::size_t clients() const { return clients_.load(); }

    void answer(std::uint32_t shard, shard::AdmissionAnswer answer) override;
    void disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) override;
    void reply(std::uint32_t shard, shard::LoginReply reply) override;
    void tell_control(bridge::Message message) override;
    void own(const bridge::Lease& lease, const std::optional<Endpoint>& remote,
             std::optional<std::uint32_t> shard) override;

private:
    void wait();
    void greet_control();
    void receive_control();
    void receive_broker();
    void take_command(bridge::Message message, std::vector<UniqueFd> descriptors);
    void take_snapshot(const UniqueFd& memory);
    void drain_inbox();

    void take(std::uint32_t, std::monostate) {}
    void take(std::uint32_t shard, shard::AdmissionQuestion question);
    void take(std::uint32_t shard, shard::LoginQuestion question);
    void take(std::uint32_t shard, SessionLeft message);
    void take(std::uint32_t shard, bridge::ClientFact fact);
    void take(std::uint32_t shard, DropReport report);
    void take(std::uint32_t shard, MachineReport report);
    void take(std::uint32_t shard, shard::Traffic traffic);
    void take(std::uint32_t shard, TunLost message);
    void take(std::uint32_t shard, Stranger message);
    void take(std::uint32_t shard, FlowsTold message);

    void to_shard(std::uint32_t shard, ShardMessage message);
    void retry_shards();
    void report(bool clients = false);
    void report_traffic();
    void send_records();
    void tell_provisions(const bridge::Provisions& present);
    void keep_record(bridge::AttemptRecord record);

    KeeperOptions options_;
    KeeperWiring wiring_;
    Link control_;
    Link broker_;
    Gate gate_;
    LoginDesk logins_;
    ServerSlots slots_;
    GatewayBook gateways_;
    PortDesk ports_;
    std::vector<std::deque<ShardMessage>> unsent_;  // by shard: what its mailbox had no room for
    std::deque<bridge::AttemptRecord> records_;
    std::deque<bridge::ClientFact> ended_;                  // said again after a reconnect
    std::vector<DropReport> drops_;                         // by shard
    std::vector<MachineReport> machine_;                    // by shard
    bridge::Provisions told_{};                             // by the log
    std::vector<std::vector<bridge::ServerFact>> servers_;  // by shard
    std::uint64_t snapshot_number_ = 0;
    Instant now_{};
    Instant report_at_{};
    Instant records_at_{};  // when those that wait are sent, together
    bool control_speaks_ = false;
    bool broker_speaks_ = false;
    Instant traffic_at_{};
    std::atomic<std::size_t> clients_{0};
    std::atomic<bool> dismissing_{false};
    std::atomic<bool> stopping_{false};
};

}  // namespace kanmon::io
