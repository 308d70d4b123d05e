#include "world/gateway.h"

#include <algorithm>

#include "dataplane/admission/lease_book.h"
#include "dataplane/io/steering.h"
#include "world/judge.h"

namespace kanmon::world {

namespace {

constexpr Duration mailbox_delay = 100us;
constexpr Duration tls_delay_max = 4ms;
constexpr Duration login_delay_max = 3s;
constexpr unsigned reaches_at_once_max = 1000;

}  // namespace

std::vector<bridge::Lease> Control::leases() const {
    std::vector<bridge::Lease> all;
    for (const auto& [key, lease] : durable) all.push_back(lease);
    return all;
}

class Gateway::Port final : public shard::Outlet {
public:
    Port(Gateway& gateway, std::uint32_t index) : gateway_(gateway), index_(index) {}

    void send(const shard::Path& path, Bytes datagram) override {
        gateway_.s_.outside.to_client(path.remote, datagram);
    }
    void deliver(shard::ServerIndex, MutableBytes inner_packet) override {
        gateway_.s_.outside.to_vpc(inner_packet);
    }
    void work(shard::TlsJob job) override { gateway_.work(index_, std::move(job)); }
    void ask(shard::AdmissionQuestion question) override {
        gateway_.later(mailbox_delay, [index = index_, question](Gateway& gateway) {
            gateway.ask(index, question);
        });
    }
    void ask_login(shard::LoginQuestion question) override {
        gateway_.later(mailbox_delay, [index = index_, question](Gateway& gateway) {
            gateway.ask_login(index, question);
        });
    }
    void left(std::uint64_t session, Cause cause) override {
        gateway_.later(mailbox_delay,
                       [session, cause](Gateway& gateway) { gateway.left(session, cause); });
    }
    void report(bridge::ClientFact) override {}
    void report(bridge::AttemptRecord) override {}

private:
    Gateway& gateway_;
    std::uint32_t index_;
};

Gateway::Gateway(Surroundings surroundings)
    : s_(std::move(surroundings)), gate_(*this), logins_(*this) {
    const auto cookie_key = SeededRandom(s_.chance.number()).array<32>();
    const auto profile = make_profile();
    for (std::uint32_t i = 0; i < s_.setup.shards; ++i) {
        ports_.push_back(std::make_unique<Port>(*this, i));
        randoms_.push_back(std::make_unique<SeededRandom>(s_.chance.number()));
        shards_.push_back(std::make_unique<shard::Shard>(
            shard::ShardOptions{.index = i,
                                .count = s_.setup.shards,
                                .half_open_max = s_.setup.half_open_max,
                                .cookie_key = cookie_key},
            *randoms_.back(), *ports_.back()));
        shards_.back()->configure({profile}, s_.agenda.now());
    }
}

Gateway::~Gateway() = default;

void Gateway::start() {
    const bridge::Snapshot snapshot = make_snapshot();
    s_.model.restart(snapshot.leases, s_.agenda.now());
    gate_.apply(snapshot, s_.agenda.now(), wall());
    gate_.control_connected(s_.agenda.now());
    logins_.control_connected();
    arm();
}

std::shared_ptr<const session::ServerProfile> Gateway::make_profile() const {
    auto profile = std::make_shared<session::ServerProfile>();
    profile->server = s_.setup.server;
    profile->tls = s_.tls;
    profile->server_address = admission::server_address(s_.setup.server.client_pool);
    return profile;
}

bridge::Snapshot Gateway::make_snapshot() {
    bridge::Snapshot snapshot;
    snapshot.number = ++snapshots_;
    snapshot.gateways = {s_.setup.gateway};
    snapshot.servers = {s_.setup.server};
    snapshot.leases = s_.control.leases();
    return snapshot;
}

void Gateway::reconfigure() {
    gate_.apply(make_snapshot(), s_.agenda.now(), wall());
    for (const auto& shard : shards_) shard->configure({make_profile()}, s_.agenda.now());
    arm();
}

UnixTime Gateway::wall() const {
    return unix_time_of(1'800'000'000 + nanoseconds_of(s_.agenda.now()) / 1'000'000'000);
}

shard::Shard& Gateway::shard_for(const Endpoint& from, Bytes datagram) {
    const auto named = io::shard_of(datagram, s_.setup.shards);
    if (named) return *shards_[*named];
    const auto owner = remotes_.find(from);
    return *shards_[owner ? *owner : EndpointHash{}(from) % shards_.size()];
}

void Gateway::receive(const Endpoint& from, MutableBytes datagram) {
    shard::Shard& shard = shard_for(from, datagram);
    const auto first = wire::peek(datagram);
    const bool is_reset = first && (first->opcode == wire::Opcode::hard_reset_client_v2 ||
                                    first->opcode == wire::Opcode::hard_reset_client_v3);
    const std::size_t known = shard.clients() + shard.half_open();
    shard.receive({.remote = from}, {datagram, datagram.size()}, s_.agenda.now(), wall());
    if (is_reset)
        require(shard.clients() + shard.half_open() <= known, "I8", "a reset made a session");
    require(shard.half_open() <= s_.setup.half_open_max, "I9", "too many half-open sessions");
    arm();
}

void Gateway::from_vpc(Ipv4 to, MutableBytes packet) {
    for (const auto& shard : shards_) {
        if (!shard->owns(0, to)) continue;
        shard->from_tunnel(0, packet, s_.agenda.now());
        break;
    }
    arm();
}

void Gateway::work(std::uint32_t shard, shard::TlsJob job) {
    auto done = std::make_shared<shard::TlsDone>();
    done->session = job.session;
    done->progress.key_id = job.work.key_id;
    done->progress.generation = job.work.generation;
    done->progress.output = job.work.engine->advance(std::move(job.work.input));
    done->progress.engine = std::move(job.work.engine);
    later(s_.chance.between(0ms, tls_delay_max), [shard, done](Gateway& gateway) {
        gateway.shards_[shard]->finish(std::move(*done), gateway.s_.agenda.now(), gateway.wall());
        gateway.arm();
    });
}

void Gateway::ask(std::uint32_t shard, const shard::AdmissionQuestion& question) {
    require(!s_.setup.server.login.password || proven_.contains(question.session), "I1",
            "admission was asked before the user was proven");
    asking_ = &question;
    gate_.ask(shard, question, s_.agenda.now(), wall());
    asking_ = nullptr;
    arm();
}

void Gateway::ask_login(std::uint32_t shard, shard::LoginQuestion question) {
    logins_.ask(shard, std::move(question), s_.agenda.now());
    arm();
}

void Gateway::reply(std::uint32_t shard, shard::LoginReply reply) {
    if (reply.answer.verdict == bridge::LoginVerdict::accepted) proven_.insert(reply.session);
    later(mailbox_delay, [shard, reply](Gateway& gateway) {
        gateway.shards_[shard]->take_login(reply, gateway.s_.agenda.now(), gateway.wall());
        gateway.arm();
    });
}

void Gateway::left(std::uint64_t session, Cause cause) {
    gate_.left(session, cause, s_.agenda.now());
    s_.model.left(session, s_.agenda.now());
    arm();
}

void Gateway::answer(std::uint32_t shard, shard::AdmissionAnswer answer) {
    if (answer.admitted) {
        s_.model.admitted(answer.session);
        const LeaseKey key{s_.setup.server.id, answer.tunnel_address};
        const auto durable = s_.control.durable.find(key);
        const bool known =
            durable != s_.control.durable.end() && durable->second.session == answer.session;
        require(known || s_.control.away, "I3", "admitted before control stored the lease");
    } else if (asking_ != nullptr && asking_->session == answer.session) {
        s_.model.refused(*asking_, answer.cause, s_.agenda.now());
    }
    later(mailbox_delay, [shard, answer](Gateway& gateway) {
        gateway.shards_[shard]->answer(answer, gateway.s_.agenda.now(), gateway.wall());
        gateway.arm();
    });
}

void Gateway::disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) {
    later(mailbox_delay, [shard, session, cause](Gateway& gateway) {
        gateway.shards_[shard]->disconnect(session, cause, gateway.s_.agenda.now(), gateway.wall());
        gateway.arm();
    });
}

