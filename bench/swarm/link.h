// How the packets of one client reach its server: a UDP socket of its own, or a TCP connection.
//
// UDP leaves in bursts of equal datagrams (UDP_SEGMENT) and arrives in runs (UDP_GRO); TCP carries
// frames in runs of up to 64 KiB. The rooms are the thread's, shared by all of its links.
// Limits: as io/send_batch.h and io/output_queue.h; a link whose stream is full says `has_room` no.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "dataplane/io/output_queue.h"
#include "dataplane/io/receive_batch.h"
#include "dataplane/io/send_batch.h"

namespace kanmon::swarm {

struct LinkRooms {
    static constexpr std::size_t stream_octets = std::size_t{128} << 10;

    explicit LinkRooms(std::size_t burst_datagrams) : burst(burst_datagrams) {}

    const std::size_t burst;  // datagrams of one client in a send, at most
    io::ReceiveBatch received;
    io::SendBatch sending;
    io::ChunkPool chunks{8192};
    std::unique_ptr<std::byte[]> stream =
        std::make_unique_for_overwrite<std::byte[]>(stream_octets);
    std::unique_ptr<std::byte[]> packet =
        std::make_unique_for_overwrite<std::byte[]>(stream_octets);
};

/// Takes the packets that arrived, one by one; may change their octets.
class PacketTaker {
public:
    virtual void take(MutableBytes packet) = 0;

protected:
    ~PacketTaker() = default;
};

class Link {
public:
    virtual ~Link() = default;
    virtual int fd() const = 0;
    /// What the socket is to be watched for, as epoll says it.
    virtual std::uint32_t events() const = 0;
    /// Something happened: gives what arrived to `taker`.
    virtual void ready(std::uint32_t events, PacketTaker& taker) = 0;

    /// Whether packets of so many octets together would leave soon.
    virtual bool has_room(std::size_t octets) const = 0;
    /// Room in which the next packet may be made, so that sending it copies less.
    virtual MutableBytes room(std::size_t octets) = 0;
    virtual void send(Bytes packet) = 0;
    /// What was sent leaves now, as far as the kernel takes it.
    virtual void flush() = 0;

    /// The link is of no more use.
    const std::optional<std::string>& failure() const { return failure_; }

protected:
    std::optional<std::string> failure_;
};

struct LinkAddresses {
    Endpoint server;
    std::optional<Ipv6> source;  // IPv4 mapped; nothing: the kernel's choice
    bool tcp = false;
};

/// The error names the system call and the addresses.
Expected<std::unique_ptr<Link>, std::string> open_link(const LinkAddresses& addresses,
                                                       LinkRooms& rooms);

}  // namespace kanmon::swarm
