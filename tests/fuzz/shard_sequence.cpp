// F7, many sessions: programs that share addresses, streams, certificates and slots, over a network
// that loses, repeats and alters, while snapshots, the keeper and the operator do what they like.
// Whoever holds a tunnel address was given it, once; only such are delivered from; who has ended
// has ended once; and no bound breaks.
//
// Input: an octet for the personalities and the wrapping, then pairs: an action, an argument.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <set>

#include "../unit/dataplane/shard/gateway_world.h"
#include "base/ip_numbers.h"
#include "client/personality.h"

using namespace kanmon;
using namespace kanmon::shard;

namespace {

void require(bool holds, int line = __builtin_LINE()) {
    if (holds) return;
    std::fprintf(stderr, "line %d does not hold\n", line);
    std::abort();
}

constexpr std::size_t programs = 4;
constexpr std::size_t recorded_max = 32;
constexpr std::uint32_t slots = 6, half_open_max = 5, half_open_per_network_max = 3;
const Ipv4 inside{0xac140001};

class Gateway : public World {
public:
    explicit Gateway(std::uint8_t flavour)
        : World(ShardOptions{.index = 0,
                             .count = 1,
                             .clients_max = slots,
                             .half_open_max = half_open_max,
                             .half_open_per_network_max = half_open_per_network_max,
                             .flows_max = 64,
                             .waiting_blocks_max = 64,
                             .cookie_key = {}}),
          flavour_(flavour) {
        loses = [this](const Path& path, Bytes datagram) { return watch(path, datagram); };
        for (std::size_t i = 0; i < programs; ++i) begin(i);
        check();
    }

    void act(std::uint8_t action, std::uint8_t argument) {
        Peer& peer = *peers[argument % programs];
        const auto more = static_cast<std::uint8_t>(argument / programs);
        switch (action % 16) {
            case 0:
                return pass(10ms * argument);
            case 1:
                return begin(argument % programs);
            case 2:
                return peer.engine.renegotiate(now);
            case 3:
                return peer.engine.leave(now);
            case 4:
                return move(peer, more);
            case 5:
                return replay(argument, more);
            case 6:
                return alter(argument);
            case 7:
                losses_ = argument;
                return;
            case 8:
                return send_up(peer, more);
            case 9:
                return send_down(Ipv4{0x0a080000U + argument % 16});
            case 10:
                return change(argument);
            case 11:
                keeper_waits = argument % 2 != 0;
                return;
            case 12:
                return refuse(argument);
            case 13:
                if (!asked.empty())
                    shard.disconnect(asked[argument % asked.size()].session,
                                     Cause::disconnected_by_operator, now, wall());
                return;
            case 14:
                return argument % 2 != 0 ? shard.hang_up(path_of(3), Cause::connection_broken,
                                                         "it was reset", now, wall())
                                         : tell();
            case 15:
                return pass(1s * (argument % 64));
        }
    }

    void check() {
        for (const std::uint64_t session : std::exchange(to_disconnect_, {}))
            shard.disconnect(session, Cause::replaced, now, wall());
        require(shard.clients() <= slots && shard.half_open() <= half_open_max);
        for (const auto& [session, cause] : std::exchange(lefts, {}))
            require(holders_.erase(session) + replaced_.erase(session) == 1 &&
                    ended_.insert(session).second);
        require(keeper_waits || shard.clients() == holders_.size());
        for (const auto& [server, packet] : std::exchange(delivered, {})) {
            require(server == 0 && packet.size() >= 20);
            const Ipv4 source{ByteReader(Bytes(packet).subspan(12)).u32()};
            const bool answer = packet[9] == std::byte{protocol_icmp};  // ours: nobody is there
            require(answer || std::ranges::find(given_, source) != given_.end());
        }
        for (const bridge::ClientFact& fact : std::exchange(facts, {})) {
            const bool over = fact.status == bridge::ClientStatus::ended;
            require(!told_over_.contains(fact.session));
            if (over) told_over_.insert(fact.session);
        }
        for (const auto& peer : peers) peer->inner.clear();
        records.clear();
        stray.clear();
    }

