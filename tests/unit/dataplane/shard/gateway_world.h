// A whole gateway in one value: a shard, its keeper, its TLS workers, and clients around it.
//
// Packets arrive at once; what is lost, the test takes out of `wire`. Time stands until `run`.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>

#include "client/client_engine.h"
#include "client/wrapping_pair.h"
#include "dataplane/admission/lease_book.h"
#include "dataplane/shard/shard.h"
#include "unit/dataplane/session/scripted_tls.h"

namespace kanmon::shard {

inline crypto::PeerCertificate certificate(std::uint8_t number) {
    crypto::PeerCertificate made;
    made.common_name = "vsc-" + std::to_string(number);
    made.serial = "0" + std::to_string(number);
    made.sha256.fill(std::byte{number});
    return made;
}

inline bridge::SslServer settings(const std::string& id = "vss-1") {
    bridge::SslServer server;
    server.id = id;
    server.gateway_id = "vpn-1";
    server.listeners = {{bridge::Transport::udp, Endpoint::v4(Ipv4{}, 1194)},
                        {bridge::Transport::tcp, Endpoint::v4(Ipv4{}, 1194)}};
    server.client_pool = *parse_cidr("10.8.0.0/24");
    server.local_networks = {*parse_cidr("172.20.0.0/16")};
    server.ciphers = {"AES-256-GCM", "AES-128-GCM"};
    server.fallback_cipher = "AES-128-CBC";
    return server;
}

inline std::shared_ptr<const session::ServerProfile> profile(
    const bridge::SslServer& server = settings()) {
    static const auto tls = [] {
        session::Certificates known;
        for (std::uint8_t number = 1; number < 100; ++number) known[number] = certificate(number);
        return session::ScriptedTls::server(known);
    }();
    auto made = std::make_shared<session::ServerProfile>();
    made->server = server;
    made->tls = tls;
    made->server_address = admission::server_address(server.client_pool);
    return made;
}

inline Buffer udp_packet(Ipv4 from, Ipv4 to, std::size_t body = 100) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(20 + body));
    out.u32(0);
    out.u16(0x4011);
    out.u16(0);
    out.u32(from.value);
    out.u32(to.value);
    out.bytes(Buffer(body));
    return out.finish();
}

inline bridge::SslServer settings_with_ipv6() {
    bridge::SslServer server = settings();
    server.inner6 = bridge::Inner6{.client_pool = *parse_cidr6("fd00:8::/64"),
                                   .local_networks = {*parse_cidr6("fd20::/64")},
                                   .dns_servers = {}};
    return server;
}

inline Buffer udp6_packet(const Ipv6& from, const Ipv6& to, std::size_t body = 100) {
    BufferWriter out;
    out.u32(0x60000000);
    out.u16(static_cast<std::uint16_t>(body));
    out.u16(0x1140);
    out.bytes(std::as_bytes(std::span(from.octets)));
    out.bytes(std::as_bytes(std::span(to.octets)));
    out.bytes(Buffer(body));
    return out.finish();
}

struct Sent {
    Path path;
    Buffer octets;
};

/// A client program at an address.
struct Peer {
    Path path;
    client::ClientEngine engine;
    std::vector<Buffer> inner;
    std::vector<client::Over> overs;
    bool connected = false;
    unsigned renegotiations = 0;

    Ipv4 address() const { return engine.pushed()->address; }
};

class World : public Outlet {
public:
    explicit World(ShardOptions options = {}, std::uint32_t connections_max = 1000)
        : random(1), shard(prepared(options), random, *this) {
        maximum = connections_max;
        configure({profile()});
    }
    /// A server with this wrapping, and clients that have its keys.
    explicit World(const client::WrappingPair& pair) : World() {
        bridge::SslServer server = settings();
        server.wrapping = pair.server();
        server.digest = server.wrapping.digest;
        configure({profile(server)});
        wrapping = pair.client();
    }

    void configure(std::vector<std::shared_ptr<const session::ServerProfile>> profiles) {
        std::vector<bridge::SslServer> servers;
        for (const auto& each : profiles)
            if (each) servers.push_back(each->server);
        leases.configure({{"vpn-1", maximum, 10}}, servers);
        shard.configure(std::move(profiles), now);
    }

