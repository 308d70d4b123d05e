#include "dataplane/io/shard_loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "bridge/tun_offloads.h"
#include "dataplane/io/socket_address.h"
#include "dataplane/io/steering.h"
#include "dataplane/routing/super_packet.h"

namespace kanmon::io {

namespace {

constexpr int sleep_milliseconds_max = 1000;
constexpr std::byte data_v1{6};
/// The kernel may wake a thread so much later; its usual 50 us would double a rest.
constexpr unsigned long timer_slack_nanoseconds = 1000;

/// The shard that owns the destination of a tunnelled packet.
std::optional<std::uint32_t> owner_of_destination(const TunnelOwners& owners, Bytes packet) {
    using routing::header_v4, routing::header_v6;
    constexpr std::size_t destination_v4 = 16, destination_v6 = 24;
    if (packet.size() < header_v4) return std::nullopt;
    if (packet[0] >> 4 == std::byte{4})
        return owners.find(Ipv4{ByteReader(packet.subspan(destination_v4)).u32()});
    if (packet[0] >> 4 != std::byte{6} || packet.size() < header_v6) return std::nullopt;
    Ipv6 destination;
    std::memcpy(destination.octets.data(), packet.data() + destination_v6, 16);
    return owners.find(destination);
}

}  // namespace

struct ShardLoop::Ports {
    struct Tun {
        std::unique_ptr<TunQueue> queue;
        bool reads = true;
        unsigned offloads = 0;
    };
    struct Listener {  // one of both, or none yet
        std::unique_ptr<UdpSocket> udp;
        std::unique_ptr<StreamListener> tcp;

        explicit operator bool() const { return udp || tcp; }
        int fd() const { return udp ? udp->fd() : tcp->fd(); }
        Source source() const { return udp ? Source::udp : Source::tcp_listener; }
    };
    std::vector<Tun> tuns;
    std::vector<Listener> listeners;
    std::shared_ptr<const TunnelOwners> owners;
    bool port_share = false;

    UdpSocket* udp(std::uint32_t listener) const {
        return listener < listeners.size() ? listeners[listener].udp.get() : nullptr;
    }
};

ShardLoop::ShardLoop(const shard::ShardOptions& options, ShardWiring wiring, StreamLimits streams)
    : index_(options.index),
      shards_(options.count),
      wiring_(std::move(wiring)),
      inbox_(*wiring_.inboxes.at(options.index)),
      shard_(options, random_, *this),
      streams_(
          shard_, poll_, [this](Stranger stranger) { pass_on(std::move(stranger)); }, streams),
      tun_room_(std::make_unique_for_overwrite<std::byte[]>(2 * TunQueue::room_octets)) {
    poll_.watch(inbox_.wakeup.fd(), {Source::inbox});
}

ShardLoop::~ShardLoop() = default;

void ShardLoop::close_tuns(shard::ServerIndex server) {
    delivering_.flush();
    for (const Ports::Tun& tun : ports(server).tuns)
        if (tun.reads) poll_.unwatch(tun.queue->fd());
    ports(server).tuns.clear();
}

void ShardLoop::stop() {
    stopping_.store(true);
    inbox_.wakeup.signal();
}

int ShardLoop::sleep_milliseconds() const {
    if (!unsent_.empty()) return 1;
    std::optional<Instant> next;
    for (const auto& deadline :
         {shard_.next_deadline(), streams_.next_deadline(), accept_again_at_})
        if (deadline) next = next ? std::min(*next, *deadline) : *deadline;
    if (!next) return sleep_milliseconds_max;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now_).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, sleep_milliseconds_max));
}

/// Sleeps a little where that makes the next turn a batch, or lets a stream empty its queue: what
/// waits in the tunnel's device would end the poll's wait at once.
void ShardLoop::rest() {
    Duration length = gathering_.after(std::exchange(taken_, 0), now_);
    if (streams_.press_back()) length = std::max(length, Gathering::rest);
    if (length > Duration{}) std::this_thread::sleep_for(length);
}

