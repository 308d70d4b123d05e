// Gets sockets and TUN queues from the broker and deals them to the shards.
//
// Promises: what is open stays open when the broker dies; only what is missing is asked for, again
//           and again, since control may want a server before the broker has made it.
// Owner:    the keeper's thread; all times are arguments.
// Limits:   none of its own; a listener has one socket a shard.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "bridge/broker_messages.h"
#include "bridge/machine_facts.h"
#include "dataplane/io/server_slots.h"
#include "dataplane/io/shard_inbox.h"

namespace kanmon::io {

class PortDesk {
public:
    static constexpr Duration first_pause = 200ms;
    static constexpr Duration longest_pause = 5s;

    using ToShard = std::function<void(std::uint32_t shard, ShardMessage message)>;
    using ToBroker = std::function<void(bridge::BrokerMessage message)>;

    PortDesk(std::uint32_t shards, ToShard to_shard, ToBroker to_broker)
        : shards_(shards), to_shard_(std::move(to_shard)), to_broker_(std::move(to_broker)) {}

    /// Opens what is new and closes what is gone.
    void apply(const std::vector<ServerSlots::Slot>& slots, Instant now);
    void broker_connected(Instant now);
    void broker_lost() { connected_ = false; }
    void take(bridge::BrokerMessage message, std::vector<UniqueFd> descriptors, Instant now);
    void tun_lost(shard::ServerIndex server, Instant now);

    void reach(Instant now);
    std::optional<Instant> next_deadline() const;
    std::size_t missing() const;
    /// What was found when devices were opened.
    const bridge::Provisions& provisions() const { return provisions_; }

private:
    enum class State : std::uint8_t { missing, asked, open };
    struct Port {
        shard::ServerIndex server = 0;
        std::string server_id;
        std::optional<bridge::Listener> listener;  // nothing: the TUN device
        std::uint32_t number = 0;                  // the listener's place in the server's list
        State state = State::missing;
        std::uint64_t question = 0;
        Instant ask_at{};
        Duration pause = first_pause;
        bool wanted = true;
        std::shared_ptr<TunnelOwners> owners = {};     // of a TUN device,
        std::shared_ptr<SteeringTable> steering = {};  // and what the kernel has of them
    };

    Port& want(shard::ServerIndex server, const std::string& server_id,
               const std::optional<bridge::Listener>& listener, Instant now);
    void want_tun(shard::ServerIndex server, const ServerSlots::Slot& wanted, Instant now);
    void want_listeners(shard::ServerIndex server, const bridge::SslServer& wanted, Instant now);
    void close_tun(shard::ServerIndex server);
    void ask(Port& port);
    void fail(Port& port, const std::string& problem, Instant now);
    void steer_by(Port& port, const UniqueFd& table);
    void deal_tun(const Port& port, std::vector<UniqueFd> descriptors);
    void deal_listener(const Port& port, std::vector<UniqueFd> descriptors);

    const std::uint32_t shards_;
    ToShard to_shard_;
    ToBroker to_broker_;
    std::vector<Port> ports_;
    std::map<shard::ServerIndex, std::size_t> arranged_;  // listeners that the shards count
    bridge::Provisions provisions_{};
    std::uint64_t next_question_ = 1;
    bool connected_ = false;
};

}  // namespace kanmon::io
