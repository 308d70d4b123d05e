#include "dataplane/flows/observer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>

#include "base/folded_product.h"
#include "base/ip_numbers.h"

namespace kanmon::flows {

namespace {

using bridge::TcpOutcome;

/// How exactly the order of silence is kept: a busy row is moved to the front this often.
constexpr Duration order_grain = 1s;

void add_to(std::uint32_t& counter, std::uint32_t packets = 1) {
    const std::uint32_t room = std::numeric_limits<std::uint32_t>::max() - counter;
    counter += std::min(room, packets);
}

/// Who asks whom when nobody saw it begin: services have the lower port.
bool is_asked_by_client(const Sighting& seen) {
    if (seen.asker != Asker::unsaid) return seen.asker == Asker::client;
    const Ends& ends = seen.ends;
    const bool has_ports = ends.protocol == protocol_tcp || ends.protocol == protocol_udp;
    if (!has_ports || ends.client_port == ends.remote_port) return seen.from_client;
    if (ends.protocol == protocol_udp && seen.from_client) return true;
    return ends.remote_port < ends.client_port;
}

void open(bridge::ObservedFlow& flow, std::uint16_t& opener_port, std::uint16_t port) {
    const bool again = flow.outcome == TcpOutcome::unanswered && opener_port == port;
    if (!again) add_to(flow.opened);
    opener_port = port;
    flow.outcome = TcpOutcome::unanswered;
}

void settle(bridge::ObservedFlow& flow, TcpOutcome outcome, std::uint32_t& counter) {
    add_to(counter);
    flow.outcome = outcome;
}

/// Some connection still waits to be answered.
bool is_pending(const bridge::ObservedFlow& flow) {
    return std::uint64_t{flow.answered} + flow.refused < flow.opened;
}

void take_reset(bridge::ObservedFlow& flow) {
    switch (flow.outcome) {
        case TcpOutcome::unanswered:
        case TcpOutcome::refused:
            if (is_pending(flow)) settle(flow, TcpOutcome::refused, flow.refused);
            return;
        case TcpOutcome::none:
        case TcpOutcome::answered:
            return settle(flow, TcpOutcome::reset, flow.reset);
        default:
            return;  // the rest of a connection that is over
    }
}

/// Of the side that was asked.
void answer(bridge::ObservedFlow& flow, std::uint8_t flags) {
    if ((flags & tcp_rst) != 0) return take_reset(flow);
    if ((flags & tcp_fin) != 0) return settle(flow, TcpOutcome::closed, flow.closed);
    if (is_pending(flow)) add_to(flow.answered);
    flow.outcome = TcpOutcome::answered;
}

}  // namespace

struct Observer::Place {
    const Ipv6& remote;
    std::uint16_t port;
    std::uint8_t protocol;
    bool of_client;

    Place(const Ends& ends, bool asked_by_client)
        : remote(ends.remote),
          port(asked_by_client ? ends.remote_port : ends.client_port),
          protocol(ends.protocol),
          of_client(asked_by_client) {}
    Place(const bridge::ObservedFlow& flow)
        : remote(flow.remote),
          port(flow.port),
          protocol(flow.protocol),
          of_client(flow.of_client) {}
    bool is(const bridge::ObservedFlow& flow) const {
        return flow.port == port && flow.protocol == protocol && flow.of_client == of_client &&
               flow.remote == remote;
    }
};

/// From the system, which gives pages when they are touched.
template <class T>
Observer::Zeroed<T> Observer::zeroed(std::size_t count) {
    Zeroed<T> made(static_cast<T*>(std::calloc(count, sizeof(T))));
    if (!made) throw std::bad_alloc();
    return made;
}

Observer::Observer(std::uint32_t clients_max, std::array<std::uint64_t, 2> secret,
                   std::uint32_t capacity)
    : secret_(secret),
      capacity_(capacity),
      chains_count_(std::bit_ceil(capacity)),
      chains_(zeroed<Index>(chains_count_)),
      owners_(zeroed<Owner>(clients_max)) {
    rows_.reserve(capacity);
}

// --- the packet path -----------------------------------------------------------------------------

void Observer::note(std::uint32_t client, const Sighting& seen, Instant now) {
    const bool same = latest_ != 0 && latest_client_ == client && latest_ends_ == seen.ends &&
                      seen.asker == Asker::unsaid;
    const Index found = same ? latest_ : look_up(client, seen, now);
    if (found == 0) return;
    if (!same) {
        latest_ = found;
        latest_client_ = client;
        latest_ends_ = seen.ends;
    }
    touch(found, now);
    count(row(found), seen);
}

bool Observer::note_again(bool from_client, std::uint32_t packets, Instant now) {
    if (latest_ == 0) return false;
    touch(latest_, now);
    bridge::ObservedFlow& flow = row(latest_).flow;
    (from_client ? flow.packets_out : flow.packets_back) += packets;
    return true;
}

/// An error begins nothing.
Observer::Index Observer::look_up(std::uint32_t client, const Sighting& seen, Instant now) {
    const bool by_client = is_asked_by_client(seen);
    const Place likely(seen.ends, by_client);
    if (const Index found = find(client, likely); found != 0) return found;
    if (seen.asker == Asker::unsaid)
        if (const Index found = find(client, Place(seen.ends, !by_client)); found != 0)
            return found;
    return seen.icmp_error ? 0 : add(client, likely, now);
}

void Observer::count(Row& row, const Sighting& seen) {
    bridge::ObservedFlow& flow = row.flow;
    if (seen.icmp_error) {
        add_to(flow.icmp_errors, seen.packets);
        flow.icmp_latest = *seen.icmp_error;
        return;
    }
    if (seen.denied) {
        add_to(flow.denied, seen.packets);
        flow.denied_by = seen.denied;
        return;
    }
    (seen.from_client ? flow.packets_out : flow.packets_back) += seen.packets;
    if ((seen.tcp_flags & (tcp_syn | tcp_fin | tcp_rst)) == 0) return;
    const bool of_asker = seen.from_client == flow.of_client;
    if (!of_asker)
        answer(flow, seen.tcp_flags);
    else if ((seen.tcp_flags & (tcp_syn | tcp_ack)) == tcp_syn)
        open(flow, row.opener_port,
             seen.from_client ? seen.ends.client_port : seen.ends.remote_port);
}

void Observer::touch(Index index, Instant now) {
    Row& touched = row(index);
    if (now - touched.flow.seen_at < order_grain) return;
    touched.flow.seen_at = now;
    Owner& owner = owners_[touched.client];
    unlink<&Row::of_client>(owner.order, index);
    link<&Row::of_client>(owner.order, index);
    unlink<&Row::of_shard>(order_, index);
    link<&Row::of_shard>(order_, index);
}

// --- rows ----------------------------------------------------------------------------------------

Observer::Index& Observer::chain_of(std::uint32_t client, const Place& place) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), place.remote.octets.data(), sizeof halves);
    const std::uint64_t what = std::uint64_t{client} << 32 | std::uint32_t{place.port} << 16 |
                               std::uint32_t{place.protocol} << 8 |
                               static_cast<std::uint32_t>(place.of_client);
    const std::uint64_t mixed = folded_product(halves[0] ^ secret_[0], halves[1] ^ secret_[1]);
    return chains_[folded_product(mixed ^ secret_[1], what ^ secret_[0]) & (chains_count_ - 1)];
}