void ShardLoop::run() {
    ::pthread_setname_np(::pthread_self(), "shard");
    ::prctl(PR_SET_TIMERSLACK, timer_slack_nanoseconds);
    now_ = boot_now();
    while (!stopping_.load(std::memory_order_relaxed)) {
        rest();
        const std::span<const epoll_event> ready = poll_.wait(sleep_milliseconds());
        const Instant woken = boot_now();
        after_pause_ = woken - now_ >= pause;
        now_ = woken;
        wall_ = unix_now();
        streams_.set_time(now_, wall_);
        bool messages = false;
        for (const epoll_event& event : ready) {
            const EventTag tag = tag_of(event.data.u64);
            if (tag.source == Source::tun) drain_tun(tag.server, tag.slot, tun_budget);
        }
        for (const epoll_event& event : ready) {
            const EventTag tag = tag_of(event.data.u64);
            if (tag.source == Source::udp) drain_udp(tag.server, tag.slot);
            messages = messages || tag.source == Source::inbox;
        }
        drain_streams(ready);
        if (messages) drain_inbox();
        if (const auto deadline = shard_.next_deadline(); deadline && *deadline <= now_)
            shard_.reach(now_, wall_);
        streams_.reach();
        if (accept_again_at_ && *accept_again_at_ <= now_) accept_again();
        flush();
        retry_keeper();
    }
}

void ShardLoop::flush() {
    delivering_.flush();
    sending_.flush();
    streams_.flush();
}

// --- packets ------------------------------------------------------------------------------------

void ShardLoop::drain_tun(shard::ServerIndex server, std::size_t slot, std::size_t budget) {
    if (server >= ports_.size() || slot >= ports_[server].tuns.size()) return;
    TunQueue* queue = ports_[server].tuns[slot].queue.get();
    if (queue == nullptr || streams_.press_back(server)) return;
    const MutableBytes room(tun_room_.get(), TunQueue::room_octets);
    std::size_t octets = 0;
    for (std::size_t left = budget; left > 0 && octets < tun_octets; --left) {
        TunPacket packet;
        const TunRead outcome = queue->read(room, packet);
        if (outcome == TunRead::lost) {
            close_tuns(server);
            tell_keeper({index_, TunLost{server}});
        }
        if (outcome == TunRead::foreign) count(Cause::malformed);
        if (outcome == TunRead::lost || outcome == TunRead::empty) break;
        if (outcome == TunRead::packet) {
            tun_reads_.count(packets_in(packet.offload, packet.octets));
            enter(server, packet);
        }
        octets += packet.octets.size();
        if (streams_.press_back(server)) break;
    }
    flush();
}

void ShardLoop::enter(shard::ServerIndex server, const TunPacket& packet) {
    const TunnelOwners* owners = ports_[server].owners.get();
    if (shards_ > 1 && owners != nullptr) {
        const auto owner = owner_of_destination(*owners, packet.octets);
        if (owner && *owner != index_ && *owner < shards_) return hand_over(*owner, server, packet);
    }
    shard_.from_tunnel(server, packet.offload, packet.octets, now_);
}

/// One by one: what strays has room for single packets only.
void ShardLoop::hand_over(std::uint32_t owner, shard::ServerIndex server, const TunPacket& packet) {
    const auto read = routing::read_super_packet(packet.offload, packet.octets);
    if (!read) return count(read.error());
    const shard::Path path{.server = server, .remote = {}};
    if (read->is_single())
        return hand_over(owner, StrayPacket::Kind::tunnelled, path, {}, read->whole.octets);
    const MutableBytes room(tun_room_.get() + TunQueue::room_octets, TunQueue::room_octets);
    routing::PacketPieces segments = read->segments();
    while (const auto segment = segments.next(room))
        hand_over(owner, StrayPacket::Kind::tunnelled, path, {}, *segment);
}

