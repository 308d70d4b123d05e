#include "dataplane/io/keeper.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/log.h"
#include "dataplane/crypto/aead.h"

namespace kanmon::io {

namespace {

constexpr std::int64_t wait_milliseconds_max = 1000;
/// Nobody waits for a record, and control wakes for each message.
constexpr Duration records_gathered_for = 50ms;

void add(bridge::ServerFact& sum, const bridge::ServerFact& part) {
    sum.server_id = part.server_id;
    sum.online += part.online;
    sum.half_open += part.half_open;
    for (std::size_t i = 0; i < sum.meters.size(); ++i) sum.meters[i] += part.meters[i];
    for (std::size_t i = 0; i < sum.drops.size(); ++i) sum.drops[i] += part.drops[i];
}

}  // namespace

Keeper::Keeper(KeeperOptions options, KeeperWiring wiring)
    : options_(std::move(options)),
      wiring_(std::move(wiring)),
      control_("control", options_.bridge_path),
      broker_("broker", options_.broker_path),
      gate_(*this),
      logins_(*this),
      slots_(options_.make_tls),
      ports_(
          static_cast<std::uint32_t>(wiring_.inboxes.size()),
          [this](std::uint32_t shard, ShardMessage message) {
              to_shard(shard, std::move(message));
          },
          [this](bridge::BrokerMessage message) { broker_.send(bridge::encode(message)); }),
      unsent_(wiring_.inboxes.size()),
      drops_(wiring_.inboxes.size()),
      machine_(wiring_.inboxes.size()),
      servers_(wiring_.inboxes.size()) {}

void Keeper::run() {
    ::pthread_setname_np(::pthread_self(), "keeper");
    now_ = boot_now();
    report_at_ = now_ + report_interval;
    traffic_at_ = now_ + traffic_interval;
    while (!stopping_.load()) {
        if (control_.reach(now_)) greet_control();
        if (broker_.reach(now_)) ports_.broker_connected(now_);
        wait();
        now_ = boot_now();
        wiring_.inbox->wakeup.clear();
        drain_inbox();
        receive_control();
        receive_broker();
        if (dismissing_.exchange(false)) gate_.dismiss_all(Cause::gateway_stopping);
        gate_.reach(now_);
        logins_.reach(now_);
        ports_.reach(now_);
        if (now_ >= report_at_) report();
        if (now_ >= traffic_at_) report_traffic();
        retry_shards();
        if (now_ >= records_at_) send_records();
        clients_.store(gate_.clients());
    }
    send_records();  // of the farewells
}

void Keeper::dismiss_all() {
    dismissing_.store(true);
    wiring_.inbox->wakeup.signal();
}

void Keeper::stop() {
    stopping_.store(true);
    wiring_.inbox->wakeup.signal();
}

void Keeper::wait() {
    Instant until = std::min(report_at_, traffic_at_);
    if (!records_.empty() && control_.connected()) until = std::min(until, records_at_);
    for (const auto& deadline :
         {control_.next_attempt(), broker_.next_attempt(), gate_.next_deadline(),
          logins_.next_deadline(), ports_.next_deadline()})
        if (deadline) until = std::min(until, *deadline);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now_).count();
    const bool behind =
        std::ranges::any_of(unsent_, [](const auto& messages) { return !messages.empty(); });
    const auto events = [](const Link& link) {
        return static_cast<short>(link.wants_write() ? POLLIN | POLLOUT : POLLIN);
    };
    std::array watched{pollfd{wiring_.inbox->wakeup.fd(), POLLIN, 0},
                       pollfd{control_.fd(), events(control_), 0},
                       pollfd{broker_.fd(), events(broker_), 0}};
    ::poll(watched.data(), watched.size(),
           behind ? 1 : static_cast<int>(std::clamp<std::int64_t>(left, 0, wait_milliseconds_max)));
    control_speaks_ = watched[1].revents != 0;
    broker_speaks_ = watched[2].revents != 0;
    control_.flush();
    broker_.flush();
}

// --- control ------------------------------------------------------------------------------------

void Keeper::greet_control() {
    control_.lost();  // of an earlier connection
    control_.send(
        bridge::encode(bridge::Message{0, bridge::DataHello{options_.process, snapshot_number_}}));
    gate_.control_connected(now_);
    logins_.control_connected();
    for (const bridge::ClientFact& fact : ended_) tell_control({0, fact});
    report(true);
}

void Keeper::receive_control() {
    while (auto received = control_speaks_ ? control_.receive() : std::nullopt) {
        auto message = bridge::decode_message(received->octets);
        if (!message) {
            log_event(Severity::error, "control sent what this version does not understand");
            continue;
        }
        gate_.control_heard(now_);
        take_command(std::move(*message), std::move(received->descriptors));
    }
    if (control_.lost()) {
        gate_.control_lost(now_);
        logins_.control_lost(now_);
    }
}