void Gateway::tell_control(bridge::Message message) {
    const Instant now = s_.agenda.now();
    if (const auto* question = std::get_if<bridge::LeaseQuestion>(&message.body)) {
        if (asking_ != nullptr) s_.model.granted(*asking_, question->lease, now);
    } else if (const auto* fact = std::get_if<bridge::LeaseFact>(&message.body)) {
        if (fact->gone) {
            s_.model.freed(fact->lease, now);
        } else if (asking_ != nullptr && fact->lease.session == asking_->session) {
            s_.model.granted(*asking_, fact->lease, now);  // the gate decides alone
        }
    }
    if (s_.control.away) return;
    later(s_.setup.control_delay, [link = link_, message](Gateway& gateway) {
        if (gateway.link_ == link) gateway.control_takes(message);
    });
}

void Gateway::control_takes(const bridge::Message& message) {
    const auto store = [&](const bridge::Lease& lease, bool gone) {
        const LeaseKey key{lease.server_id, lease.address};
        if (gone) {
            s_.control.durable.erase(key);
        } else {
            s_.control.durable[key] = lease;
        }
    };
    if (const auto* fact = std::get_if<bridge::LeaseFact>(&message.body))
        return store(fact->lease, fact->gone);
    if (const auto* login = std::get_if<bridge::LoginQuestion>(&message.body)) {
        bridge::LoginAnswer answer;
        if (login->password == SecretBuffer(as_bytes(right_password))) {
            answer.verdict = bridge::LoginVerdict::accepted;
            answer.username = login->username;
        }
        return later(s_.chance.between(0ms, login_delay_max),
                     [link = link_, id = message.id, answer](Gateway& gateway) {
                         if (gateway.link_ == link) gateway.logins_.take(id, answer);
                         gateway.arm();
                     });
    }
    const auto* question = std::get_if<bridge::LeaseQuestion>(&message.body);
    if (question == nullptr) return;
    store(question->lease, false);
    later(s_.setup.control_delay, [link = link_, id = message.id](Gateway& gateway) {
        if (gateway.link_ != link) return;
        gateway.gate_.control_heard(gateway.s_.agenda.now());
        gateway.gate_.take(id, bridge::LeaseAnswer{.granted = true}, gateway.s_.agenda.now());
        gateway.arm();
    });
}

