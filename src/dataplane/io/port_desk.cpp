#include "dataplane/io/port_desk.h"

#include <fcntl.h>

#include <algorithm>

#include "base/log.h"
#include "dataplane/io/steering.h"
#include "dataplane/io/tun_queue.h"

namespace kanmon::io {

void PortDesk::apply(const std::vector<ServerSlots::Slot>& slots, Instant now) {
    for (Port& port : ports_) port.wanted = false;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto server = static_cast<shard::ServerIndex>(i);
        static const bridge::SslServer nothing;
        const bridge::SslServer& wanted = slots[i].present ? slots[i].server() : nothing;
        if (slots[i].present) want_tun(server, slots[i], now);
        want_listeners(server, wanted, now);
    }
    for (const Port& port : ports_)
        if (!port.wanted && !port.listener && port.state == State::open) close_tun(port.server);
    std::erase_if(ports_, [](const Port& port) { return !port.wanted; });
    reach(now);
}

/// With another pool its owners are others: the kernel's table goes on with them.
void PortDesk::want_tun(shard::ServerIndex server, const ServerSlots::Slot& wanted, Instant now) {
    Port& port = want(server, wanted.server().id, std::nullopt, now);
    if (port.owners == wanted.owners) return;
    port.owners = wanted.owners;
    port.owners->steer_by(port.steering);
}

/// Shards know a listener by its place in the server's list: what stays open moves there.
void PortDesk::want_listeners(shard::ServerIndex server, const bridge::SslServer& wanted,
                              Instant now) {
    ArrangeListeners arrangement{.server = server, .from = {}};
    bool same = arranged_[server] == wanted.listeners.size();
    for (const bridge::Listener& listener : wanted.listeners) {
        const auto place = static_cast<std::uint32_t>(arrangement.from.size());
        arrangement.from.push_back(ArrangeListeners::yet_to_come);
        Port& port = want(server, wanted.id, listener, now);
        if (port.state == State::open) arrangement.from.back() = port.number;
        same = same && port.state == State::open && port.number == place;
        port.number = place;
    }
    arranged_[server] = wanted.listeners.size();
    if (same) return;
    for (std::uint32_t shard = 0; shard < shards_; ++shard) to_shard_(shard, arrangement);
}

PortDesk::Port& PortDesk::want(shard::ServerIndex server, const std::string& server_id,
                               const std::optional<bridge::Listener>& listener, Instant now) {
    const auto present = std::ranges::find_if(ports_, [&](const Port& port) {
        return port.server == server && port.listener == listener;
    });
    if (present == ports_.end())
        return ports_.emplace_back(
            Port{.server = server, .server_id = server_id, .listener = listener, .ask_at = now});
    present->wanted = true;
    return *present;
}

void PortDesk::close_tun(shard::ServerIndex server) {
    for (std::uint32_t shard = 0; shard < shards_; ++shard) to_shard_(shard, RemoveTun{server});
}

void PortDesk::broker_connected(Instant now) {
    connected_ = true;
    for (Port& port : ports_) {
        if (port.state == State::open) continue;
        port.state = State::missing;
        port.ask_at = now;
        port.pause = first_pause;
    }
    reach(now);
}

void PortDesk::reach(Instant now) {
    if (!connected_) return;
    for (Port& port : ports_)
        if (port.state == State::missing && port.ask_at <= now) ask(port);
}

void PortDesk::ask(Port& port) {
    port.state = State::asked;
    port.question = next_question_++;
    if (!port.listener) return to_broker_({port.question, bridge::OpenTun{port.server_id}});
    to_broker_(
        {port.question, bridge::OpenListener{.server_id = port.server_id,
                                             .listener = *port.listener,
                                             .sockets = static_cast<std::uint16_t>(shards_)}});
}