    Peer& add(std::uint8_t number, const Endpoint& remote,
              const client::Personality& who = client::openvpn_2_5, std::uint32_t listener = 0,
              std::uint32_t stream = 0, client::ClientSettings program = {}) {
        program.personality = &who;
        program.tls = session::ScriptedTls::client(number);
        program.wrapping = wrapping;
        program.unix_seconds =
            static_cast<std::uint32_t>(seconds_of(wall()) - clients_clock_behind);
        const Path path{0, listener, remote, stream};
        peers.push_back(std::make_unique<Peer>(
            Peer{path, client::ClientEngine(std::move(program), random, now), {}, {}}));
        return *peers.back();
    }

    void receive(const Path& path, Buffer octets) {
        const std::size_t size = octets.size();
        shard.receive(path, {octets, size}, now, wall());
    }

    /// Exchanges what there is, then lets time pass to the next deadline, until `span` is over.
    void run(Duration span) {
        const Instant end = now + span;
        for (;;) {
            while (exchange()) {
            }
            Instant next = end;
            if (const auto at = shard.next_deadline()) next = std::min(next, *at);
            for (const auto& peer : peers)
                if (const auto at = peer->engine.next_deadline()) next = std::min(next, *at);
            if (now >= end) return;
            now = std::min(end, std::max(next, now + 1ms));
            shard.reach(now, wall());
            for (const auto& peer : peers) peer->engine.reach(now);
        }
    }

    Peer& connected(std::uint8_t number, const Endpoint& remote,
                    const client::Personality& who = client::openvpn_2_5,
                    client::ClientSettings program = {}) {
        Peer& peer = add(number, remote, who, 0, 0, std::move(program));
        run(3s);
        if (!peer.connected) throw std::runtime_error("the client is not connected");
        return peer;
    }

    /// The datagram in which this client would send that packet.
    Buffer sealed(Peer& peer, Bytes packet) {
        while (exchange()) {
        }
        peer.engine.from_tunnel(packet, now);
        return *peer.engine.next_datagram();
    }