    /// As the gate does: whoever went before it took over has left the older session behind.
    void left(std::uint64_t session, Cause cause) override {
        World::left(session, cause);
        if (const auto found = replaces_.find(session); found != replaces_.end())
            to_disconnect_.push_back(found->second);
    }
    void admitted(const AdmissionQuestion& question, Ipv4 address) override {
        if (holders_.erase(question.replaces) == 1) replaced_.insert(question.replaces);
        if (question.replaces != 0) replaces_[question.session] = question.replaces;
        holders_.insert(question.session);
        given_.push_back(address);
    }
    void ask(AdmissionQuestion question) override {
        require(asked_ever_.insert(question.session).second);
        World::ask(std::move(question));
    }

private:
    static Path path_of(std::size_t program) {
        if (program == 3) return Path{0, 1, at("192.0.2.9", 50000), 1};
        return Path{0, 0, at(program == 2 ? "198.51.100.1" : "192.0.2.1"), 0};
    }

    /// A program is started, at the place of the one before it.
    void begin(std::size_t program) {
        const auto all = client::personalities();
        client::ClientSettings start;
        start.personality = all[(flavour_ + program) % all.size()];
        start.tls = session::ScriptedTls::client(static_cast<std::uint8_t>(1 + program / 2));
        start.unix_seconds = static_cast<std::uint32_t>(seconds_of(wall()));
        auto fresh = std::make_unique<Peer>(
            Peer{path_of(program), client::ClientEngine(std::move(start), random, now), {}, {}});
        if (program < peers.size())
            peers[program] = std::move(fresh);
        else
            peers.push_back(std::move(fresh));
    }

    /// Some minutes for each input: all timeouts but those of old keys fit in, and pings and
    /// renegotiations that only repeat cost more than all the rest.
    void pass(Duration wanted) {
        const Duration span = std::min(wanted, time_left_);
        time_left_ -= span;
        run(span);
    }

    bool watch(const Path& path, Bytes datagram) {
        if (recorded_.size() == recorded_max) recorded_.pop_front();
        recorded_.push_back({path, copy_of(datagram)});
        return (losses_ >> (seen_++ % 8) & 1) != 0;
    }

    void move(Peer& peer, std::uint8_t to) {
        if (!peer.path.is_stream()) peer.path.remote = at("203.0.113.1", 40000 + to % 4);
    }

    void replay(std::uint8_t which, std::uint8_t from) {
        if (recorded_.empty()) return;
        const Sent& heard = recorded_[which % recorded_.size()];
        receive(from % 2 != 0 ? heard.path : path_of(from % 3), heard.octets);
    }

    void alter(std::uint8_t where) {
        if (recorded_.empty() || recorded_.back().octets.empty()) return;
        Sent altered = recorded_.back();
        altered.octets[where % altered.octets.size()] ^=
            std::byte{static_cast<std::uint8_t>(1U << where % 8)};
        receive(altered.path, std::move(altered.octets));
    }

    /// From its own address, or from a neighbour's.
    void send_up(Peer& peer, std::uint8_t of) {
        if (!peer.engine.connected()) return;
        const Ipv4 source{peer.address().value + of % 2};
        peer.engine.from_tunnel(udp_packet(source, inside), now);
    }

    void send_down(Ipv4 to) {
        Buffer packet = udp_packet(inside, to);
        shard.from_tunnel(0, packet, now);
    }

    void change(std::uint8_t what) {
        bridge::SslServer changed = settings();
        if ((what & 1) != 0) changed.local_networks.push_back(*parse_cidr("172.21.0.0/16"));
        if ((what & 2) != 0) changed.revoked_serials = {"01"};
        if ((what & 4) != 0) changed.ciphers = {"AES-128-GCM"};
        if ((what & 8) != 0) changed.enabled = false;
        if ((what & 16) != 0) changed.renegotiate_seconds = 60;
        if ((what & 32) != 0) std::ranges::reverse(changed.listeners);
        configure({profile(changed)});
    }

    void refuse(std::uint8_t why) {
        for (const AdmissionQuestion& question : std::exchange(questions, {})) {
            AdmissionAnswer answer;
            answer.session = question.session;
            answer.cause = static_cast<Cause>(why % cause_count);
            shard.answer(answer, now, wall());
        }
    }

    void tell() {
        static_cast<void>(shard.traffic());
        shard.report_some(wall());
    }

    const std::uint8_t flavour_;
    std::uint8_t losses_ = 0;
    Duration time_left_ = 5min;
    std::size_t seen_ = 0;
    std::deque<Sent> recorded_;
    std::set<std::uint64_t> asked_ever_, ended_, told_over_, holders_, replaced_;
    std::map<std::uint64_t, std::uint64_t> replaces_;
    std::vector<std::uint64_t> to_disconnect_;
    std::vector<Ipv4> given_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Gateway gateway(data[0]);
    for (std::size_t i = 1; i + 1 < size && i < 512; i += 2) {
        gateway.act(data[i], data[i + 1]);
        gateway.check();
    }
    return 0;
}