void Gateway::control_lost() {
    ++link_;
    s_.control.away = true;
    gate_.control_lost(s_.agenda.now());
    logins_.control_lost(s_.agenda.now());
    arm();
}

void Gateway::control_back() {
    s_.control.away = false;
    gate_.control_connected(s_.agenda.now());
    logins_.control_connected();
    arm();
}

void Gateway::later(Duration wait, std::function<void(Gateway&)> deed) {
    s_.agenda.after(wait, [self = weak_from_this(), deed = std::move(deed)] {
        if (const auto gateway = self.lock()) deed(*gateway);
    });
}

void Gateway::arm() {
    std::optional<Instant> next = gate_.next_deadline();
    if (const auto at = logins_.next_deadline(); at && (!next || *at < *next)) next = at;
    for (const auto& shard : shards_)
        if (const auto at = shard->next_deadline(); at && (!next || *at < *next)) next = at;
    if (!next || (armed_ && *armed_ <= *next && *armed_ >= s_.agenda.now())) return;
    armed_ = std::max(*next, s_.agenda.now());
    s_.agenda.at(*armed_, [self = weak_from_this(), at = *armed_] {
        const auto gateway = self.lock();
        if (gateway && gateway->armed_ == at) gateway->reach();
    });
}

void Gateway::reach() {
    const Instant now = s_.agenda.now();
    armed_.reset();
    for (const auto& shard : shards_) {
        shard->reach(now, wall());
        require(shard->half_open() <= s_.setup.half_open_max, "I9", "too many half-open sessions");
    }
    if (const auto at = gate_.next_deadline(); at && *at <= now) gate_.reach(now);
    if (const auto at = logins_.next_deadline(); at && *at <= now) logins_.reach(now);
    s_.model.check(now);
    arm();
    reached_at_once_ = armed_ && *armed_ <= now ? reached_at_once_ + 1 : 0;
    require(reached_at_once_ < reaches_at_once_max, "progress", "a deadline that never passes");
}

std::size_t Gateway::clients() const {
    std::size_t count = 0;
    for (const auto& shard : shards_) count += shard->clients();
    return count;
}

std::size_t Gateway::half_open() const {
    std::size_t count = 0;
    for (const auto& shard : shards_) count += shard->half_open();
    return count;
}

std::uint64_t Gateway::drops(Cause cause) const {
    std::uint64_t count = 0;
    for (const auto& shard : shards_) count += shard->drops()[static_cast<std::size_t>(cause)];
    return count;
}

}  // namespace kanmon::world