void ShardLoop::drain_udp(shard::ServerIndex server, std::uint32_t listener) {
    const UdpSocket* socket = server < ports_.size() ? ports_[server].udp(listener) : nullptr;
    if (socket == nullptr) return;
    const std::uint64_t delivered_before = delivering_.counters().packets;
    for (std::size_t left = udp_budget; left > 0; --left) {
        for (const ReceivedRun& run : received_.receive(*socket)) {
            taken_ += run.datagrams();
            const std::uint32_t owner = shards_ > 1 ? owner_of(run) : index_;
            const shard::Path path{.server = server, .listener = listener, .remote = run.remote};
            if (owner == index_) {
                receive(path, run);
                continue;
            }
            for (std::size_t at = 0; at < run.octets.size(); at += run.segment_octets)
                hand_over(
                    owner, StrayPacket::Kind::datagram, path, run.local,
                    run.octets.subspan(at, std::min(run.segment_octets, run.octets.size() - at)));
        }
        if (!received_.filled()) break;
    }
    if (after_pause_) {
        delivering_.flush();
        take_echoes(server, delivering_.counters().packets - delivered_before);
    }
    flush();
}

/// What the machine itself answers is in the queue as soon as a packet was delivered. After a pause
/// it leaves in this turn, without another wait; in a stream of packets it is better gathered.
/// As many as were delivered; the poll tells of more.
void ShardLoop::take_echoes(shard::ServerIndex server, std::uint64_t packets) {
    const std::size_t budget = std::min<std::uint64_t>(packets, tun_budget);
    for (std::size_t slot = 0; slot < ports_[server].tuns.size(); ++slot)
        if (ports_[server].tuns[slot].reads) drain_tun(server, slot, budget);
}

void ShardLoop::receive(const shard::Path& path, const ReceivedRun& run) {
    const std::uint32_t listener = path.listener;
    const bool wildcard = ports_[path.server].listeners[listener].udp->wildcard();
    const std::uint32_t number =
        wildcard && !is_wildcard(run.local) ? locals_.number_of(run.local) : 0;
    shard::Path numbered = path;
    numbered.listener = LocalAddresses::path_listener(listener, number);
    shard_.receive(numbered, {run.octets, run.segment_octets}, now_, wall_);
}

std::uint32_t ShardLoop::owner_of(const ReceivedRun& run) const {
    std::optional<std::uint32_t> owner = shard_of(run.octets, shards_);
    if (!owner && run.octets[0] >> 3 == data_v1) owner = wiring_.remotes->find(run.remote);
    return owner && *owner < shards_ ? *owner : index_;
}

void ShardLoop::hand_over(std::uint32_t owner, StrayPacket::Kind kind, const shard::Path& path,
                          const Ipv6& local, Bytes packet) {
    if (packet.size() > StrayPacket::octets_max) return count(Cause::oversize);
    ShardInbox& inbox = *wiring_.inboxes[owner];
    const bool taken = inbox.strays.push_with([&](StrayPacket& stray) {
        stray.kind = kind;
        stray.octets = static_cast<std::uint16_t>(packet.size());
        stray.path = path;
        stray.local = local;
        std::memcpy(stray.packet.data(), packet.data(), packet.size());
    });
    if (!taken) return count(Cause::queue_full);
    inbox.wakeup.signal();
}

void ShardLoop::take_stray(StrayPacket& stray) {
    const MutableBytes packet = MutableBytes(stray.packet).first(stray.octets);
    const shard::ServerIndex server = stray.path.server;
    if (server >= ports_.size()) return count(Cause::unknown_client);
    if (stray.kind == StrayPacket::Kind::tunnelled) return shard_.from_tunnel(server, packet, now_);
    if (ports_[server].udp(stray.path.listener) == nullptr) return count(Cause::unknown_client);
    receive(stray.path, ReceivedRun{stray.path.remote, stray.local, packet, packet.size()});
}

