#include "world/lease_model.h"

#include <algorithm>

#include "dataplane/admission/lease_book.h"
#include "world/judge.h"

namespace kanmon::world {

namespace {

constexpr Duration sweep_tolerance = 5s;

}  // namespace

LeaseModel::Slot* LeaseModel::find(std::uint64_t session) {
    const auto found = std::ranges::find(slots_, session, &Slot::session);
    return session == 0 || found == slots_.end() ? nullptr : &*found;
}

/// The same holder at the same remote is the same program started again.
LeaseModel::Slot* LeaseModel::replaced_by(const shard::AdmissionQuestion& question) {
    if (Slot* named = find(question.replaces)) return named;
    Slot* newest = nullptr;
    for (Slot& slot : slots_)
        if (slot.session != 0 && slot.remote == question.remote && slot.holder == question.holder)
            newest = &slot;
    return newest;
}

LeaseModel::Slot* LeaseModel::longest_held(const std::string& holder, Instant now) {
    Slot* best = nullptr;
    for (Slot& slot : slots_) {
        if (slot.session != 0 || slot.holder != holder || slot.held_until <= now) continue;
        if (!may_be_given(slot.address, holder)) continue;
        if (best == nullptr || slot.held_until < best->held_until) best = &slot;
    }
    return best;
}

void LeaseModel::drop_over(Instant now) {
    std::erase_if(slots_,
                  [&](const Slot& slot) { return slot.session == 0 && slot.held_until <= now; });
}

bool LeaseModel::is_a_clients(Ipv4 address) const {
    const bridge::SslServer& server = setup_.server;
    if (!server.client_pool.contains(address)) return false;
    const std::uint32_t offset = address.value - server.client_pool.base.value;
    if (server.topology == bridge::Topology::net30)
        return offset % 4 == 2 && offset >= 6 && offset + 4 < server.client_pool.size();
    return offset >= 2 && offset + 1 < server.client_pool.size();
}

const bridge::StaticAddress* LeaseModel::fixed_for(const std::string& holder) const {
    for (const bridge::StaticAddress& fixed : setup_.server.static_addresses)
        if (fixed.holder == holder && is_a_clients(fixed.address)) return &fixed;
    return nullptr;
}

bool LeaseModel::may_be_given(Ipv4 address, const std::string& holder) const {
    if (!is_a_clients(address)) return false;
    if (const auto* fixed = fixed_for(holder)) return fixed->address == address;
    return std::ranges::none_of(setup_.server.static_addresses,
                                [&](const auto& fixed) { return fixed.address == address; });
}

void LeaseModel::hold(Slot& slot, Instant now) const {
    slot.session = 0;
    slot.held_until = now + std::chrono::seconds(setup_.server.hold_seconds);
}

/// Older sessions of a holder that has a fixed address, or where newer ones replace them.
void LeaseModel::make_room(const shard::AdmissionQuestion& question, Instant now) {
    const bool replaces = fixed_for(question.holder) != nullptr ||
                          setup_.server.same_holder == bridge::SameHolder::replace_older;
    if (!replaces) return;
    const auto in_the_way = [&](const Slot& slot) {
        return slot.session != 0 && slot.session != question.session &&
               slot.holder == question.holder;
    };
    std::erase_if(slots_, [&](const Slot& slot) { return in_the_way(slot) && !slot.admitted; });
    for (Slot& slot : slots_)
        if (in_the_way(slot)) hold(slot, now);
}

void LeaseModel::granted(const shard::AdmissionQuestion& question, const bridge::Lease& lease,
                         Instant now) {
    require(lease.session == question.session, "I2", "a lease for another session");
    require(lease.holder == question.holder, "I2", "a lease for another holder");
    if (Slot* again = find(question.session)) {
        require(again->address == lease.address, "I2", "a second address for one session");
        return;
    }
    Slot* slot = replaced_by(question);
    if (slot != nullptr) slot->session = question.session;
    make_room(question, now);
    slot = find(question.session);
    if (slot == nullptr) slot = longest_held(question.holder, now);
    if (slot != nullptr) {
        require(slot->address == lease.address, "lease model",
                question.holder + " has " + to_string(slot->address) + ", but was given " +
                    to_string(lease.address));
        slot->remote = question.remote;
        slot->session = question.session;
        slot->admitted = false;
        return;
    }
    drop_over(now);
    require(may_be_given(lease.address, question.holder), "lease model",
            to_string(lease.address) + " is no address of " + question.holder);
    require(std::ranges::find(slots_, lease.address, &Slot::address) == slots_.end(), "I2",
            to_string(lease.address) + " was given twice");
    require(slots_.size() < setup_.gateway.connections_max, "lease model", "more than the maximum");
    slots_.push_back({.address = lease.address,
                      .holder = question.holder,
                      .remote = question.remote,
                      .session = question.session});
}

void LeaseModel::refused(const shard::AdmissionQuestion& question, Cause cause, Instant now) {
    if (cause == Cause::gateway_not_ready) return;
    const bool had_one = replaced_by(question) || longest_held(question.holder, now);
    require(!had_one, "lease model", question.holder + " was refused a slot of its own");
    drop_over(now);
    if (cause == Cause::connections_exhausted) {
        require(slots_.size() >= setup_.gateway.connections_max, "lease model",
                "refused below the maximum");
    } else {
        require(cause == Cause::pool_exhausted, "lease model", "refused without a cause");
        require(slots_.size() >= possible_addresses(), "lease model",
                "refused although the pool has room");
    }
}

void LeaseModel::admitted(std::uint64_t session) {
    Slot* slot = find(session);
    require(slot != nullptr, "I2", "a session without a lease was admitted");
    slot->admitted = true;
    let_in_.emplace(slot->holder, slot->address);
}

void LeaseModel::left(std::uint64_t session, Instant now) {
    Slot* slot = find(session);
    if (slot == nullptr) return;
    if (slot->admitted) {
        hold(*slot, now);
    } else {
        std::erase_if(slots_, [&](const Slot& other) { return other.session == session; });
    }
}

void LeaseModel::freed(const bridge::Lease& lease, Instant now) {
    const auto found = std::ranges::find(slots_, lease.address, &Slot::address);
    if (found == slots_.end()) return;  // known to be over, or never admitted
    if (found->session != 0) {
        require(!found->admitted, "I4", "a connected client's slot was freed");
    } else {
        require(found->held_until <= now, "I4", "a slot was freed before its hold was over");
    }
    slots_.erase(found);
}

void LeaseModel::restart(const std::vector<bridge::Lease>& durable, Instant now) {
    slots_.clear();
    const Instant whole_hold = now + std::chrono::seconds(setup_.server.hold_seconds);
    for (const bridge::Lease& lease : durable)
        slots_.push_back({.address = lease.address,
                          .holder = lease.holder,
                          .admitted = true,
                          .held_until = lease.session != 0 ? whole_hold : lease.held_until});
}

/// Of the pool, without the fixed ones that nobody has now.
std::size_t LeaseModel::possible_addresses() const {
    std::size_t count = admission::pool_capacity(setup_.server.client_pool, setup_.server.topology);
    for (const bridge::StaticAddress& fixed : setup_.server.static_addresses)
        if (is_a_clients(fixed.address) &&
            std::ranges::find(slots_, fixed.address, &Slot::address) == slots_.end())
            --count;
    return count;
}

bool LeaseModel::let_in(const std::string& holder, Ipv4 address) const {
    return let_in_.contains({holder, address});
}

void LeaseModel::check(Instant now) const {
    for (const Slot& slot : slots_)
        require(slot.session != 0 || slot.held_until + sweep_tolerance > now, "I4",
                to_string(slot.address) + " is held for too long");
}

const std::string* LeaseModel::holder_at(Ipv4 address) const {
    const auto found = std::ranges::find(slots_, address, &Slot::address);
    return found == slots_.end() || found->session == 0 ? nullptr : &found->holder;
}

}  // namespace kanmon::world
