// What waits for one direction of a gateway's bandwidth in one shard: a queue a client, served in
// turns (deficit round robin, with clients that just began before those that have been waiting, as
// RFC 8290 has it for flows).
//
// So a client that pings while another one downloads waits for a packet or two, and ten that
// download have a tenth each. Packets wait unsealed: what is dropped leaves no gap in packet ids.
//
// A client may have a limit of its own. While it is beyond that, its packets wait aside and hold up
// nobody: others pass as if it were not there, and it has no part of the line.
//
// Promises: nothing allocates after construction. Packets of a client keep their order.
// Owner:    one shard. Tickets outlive their queues: `forget` before a ticket goes.
// Limits:   `waiting_max` of line time a queue altogether (of which the longest queue pays what is
//           beyond), within `octets_least` and `octets_most`; as much of its own time of a client
//           with a limit, `own_octets_least` at least; the store and the queues, which the lines of
//           a shard share.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "dataplane/shaper/delay_target.h"
#include "dataplane/shaper/packet_store.h"
#include "dataplane/shaper/shared_line.h"

namespace kanmon::shaper {

/// What a client keeps of its place in one direction.
struct Ticket {
    std::uint32_t client = 0;           // the shard's number for it
    std::uint64_t bits_per_second = 0;  // its own limit, set by `limit`; 0: only the gateway's
    std::uint64_t dropped = 0;          // packets, since the client came
    std::uint32_t queue = 0xffffffff;   // private to FairQueue
    Instant free_at{};                  // of the client's own limit
};

/// Whose bandwidth a packet waited for.
enum class Limit : std::uint8_t { gateways, clients_own };

/// Hears of each packet that is dropped. Must not call back.
class DropCounter {
public:
    virtual ~DropCounter() = default;
    virtual void dropped(std::uint32_t client, Limit limit) = 0;
};

struct Leaving {
    std::uint32_t client = 0;
    MutableBytes packet;
};

/// The packets of one client that wait for one line.
struct ClientQueue {
    static constexpr std::uint32_t none = 0xffffffff;

    Ticket* ticket = nullptr;
    PacketNumber head = no_packet, tail = no_packet;
    std::uint32_t octets = 0;
    std::int64_t deficit = 0;
    DelayTarget delay;
    Limit limit = Limit::gateways;  // what it last had to wait for
    bool held = false;              // in the list of those beyond their own limits
    std::uint32_t next = none;
};

/// Queues for all lines of a shard, made once: as many clients as can wait there.
class ClientQueues {
public:
    explicit ClientQueues(std::uint32_t count);
    /// `ClientQueue::none` when all are in use.
    std::uint32_t take();
    void give_back(std::uint32_t queue);
    ClientQueue& operator[](std::uint32_t queue) { return queues_[queue]; }

private:
    std::vector<ClientQueue> queues_;
    std::uint32_t free_ = ClientQueue::none;  // chain by `next`
};

class FairQueue {
public:
    static constexpr Duration waiting_max = 100ms;
    static constexpr std::size_t octets_least = std::size_t{64} << 10;
    static constexpr std::size_t octets_most = std::size_t{4} << 20;
    static constexpr std::size_t own_octets_least = std::size_t{32} << 10;
    /// What a client sends in one turn, so that batches form: this much line time, within bounds.
    static constexpr Duration turn = 500us;
    static constexpr std::size_t turn_octets_least = 1514;
    static constexpr std::size_t turn_octets_most = std::size_t{32} << 10;

    FairQueue(PacketStore& store, ClientQueues& queues, SharedLine& line, DropCounter& drops);
    FairQueue(const FairQueue&) = delete;
    FairQueue& operator=(const FairQueue&) = delete;
    ~FairQueue();

    /// From now on, for what waits too.
    void limit(Ticket& ticket, std::uint64_t bits_per_second);
    /// True, and the line is charged, when these octets of this client may leave now and in one
    /// piece: nobody waits for the line, and it is free.
    bool passes(Ticket& ticket, std::size_t octets, Instant now);
    /// Puts a packet at the end of its client's queue. False when it was dropped for want of room.
    bool push(Ticket& ticket, Bytes packet, Instant now);
    /// The next packet that may leave now, copied into `room` (64 KiB); nothing when none may.
    std::optional<Leaving> next(MutableBytes room, Instant now);
    /// When `next` is worth a call; nothing while nobody waits.
    std::optional<Instant> due() const;
    /// The client goes, and what waits for it with it.
    void forget(Ticket& ticket);

    std::size_t waiting_octets() const { return octets_; }
    /// With packets, those beyond their own limits included.
    std::uint32_t waiting_clients() const { return waiting_; }

private:
    using QueueNumber = std::uint32_t;
    static constexpr QueueNumber none = 0xffffffff;
    struct List {
        QueueNumber head = none, tail = none;
    };

    std::size_t octets_max() const;
    std::int64_t turn_octets() const;
    std::uint32_t ready() const { return waiting_ - held_; }
    bool fits_in_one_piece(const Ticket& ticket, std::size_t octets) const;
    QueueNumber queue_of(Ticket& ticket, Instant now);
    void append(List& list, QueueNumber queue);
    QueueNumber take_first(List& list);
    void remove(List& list, QueueNumber queue);
    void release(QueueNumber queue);
    void hold(QueueNumber queue);
    void let_go_of_held(Instant now);
    void filled(const ClientQueue& queue);
    void emptied(const ClientQueue& queue);
    PacketNumber take_head(ClientQueue& queue);
    void count_drop(Ticket& ticket, Limit limit);
    void drop_head(ClientQueue& queue);
    void drop_late(ClientQueue& queue, Instant now);
    void shorten(ClientQueue& queue, std::size_t octets);
    void shorten_longest();
    bool settle_first(List& list, bool young, Instant now);
    std::optional<Leaving> leave(ClientQueue& queue, MutableBytes room, Instant now);

    PacketStore& store_;
    LineShare share_;
    DropCounter& drops_;
    ClientQueues& queues_;
    List young_;  // clients that came since their last turn
    List old_;
    List aside_;  // clients beyond their own limits
    std::size_t octets_ = 0;
    std::uint32_t waiting_ = 0;  // clients with packets
    std::uint32_t held_ = 0;     // of these: beyond their own limits
    Instant held_until_{};       // when the first of them may send again
};

}  // namespace kanmon::shaper