void ShardLoop::send(const shard::Path& path, Bytes datagram) {
    if (path.is_stream()) return streams_.send(path.stream, datagram);
    const std::uint32_t listener = LocalAddresses::listener_of(path.listener);
    UdpSocket* socket = path.server < ports_.size() ? ports_[path.server].udp(listener) : nullptr;
    if (socket == nullptr) return count(Cause::send_failed);
    sending_.add(*socket, path.remote, locals_.address_of(LocalAddresses::number_in(path.listener)),
                 datagram);
}

void ShardLoop::deliver(shard::ServerIndex server, MutableBytes inner_packet) {
    if (server >= ports_.size() || ports_[server].tuns.empty()) return count(Cause::send_failed);
    delivering_.add(*ports_[server].tuns.front().queue, inner_packet);
}

MutableBytes ShardLoop::room(const shard::Path& path, std::size_t octets) {
    return path.is_stream() ? MutableBytes{} : sending_.room(octets);
}

std::optional<bridge::StreamQuality> ShardLoop::stream_quality(const shard::Path& path) const {
    return streams_.quality(path.stream);
}

Ipv6 ShardLoop::local_address(const shard::Path& path) const {
    if (path.is_stream()) return streams_.local_address(path.stream);
    const UdpSocket* socket =
        path.server < ports_.size()
            ? ports_[path.server].udp(LocalAddresses::listener_of(path.listener))
            : nullptr;
    if (socket == nullptr) return {};
    return socket->wildcard() ? locals_.address_of(LocalAddresses::number_in(path.listener))
                              : socket->local().address;
}

// --- streams ------------------------------------------------------------------------------------

void ShardLoop::drain_streams(std::span<const epoll_event> ready) {
    for (const epoll_event& event : ready) {
        const EventTag tag = tag_of(event.data.u64);
        if (tag.source == Source::stream) streams_.ready(tag.server, event.events);
    }
    flush();
    for (const epoll_event& event : ready) {
        const EventTag tag = tag_of(event.data.u64);
        if (tag.source == Source::tcp_listener) accept(tag.server, tag.slot);
    }
}

void ShardLoop::accept(shard::ServerIndex server, std::uint32_t listener) {
    if (server >= ports_.size() || listener >= ports_[server].listeners.size()) return;
    StreamListener* socket = ports_[server].listeners[listener].tcp.get();
    if (socket == nullptr || socket->paused()) return;
    const shard::Path place{.server = server, .listener = listener, .remote = {}};
    if (streams_.accept(*socket, place, ports_[server].port_share)) return;
    if (!accept_again_at_)
        log_event(Severity::warning, "out of descriptors, new connections wait",
                  {{"listener", to_string(socket->local())},
                   {"connections", std::to_string(streams_.size())}});
    poll_.unwatch(socket->fd());
    socket->pause(true);
    accept_again_at_ = now_ + accept_pause;
}

void ShardLoop::accept_again() {
    accept_again_at_.reset();
    for (std::size_t server = 0; server < ports_.size(); ++server) {
        auto& listeners = ports_[server].listeners;
        for (std::size_t i = 0; i < listeners.size(); ++i) {
            StreamListener* socket = listeners[i].tcp.get();
            if (socket == nullptr || !socket->paused()) continue;
            socket->pause(false);
            poll_.watch(socket->fd(), {Source::tcp_listener, static_cast<std::uint32_t>(server),
                                       static_cast<std::uint32_t>(i)});
        }
    }
}

bool ShardLoop::has_room(const shard::Path& path, std::size_t octets) {
    return streams_.has_room(path.stream, octets);
}

void ShardLoop::entered(const shard::Path& path, std::size_t frame_octets_max) {
    streams_.entered(path.stream, frame_octets_max);
}

void ShardLoop::proved(const shard::Path& path) {
    streams_.proved(path.stream);
}

void ShardLoop::finished(const shard::Path& path) {
    streams_.finished(path.stream);
}