void PortDesk::take(bridge::BrokerMessage message, std::vector<UniqueFd> descriptors, Instant now) {
    const auto port = std::ranges::find_if(ports_, [&](const Port& candidate) {
        return candidate.state == State::asked && candidate.question == message.id;
    });
    if (port == ports_.end()) return;  // closed in the meantime; the descriptors close here
    if (const auto* refused = std::get_if<bridge::BrokerAnswer>(&message.body))
        return fail(*port, refused->problem, now);
    const auto* opened = std::get_if<bridge::Opened>(&message.body);
    if (opened == nullptr || descriptors.size() < (opened->steered ? 2u : 1u))
        return fail(*port, "the broker's answer holds no descriptor", now);
    if (port->listener && descriptors.size() != shards_)
        return fail(*port, "the broker opened another number of sockets than asked", now);
    port->state = State::open;
    port->pause = first_pause;
    if (port->listener) return deal_listener(*port, std::move(descriptors));
    UniqueFd table;
    if (opened->steered) {
        table = std::move(descriptors.back());
        descriptors.pop_back();
    }
    if (descriptors.size() > 1) steer_by(*port, table);
    deal_tun(*port, std::move(descriptors));
}

/// Without a table the shards hand over what comes out of the wrong queue.
void PortDesk::steer_by(Port& port, const UniqueFd& table) {
    port.steering = table ? SteeringTable::map(table) : nullptr;
    port.owners->steer_by(port.steering);
    bridge::Provisions found{};
    found[static_cast<std::size_t>(bridge::Provision::tun_steering)] =
        port.steering ? bridge::Presence::present : bridge::Presence::lacking;
    bridge::join(provisions_, found);
}

void PortDesk::fail(Port& port, const std::string& problem, Instant now) {
    if (port.pause >= longest_pause || port.pause == first_pause)
        log_event(Severity::warning, "the broker could not open a port, asking again",
                  {{"server", port.server_id},
                   {"port", port.listener ? to_string(port.listener->local) : "tunnel device"},
                   {"why", problem}});
    port.state = State::missing;
    port.ask_at = now + port.pause;
    port.pause = std::min(port.pause * 2, longest_pause);
}

/// Every queue needs a reader, or the packets that the kernel puts there are lost; every shard
/// needs a queue to write to.
void PortDesk::deal_tun(const Port& port, std::vector<UniqueFd> descriptors) {
    const std::size_t queues = descriptors.size();
    const bool batches = queues > 0 && has_offloads(descriptors.front().get());
    for (std::size_t shard = queues; shard < shards_; ++shard) {
        UniqueFd copy(::fcntl(descriptors[shard % queues].get(), F_DUPFD_CLOEXEC, 0));
        to_shard_(static_cast<std::uint32_t>(shard), AddTun{port.server, std::move(copy), false});
    }
    for (std::size_t queue = 0; queue < queues; ++queue)
        to_shard_(static_cast<std::uint32_t>(queue % shards_),
                  AddTun{port.server, std::move(descriptors[queue]), true});
    log_event(Severity::info, "tunnel device open",
              {{"server", port.server_id},
               {"queues", std::to_string(queues)},
               {"packets", batches ? "several of a flow as one" : "one by one"}});
}

/// Connections are spread by the kernel's hash and stay where they were accepted: nothing to steer.
void PortDesk::deal_listener(const Port& port, std::vector<UniqueFd> descriptors) {
    const bridge::Transport transport = port.listener->transport;
    const bool datagrams = transport == bridge::Transport::udp;
    if (datagrams && shards_ > 1 && !steer(descriptors.front().get(), shards_))
        log_event(Severity::warning, "no socket filter: shards hand packets over to each other",
                  {{"listener", to_string(port.listener->local)}});
    for (std::uint32_t shard = 0; shard < shards_; ++shard)
        to_shard_(shard,
                  AddListener{port.server, port.number, std::move(descriptors[shard]), transport});
    log_event(Severity::info, "listener open",
              {{"server", port.server_id},
               {"listener", to_string(port.listener->local)},
               {"transport", datagrams ? "UDP" : "TCP"}});
}

void PortDesk::tun_lost(shard::ServerIndex server, Instant now) {
    for (Port& port : ports_) {
        if (port.server != server || port.listener || port.state != State::open) continue;
        close_tun(server);  // the other shards' queues went with the device
        port.state = State::missing;
        port.ask_at = now;
    }
    reach(now);
}

std::optional<Instant> PortDesk::next_deadline() const {
    std::optional<Instant> next;
    if (!connected_) return next;
    for (const Port& port : ports_)
        if (port.state == State::missing) next = next ? std::min(*next, port.ask_at) : port.ask_at;
    return next;
}

std::size_t PortDesk::missing() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(ports_, [](const Port& port) { return port.state != State::open; }));
}

}  // namespace kanmon::io
