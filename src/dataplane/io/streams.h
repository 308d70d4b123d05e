// The TCP connections of one shard: who waits, who is in, what they sent and are to get.
//
//     accepted ──> opening ──> greeting ──> established ──> closing ──> (closed)
//                    │            │   admitted          │ last session over: what is queued leaves,
//                    │            │                     │ then our FIN, then theirs
//                    │            ├─ 60 s (at a login 7 min), or the peer ends: closed
//                    │            └─ a hello that begins no session: closed silently, at once
//                    └─ a stranger: handed over unread (a shared port), else closed silently
//
// A connection stays on the shard that accepted it and never moves to another address. What the
// kernel has is read 64 KiB at a time, its packets are cut in place; only an incomplete one is kept
// with its connection. What a turn has to say to a client leaves with one system call.
//
// Promises: control packets are never dropped: a connection that cannot take one is closed. A slow
//           peer costs `OutputQueue`'s limits and, a few times, everybody else `full_wait_max`.
//           The established path allocates nothing.
// Owner:    one shard's thread.
// Limits:   `connections_max`; StreamLimits for who has not been admitted; per network as
//           admission/half_open.h says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/admission/half_open.h"
#include "dataplane/io/event_poll.h"
#include "dataplane/io/output_queue.h"
#include "dataplane/io/stream_listener.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

struct StreamLimits {
    std::uint32_t waiting_max = 1024;            // that have not been admitted
    std::uint32_t waiting_per_network_max = 32;  // a /24 or a /64
    Duration greeting_wait = 20s;                // from the connection to a session that has begun
    Duration entry_wait = 60s;                   // from the connection to the client's admission
    Duration login_wait = 420s;                  // or, while somebody is asked for a password or a
                                                 // code there; the session's own limits are less
    Duration closing_wait = 5s;                  // from our last word to the peer's FIN
};

/// A connection that does not speak OpenVPN; nothing was read from it.
struct Stranger {
    shard::ServerIndex server = 0;
    Endpoint remote;
    UniqueFd fd;
};

class Streams {
public:
    static constexpr std::uint32_t connections_max = 16384;
    static constexpr std::size_t read_octets = std::size_t{64} << 10;
    static constexpr std::size_t read_budget = 4;     // reads a connection and turn
    static constexpr std::size_t accept_budget = 64;  // connections a listener and turn
    static constexpr std::size_t frames_at_once = 64;
    /// From here on a queue may lack the room for 64 KiB that arrive as one, sealed and framed.
    static constexpr std::size_t nearly_full_octets =
        OutputQueue::tunnelled_octets_max - (std::size_t{72} << 10);
    /// Ten milliseconds are what the scheduler of a busy machine may keep a peer from reading.
    static constexpr Duration full_wait_max = 10ms;
    static constexpr Duration usually_full_max = 3ms;  // half a gigabit a second

    using StrangerTaker = std::function<void(Stranger)>;

    Streams(shard::Shard& shard, EventPoll& poll, StrangerTaker strangers, StreamLimits limits = {},
            std::size_t chunks_max = 1024);
    ~Streams();

    /// Every turn begins with it.
    void set_time(Instant now, UnixTime wall);

    /// `place` says which server and listener. False when there are no descriptors left.
    bool accept(StreamListener& listener, const shard::Path& place, bool port_share);
    /// The socket of this stream has something for us (epoll's events).
    void ready(std::uint32_t stream, std::uint32_t events);
    /// The connections of that server which have not begun a session.
    void close_waiting(shard::ServerIndex server);

    // --- what the shard says; called from within its calls ---
    void send(std::uint32_t stream, Bytes packet);
    bool has_room(std::uint32_t stream, std::size_t packet_octets) const;
    /// Our own address of that connection; zeros when there is none.
    Ipv6 local_address(std::uint32_t stream) const;
    /// Nothing when there is no such connection.
    std::optional<bridge::StreamQuality> quality(std::uint32_t stream) const;
    void entered(std::uint32_t stream, std::size_t frame_octets_max);
    /// Whoever connects there is no stranger any more.
    void proved(std::uint32_t stream);
    void finished(std::uint32_t stream);

    /// True while a nearly full queue is expected to empty soon. What is for it had better wait
    /// in the tunnel's device, whose senders notice, than be dropped. Only a peer that usually
    /// empties its queue within `usually_full_max` is waited for: slow ones hold nobody up.
    bool press_back();
    bool press_back(shard::ServerIndex server);  // of that server's clients
    /// Sends what was gathered and ends who has failed. Not from within the shard's calls.
    void flush();
    void reach();
    std::optional<Instant> next_deadline() const;

    std::size_t size() const { return size_; }
    std::size_t waiting() const { return waiting_.size(); }
    std::size_t chunks_in_use() const { return pool_.in_use(); }
    std::uint64_t send_calls() const { return send_calls_; }
    const std::array<std::uint64_t, cause_count>& drops() const { return drops_; }

private:
    struct Connection;
    /// Why a connection ends, for the record of its client.
    struct Ending {
        Cause cause = Cause::client_left;
        std::string_view detail = {};
    };
    static Ending broken_by(int error);
    enum class Opened : std::uint8_t { undecided, ours, not_ours };

    Connection* find(std::uint32_t stream) const;
    bool enter(AcceptedStream accepted, const shard::Path& place, bool port_share);
    Opened open(Connection& connection, std::uint32_t events);
    void hand_over(Connection& connection);
    void read(Connection& connection);
    bool take(Connection& connection, MutableBytes received);
    void discard(Connection& connection);
    void write(Connection& connection);
    void set_blocked(Connection& connection, bool blocked);
    void mark(Connection& connection);
    void note_fill(Connection& connection);
    void wait_until(Connection& connection, Instant deadline);
    bool is_overdue(Connection& connection);
    void fail(Connection& connection, const Ending& ending);
    void end(Connection& connection, Ending ending);  // by value: it may be the connection's own
    void release(Connection& connection);
    void count(Cause cause) { ++drops_[static_cast<std::size_t>(cause)]; }

    shard::Shard& shard_;
    EventPoll& poll_;
    StrangerTaker strangers_;
    const StreamLimits limits_;
    ChunkPool pool_;
    admission::HalfOpen waiting_;
    std::vector<std::unique_ptr<Connection>> connections_;  // by the low half of the stream
    std::vector<std::uint16_t> generations_;                // the high half of the next one
    std::vector<std::uint32_t> free_;
    std::vector<std::uint32_t> gathered_;  // streams that something was queued for in this turn
    std::vector<std::uint32_t> full_;      // prompt streams whose queue is nearly full
    std::vector<std::uint32_t> failed_;    // streams to be ended when the shard has returned
    std::vector<std::uint32_t> watched_;   // streams that have a deadline
    std::optional<Instant> next_deadline_;
    std::unique_ptr<std::byte[]> room_;
    std::size_t size_ = 0;
    std::uint64_t send_calls_ = 0;
    std::array<std::uint64_t, cause_count> drops_{};
    Instant now_{};
    UnixTime wall_{};
};

}  // namespace kanmon::io
