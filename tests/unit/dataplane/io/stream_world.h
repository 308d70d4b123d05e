// The TCP side of a shard in one thread: a shard, its connections over the loopback, a keeper and
// TLS workers that answer at once, and clients of our own. The clock is a number.
#pragma once

#include <fcntl.h>
#include <netinet/tcp.h>

#include <thread>

#include "dataplane/io/streams.h"
#include "dataplane/wire/stream_framing.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/shard/world.h"

namespace kanmon::io {

inline UniqueFd listening_socket(const Endpoint& local = loopback) {
    const int family = local.is_v4() ? AF_INET : AF_INET6;
    UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    sockaddr_storage address{};
    const socklen_t octets = write_address(local, family, address);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), octets), 0);
    EXPECT_EQ(::listen(fd.get(), 128), 0);
    return fd;
}

/// Non-blocking. `received_octets` bounds its receive buffer, when not 0.
inline UniqueFd connection_to(const Endpoint& server, int received_octets = 0) {
    const int family = server.is_v4() ? AF_INET : AF_INET6;
    UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (received_octets != 0)
        ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &received_octets, sizeof received_octets);
    sockaddr_storage address{};
    const socklen_t octets = write_address(server, family, address);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), octets), 0);
    ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// A client program behind a connection.
class StreamClient {
public:
    StreamClient(UniqueFd fd, std::uint8_t number, Random& random, Instant now)
        : fd_(std::move(fd)), engine(settings_of(number), random, now) {}

    /// What the program has to say goes out, at most `octets` of it.
    void speak(std::size_t octets = SIZE_MAX) {
        while (auto packet = engine.next_datagram()) {
            std::array<std::byte, 2> prefix{};
            ByteWriter(prefix).u16(static_cast<std::uint16_t>(packet->size()));
            append(unsent_, prefix);
            append(unsent_, *packet);
        }
        const std::size_t count = std::min(octets, unsent_.size());
        if (count == 0) return;
        const ssize_t sent = ::send(fd_.get(), unsent_.data(), count, MSG_NOSIGNAL);
        if (sent > 0) unsent_.erase(unsent_.begin(), unsent_.begin() + sent);
    }

    void listen(Instant now) {
        std::array<std::byte, 65536> room;
        for (;;) {
            const ssize_t got = ::recv(fd_.get(), room.data(), room.size(), 0);
            if (got == 0 || (got < 0 && errno != EAGAIN)) closed = true;
            if (got <= 0) break;
            received_octets += static_cast<std::size_t>(got);
            append(unread_, Bytes(room).first(static_cast<std::size_t>(got)));
        }
        wire::FrameCutter cutter(unread_, wire::frame_octets_max);
        while (const auto frame = cutter.next()) engine.receive(*frame, now);
        EXPECT_FALSE(cutter.broken());
        unread_ = copy_of(cutter.rest());
        while (auto packet = engine.next_inner()) inner.push_back(std::move(*packet));
        while (auto event = engine.next_event())
            if (auto* said = std::get_if<client::Over>(&*event)) overs.push_back(*said);
    }

    int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }
    bool has_unsent() const { return !unsent_.empty(); }

private:
    static client::ClientSettings settings_of(std::uint8_t number) {
        client::ClientSettings settings;
        settings.tls = session::ScriptedTls::client(number);
        settings.username = "user-" + std::to_string(number);
        settings.password = "secret";
        return settings;
    }

    UniqueFd fd_;
    Buffer unsent_, unread_;

public:
    client::ClientEngine engine;
    std::vector<Buffer> inner;
    std::vector<client::Over> overs;
    std::size_t received_octets = 0;
    bool closed = false;
};

class StreamWorld : public shard::Outlet {
public:
    explicit StreamWorld(StreamLimits limits = {}, std::size_t chunks_max = 1024,
                         const Endpoint& local = loopback)
        : random(1),
          shard(shard::World::prepared({}), random, *this),
          streams(
              shard, poll, [this](Stranger stranger) { strangers.push_back(std::move(stranger)); },
              limits, chunks_max),
          listener(listening_socket(local)) {
        settings.listeners = {{bridge::Transport::tcp, local}};
        leases.configure({{"vpn-1", 100, 10}}, {settings});
        shard.configure({shard::profile(settings)}, now);
        poll.watch(listener.fd(), {Source::tcp_listener});
        streams.set_time(now, wall());
    }

    StreamClient client(std::uint8_t number, int received_octets = 0) {
        return StreamClient(connection_to(listener.local(), received_octets), number, random, now);
    }

