// One shard of the data plane as a pure value machine: its clients, their packet path, their
// handshakes.
//
// No I/O, no clock, no threads: the io floor feeds it and gives it an Outlet; the simulator does
// the same with a lossy pipe and a number for a clock. A client belongs to one shard for its whole
// life; the low bits of its peer id name the shard.
//
// Promises: established clients' packets are classified before anything that limits new ones; no
//           memory is kept for an unauthenticated UDP source beyond fixed-size tables; receive and
//           from_tunnel neither lock, allocate nor log for data packets.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/random.h"
#include "base/time.h"
#include "bridge/messages.h"
#include "bridge/snapshot.h"
#include "dataplane/routing/offload.h"
#include "dataplane/session/session.h"
#include "dataplane/shaper/gateway_lines.h"

namespace kanmon::shard {

/// Index of an SSL server in the present snapshot's `servers`, stable while the server exists.
using ServerIndex = std::uint32_t;

/// Which socket a packet came in by, or leaves by.
struct Path {
    ServerIndex server = 0;
    /// Low half: index in that server's `listeners`. High half: the io floor's own, which of the
    /// machine's addresses was asked.
    std::uint32_t listener = 0;
    Endpoint remote;
    /// The connection, when this is a stream; never 0, and not given again soon. 0: datagrams.
    std::uint32_t stream = 0;

    std::uint32_t listener_index() const { return listener & 0xffff; }
    void move_to_listener(std::uint32_t index) { listener = (listener & 0xffff0000) | index; }
    bool is_stream() const { return stream != 0; }
    friend bool operator==(const Path&, const Path&) = default;
};

/// A run of datagrams of one source as the kernel delivered it; each segment is parsed by itself.
struct Run {
    MutableBytes octets;
    std::size_t segment_octets = 0;  // all segments but the last have this size
};

/// A client asks to enter. The keeper (one a data process) decides and answers by `Shard::answer`.
struct AdmissionQuestion {
    std::uint64_t session = 0;
    ServerIndex server = 0;
    std::string server_id;
    std::string holder;       // the user; where none is asked for, the certificate
    std::string common_name;  // of the certificate; empty without one
    Endpoint remote;
    /// A session of the same holder at the same remote address and port that this one replaces, or
    /// 0.
    std::uint64_t replaces = 0;
    bool stream = false;  // over a connection: nobody else can speak from there
};
/// A client claims to be somebody. The keeper asks control and passes on what it says, by
/// `Shard::take_login`: at once, in minutes, or several times.
struct LoginQuestion {
    std::uint64_t session = 0;
    std::uint32_t number = 0;  // of that session's questions
    bridge::LoginQuestion question;
};
struct LoginReply {
    std::uint64_t session = 0;
    std::uint32_t number = 0;
    bridge::LoginAnswer answer;
};

struct AdmissionAnswer {
    std::uint64_t session = 0;
    bool admitted = false;
    Ipv4 tunnel_address;                     // when admitted
    Cause cause = Cause::gateway_not_ready;  // when not
    std::string detail;
    std::chrono::seconds wait{};  // when not, and the cause passes: how long to stay away
};

struct TlsJob {
    std::uint64_t session = 0;
    session::TlsWork work;
};
struct TlsDone {
    std::uint64_t session = 0;
    session::TlsProgress progress;
};

/// The peer id, and with it the owning shard, stands in the low 24 bits of a session's number.
constexpr std::uint32_t shard_of_session(std::uint64_t session, std::uint32_t count) {
    return static_cast<std::uint32_t>(session & 0xffffff) % count;
}

/// Where a shard's output goes. Called during receive, from_tunnel, reach, …, on the shard's
/// thread. `send` and `deliver` borrow the octets until they return; they must not allocate. An
/// outlet that decides at once (a simulator) may call `finish`, `answer` and `take_login` from
/// `work`, `ask` and `ask_login`.
class Outlet {
public:
    virtual ~Outlet() = default;
    virtual void send(const Path& path, Bytes datagram) = 0;
    virtual void deliver(ServerIndex server, MutableBytes inner_packet) = 0;
    /// Room in which a datagram of at most `octets` for this path may be made, so that `send` need
    /// not copy it; empty when there is none. Borrowed until the next call of `send` or `room`.
    virtual MutableBytes room(const Path&, std::size_t octets) {
        static_cast<void>(octets);
        return {};
    }
    /// Streams only. False: the connection cannot take another tunnelled packet that becomes
    /// `octets` long when it is sealed. It is dropped unsealed then, since clients before 2.4 give
    /// up a stream whose packet ids have gaps.
    virtual bool has_room(const Path&, std::size_t octets) {
        static_cast<void>(octets);
        return true;
    }
    /// Streams only: the client is admitted, and may send frames of this length.
    virtual void entered(const Path&, std::size_t frame_octets_max) {
        static_cast<void>(frame_octets_max);
    }
    /// Streams only: whoever connects by this one showed a certificate of ours, or a password.
    virtual void proved(const Path&) {}
    /// Streams only: the last session of this connection is over, or its first packet began none.
    /// It is to be closed when what was sent before has left.
    virtual void finished(const Path&) {}
    /// Our own address outside that the client of this path uses; zeros when nobody knows it.
    virtual Ipv6 local_address(const Path&) const { return {}; }
    /// What the kernel has measured of the connection of this path.
    virtual std::optional<bridge::StreamQuality> stream_quality(const Path&) const { return {}; }
    virtual void work(TlsJob job) = 0;
    virtual void ask(AdmissionQuestion question) = 0;
    virtual void ask_login(LoginQuestion question) = 0;
    /// The lease of this session ends now (its hold begins).
    virtual void left(std::uint64_t session, Cause cause) = 0;
    virtual void report(bridge::ClientFact fact) = 0;
    virtual void report(bridge::AttemptRecord record) = 0;
};

/// What was carried and counted, absolute; of clients only those that carried something since the
/// last time.
struct Traffic {
    std::vector<bridge::ClientTraffic> clients;
    std::vector<bridge::ServerFact> servers;  // of the present snapshot
};

struct ShardOptions {
    std::uint32_t index = 0;  // 0 .. count-1
    std::uint32_t count = 1;  // shards of this process
    std::uint32_t clients_max = 65536;
    std::uint32_t half_open_max = 4096;
    std::uint32_t half_open_per_network_max = 32;  // a /24 or a /64; see admission/half_open.h
    std::uint32_t flows_max = 65536;               // that are observed, 128 octets each
    std::uint32_t waiting_blocks_max = 4096;       // of 2 KiB: packets that wait for a bandwidth
    std::array<std::byte, 32> cookie_key{};        // the same for all shards
};

class Shard {
public:
    Shard(const ShardOptions& options, Random& random, Outlet& outlet);
    ~Shard();

