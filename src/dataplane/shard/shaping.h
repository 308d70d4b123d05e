// The bandwidths of the gateways whose servers this shard has, the limits that servers set each of
// their clients, and what waits for either here.
//
// Owner:  one shard. Nothing allocates but `arrange`.
// Limits: the blocks of the packet store (`ShardOptions`) and `queues_max`, for all gateways and
//         both directions together.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/shaper/fair_queue.h"
#include "dataplane/shaper/gateway_lines.h"
#include "dataplane/shard/client.h"

namespace kanmon::shard {

/// To clients, or from them into the VPC.
enum class Direction : std::uint8_t { to_client, from_client };

class Shaping {
public:
    static constexpr std::uint32_t queues_max = 4096;  // clients with packets that wait
    static constexpr std::size_t packet_octets_max = 65536;

    Shaping(shaper::DropCounter& drops, std::uint32_t blocks);

    /// Of one server: its gateway's lines, null where there are none, and what each of its clients
    /// may have of them each way, 0 for all.
    struct Share {
        std::shared_ptr<shaper::GatewayLines> lines;
        std::uint64_t client_bits_per_second = 0;
    };
    /// By ServerIndex. What waits for a gateway that is gone is dropped.
    void arrange(const std::vector<Share>& shares);

    /// True when this packet may leave at once. Otherwise `wait` is next.
    bool passes(Client& client, Direction direction, std::size_t octets, Instant now);
    /// The packet waits for its turn, unless there is no room for it.
    void wait(Client& client, Direction direction, Bytes packet, Instant now);
    void forget(Client& client);

    /// When `drain` has something to do; nothing while nobody waits.
    std::optional<Instant> due() const;
    /// Calls `leave(slot, direction, packet)` for each packet whose turn it is.
    template <class Leave>
    void drain(Instant now, Leave leave) {
        for (std::size_t at = 0; at < busy_.size(); ++at)
            for (const Direction direction : {Direction::to_client, Direction::from_client})
                while (const auto leaving = busy_[at]->queue(direction).next(room(), now))
                    leave(leaving->client, direction, leaving->packet);
        std::erase_if(busy_, [](Gateway* gateway) { return gateway->rest(); });
    }

private:
    struct Gateway {
        Gateway(Shaping& shaping, std::shared_ptr<shaper::GatewayLines> of);
        shaper::FairQueue& queue(Direction direction) {
            return direction == Direction::to_client ? to_clients : from_clients;
        }
        /// True, and the gateway is no longer among the busy ones, when nobody waits.
        bool rest();

        std::shared_ptr<shaper::GatewayLines> lines;
        shaper::FairQueue to_clients, from_clients;
        bool busy = false;
    };

    /// What packets of a server's clients have to look up.
    struct Place {
        Gateway* gateway = nullptr;
        std::uint64_t client_bits_per_second = 0;
    };

    Place place_of(const Client& client) const;
    MutableBytes room() { return {room_.get(), packet_octets_max}; }

    shaper::DropCounter& drops_;
    shaper::PacketStore store_;
    shaper::ClientQueues queues_;
    std::unique_ptr<std::byte[]> room_;
    std::vector<std::unique_ptr<Gateway>> gateways_;
    std::vector<Place> by_server_;
    std::vector<Gateway*> busy_;  // somebody waits
};

}  // namespace kanmon::shard
