#include "apps/control_loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace kanmon::apps {

namespace {

constexpr std::size_t outbox_messages_max = 10000;
constexpr std::size_t orders_waiting_max = 10000;
constexpr std::size_t attempts_waiting_max = 2000;
/// A transaction each would cost more than the rest of a connect in this process.
constexpr Duration attempts_gathered_for = 100ms;
constexpr std::size_t attempts_stored_from = 500;  // sooner, so that none is lost in a storm
constexpr int messages_a_turn = 256;
constexpr Duration broker_retry = 1s;
constexpr Duration want_retry = 5s;
constexpr Duration publish_patience = 1s;  // revocations do not wait longer for the broker
constexpr Duration compose_retry = 1s;
constexpr Duration undeliverable_retry = 1min;  // composing so much takes long

/// Two states are the same whatever their numbers.
bool same_servers(const std::optional<bridge::Want>& left, const bridge::Want& right) {
    return left && left->servers == right.servers;
}

}  // namespace

ControlOrders::ControlOrders() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void ControlOrders::changed() {
    post(true, std::nullopt);
}

void ControlOrders::disconnect(const bridge::Disconnect& order) {
    post(false, bridge::Message{0, order});
}

void ControlOrders::release(const bridge::ReleaseSlot& order) {
    post(false, bridge::Message{0, order});
}

void ControlOrders::ask(std::uint64_t id, const bridge::FlowQuestion& question) {
    post(false, bridge::Message{id, question});
}

/// The answers themselves stay with `Logins`, where one for a data process that is gone is dropped.
void ControlOrders::logins_ready() {
    post(false, std::nullopt);
}

void ControlOrders::post(bool changed, std::optional<bridge::Message> message) {
    const std::lock_guard lock(mutex_);
    waiting_.changed = waiting_.changed || changed;
    if (message) waiting_.messages.push_back(std::move(*message));
    ::eventfd_write(wake_.get(), 1);
}

ControlOrders::Taken ControlOrders::take() {
    const std::lock_guard lock(mutex_);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    return std::exchange(waiting_, {});
}

ControlLoop::ControlLoop(usecases::ControlPlane& plane, usecases::Enforcement& enforcement,
                         ControlOrders& orders, bridge::PacketListener listener,
                         ControlLoopOptions options)
    : plane_(plane),
      enforcement_(enforcement),
      orders_(orders),
      listener_(std::move(listener)),
      options_(std::move(options)) {}

int ControlLoop::run(int signals) {
    while (wait(signals)) {
        turn();
        if (options_.now_and_then) options_.now_and_then();
    }
    store_attempts();
    store_meters(true);
    return 0;
}

/// False when it is time to stop.
bool ControlLoop::wait(int signals) {
    const Instant now = boot_now();
    constexpr std::chrono::seconds longest{10};
    Instant next = now + (meters_wait_ ? Duration(5ms) : Duration(longest));
    if (due_) next = std::min(next, publish_by_);
    if (compose_due_) next = std::min(next, compose_at_);
    if (!broker_ && !options_.broker_path.empty()) next = std::min(next, broker_retry_at_);
    if (!problem_.empty()) next = std::min(next, want_again_at_);
    if (!attempts_.empty()) next = std::min(next, attempts_at_);
    if (again_at_) next = std::min(next, now + time_left(*again_at_, unix_now(), longest));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
    const auto data_events = static_cast<short>(outbox_.empty() ? POLLIN : POLLIN | POLLOUT);
    std::array<pollfd, 5> watched{{{signals, POLLIN, 0},
                                   {orders_.fd(), POLLIN, 0},
                                   {listener_.fd(), POLLIN, 0},
                                   {data_ ? data_.fd() : -1, data_events, 0},
                                   {broker_ ? broker_.fd() : -1, POLLIN, 0}}};
    ::poll(watched.data(), watched.size(),
           static_cast<int>(std::clamp<std::int64_t>(left, 0, 10000)));
    ready_ = {watched[1].revents != 0, watched[2].revents != 0, watched[3].revents != 0,
              watched[4].revents != 0};
    if (watched[0].revents == 0) return true;
    signalfd_siginfo event{};
    const bool hung_up = ::read(signals, &event, sizeof event) == sizeof event &&
                         event.ssi_signo == static_cast<std::uint32_t>(SIGHUP);
    if (hung_up && options_.hang_up) options_.hang_up();
    return hung_up;
}