    /// The servers of a new snapshot, with their TLS factories already made. Servers whose profile
    /// changed in what clients hold (of the listeners, their own) dismiss their sessions with
    /// `server_changed`, and revoked certificates end theirs. The index of a profile is its
    /// ServerIndex from now on; goodbyes to clients of servers that changed or went leave during
    /// this call, by the former index. A null profile keeps an index empty.
    void configure(std::vector<std::shared_ptr<const session::ServerProfile>> profiles,
                   Instant now);

    /// By ServerIndex, the lines of the server's gateway, which all shards share; null where
    /// nothing limits it. Without a call nothing is limited.
    void share_bandwidth(std::vector<std::shared_ptr<shaper::GatewayLines>> lines);

    void receive(const Path& path, Run run, Instant now, UnixTime wall);
    /// Packets of one stream, in their order.
    void receive(const Path& path, std::span<const MutableBytes> packets, Instant now,
                 UnixTime wall);
    /// A packet that the VPC sends to a tunnel address, or several of one flow as one. Errors are
    /// counted, not returned.
    void from_tunnel(ServerIndex server, const routing::Offload& offload, MutableBytes packet,
                     Instant now);
    void from_tunnel(ServerIndex server, MutableBytes packet, Instant now) {
        from_tunnel(server, {}, packet, now);
    }
    void finish(TlsDone done, Instant now, UnixTime wall);
    void answer(AdmissionAnswer answer, Instant now, UnixTime wall);
    void take_login(const LoginReply& reply, Instant now, UnixTime wall);
    void disconnect(std::uint64_t session, Cause cause, Instant now, UnixTime wall);
    /// The stream of this path (a TCP connection) has ended: so have its clients, for this cause.
    /// `detail` is our own words.
    void hang_up(const Path& path, Cause cause, std::string_view detail, Instant now,
                 UnixTime wall);
    /// Somebody reached this path and was turned away before there was a session: for the log,
    /// which takes a few of these a minute. `detail` is our own words.
    void note_stranger(const Path& path, Cause cause, std::string_view detail, Instant now,
                       UnixTime wall);
    /// True when a session has begun on this stream and is not over.
    bool serves(const Path& path) const;
    /// One of them is asked for a password or a code, or waits for the answer.
    bool is_at_login(const Path& path) const;
    void reach(Instant now, UnixTime wall);
    std::optional<Instant> next_deadline() const;

    /// Facts of all clients, for a control that knows none.
    void report_all(UnixTime wall);
    /// Those of a part of the clients, of which something is new since they were reported: all have
    /// had their turn after `report_phases` calls. For once a second.
    static constexpr std::uint32_t report_phases = 5;
    void report_some(UnixTime wall);
    const std::array<std::uint64_t, cause_count>& drops() const;
    /// Walks over all clients: for once a second, not for every packet.
    Traffic traffic();
    /// Whom this client speaks with.
    bridge::FlowAnswer flows_of(std::uint64_t session) const;
    std::size_t clients() const;    // that hold a tunnel address
    std::size_t half_open() const;  // that have not been admitted yet
    /// True when the shard owns the client that uses this tunnel address (TUN queues may stray).
    bool owns(ServerIndex server, Ipv4 tunnel_address) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace kanmon::shard