    /// One turn of a shard's thread.
    bool turn(int milliseconds = 0) {
        streams.set_time(now, wall());
        const auto ready = poll.wait(milliseconds);
        for (const epoll_event& event : ready) {
            const EventTag tag = tag_of(event.data.u64);
            if (tag.source == Source::stream) streams.ready(tag.server, event.events);
            if (tag.source == Source::tcp_listener) streams.accept(listener, {}, port_share);
        }
        while (!jobs.empty() || !questions.empty()) {
            for (shard::TlsJob& job : std::exchange(jobs, {})) finish(std::move(job));
            if (keeper_waits) break;
            for (const auto& question : std::exchange(questions, {})) decide(question);
        }
        if (const auto at = shard.next_deadline(); at && *at <= now) shard.reach(now, wall());
        streams.reach();
        streams.flush();
        return !ready.empty();
    }

    /// Turns until nothing happens any more.
    void settle(StreamClient* program = nullptr) {
        int turns = 0;
        for (int quiet = 0; quiet < 3; ++turns) {
            if (turns == 5000) {
                ADD_FAILURE() << "something keeps the shard awake";
                return;
            }
            if (program != nullptr) {
                program->speak();
                program->listen(now);
            }
            quiet = turn(5) ? 0 : quiet + 1;
        }
        if (program != nullptr) program->listen(now);
    }

    /// Until the program is connected; its timers run.
    void connect(StreamClient& program) {
        for (int i = 0; i < 100 && !program.engine.connected(); ++i) go_on(program);
        EXPECT_TRUE(program.engine.connected());
    }

    /// A tenth of a second for both sides.
    void go_on(StreamClient& program) {
        settle(&program);
        pass(100ms);
        program.engine.reach(now);
    }

    /// Time passes for the gateway, one deadline after the other.
    void pass(Duration span) {
        const Instant end = now + span;
        while (now < end) {
            Instant next = end;
            for (const auto& at : {shard.next_deadline(), streams.next_deadline()})
                if (at) next = std::min(next, *at);
            now = std::min(end, std::max(next, now + 1ms));
            turn();
        }
    }

    void from_vpc(const StreamClient& program, std::size_t body = 1300) {
        Buffer packet = shard::udp_packet(Ipv4{0xac140001}, program.engine.pushed()->address, body);
        shard.from_tunnel(0, packet, now);
    }

    std::uint64_t drops(Cause cause) const {
        const auto index = static_cast<std::size_t>(cause);
        return shard.drops()[index] + streams.drops()[index];
    }
    UnixTime wall() const {
        return unix_time_of(1'750'000'000) +
               std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    }

    // --- Outlet
    void send(const shard::Path& path, Bytes packet) override { streams.send(path.stream, packet); }
    void deliver(shard::ServerIndex, MutableBytes packet) override {
        ++deliveries;
        if (keeps_delivered) delivered.push_back(copy_of(packet));
    }
    bool has_room(const shard::Path& path, std::size_t octets) override {
        return streams.has_room(path.stream, octets);
    }
    void entered(const shard::Path& path, std::size_t octets) override {
        streams.entered(path.stream, octets);
    }
    void proved(const shard::Path& path) override { streams.proved(path.stream); }
    void finished(const shard::Path& path) override { streams.finished(path.stream); }
    void work(shard::TlsJob job) override { jobs.push_back(std::move(job)); }
    void ask(shard::AdmissionQuestion question) override { questions.push_back(question); }
    void ask_login(shard::LoginQuestion question) override {
        logins.push_back(std::move(question));
    }
    void left(std::uint64_t session, Cause cause) override {
        lefts.push_back(cause);
        leases.leave(session, now);
    }
    void report(bridge::ClientFact fact) override { facts.push_back(std::move(fact)); }
    void report(bridge::AttemptRecord record) override { records.push_back(std::move(record)); }

    bridge::SslServer settings = shard::settings();
    SeededRandom random;
    Instant now{1000h};
    admission::LeaseBook leases;
    EventPoll poll;
    shard::Shard shard;
    Streams streams;
    StreamListener listener;
    bool port_share = false;
    bool keeper_waits = false;
    bool keeps_delivered = true;
    std::vector<shard::TlsJob> jobs;
    std::vector<shard::AdmissionQuestion> questions;
    std::vector<Stranger> strangers;
    std::vector<Buffer> delivered;
    std::vector<Cause> lefts;
    std::vector<bridge::ClientFact> facts;
    std::vector<bridge::AttemptRecord> records;
    std::vector<shard::LoginQuestion> logins;
    std::size_t deliveries = 0;

private:
    void finish(shard::TlsJob job) {
        session::TlsProgress progress{job.work.key_id, job.work.generation, nullptr, {}};
        progress.output = job.work.engine->advance(std::move(job.work.input));
        progress.engine = std::move(job.work.engine);
        shard.finish({job.session, std::move(progress)}, now, wall());
    }
    void decide(const shard::AdmissionQuestion& question) {
        const auto lease = leases.take(question.server_id, question.holder, question.session, now);
        shard::AdmissionAnswer answer;
        answer.session = question.session;
        answer.admitted = lease.has_value();
        if (lease) answer.tunnel_address = lease->address;
        shard.answer(answer, now, wall());
    }
};

}  // namespace kanmon::io