void Keeper::take_command(bridge::Message message, std::vector<UniqueFd> descriptors) {
    if (const auto* answer = std::get_if<bridge::LeaseAnswer>(&message.body))
        return gate_.take(message.id, *answer, now_);
    if (const auto* answer = std::get_if<bridge::LoginAnswer>(&message.body))
        return logins_.take(message.id, *answer);
    if (const auto* command = std::get_if<bridge::Disconnect>(&message.body))
        return gate_.take(*command);
    if (const auto* command = std::get_if<bridge::ReleaseSlot>(&message.body))
        return gate_.take(*command, now_);
    if (const auto* question = std::get_if<bridge::FlowQuestion>(&message.body)) {
        const auto shards = static_cast<std::uint32_t>(unsent_.size());
        return to_shard(shard::shard_of_session(question->session, shards),
                        TellFlows{message.id, question->session});
    }
    if (std::holds_alternative<bridge::SnapshotReady>(message.body) && descriptors.size() == 1)
        return take_snapshot(descriptors.front());
    log_event(Severity::error, "control sent a message that is not for the data process");
}

void Keeper::take_snapshot(const UniqueFd& memory) {
    const auto octets = bridge::read_sealed(memory.get(), bridge::snapshot_octets_max);
    if (!octets)
        return log_event(Severity::error, "unreadable snapshot, the present one stays",
                         {{"why", octets.error()}});
    const auto snapshot = bridge::decode_snapshot(*octets);
    if (!snapshot)
        return log_event(Severity::error, "malformed snapshot, the present one stays",
                         {{"error", std::to_string(static_cast<int>(snapshot.error()))}});
    if (snapshot_number_ != 0 && snapshot->number <= snapshot_number_) {
        if (snapshot->number < snapshot_number_)
            log_event(Severity::warning, "an older snapshot was ignored",
                      {{"number", std::to_string(snapshot->number)},
                       {"present", std::to_string(snapshot_number_)}});
        else
            tell_control({0, bridge::SnapshotReady{snapshot_number_}});
        return;
    }
    snapshot_number_ = snapshot->number;
    gate_.apply(*snapshot, now_, unix_now());
    slots_.apply(snapshot->servers);
    gateways_.apply(snapshot->gateways);
    for (std::uint32_t shard = 0; shard < unsent_.size(); ++shard)
        to_shard(shard, ConfigureShard{slots_.profiles(), slots_.owners(),
                                       gateways_.lines_of(slots_.slots())});
    ports_.apply(slots_.slots(), now_);
    tell_control({0, bridge::SnapshotReady{snapshot_number_}});
    log_event(Severity::info, "snapshot in force",
              {{"number", std::to_string(snapshot->number)},
               {"servers", std::to_string(snapshot->servers.size())}});
}

void Keeper::tell_control(bridge::Message message) {
    control_.send(bridge::encode(message));
}

// --- broker -------------------------------------------------------------------------------------

void Keeper::receive_broker() {
    while (auto received = broker_speaks_ ? broker_.receive() : std::nullopt) {
        auto message = bridge::decode_broker_message(received->octets);
        if (!message) {
            log_event(Severity::error, "the broker sent what this version does not understand");
            continue;
        }
        ports_.take(std::move(*message), std::move(received->descriptors), now_);
    }
    if (broker_.lost()) ports_.broker_lost();
}

// --- shards -------------------------------------------------------------------------------------

void Keeper::drain_inbox() {
    bool more = wiring_.inbox->mailbox.drain([&](KeeperMessage message) {
        std::visit([&](auto&& body) { take(message.shard, std::move(body)); },
                   std::move(message.body));
    });
    for (auto* records : {&wiring_.inbox->records, &wiring_.inbox->stranger_records})
        more |=
            records->drain([&](bridge::AttemptRecord record) { keep_record(std::move(record)); });
    if (more) wiring_.inbox->wakeup.signal();
}

void Keeper::take(std::uint32_t shard, shard::AdmissionQuestion question) {
    gate_.ask(shard, question, now_, unix_now());
}

void Keeper::take(std::uint32_t shard, shard::LoginQuestion question) {
    logins_.ask(shard, std::move(question), now_);
}

void Keeper::take(std::uint32_t, SessionLeft message) {
    gate_.left(message.session, message.cause, now_);
}

void Keeper::take(std::uint32_t, bridge::ClientFact fact) {
    if (fact.status == bridge::ClientStatus::ended) {
        ended_.push_back(fact);
        if (ended_.size() > ended_max) ended_.pop_front();
    }
    tell_control({0, std::move(fact)});
}

void Keeper::take(std::uint32_t shard, DropReport report) {
    drops_[shard] = report;
    if (shard + 1 != drops_.size()) return;
    bridge::DropFact fact;
    for (const DropReport& part : drops_)
        for (std::size_t i = 0; i < cause_count; ++i) fact.by_cause[i] += part.by_cause[i];
    fact.records_lost = wiring_.inbox->records_lost.load();
    tell_control({0, fact});
}