void ControlLoop::turn() {
    if (ready_.orders) {
        ControlOrders::Taken taken = orders_.take();
        if (taken.changed) {
            compose_due_ = true;
            compose_at_ = {};
        }
        for (bridge::Message& order : taken.messages) take_order(std::move(order));
    }
    if (ready_.bridge) accept_data();
    if (ready_.data) hear_data();
    settle_leases();
    connect_broker();
    if (ready_.broker) hear_broker();
    if (!problem_.empty() && boot_now() >= want_again_at_) want();
    follow_the_clock();
    if (compose_due_ && boot_now() >= compose_at_) compose();
    publish_if_due();
    answer_logins();
    flush_data();
    if (boot_now() >= attempts_at_ || attempts_.size() >= attempts_stored_from) store_attempts();
    store_meters(false);
}

// --- towards data --------------------------------------------------------------------------------

void ControlLoop::accept_data() {
    for (auto socket = listener_.accept(); socket; socket = listener_.accept()) {
        const auto peer = socket->peer();
        const bool known =
            peer && (peer->uid == options_.data_uid || (options_.allow_root && peer->uid == 0));
        if (!known) {
            log_event(Severity::warning, "stranger on the bridge closed",
                      {{"uid", peer ? std::to_string(peer->uid) : "unknown"}});
            continue;
        }
        // A data process that was started anew is the present one.
        drop_data("replaced");
        data_ = std::move(*socket);
    }
}

void ControlLoop::drop_data(const char* why) {
    if (!data_) return;
    log_event(Severity::info, "data process left the bridge", {{"why", why}});
    data_ = {};
    outbox_.clear();
    data_greeted_ = false;
    plane_.monitoring.gone();
}

void ControlLoop::hear_data() {
    for (int i = 0; data_ && i < messages_a_turn; ++i) {
        auto received = data_.receive();
        if (!received) {
            if (received.error() != bridge::SocketError::would_block) drop_data("closed");
            return;
        }
        const auto message = bridge::decode_message(received->octets);
        if (!message || !handle(*message, std::move(received->descriptors)))
            drop_data("broke the format of the bridge");
    }
}

/// False for a message that data may not send.
bool ControlLoop::handle(const bridge::Message& message, std::vector<UniqueFd> descriptors) {
    if (const auto* hello = std::get_if<bridge::DataHello>(&message.body)) {
        log_event(Severity::info, "data process on the bridge",
                  {{"snapshot", std::to_string(hello->snapshot_number)}});
        for (const auto& ended : plane_.clients.hello(*hello, unix_now())) {
            gather_attempt(ended);
            if (attempts_.size() >= attempts_stored_from) store_attempts();
        }
        plane_.monitoring.hello(*hello, unix_now());
        plane_.logins.hello(*hello);
        data_greeted_ = true;
        compose_due_ = true;
        compose_at_ = {};
        return true;
    }
    if (!data_greeted_) return false;
    if (const auto* question = std::get_if<bridge::LeaseQuestion>(&message.body)) {
        // Whoever comes back to a held slot does not stand there as held any more.
        plane_.clients.learn(bridge::LeaseFact{question->lease, false});
        lease_news_.push_back({.lease = question->lease, .question = true});
        lease_questions_.push_back(message.id);
        return true;
    }
    if (const auto* lease = std::get_if<bridge::LeaseFact>(&message.body)) {
        plane_.clients.learn(*lease);
        lease_news_.push_back({.lease = lease->lease, .gone = lease->gone});
        return true;
    }
    if (const auto* question = std::get_if<bridge::LoginQuestion>(&message.body)) {
        plane_.logins.ask(message.id, *question, boot_now(), unix_now());
        return true;
    }
    if (const auto* client = std::get_if<bridge::ClientFact>(&message.body)) {
        plane_.monitoring.learn(*client, boot_now(), unix_now());
        if (!plane_.clients.learn(*client)) return true;
        plane_.user_sessions.watch(*client, plane_.logins.take_proof(client->session));
        plane_.client_certificates.learn(*client, unix_now());
        return true;
    }
    if (const auto* attempt = std::get_if<bridge::AttemptRecord>(&message.body)) {
        gather_attempt(*attempt);
        return true;
    }
    if (std::holds_alternative<bridge::StrangerStream>(message.body)) {
        if (descriptors.size() != 1) return false;
        if (options_.strangers) options_.strangers(std::move(descriptors.front()));
        return true;
    }
    if (const auto* flows = std::get_if<bridge::FlowAnswer>(&message.body)) {
        if (options_.flows_told) options_.flows_told(message.id, *flows);
        return true;
    }
    if (std::holds_alternative<bridge::SnapshotReady>(message.body)) {
        if (options_.configured) options_.configured();
        return true;
    }
    return watch(message);
}

