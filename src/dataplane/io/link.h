// A connection to another process of ours that comes back by itself.
//
// Promises: never blocks; connects again for ever, at growing intervals. What was queued when a
//           connection broke is lost: the owner says everything again, since facts are absolute.
// Owner:    the keeper's thread.
// Limits:   `outbox_max` queued messages; beyond them the connection is given up and made anew.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/time.h"
#include "bridge/packet_socket.h"

namespace kanmon::io {

class Link {
public:
    static constexpr std::size_t outbox_max = 65536;
    static constexpr Duration first_pause = 50ms;
    static constexpr Duration longest_pause = 2s;

    /// `name` appears in the log.
    Link(std::string name, std::string path) : name_(std::move(name)), path_(std::move(path)) {}

    int fd() const { return socket_ ? socket_.fd() : -1; }
    bool connected() const { return static_cast<bool>(socket_); }
    bool wants_write() const { return !outbox_.empty(); }
    std::size_t queued() const { return outbox_.size(); }

    /// Connects when it is time to. True when a new connection has just been made.
    bool reach(Instant now);
    /// When `reach` has something to do; nothing while connected.
    std::optional<Instant> next_attempt() const;

    /// Queues and sends what can be sent, with a descriptor beside it. Ignored while not connected.
    void send(Buffer octets, UniqueFd descriptor = {});
    void flush();
    /// The next packet; nothing when there is none or the connection ended.
    std::optional<bridge::Received> receive();
    /// True once for every connection that ended.
    bool lost();

private:
    struct Outgoing {
        Buffer octets;
        UniqueFd descriptor;  // or none
    };

    void close();

    std::string name_;
    std::string path_;
    bridge::PacketSocket socket_;
    std::deque<Outgoing> outbox_;
    Instant next_attempt_{};
    Duration pause_ = first_pause;
    bool lost_ = false;
    bool complained_ = false;
};

}  // namespace kanmon::io
