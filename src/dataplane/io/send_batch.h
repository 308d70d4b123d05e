// Collects the datagrams of one turn and sends them with few system calls.
//
// Consecutive datagrams of one size to one destination become one send (UDP_SEGMENT), the sends of
// a socket one sendmmsg. Nothing is ever delayed to fill a batch: the shard flushes at the end of
// each drain.
// Promises: nothing allocates after construction; what the kernel refuses is counted, never waited
//           for.
// Owner:    one shard's thread; one batch serves all sockets of the shard.
// Limits:   `arena_octets`, `messages_max` sends, 64 segments a send; at a limit it flushes early.
#pragma once

#include <memory>

#include "base/address.h"
#include "base/bytes.h"
#include "bridge/machine_facts.h"
#include "dataplane/io/udp_socket.h"

namespace kanmon::io {

struct SendCounters {
    std::uint64_t datagrams = 0;  // accepted by the kernel
    std::uint64_t calls = 0;      // system calls
    bridge::BatchSizes sizes;     // of these: datagrams each
    std::uint64_t queue_full = 0;
    std::uint64_t failed = 0;
};

class SendBatch {
public:
    static constexpr std::size_t arena_octets = std::size_t{256} << 10;
    static constexpr std::size_t messages_max = 64;
    static constexpr std::size_t segments_max = 64;
    static constexpr std::size_t message_octets_max = 65000;  // below 65,507, any header included

    SendBatch();
    ~SendBatch();

    /// Room in which the next datagram of so many octets may be made, so that adding it copies
    /// nothing. Borrowed until the next `add` or `flush`. May flush.
    MutableBytes room(std::size_t octets);

    /// Copies the datagram, unless it lies at the front of the present `room`. `source` is the
    /// local address to send from, the wildcard for the kernel's choice. `socket` must live until
    /// the next flush.
    void add(UdpSocket& socket, const Endpoint& remote, const Ipv6& source, Bytes datagram);
    void flush();

    const SendCounters& counters() const { return counters_; }

private:
    struct Rooms;
    struct Message;
    bool extend_last(const Endpoint& remote, const Ipv6& source, std::size_t octets);
    void prepare(std::size_t index);
    void send_plainly(const Message& message);
    void count_failure(int error, std::size_t datagrams);
    std::size_t handle_refusal(const Message& message, int error);

    std::unique_ptr<Rooms> rooms_;
    UdpSocket* socket_ = nullptr;
    std::size_t used_octets_ = 0;
    std::size_t used_messages_ = 0;
    SendCounters counters_;
};

}  // namespace kanmon::io