/// Not kept for a keeper that lags behind: it would hold descriptors without end.
void ShardLoop::pass_on(Stranger stranger) {
    if (!unsent_.empty() ||
        !wiring_.keeper->mailbox.post(KeeperMessage{index_, std::move(stranger)}))
        count(Cause::queue_full);
}

// --- messages -----------------------------------------------------------------------------------

void ShardLoop::drain_inbox() {
    inbox_.wakeup.clear();
    bool more = true;
    for (std::size_t left = ShardInbox::strays_max; left > 0 && more; --left)
        more = inbox_.strays.pop_with([&](StrayPacket& stray) { take_stray(stray); });
    flush();
    const bool waiting = inbox_.mailbox.drain([&](ShardMessage message) {
        std::visit([&](auto&& body) { take(std::move(body)); }, std::move(message));
    });
    if (more || waiting) inbox_.wakeup.signal();
}

ShardLoop::Ports& ShardLoop::ports(shard::ServerIndex server) {
    if (server >= ports_.size()) ports_.resize(server + 1);
    return ports_[server];
}

void ShardLoop::take(ConfigureShard message) {
    for (std::size_t i = 0; i < message.owners.size(); ++i)
        ports(static_cast<shard::ServerIndex>(i)).owners = std::move(message.owners[i]);
    for (std::size_t i = 0; i < message.profiles.size(); ++i)
        if (message.profiles[i])
            ports(static_cast<shard::ServerIndex>(i)).port_share =
                message.profiles[i]->server.port_share;
    shard_.configure(std::move(message.profiles), now_);
    shard_.share_bandwidth(std::move(message.lines));
}

void ShardLoop::take(AddTun message) {
    Ports& port = ports(message.server);
    const unsigned offloads = taken_offloads(message.fd.get());
    port.tuns.push_back(
        {std::make_unique<TunQueue>(std::move(message.fd)), message.reads, offloads});
    const auto slot = static_cast<std::uint32_t>(port.tuns.size() - 1);
    if (message.reads)
        poll_.watch(port.tuns.back().queue->fd(), {Source::tun, message.server, slot});
}

void ShardLoop::take(RemoveTun message) {
    close_tuns(message.server);
}

void ShardLoop::take(AddListener message) {
    Ports& port = ports(message.server);
    if (message.listener >= port.listeners.size()) port.listeners.resize(message.listener + 1);
    flush();
    Ports::Listener& listener = port.listeners[message.listener];
    if (message.transport == bridge::Transport::tcp)
        listener = {nullptr, std::make_unique<StreamListener>(std::move(message.fd))};
    else
        listener = {std::make_unique<UdpSocket>(std::move(message.fd)), nullptr};
    poll_.watch(listener.fd(), {listener.source(), message.server, message.listener});
}

void ShardLoop::take(ArrangeListeners message) {
    flush();
    auto& present = ports(message.server).listeners;
    std::vector<Ports::Listener> arranged(message.from.size());
    for (std::size_t i = 0; i < arranged.size(); ++i) {
        if (message.from[i] >= present.size() || !present[message.from[i]]) continue;
        arranged[i] = std::exchange(present[message.from[i]], {});
        poll_.watch_again(arranged[i].fd(),
                          {arranged[i].source(), message.server, static_cast<std::uint32_t>(i)});
    }
    for (const Ports::Listener& closing : present)
        if (closing) poll_.unwatch(closing.fd());
    present = std::move(arranged);
    // Whoever has begun a session is judged by it; the others knew places that may have changed.
    streams_.close_waiting(message.server);
}

void ShardLoop::take(DisconnectSession message) {
    shard_.disconnect(message.session, message.cause, now_, wall_);
}

void ShardLoop::take(TellFlows message) {
    tell_keeper({index_, FlowsTold{message.question, shard_.flows_of(message.session)}});
}

