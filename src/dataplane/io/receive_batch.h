// Receives datagrams from a UDP socket, many at a time, into buffers made once.
//
// Promises: nothing allocates after construction; a run is what the kernel joined (UDP_GRO), of one
//           source, and every segment of it still has to be parsed by itself.
// Owner:    one shard's thread; one batch serves all sockets of the shard.
// Limits:   `messages_max` messages of 64 KiB a call; truncated messages are dropped and counted.
#pragma once

#include <memory>
#include <span>

#include "base/address.h"
#include "base/bytes.h"
#include "bridge/machine_facts.h"
#include "dataplane/io/udp_socket.h"

namespace kanmon::io {

struct ReceivedRun {
    Endpoint remote;
    Ipv6 local;  // the destination that the sender used; the wildcard when it is not known
    MutableBytes octets;
    std::size_t segment_octets = 0;

    std::size_t datagrams() const {
        return segment_octets == 0 ? 1 : (octets.size() + segment_octets - 1) / segment_octets;
    }
};

class ReceiveBatch {
public:
    static constexpr std::size_t messages_max = 16;
    static constexpr std::size_t message_octets_max = 65536;

    ReceiveBatch();
    ~ReceiveBatch();

    /// What is there now, at most `messages_max` runs; empty when nothing is. The runs borrow this
    /// batch's buffers until the next call.
    std::span<ReceivedRun> receive(const UdpSocket& socket);
    /// False when the last call got less than it could take: the socket was drained.
    bool filled() const { return filled_; }
    std::uint64_t truncated() const { return truncated_; }
    /// Datagrams of each call that got any.
    const bridge::BatchSizes& sizes() const { return sizes_; }

private:
    struct Rooms;
    std::unique_ptr<Rooms> rooms_;
    bool filled_ = false;
    std::uint64_t truncated_ = 0;
    bridge::BatchSizes sizes_;
};

}  // namespace kanmon::io