/// Facts that only monitoring wants.
bool ControlLoop::watch(const bridge::Message& message) {
    if (const auto* drops = std::get_if<bridge::DropFact>(&message.body)) {
        plane_.monitoring.learn(*drops);
        return true;
    }
    if (const auto* machine = std::get_if<bridge::MachineFact>(&message.body)) {
        plane_.monitoring.learn(*machine);
        return true;
    }
    if (const auto* traffic = std::get_if<bridge::TrafficFact>(&message.body)) {
        plane_.monitoring.learn(*traffic, boot_now(), unix_now());
        return true;
    }
    const auto* server = std::get_if<bridge::ServerFact>(&message.body);
    if (server == nullptr) return false;
    const std::uint32_t used = server->online + plane_.clients.slots_held({server->server_id});
    plane_.monitoring.learn(*server, used, boot_now(), unix_now());
    return true;
}

/// Together, so that a storm of clients costs few transactions.
void ControlLoop::settle_leases() {
    if (lease_news_.empty()) return;
    const usecases::LeaseWord word = enforcement_.hear(std::exchange(lease_news_, {}));
    if (!word.stored)
        log_event(Severity::error, "leases not stored", {{"problem", word.stored.error().message}});
    const auto questions = std::exchange(lease_questions_, {});
    for (std::size_t i = 0; i < questions.size(); ++i) send_data({questions[i], word.answers[i]});
}

void ControlLoop::answer_logins() {
    for (const auto& ready : plane_.logins.take_ready())
        if (data_greeted_) send_data({ready.id, ready.answer});
}

void ControlLoop::send_data(const bridge::Message& message, UniqueFd descriptor) {
    if (!data_) return;
    if (outbox_.size() >= outbox_messages_max) {
        drop_data("does not read");
        return;
    }
    outbox_.push_back({bridge::encode(message), std::move(descriptor)});
    flush_data();
}

void ControlLoop::flush_data() {
    while (data_ && !outbox_.empty()) {
        const Unsent& first = outbox_.front();
        const int descriptor = first.descriptor.get();
        const std::span<const int> descriptors(&descriptor, first.descriptor ? 1u : 0u);
        const auto sent = data_.send(first.octets, descriptors);
        if (!sent) {
            if (sent.error() != bridge::SocketError::would_block) drop_data("closed");
            return;
        }
        outbox_.pop_front();
    }
}

void ControlLoop::gather_attempt(const bridge::AttemptRecord& attempt) {
    if (attempts_.empty()) attempts_at_ = boot_now() + attempts_gathered_for;
    if (attempts_.size() < attempts_waiting_max)
        attempts_.push_back(attempt);
    else
        ++attempts_lost_;
}

void ControlLoop::store_attempts() {
    if (attempts_.empty()) return;
    if (const auto stored = plane_.attempts.record(attempts_, unix_now()); !stored)
        attempts_lost_ += attempts_.size();
    attempts_.clear();
    if (attempts_lost_ > 0)
        log_event(Severity::warning, "attempt records lost",
                  {{"count", std::to_string(std::exchange(attempts_lost_, 0))}});
}

/// A part a turn, so that what waits for an answer does not wait for this.
void ControlLoop::store_meters(bool at_once) {
    const auto stored = plane_.monitoring.store(unix_now(), at_once);
    if (!stored)
        log_event(Severity::warning, "traffic not stored", {{"problem", stored.error().message}});
    meters_wait_ = stored && *stored;
}

/// What becomes due by time alone. The wall clock decides, so it is asked and not slept for.
void ControlLoop::follow_the_clock() {
    const UnixTime now = unix_now();
    if (composed_ && usecases::is_due_again(*composed_, again_at_, now)) {
        composed_.reset();
        again_at_.reset();
        compose_due_ = true;
        compose_at_ = {};
    }
    if (const auto looked = plane_.certificate_watch.look(now); !looked)
        log_event(Severity::error, "warnings of certificates not stored",
                  {{"problem", looked.error().message}});
}

// --- what is wanted ------------------------------------------------------------------------------

void ControlLoop::compose() {
    auto enforced = enforcement_.compose(boot_now(), unix_now());
    if (!enforced) {
        log_event(Severity::error, "no snapshot could be made",
                  {{"problem", enforced.error().message}});
        compose_at_ = boot_now() + compose_retry;
        return;
    }
    // Made ready before anything is told as done: what data cannot be told is not in force.
    Buffer octets = bridge::encode(enforced->snapshot);
    if (octets.empty()) return hold_back(std::move(*enforced));
    auto memory = bridge::seal_in_memory(octets, "kanmon-snapshot");
    wipe(octets);
    if (!memory) {
        log_event(Severity::error, "no memory for a snapshot", {{"problem", memory.error()}});
        compose_at_ = boot_now() + compose_retry;
        return;
    }
    compose_due_ = undeliverable_ = false;
    composed_ = enforced->wall;
    again_at_ = enforced->again_at;
    due_ = std::move(*enforced);
    due_memory_ = std::move(*memory);
    publish_by_ = boot_now() + publish_patience;
    plane_.monitoring.know(usecases::watched_servers(due_->snapshot));
    want();
}