void Keeper::take(std::uint32_t shard, MachineReport report) {
    machine_[shard] = report;
    if (shard + 1 != machine_.size()) return;
    bridge::MachineFact fact;
    fact.ciphers = crypto::describe_aead_back_ends();
    for (const MachineReport& part : machine_) {
        bridge::join(fact.provisions, part.provisions);
        fact.shards.push_back(part.batches);
    }
    bridge::join(fact.provisions, ports_.provisions());
    tell_provisions(fact.provisions);
    tell_control({0, std::move(fact)});
}

/// What was found, once, and again only where it turned out otherwise.
void Keeper::tell_provisions(const bridge::Provisions& present) {
    if (present == told_) return;
    told_ = present;
    std::string words;
    for (std::size_t i = 0; i < present.size(); ++i)
        words += (i == 0 ? "" : ", ") + std::string(bridge::provision_names[i]) + ' ' +
                 std::string(bridge::presence_name(present[i]));
    log_event(Severity::info, "what the kernel gives", {{"provisions", words}});
}

/// Clients as they are; servers added up when the last shard has spoken.
void Keeper::take(std::uint32_t shard, shard::Traffic traffic) {
    for (std::size_t first = 0; first < traffic.clients.size();) {
        const std::size_t count =
            std::min(traffic.clients.size() - first, bridge::traffic_clients_max);
        const auto begin = traffic.clients.begin() + static_cast<std::ptrdiff_t>(first);
        tell_control({0, bridge::TrafficFact{{begin, begin + static_cast<std::ptrdiff_t>(count)}}});
        first += count;
    }
    servers_[shard] = std::move(traffic.servers);
    if (shard + 1 != servers_.size()) return;
    std::map<std::string, bridge::ServerFact> sums;
    for (const auto& part : servers_)
        for (const bridge::ServerFact& fact : part) add(sums[fact.server_id], fact);
    for (auto& [id, sum] : sums) tell_control({0, std::move(sum)});
}

void Keeper::take(std::uint32_t, TunLost message) {
    ports_.tun_lost(message.server, now_);
}

/// A browser can try again: without control, or while it lags behind, its connection just closes.
void Keeper::take(std::uint32_t, Stranger message) {
    if (!control_.connected() || control_.queued() >= outbox_for_strangers) return;
    const std::string& server_id = slots_.slots().at(message.server).server().id;
    control_.send(
        bridge::encode(bridge::Message{0, bridge::StrangerStream{server_id, message.remote}}),
        std::move(message.fd));
}

void Keeper::take(std::uint32_t, FlowsTold message) {
    tell_control({message.question, std::move(message.answer)});
}

void Keeper::answer(std::uint32_t shard, shard::AdmissionAnswer answer) {
    to_shard(shard, std::move(answer));
}

void Keeper::disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) {
    to_shard(shard, DisconnectSession{session, cause});
}

void Keeper::reply(std::uint32_t shard, shard::LoginReply reply) {
    to_shard(shard, std::move(reply));
}

void Keeper::own(const bridge::Lease& lease, const std::optional<Endpoint>& remote,
                 std::optional<std::uint32_t> shard) {
    const auto index = slots_.index_of(lease.server_id);
    if (!index) return;
    TunnelOwners& owners = *slots_.slots()[*index].owners;
    if (shard) {
        owners.set(lease.address, *shard);
        if (remote) wiring_.remotes->set(*remote, *shard);
    } else {
        owners.clear(lease.address);
        if (remote) wiring_.remotes->clear(*remote);
    }
}

void Keeper::to_shard(std::uint32_t shard, ShardMessage message) {
    if (!unsent_[shard].empty() || !wiring_.inboxes[shard]->mailbox.post(std::move(message)))
        unsent_[shard].push_back(std::move(message));
}

void Keeper::retry_shards() {
    for (std::size_t shard = 0; shard < unsent_.size(); ++shard)
        while (!unsent_[shard].empty() &&
               wiring_.inboxes[shard]->mailbox.post(std::move(unsent_[shard].front())))
            unsent_[shard].pop_front();
}

// --- reports ------------------------------------------------------------------------------------

void Keeper::report(bool clients) {
    report_at_ = now_ + report_interval;
    if (!control_.connected()) return;
    for (std::uint32_t shard = 0; shard < unsent_.size(); ++shard)
        to_shard(shard, ReportAll{clients});
}

void Keeper::report_traffic() {
    traffic_at_ = now_ + traffic_interval;
    if (!control_.connected()) return;
    for (std::uint32_t shard = 0; shard < unsent_.size(); ++shard) to_shard(shard, ReportTraffic{});
}

void Keeper::keep_record(bridge::AttemptRecord record) {
    if (records_.size() >= (record.known ? records_max : records_of_strangers_max))
        wiring_.inbox->records_lost.fetch_add(1, std::memory_order_relaxed);
    else
        records_.push_back(std::move(record));
    if (records_.size() == 1) records_at_ = now_ + records_gathered_for;
}

void Keeper::send_records() {
    while (control_.connected() && !records_.empty() && control_.queued() < outbox_for_records) {
        tell_control({0, std::move(records_.front())});
        records_.pop_front();
    }
    records_at_ = now_ + records_gathered_for;
}

}  // namespace kanmon::io