    std::uint64_t drops(Cause cause) const {
        return shard.drops()[static_cast<std::size_t>(cause)];
    }
    std::uint64_t all_drops() const {
        std::uint64_t sum = 0;
        for (const std::uint64_t count : shard.drops()) sum += count;
        return sum;
    }
    UnixTime wall() const {
        return unix_time_of(1'750'000'000 - clock_set_back) +
               std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
    }

    // --- Outlet
    void send(const Path& path, Bytes datagram) override {
        ++sends;
        last_sent_octets = datagram.size();
        watches(path, datagram);
        if (!quiet) sent.push_back({path, copy_of(datagram)});
    }
    void deliver(ServerIndex server, MutableBytes packet) override {
        ++deliveries;
        if (!quiet) delivered.emplace_back(server, copy_of(packet));
    }
    Ipv6 local_address(const Path&) const override { return own_outer; }
    bool has_room(const Path& path, std::size_t octets) override {
        return room_left ? room_left(path, octets) : true;
    }
    void entered(const Path& path, std::size_t frame_octets_max) override {
        entries.emplace_back(path, frame_octets_max);
    }
    void finished(const Path& path) override { finishes.push_back(path); }
    void work(TlsJob job) override {
        handshaken_jobs += job.work.handshaken ? 1U : 0U;
        jobs.push_back(std::move(job));
    }
    void ask(AdmissionQuestion question) override { questions.push_back(std::move(question)); }
    void ask_login(LoginQuestion question) override { logins.push_back(std::move(question)); }
    void left(std::uint64_t session, Cause cause) override {
        lefts.emplace_back(session, cause);
        leases.leave(session, now);
    }
    void report(bridge::ClientFact fact) override { facts.push_back(std::move(fact)); }
    void report(bridge::AttemptRecord record) override { records.push_back(std::move(record)); }

    void decide(const AdmissionQuestion& question) {
        auto lease = question.replaces == 0 ? std::nullopt
                                            : leases.inherit(question.replaces, question.session);
        AdmissionAnswer answer;
        answer.session = question.session;
        if (!lease) {
            const auto taken =
                leases.take(question.server_id, question.holder, question.session, now);
            if (taken)
                lease = *taken;
            else
                answer.cause = taken.error();
        }
        answer.admitted = lease.has_value();
        if (lease) answer.tunnel_address = lease->address;
        if (lease) admitted(question, lease->address);
        shard.answer(answer, now, wall());
    }

    /// For those who keep account of it.
    virtual void admitted(const AdmissionQuestion&, Ipv4) {}

    static ShardOptions prepared(ShardOptions options) {
        options.clients_max = std::min(options.clients_max, 2000U);
        options.cookie_key.fill(std::byte{0x42});
        return options;
    }

    SeededRandom random;
    admission::LeaseBook leases;
    std::uint32_t maximum = 0;
    Instant now{1000h};
    std::vector<std::unique_ptr<Peer>> peers;
    std::vector<Sent> sent, stray;  // stray: for nobody's address
    std::vector<std::pair<ServerIndex, Buffer>> delivered;
    std::vector<TlsJob> jobs;
    std::size_t handshaken_jobs = 0;  // that only had records to open or to seal
    std::vector<AdmissionQuestion> questions, asked;
    std::vector<LoginQuestion> logins;
    std::vector<std::pair<std::uint64_t, Cause>> lefts;
    std::vector<bridge::ClientFact> facts;
    std::vector<bridge::AttemptRecord> records;
    std::vector<std::pair<Path, std::size_t>> entries;  // streams that clients entered by
    std::vector<Path> finishes;                         // streams to be closed
    std::function<bool(const Path&, std::size_t)> room_left;
    std::size_t sends = 0, deliveries = 0, last_sent_octets = 0;
    client::ClientWrapping wrapping;        // of the clients that are added from now on
    std::int64_t clients_clock_behind = 0;  // seconds
    std::int64_t clock_set_back = 0;        // seconds, of the gateway's clock
    Ipv6 own_outer;                         // what local_address says
    bool quiet = false;                     // only counts what is sent and delivered
    bool keeper_waits = false;
    std::function<void(const Path&, Bytes)> watches = [](const Path&, Bytes) {};
    std::function<bool(const Path&, Bytes)> loses = [](const Path&, Bytes) { return false; };
    Shard shard;

private:
    bool exchange() {
        bool moved = false;
        for (const auto& peer : peers) {
            while (auto datagram = peer->engine.next_datagram()) {
                moved = true;
                if (!loses(peer->path, *datagram)) receive(peer->path, std::move(*datagram));
            }
            while (auto packet = peer->engine.next_inner()) peer->inner.push_back(*packet);
            while (auto event = peer->engine.next_event()) {
                if (std::holds_alternative<client::Connected>(*event)) peer->connected = true;
                if (std::holds_alternative<client::Renegotiated>(*event)) ++peer->renegotiations;
                if (auto* over = std::get_if<client::Over>(&*event)) peer->overs.push_back(*over);
            }
        }
        for (TlsJob& job : std::exchange(jobs, {})) {
            moved = true;
            session::TlsProgress progress{job.work.key_id, job.work.generation, nullptr, {}};
            progress.output = job.work.engine->advance(std::move(job.work.input));
            progress.engine = std::move(job.work.engine);
            shard.finish({job.session, std::move(progress)}, now, wall());
        }
        if (!keeper_waits)
            for (const AdmissionQuestion& question : std::exchange(questions, {})) {
                moved = true;
                asked.push_back(question);
                decide(question);
            }
        for (Sent& datagram : std::exchange(sent, {})) {
            moved = true;
            bool taken = false;
            for (const auto& peer : peers)
                if (peer->path == datagram.path) {
                    Buffer own = datagram.octets;  // two programs may sit at one address
                    peer->engine.receive(own, now);
                    taken = true;
                }
            if (!taken) stray.push_back(std::move(datagram));
        }
        return moved;
    }
};

inline Endpoint at(const char* address, std::uint16_t port = 40000) {
    return Endpoint::v4(*parse_ipv4(address), port);
}

}  // namespace kanmon::shard