Observer::Index Observer::find(std::uint32_t client, const Place& place) {
    Index index = chain_of(client, place);
    while (index != 0 && !(row(index).client == client && place.is(row(index).flow)))
        index = row(index).next;
    return index;
}

Observer::Index Observer::add(std::uint32_t client, const Place& place, Instant now) {
    make_room(client);
    Index index = free_;
    if (index != 0) {
        free_ = row(index).next;
    } else {
        rows_.emplace_back();
        index = static_cast<Index>(rows_.size());
    }
    Index& chain = chain_of(client, place);
    Row& made = row(index);
    made = {};
    made.flow.remote = place.remote;
    made.flow.port = place.port;
    made.flow.protocol = place.protocol;
    made.flow.of_client = place.of_client;
    made.flow.first_at = made.flow.seen_at = now;
    made.client = client;
    made.next = chain;
    chain = index;
    link<&Row::of_client>(owners_[client].order, index);
    link<&Row::of_shard>(order_, index);
    ++owners_[client].count;
    ++size_;
    return index;
}

void Observer::make_room(std::uint32_t client) {
    const bool has_share = owners_[client].count >= rows_of_client_max;
    if (!has_share && size_ < capacity_) return;
    const Index oldest = has_share ? owners_[client].order.oldest : order_.oldest;
    ++owners_[row(oldest).client].displaced;
    remove(oldest);
}

void Observer::remove(Index index) {
    Row& gone = row(index);
    Index* before = &chain_of(gone.client, Place(gone.flow));
    while (*before != index) before = &row(*before).next;
    *before = gone.next;
    unlink<&Row::of_client>(owners_[gone.client].order, index);
    unlink<&Row::of_shard>(order_, index);
    --owners_[gone.client].count;
    --size_;
    gone.next = free_;
    free_ = index;
    if (latest_ == index) latest_ = 0;
}

void Observer::forget(std::uint32_t client) {
    while (owners_[client].order.newest != 0) remove(owners_[client].order.newest);
    owners_[client].displaced = 0;
}

bridge::ObservedFlows Observer::flows_of(std::uint32_t client) const {
    bridge::ObservedFlows seen{.flows = {}, .displaced = owners_[client].displaced};
    seen.flows.reserve(owners_[client].count);
    for (Index at = owners_[client].order.newest; at != 0; at = row(at).of_client.older)
        seen.flows.push_back(row(at).flow);
    return seen;
}

// --- the orders of silence -----------------------------------------------------------------------

template <Observer::Neighbours Observer::Row::*place>
void Observer::link(Order& order, Index index) {
    row(index).*place = {.newer = 0, .older = order.newest};
    (order.newest == 0 ? order.oldest : (row(order.newest).*place).newer) = index;
    order.newest = index;
}

template <Observer::Neighbours Observer::Row::*place>
void Observer::unlink(Order& order, Index index) {
    const Neighbours around = row(index).*place;
    (around.older == 0 ? order.oldest : (row(around.older).*place).newer) = around.newer;
    (around.newer == 0 ? order.newest : (row(around.newer).*place).older) = around.older;
}

}  // namespace kanmon::flows