/// The data process goes on with what it has, and what is due stays so: the next change may help.
void ControlLoop::hold_back(usecases::Enforced enforced) {
    undeliverable_ = true;
    compose_at_ = boot_now() + undeliverable_retry;
    tell("a snapshot beyond its limits was not sent",
         enforcement_.tell_undeliverable(std::move(enforced.snapshot), enforced.wall));
}

void ControlLoop::connect_broker() {
    if (broker_ || options_.broker_path.empty() || boot_now() < broker_retry_at_) return;
    broker_retry_at_ = boot_now() + broker_retry;
    auto socket = bridge::PacketSocket::connect(options_.broker_path);
    if (!socket) {
        tell("broker not reached", socket.error());
        return;
    }
    broker_ = std::move(*socket);
    log_event(Severity::info, "broker reached");
    // A new broker may hold an older state: it is told again, whatever the last one had reached.
    reached_.reset();
    compose_due_ = true;
    compose_at_ = {};
}

void ControlLoop::want() {
    problem_.clear();
    if (!due_) {
        compose_due_ = true;
        return;
    }
    if (options_.broker_path.empty() || (answered_ && same_servers(reached_, due_->want))) {
        enforcement_.settle(due_->change);
        publish();
        return;
    }
    if (!broker_) return;
    asked_ = due_->want.number;
    asked_change_ = due_->change;
    answered_ = false;
    const Buffer octets = bridge::encode(due_->want);
    Expected<UniqueFd, std::string> memory = unexpected<std::string>("too many SSL servers");
    if (!octets.empty()) memory = bridge::seal_in_memory(octets, "kanmon-want");
    if (!memory) {
        tell("wanted state not told", memory.error());
        want_again_at_ = boot_now() + want_retry;
        problem_ = memory.error();
        return;
    }
    const std::array descriptors{memory->get()};
    const auto sent = broker_.send(
        bridge::encode(bridge::BrokerMessage{asked_, bridge::WantReady{asked_}}), descriptors);
    if (sent) {
        reached_ = due_->want;
        return;
    }
    log_event(Severity::warning, "broker lost");
    broker_ = {};
}

void ControlLoop::hear_broker() {
    while (broker_) {
        const auto received = broker_.receive();
        if (!received) {
            if (received.error() == bridge::SocketError::would_block) return;
            log_event(Severity::warning, "broker lost");
            broker_ = {};
            return;
        }
        const auto message = bridge::decode_broker_message(received->octets);
        const auto* answer = message ? std::get_if<bridge::BrokerAnswer>(&message->body) : nullptr;
        if (!answer) {
            log_event(Severity::error, "broker broke its format");
            broker_ = {};
            return;
        }
        if (message->id != asked_) continue;
        answered_ = true;
        if (answer->problem.empty()) {
            enforcement_.settle(asked_change_);
            told_.clear();
        } else {
            tell("wanted state not reached", answer->problem);
            problem_ = answer->problem;
            want_again_at_ = boot_now() + want_retry;
            reached_.reset();
        }
        publish();
    }
}

/// Once, however often it is tried again.
void ControlLoop::tell(const char* event, const std::string& problem) {
    if (told_ == problem) return;
    told_ = problem;
    log_event(Severity::error, event, {{"problem", problem}});
}

/// While data is away an order waits, since whoever gave it was told that it is done. A question
/// does not: nobody waits for its answer so long.
void ControlLoop::take_order(bridge::Message order) {
    if (!data_greeted_ && std::holds_alternative<bridge::FlowQuestion>(order.body)) return;
    if (orders_waiting_.size() >= orders_waiting_max) {
        log_event(Severity::error, "an order to the data process was lost",
                  {{"waiting", std::to_string(orders_waiting_.size())}});
        return;
    }
    orders_waiting_.push_back(std::move(order));
}

void ControlLoop::publish_if_due() {
    if (due_ && boot_now() >= publish_by_) publish();
    if (due_ || (compose_due_ && !undeliverable_) || !data_greeted_) return;
    for (const bridge::Message& order : orders_waiting_) send_data(order);
    orders_waiting_.clear();
}

void ControlLoop::publish() {
    if (!due_) return;
    const usecases::Enforced enforced = std::move(*due_);
    due_.reset();
    UniqueFd memory = std::move(due_memory_);
    if (!data_ || !data_greeted_) return;
    log_event(Severity::info, "snapshot sent",
              {{"number", std::to_string(enforced.snapshot.number)},
               {"servers", std::to_string(enforced.snapshot.servers.size())},
               {"leases", std::to_string(enforced.snapshot.leases.size())}});
    send_data({0, bridge::SnapshotReady{enforced.snapshot.number}}, std::move(memory));
}

}  // namespace kanmon::apps