void ShardLoop::take(ReportAll message) {
    if (message.clients) shard_.report_all(wall_);
    DropReport report{shard_.drops()};
    for (std::size_t i = 0; i < cause_count; ++i)
        report.by_cause[i] += drops_[i] + streams_.drops()[i];
    const auto add = [&](Cause cause, std::uint64_t count) {
        report.by_cause[static_cast<std::size_t>(cause)] += count;
    };
    add(Cause::queue_full, sending_.counters().queue_full + delivering_.counters().queue_full);
    add(Cause::send_failed, sending_.counters().failed + delivering_.counters().failed);
    add(Cause::truncated, received_.truncated());
    tell_keeper({index_, report});
    report_machine();
}

void ShardLoop::note(bridge::Provision provision, bool present) {
    bridge::Provisions found{};
    found[static_cast<std::size_t>(provision)] =
        present ? bridge::Presence::present : bridge::Presence::lacking;
    bridge::join(provisions_, found);
}

void ShardLoop::find_provisions() {
    using bridge::Provision;
    for (const Ports& port : ports_) {
        for (const Ports::Listener& listener : port.listeners) {
            if (!listener.udp) continue;
            note(Provision::udp_segment, listener.udp->segmentation());
            note(Provision::udp_gro, listener.udp->gathers());
        }
        for (const Ports::Tun& tun : port.tuns) {
            const auto takes = [&](unsigned offloads) {
                return (tun.offloads & offloads) == offloads;
            };
            note(Provision::tun_headers, tun.queue->has_offloads());
            note(Provision::tun_tcp, takes(bridge::tun_offload_tcp));
            note(Provision::tun_udp,
                 takes(bridge::tun_offload_udp) && delivering_.gathers_datagrams());
        }
    }
}

void ShardLoop::report_machine() {
    find_provisions();
    MachineReport report{provisions_, {}};
    const auto batches = [&](bridge::BatchKind kind) -> bridge::BatchSizes& {
        return report.batches[static_cast<std::size_t>(kind)];
    };
    batches(bridge::BatchKind::received) = received_.sizes();
    batches(bridge::BatchKind::sent) = sending_.counters().sizes;
    batches(bridge::BatchKind::tun_read) = tun_reads_;
    batches(bridge::BatchKind::tun_written) = delivering_.counters().sizes;
    tell_keeper({index_, report});
}

void ShardLoop::take(ReportTraffic) {
    tell_keeper({index_, shard_.traffic()});
    shard_.report_some(wall_);
}

void ShardLoop::take(shard::AdmissionAnswer message) {
    shard_.answer(std::move(message), now_, wall_);
}

void ShardLoop::take(shard::LoginReply message) {
    shard_.take_login(message, now_, wall_);
}

void ShardLoop::take(shard::TlsDone message) {
    shard_.finish(std::move(message), now_, wall_);
}

void ShardLoop::work(shard::TlsJob job) {
    if (!wiring_.tls->submit(index_, std::move(job))) count(Cause::queue_full);
}

void ShardLoop::ask(shard::AdmissionQuestion question) {
    tell_keeper({index_, std::move(question)});
}

void ShardLoop::ask_login(shard::LoginQuestion question) {
    tell_keeper({index_, std::move(question)});
}

void ShardLoop::left(std::uint64_t session, Cause cause) {
    tell_keeper({index_, SessionLeft{session, cause}});
}

void ShardLoop::report(bridge::ClientFact fact) {
    tell_keeper({index_, std::move(fact)});
}

void ShardLoop::report(bridge::AttemptRecord record) {
    auto& mailbox = record.known ? wiring_.keeper->records : wiring_.keeper->stranger_records;
    if (!mailbox.post(std::move(record)))
        wiring_.keeper->records_lost.fetch_add(1, std::memory_order_relaxed);
}

void ShardLoop::tell_keeper(KeeperMessage message) {
    if (!unsent_.empty() || !wiring_.keeper->mailbox.post(std::move(message)))
        unsent_.push_back(std::move(message));
}

void ShardLoop::retry_keeper() {
    while (!unsent_.empty() && wiring_.keeper->mailbox.post(std::move(unsent_.front())))
        unsent_.pop_front();
}

}  // namespace kanmon::io
