// What each client of one shard speaks with, and what came of it.
//
// A place (address, protocol, port of the side that is asked) is one row; a packet costs one look
// at the latest row, or one chain when it is of another flow. A client has at most
// `rows_of_client_max` and loses the one that was silent for longest; when the shard's are all
// taken, whoever's was silent for longest. What was lost is counted for its client.
// Owner:  one shard. `note` neither allocates, locks, logs nor walks more than one chain.
// Limits: `rows_max` a shard, 128 octets each, 4 octets a chain and 16 a slot, all of them memory
//         that is taken when first used.
// Pure: time is an argument. Why so: docs/decisions/0022.
#pragma once

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "bridge/observed_flow.h"

namespace kanmon::flows {

inline constexpr std::uint32_t rows_max = 65536;
inline constexpr std::uint32_t rows_of_client_max = bridge::observed_flows_max;

/// The two ends of a packet, the same in both directions.
struct Ends {
    Ipv6 remote = {};               // IPv4 mapped
    std::uint16_t client_port = 0;  // of TCP and UDP
    std::uint16_t remote_port = 0;
    std::uint8_t protocol = 0;
    friend bool operator==(const Ends&, const Ends&) = default;
};

/// Who asked, as far as one packet shows it.
enum class Asker : std::uint8_t { unsaid, client, vpc };

/// One packet, or several of one flow as one.
struct Sighting {
    Ends ends;
    bool from_client = true;
    Asker asker = Asker::unsaid;
    std::uint8_t tcp_flags = 0;
    std::uint32_t packets = 1;
    std::optional<Cause> denied = {};              // the gateway let none of them pass
    std::optional<std::uint16_t> icmp_error = {};  // type << 8 | code; the ends are the quoted ones
};

class Observer {
public:
    /// `secret`: clients choose addresses and ports, and must not choose chains.
    Observer(std::uint32_t clients_max, std::array<std::uint64_t, 2> secret,
             std::uint32_t capacity = rows_max);

    void note(std::uint32_t client, const Sighting& seen, Instant now);
    /// More of the flow that was noted last, and nothing that begins or ends it. False when its row
    /// is gone.
    bool note_again(bool from_client, std::uint32_t packets, Instant now);

    /// Allocates: not for the packet path.
    bridge::ObservedFlows flows_of(std::uint32_t client) const;
    /// The slot is somebody else's from now on.
    void forget(std::uint32_t client);

    std::uint32_t size() const { return size_; }

private:
    using Index = std::uint32_t;  // of a row, from 1; 0: none

    /// Neighbours in an order of silence.
    struct Neighbours {
        Index newer = 0, older = 0;
    };
    struct Order {
        Index newest = 0, oldest = 0;
    };
    struct Row {
        bridge::ObservedFlow flow;
        std::uint32_t client = 0;
        Index next = 0;  // in its chain, or among those that are free
        Neighbours of_client, of_shard;
        std::uint16_t opener_port = 0;  // of the latest SYN
    };
    struct Owner {
        Order order;
        std::uint32_t count = 0;
        std::uint32_t displaced = 0;
    };
    struct Place;
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };
    template <class T>
    using Zeroed = std::unique_ptr<T[], Free>;
    template <class T>
    static Zeroed<T> zeroed(std::size_t count);

    Row& row(Index index) { return rows_[index - 1]; }
    const Row& row(Index index) const { return rows_[index - 1]; }
    Index& chain_of(std::uint32_t client, const Place& place);
    Index find(std::uint32_t client, const Place& place);
    Index look_up(std::uint32_t client, const Sighting& seen, Instant now);
    Index add(std::uint32_t client, const Place& place, Instant now);
    void make_room(std::uint32_t client);
    void remove(Index index);
    void touch(Index index, Instant now);
    template <Neighbours Row::*place>
    void link(Order& order, Index index);
    template <Neighbours Row::*place>
    void unlink(Order& order, Index index);
    static void count(Row& row, const Sighting& seen);

    std::array<std::uint64_t, 2> secret_;
    std::uint32_t capacity_;
    std::size_t chains_count_;
    std::uint32_t size_ = 0;
    Index free_ = 0;
    Order order_;
    std::vector<Row> rows_;  // never beyond what was reserved
    Zeroed<Index> chains_;
    Zeroed<Owner> owners_;  // by slot
    // The flow of the packet before: packets come in runs.
    Index latest_ = 0;
    Ends latest_ends_;
    std::uint32_t latest_client_ = 0;
};

}  // namespace kanmon::flows
