#include "dataplane/io/streams.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "dataplane/io/socket_address.h"
#include "dataplane/wire/stream_framing.h"

namespace kanmon::io {

struct Streams::Connection {
    enum class State : std::uint8_t { opening, greeting, established, closing };

    UniqueFd fd;
    shard::Path path;
    State state = State::greeting;
    bool opened = false;     // its first octets were a hello's
    bool addressed = false;  // we have said something
    bool blocked = false;    // the socket takes nothing: its queue waits for EPOLLOUT
    bool gathered = false;   // is in `gathered_`
    bool failed = false;     // is in `failed_`
    bool watched = false;    // is in `watched_`
    bool silent = false;     // our FIN is under way
    bool full = false;       // its queue has been nearly full and not been empty since
    std::size_t frame_octets_max = wire::frame_octets_before_entry;
    Ending ending;  // of one that failed
    Instant accepted_at{};
    Instant deadline{};
    Instant full_since{};
    Duration usually_full{};  // from nearly full to empty, of the last eight times or so
    Buffer tail;              // an incomplete frame
    OutputQueue output;

    std::uint32_t slot() const { return path.stream & 0xffff; }
    EventTag tag() const { return {Source::stream, path.stream, 0}; }
};

namespace {

constexpr std::uint32_t ear = EPOLLIN | EPOLLRDHUP;

// The longest incomplete frame and a whole read behind it.
constexpr std::size_t room_octets =
    wire::frame_prefix_octets + wire::frame_octets_max + Streams::read_octets;

/// However long a peer has stood still, a dozen quick times and it is waited for again.
constexpr Duration remembered_max = 10 * Streams::usually_full_max;

/// How many octets must have come before the kernel wakes us: strangers are not read from, so
/// without it a single octet would wake us for ever.
void wake_at(const UniqueFd& fd, std::size_t octets) {
    const int least = static_cast<int>(octets);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

}  // namespace

Streams::Streams(shard::Shard& shard, EventPoll& poll, StrangerTaker strangers, StreamLimits limits,
                 std::size_t chunks_max)
    : shard_(shard),
      poll_(poll),
      strangers_(std::move(strangers)),
      limits_(limits),
      pool_(chunks_max),
      waiting_(connections_max, limits.waiting_max, limits.waiting_per_network_max),
      room_(std::make_unique_for_overwrite<std::byte[]>(room_octets)) {}

Streams::~Streams() = default;

void Streams::set_time(Instant now, UnixTime wall) {
    now_ = now;
    wall_ = wall;
}

Streams::Connection* Streams::find(std::uint32_t stream) const {
    const std::uint32_t slot = stream & 0xffff;
    if (slot >= connections_.size()) return nullptr;
    Connection* connection = connections_[slot].get();
    return connection != nullptr && connection->path.stream == stream ? connection : nullptr;
}

// --- beginnings ---------------------------------------------------------------------------------

bool Streams::accept(StreamListener& listener, const shard::Path& place, bool port_share) {
    for (std::size_t left = accept_budget; left > 0; --left) {
        AcceptedStream accepted;
        const AcceptOutcome outcome = listener.accept(accepted);
        if (outcome == AcceptOutcome::empty) return true;
        if (outcome == AcceptOutcome::exhausted) return false;
        if (!enter(std::move(accepted), place, port_share)) count(Cause::rate_limited);
    }
    return true;
}

/// False when there are too many who have not been admitted; the connection closes at once then.
bool Streams::enter(AcceptedStream accepted, const shard::Path& place, bool port_share) {
    if (free_.empty()) {
        if (connections_.size() == connections_max) return false;
        free_.push_back(static_cast<std::uint32_t>(connections_.size()));
        connections_.emplace_back();
        generations_.push_back(1);
    }
    const std::uint32_t slot = free_.back();
    const auto entry = waiting_.enter(slot, accepted.remote, now_);
    if (!entry.entered) return false;
    free_.pop_back();
    if (entry.evict)
        end(*connections_[*entry.evict], {Cause::rate_limited, "too many unfinished handshakes"});
    connections_[slot] = std::make_unique<Connection>();
    ++size_;
    Connection& connection = *connections_[slot];
    connection.fd = std::move(accepted.fd);
    connection.path = place;
    connection.path.remote = accepted.remote;
    connection.path.stream = std::uint32_t{generations_[slot]} << 16 | slot;
    connection.accepted_at = now_;
    if (port_share) {
        connection.state = Connection::State::opening;
        wake_at(connection.fd, wire::stream_opening_octets);
    }
    wait_until(connection, now_ + limits_.greeting_wait);
    poll_.watch(connection.fd.get(), connection.tag(), ear);
    return true;
}

/// On a shared port: looks at the first octets and leaves them where they are.
Streams::Opened Streams::open(Connection& connection, std::uint32_t events) {
    std::array<std::byte, wire::stream_opening_octets> first{};
    const ssize_t got = ::recv(connection.fd.get(), first.data(), first.size(), MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Opened::undecided;
    if (got <= 0) return Opened::not_ours;
    switch (wire::opening_of(Bytes(first).first(static_cast<std::size_t>(got)))) {
        case wire::StreamOpening::undecided:
            // Readable with less than what we wait for: the peer will not send more.
            return (events & EPOLLRDHUP) != 0 ? Opened::not_ours : Opened::undecided;
        case wire::StreamOpening::stranger:
            hand_over(connection);
            return Opened::undecided;
        case wire::StreamOpening::hello:
            break;
    }
    wake_at(connection.fd, 1);
    connection.state = Connection::State::greeting;
    return Opened::ours;
}

void Streams::hand_over(Connection& connection) {
    wake_at(connection.fd, 1);
    poll_.unwatch(connection.fd.get());
    Stranger stranger{connection.path.server, connection.path.remote, std::move(connection.fd)};
    release(connection);
    strangers_(std::move(stranger));
}

void Streams::close_waiting(shard::ServerIndex server) {
    for (const std::uint32_t stream : std::vector(watched_)) {
        Connection* connection = find(stream);
        if (connection != nullptr && connection->path.server == server &&
            connection->state < Connection::State::established && !shard_.serves(connection->path))
            release(*connection);
    }
}

// --- what they say ------------------------------------------------------------------------------

void Streams::ready(std::uint32_t stream, std::uint32_t events) {
    Connection* connection = find(stream);
    if (connection == nullptr || connection->failed) return;
    if ((events & EPOLLOUT) != 0) write(*connection);
    if ((events & ~std::uint32_t{EPOLLOUT}) == 0 || connection->failed) return;
    if (connection->state == Connection::State::closing) return discard(*connection);
    if (connection->state == Connection::State::opening) {
        const Opened opened = open(*connection, events);
        if (opened == Opened::not_ours) return release(*connection);
        if (opened == Opened::undecided) return;
    }
    read(*connection);
}

void Streams::read(Connection& connection) {
    for (std::size_t left = read_budget; left > 0; --left) {
        const std::size_t kept = connection.tail.size();
        const ssize_t got =
            ::recv(connection.fd.get(), room_.get() + kept, read_octets, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return;
        if (got < 0) return end(connection, broken_by(errno));
        if (got == 0) return end(connection, {Cause::client_left, "the client closed it"});
        if (kept > 0) std::memcpy(room_.get(), connection.tail.data(), kept);
        connection.tail.clear();
        const auto received = static_cast<std::size_t>(got);
        if (!take(connection, MutableBytes(room_.get(), kept + received))) return;
        if (received < read_octets) return;
    }
}

/// False when nothing more is to be read from this connection.
bool Streams::take(Connection& connection, MutableBytes received) {
    if (!connection.opened) {
        const auto opening = wire::opening_of(received);
        connection.opened = opening == wire::StreamOpening::hello;
        if (opening == wire::StreamOpening::stranger) {
            count(Cause::unknown_opcode);
            shard_.note_stranger(connection.path, Cause::unknown_opcode,
                                 "the connection does not speak OpenVPN", now_, wall_);
            release(connection);
            return false;
        }
    }
    wire::FrameCutter cutter(received, connection.frame_octets_max);
    std::array<MutableBytes, frames_at_once> frames;
    std::size_t used = 0;
    do {
        used = 0;
        while (used < frames.size()) {
            const auto frame = cutter.next();
            if (!frame) break;
            frames[used++] = *frame;
        }
        if (used > 0) shard_.receive(connection.path, std::span(frames).first(used), now_, wall_);
        if (connection.failed || connection.state == Connection::State::closing) return false;
    } while (used == frames.size());
    if (cutter.broken()) {
        count(Cause::malformed);
        end(connection, {Cause::malformed, "what came is no packet of OpenVPN"});
        return false;
    }
    if (cutter.rest().empty()) return true;
    connection.tail.reserve(wire::frame_prefix_octets + connection.frame_octets_max);
    append(connection.tail, cutter.rest());
    return true;
}

/// We have said our last word; the peer's FIN is awaited, so that no reset overtakes that word.
void Streams::discard(Connection& connection) {
    for (std::size_t left = read_budget; left > 0; --left) {
        const ssize_t got = ::recv(connection.fd.get(), room_.get(), read_octets, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (got <= 0) return release(connection);
    }
}

// --- what they are told -------------------------------------------------------------------------

bool Streams::has_room(std::uint32_t stream, std::size_t packet_octets) const {
    const Connection* connection = find(stream);
    return connection != nullptr && !connection->failed &&
           packet_octets <= wire::frame_octets_max &&
           connection->output.has_room(pool_, packet_octets);
}

void Streams::send(std::uint32_t stream, Bytes packet) {
    Connection* connection = find(stream);
    if (connection == nullptr || connection->failed || packet.size() > wire::frame_octets_max)
        return count(Cause::send_failed);
    if (!connection->output.push(pool_, packet)) {
        count(Cause::queue_full);
        return fail(*connection, {Cause::connection_broken, "the client does not read"});
    }
    connection->addressed = true;
    mark(*connection);
    if (!connection->blocked && connection->output.octets() >= ChunkPool::chunk_octets)
        write(*connection);
    note_fill(*connection);
}

void Streams::note_fill(Connection& connection) {
    if (connection.full && connection.output.empty()) {
        connection.full = false;
        const Duration took = std::min<Duration>(now_ - connection.full_since, remembered_max);
        connection.usually_full += (took - connection.usually_full) / 8;
    } else if (!connection.full && connection.output.octets() > nearly_full_octets) {
        connection.full = true;
        connection.full_since = now_;
        if (connection.usually_full <= usually_full_max) full_.push_back(connection.path.stream);
    }
}

bool Streams::press_back() {
    std::erase_if(full_, [this](std::uint32_t stream) {
        const Connection* connection = find(stream);
        return connection == nullptr || !connection->full || connection->failed ||
               now_ - connection->full_since > full_wait_max;
    });
    return !full_.empty();
}

bool Streams::press_back(shard::ServerIndex server) {
    return press_back() && std::ranges::any_of(full_, [&](std::uint32_t stream) {
               return find(stream)->path.server == server;
           });
}

void Streams::mark(Connection& connection) {
    if (connection.gathered) return;
    connection.gathered = true;
    gathered_.push_back(connection.path.stream);
}

void Streams::write(Connection& connection) {
    while (!connection.output.empty()) {
        const Bytes next = connection.output.front();
        ++send_calls_;
        const ssize_t sent =
            ::send(connection.fd.get(), next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) return set_blocked(connection, true);
        if (sent < 0) return fail(connection, broken_by(errno));
        connection.output.sent(pool_, static_cast<std::size_t>(sent));
        if (static_cast<std::size_t>(sent) < next.size()) return set_blocked(connection, true);
    }
    set_blocked(connection, false);
    note_fill(connection);
    if (connection.state != Connection::State::closing || connection.silent) return;
    connection.silent = true;
    ::shutdown(connection.fd.get(), SHUT_WR);
    wait_until(connection, now_ + limits_.closing_wait);
}

void Streams::set_blocked(Connection& connection, bool blocked) {
    if (connection.blocked == blocked) return;
    connection.blocked = blocked;
    poll_.watch_again(connection.fd.get(), connection.tag(),
                      blocked ? ear | std::uint32_t{EPOLLOUT} : ear);
}

void Streams::flush() {
    for (std::size_t i = 0; i < gathered_.size(); ++i) {
        Connection* connection = find(gathered_[i]);
        if (connection == nullptr) continue;
        connection->gathered = false;
        if (!connection->blocked && !connection->failed) write(*connection);
    }
    gathered_.clear();
    for (std::size_t i = 0; i < failed_.size(); ++i)
        if (Connection* connection = find(failed_[i])) end(*connection, connection->ending);
    failed_.clear();
}

// --- middles and ends ---------------------------------------------------------------------------

void Streams::entered(std::uint32_t stream, std::size_t frame_octets_max) {
    Connection* connection = find(stream);
    if (connection == nullptr || connection->state == Connection::State::closing) return;
    connection->state = Connection::State::established;
    connection->frame_octets_max = std::min(frame_octets_max, wire::frame_octets_max);
    waiting_.leave(connection->slot());
}

void Streams::proved(std::uint32_t stream) {
    if (const Connection* connection = find(stream)) waiting_.prove(connection->slot());
}

Ipv6 Streams::local_address(std::uint32_t stream) const {
    const Connection* connection = find(stream);
    sockaddr_storage address{};
    socklen_t octets = sizeof address;
    if (connection == nullptr ||
        ::getsockname(connection->fd.get(), reinterpret_cast<sockaddr*>(&address), &octets) != 0)
        return {};
    return read_address(address).address;
}

std::optional<bridge::StreamQuality> Streams::quality(std::uint32_t stream) const {
    const Connection* connection = find(stream);
    tcp_info info{};
    socklen_t octets = sizeof info;
    if (connection == nullptr ||
        ::getsockopt(connection->fd.get(), IPPROTO_TCP, TCP_INFO, &info, &octets) != 0)
        return std::nullopt;
    return bridge::StreamQuality{.round_trip_microseconds = info.tcpi_rtt,
                                 .repeated_segments = info.tcpi_total_retrans};
}

void Streams::finished(std::uint32_t stream) {
    Connection* connection = find(stream);
    if (connection == nullptr || connection->state == Connection::State::closing) return;
    if (!connection->addressed) return fail(*connection, {});  // there is no last word to wait for
    connection->state = Connection::State::closing;
    waiting_.leave(connection->slot());
    wait_until(*connection, now_ + limits_.closing_wait);
    mark(*connection);
}

void Streams::wait_until(Connection& connection, Instant deadline) {
    connection.deadline = deadline;
    next_deadline_ = next_deadline_ ? std::min(*next_deadline_, deadline) : deadline;
    if (connection.watched) return;
    connection.watched = true;
    watched_.push_back(connection.path.stream);
}

std::optional<Instant> Streams::next_deadline() const {
    return next_deadline_;
}

void Streams::reach() {
    if (!next_deadline_ || *next_deadline_ > now_) return;
    next_deadline_.reset();
    std::vector<std::uint32_t> present;
    present.swap(watched_);
    for (const std::uint32_t stream : present) {
        Connection* connection = find(stream);
        if (connection == nullptr) continue;
        connection->watched = false;
        if (connection->state == Connection::State::established) continue;
        if (connection->deadline > now_)
            wait_until(*connection, connection->deadline);
        else if (is_overdue(*connection))
            end(*connection, {Cause::handshake_timeout, "it was not admitted in time"});
    }
}

/// False when it has come far enough to be waited for longer, until its new deadline.
bool Streams::is_overdue(Connection& connection) {
    if (connection.state == Connection::State::greeting && shard_.serves(connection.path)) {
        const bool at_login = shard_.is_at_login(connection.path);
        const Instant entry_by =
            connection.accepted_at + (at_login ? limits_.login_wait : limits_.entry_wait);
        if (now_ < entry_by) {
            wait_until(connection, entry_by);
            return false;
        }
    }
    if (connection.state != Connection::State::closing) count(Cause::truncated);
    return true;
}

/// What a socket said, in words that an operator can do something with.
Streams::Ending Streams::broken_by(int error) {
    switch (error) {
        case ECONNRESET:
            return {Cause::connection_broken, "it was reset, by the client or on the way"};
        case EPIPE:  // its FIN lies unread behind what it said before
            return {Cause::client_left, "the client closed it"};
        case ETIMEDOUT:
            return {Cause::connection_broken, "what was sent was not acknowledged in time"};
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
            return {Cause::connection_broken, "there was no way to the client any more"};
        default:
            return {Cause::connection_broken, "the socket failed"};
    }
}

/// From within the shard's calls: the session is told later.
void Streams::fail(Connection& connection, const Ending& ending) {
    if (connection.failed) return;
    connection.failed = true;
    connection.ending = ending;
    failed_.push_back(connection.path.stream);
}

void Streams::end(Connection& connection, Ending ending) {
    const shard::Path path = connection.path;
    if (!connection.opened)
        shard_.note_stranger(path, Cause::truncated, "the connection ended before a first packet",
                             now_, wall_);
    release(connection);
    shard_.hang_up(path, ending.cause, ending.detail, now_, wall_);
}

void Streams::release(Connection& connection) {
    const std::uint32_t slot = connection.slot();
    if (connection.fd) poll_.unwatch(connection.fd.get());
    waiting_.leave(slot);
    connection.output.clear(pool_);
    connections_[slot].reset();
    if (++generations_[slot] == 0) generations_[slot] = 1;
    free_.push_back(slot);
    --size_;
}

}  // namespace kanmon::io
