#include "dataplane/routing/flow_table.h"

#include <algorithm>
#include <bit>

#include "base/folded_product.h"

namespace kanmon::routing {

namespace {

/// How exactly the order of silence is kept: a busy flow is moved to the front this often.
constexpr Duration order_grain = 1s;

Duration silence_of(const FlowEntry& entry) {
    if (entry.flow.kind == FlowKind::fragments) return fragments_silence;
    switch (entry.flow.protocol) {
        case protocol_tcp:
            return entry.answered && !entry.closing ? tcp_flow_silence : tcp_edge_silence;
        case protocol_udp:
            return udp_flow_silence;
        case protocol_icmp:
        case protocol_icmp6:
            return icmp_flow_silence;
        default:
            return other_flow_silence;
    }
}

bool is_over(const FlowEntry& entry, Instant now) {
    return now - entry.seen_at > silence_of(entry);
}

}  // namespace

FlowTable::FlowTable(std::uint32_t clients_max, std::array<std::uint64_t, 2> secret,
                     std::uint32_t capacity)
    : secret_(secret),
      capacity_(capacity),
      share_(std::min(capacity, flows_of_client_max)),
      chains_(std::bit_ceil(capacity), none),
      owners_(clients_max) {
    entries_.reserve(capacity);
}

std::uint64_t FlowTable::chain_of(std::uint32_t client, const Flow& flow) const {
    ByteReader in(std::as_bytes(std::span(flow.remote.octets)));
    const std::uint64_t high = in.u64(), low = in.u64();
    const std::uint64_t ends =
        std::uint64_t{client} << 32 | std::uint32_t{flow.client_port} << 16 | flow.remote_port;
    const std::uint64_t what = std::uint64_t{flow.protocol} << 8 |
                               static_cast<std::uint64_t>(flow.kind) << 1 |
                               static_cast<std::uint64_t>(flow.v6);
    const std::uint64_t mixed = folded_product(high ^ secret_[0], low ^ secret_[1] ^ what);
    return folded_product(mixed ^ secret_[1], ends ^ secret_[0]) & (chains_.size() - 1);
}

std::uint32_t FlowTable::index_of(const FlowEntry& entry) const {
    return static_cast<std::uint32_t>(&entry - entries_.data());
}

// --- the order of silence ------------------------------------------------------------------------

void FlowTable::link(Owner& owner, std::uint32_t index) {
    entries_[index].older_ = owner.newest;
    entries_[index].newer_ = none;
    (owner.newest == none ? owner.oldest : entries_[owner.newest].newer_) = index;
    owner.newest = index;
}

void FlowTable::unlink(Owner& owner, std::uint32_t index) {
    const FlowEntry& entry = entries_[index];
    (entry.older_ == none ? owner.oldest : entries_[entry.older_].newer_) = entry.newer_;
    (entry.newer_ == none ? owner.newest : entries_[entry.newer_].older_) = entry.older_;
}

// --- entries -------------------------------------------------------------------------------------

FlowEntry* FlowTable::find(std::uint32_t client, const Flow& flow, Instant now) {
    for (std::uint32_t index = chains_[chain_of(client, flow)]; index != none;) {
        FlowEntry& entry = entries_[index];
        if (entry.client != client || entry.flow != flow) {
            index = entry.next_;
            continue;
        }
        if (is_over(entry, now)) {
            remove(index);
            return nullptr;
        }
        if (now - entry.seen_at >= order_grain) {
            unlink(owners_[client], index);
            link(owners_[client], index);
            entry.seen_at = now;
        }
        return &entry;
    }
    return nullptr;
}

FlowEntry* FlowTable::add(std::uint32_t client, const Flow& flow, Instant now) {
    Owner& owner = owners_[client];
    if (owner.count >= share_ && !make_room(owner, now)) return nullptr;
    std::uint32_t index = free_;
    if (index != none) {
        free_ = entries_[index].next_;
    } else if (entries_.size() < capacity_) {
        index = static_cast<std::uint32_t>(entries_.size());
        entries_.emplace_back();
    } else {
        return nullptr;
    }
    FlowEntry& entry = entries_[index];
    entry = FlowEntry();
    entry.flow = flow;
    entry.client = client;
    entry.seen_at = now;
    std::uint32_t& chain = chains_[chain_of(client, flow)];
    entry.next_ = chain;
    chain = index;
    link(owner, index);
    ++owner.count;
    ++size_;
    return &entry;
}

void FlowTable::set_state(FlowEntry& entry, FlowState state) {
    Owner& owner = owners_[entry.client];
    if (entry.state == FlowState::cut) --owner.cut;
    if (state == FlowState::cut) ++owner.cut;
    entry.state = state;
}

void FlowTable::remove(std::uint32_t index) {
    FlowEntry& entry = entries_[index];
    Owner& owner = owners_[entry.client];
    std::uint32_t* place = &chains_[chain_of(entry.client, entry.flow)];
    while (*place != index) place = &entries_[*place].next_;
    *place = entry.next_;
    unlink(owner, index);
    set_state(entry, FlowState::allowed);
    entry.next_ = free_;
    free_ = index;
    --owner.count;
    --size_;
}

/// The flow that was silent for longest goes; one that was cut only when it is over, until then it
/// moves to the front. False when all of them were cut.
bool FlowTable::make_room(Owner& owner, Instant now) {
    while (owner.cut < owner.count) {
        const std::uint32_t index = owner.oldest;
        const FlowEntry& entry = entries_[index];
        if (entry.state != FlowState::cut || is_over(entry, now)) {
            remove(index);
            return true;
        }
        unlink(owner, index);
        link(owner, index);
    }
    if (owner.count == 0 || !is_over(entries_[owner.oldest], now)) return false;
    remove(owner.oldest);
    return true;
}

void FlowTable::forget(std::uint32_t client) {
    while (owners_[client].newest != none) remove(owners_[client].newest);
}

void FlowTable::share_among(std::size_t clients, Instant now) {
    const auto parts = std::bit_ceil(std::max<std::size_t>(clients, 1));
    const auto share = static_cast<std::uint32_t>(
        std::clamp<std::size_t>(capacity_ / parts, 1, flows_of_client_max));
    if (share < share_)
        for (Owner& owner : owners_)
            while (owner.count > share && make_room(owner, now)) {  // cut ones stay
            }
    share_ = share;
}

}  // namespace kanmon::routing
