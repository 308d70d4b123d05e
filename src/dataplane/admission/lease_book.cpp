#include "dataplane/admission/lease_book.h"

#include <algorithm>
#include <cassert>

namespace kanmon::admission {

namespace {

constexpr std::uint32_t net30_octets = 4;
constexpr Duration hold_of_unknown_server = 300s;

const bridge::SslServer* server_of(const std::vector<bridge::SslServer>& servers,
                                   const std::string& id) {
    const auto at = std::ranges::find(servers, id, &bridge::SslServer::id);
    return at == servers.end() ? nullptr : &*at;
}

Duration hold_of(const bridge::SslServer* server) {
    return server == nullptr ? hold_of_unknown_server
                             : Duration(std::chrono::seconds(server->hold_seconds));
}

/// Which of the clients' addresses it is in the server's present pool, if it is one.
std::optional<std::uint32_t> pool_index(const bridge::SslServer* server, Ipv4 address) {
    if (server == nullptr || !server->client_pool.contains(address)) return std::nullopt;
    const std::uint32_t offset = address.value - server->client_pool.base.value;
    const bool net30 = server->topology == bridge::Topology::net30;
    if (offset < (net30 ? 6U : 2U)) return std::nullopt;
    if (net30 && offset % net30_octets != 2) return std::nullopt;
    const std::uint32_t index = net30 ? (offset - 6) / net30_octets : offset - 2;
    if (index >= pool_capacity(server->client_pool, server->topology)) return std::nullopt;
    return index;
}

bool is_held(const bridge::Lease& lease) {
    return lease.session == 0;
}
bool is_over(const bridge::Lease& lease, Instant now) {
    return is_held(lease) && lease.held_until <= now;
}

}  // namespace

std::optional<Ipv4> pool_address(const Cidr& pool, bridge::Topology topology, std::uint32_t index) {
    if (index >= pool_capacity(pool, topology)) return std::nullopt;
    const std::uint32_t offset =
        topology == bridge::Topology::net30 ? net30_octets * (index + 1) + 2 : index + 2;
    return Ipv4{pool.base.value + offset};
}

Ipv4 server_address(const Cidr& pool) {
    return Ipv4{pool.base.value + 1};
}

void LeaseBook::configure(const std::vector<bridge::Gateway>& gateways,
                          const std::vector<bridge::SslServer>& servers) {
    gateways_ = gateways;
    servers_ = servers;
    fixed_.clear();
    for (const bridge::SslServer& server : servers) fixed_[server.id] = fixed_addresses(server);
    for (auto& [key, slot] : slots_) {
        const bridge::SslServer* server = server_of(servers_, key.first);
        if (server != nullptr) slot.gateway_id = server->gateway_id;
        // Nobody can return to such a slot: the next `expire` frees it.
        if (is_held(slot.lease) && !may_have(server, slot.lease.holder, slot.lease.address))
            slot.lease.held_until = Instant{};
    }
    order_anew();
}

void LeaseBook::restore(const std::vector<bridge::Lease>& leases, Instant now) {
    for (const bridge::Lease& remembered : leases) {
        const bridge::SslServer* server = server_of(servers_, remembered.server_id);
        const Instant latest = now + hold_of(server);
        Slot slot{remembered, server == nullptr ? std::string() : server->gateway_id};
        const bool was_connected = !is_held(remembered);
        slot.lease.session = 0;
        // Boot time starts anew with the machine: a later end than a whole hold is of another boot.
        if (was_connected || slot.lease.held_until > latest) slot.lease.held_until = latest;
        if (!servers_.empty() && !may_have(server, slot.lease.holder, slot.lease.address))
            slot.lease.held_until = Instant{};
        slots_[{remembered.server_id, remembered.address.value}] = slot;
    }
    order_anew();
}

// --- slots and the orders they are in -----------------------------------------------------------

void LeaseBook::order_anew() {
    index_.clear();
    taken_.clear();
    lowest_free_.clear();
    for (const auto& [key, slot] : slots_) {
        index_.add(slot.lease);
        ++taken_[slot.gateway_id];
    }
}

/// In place of whatever slot has the address.
void LeaseBook::keep(Slot slot) {
    const Key key{slot.lease.server_id, slot.lease.address.value};
    drop(key);
    index_.add(slot.lease);
    ++taken_[slot.gateway_id];
    slots_.emplace(key, std::move(slot));
}

void LeaseBook::drop(const Key& key) {
    const auto at = slots_.find(key);
    if (at == slots_.end()) return;
    const bridge::Lease& lease = at->second.lease;
    index_.remove(lease);
    --taken_[at->second.gateway_id];
    note_free(lease.server_id, lease.address);
    slots_.erase(at);
}

template <class Change>
const bridge::Lease& LeaseBook::change(const Key& key, Change change) {
    bridge::Lease& lease = slots_.at(key).lease;
    index_.remove(lease);
    change(lease);
    index_.add(lease);
    return lease;
}

void LeaseBook::note_free(const std::string& server_id, Ipv4 address) {
    const auto lowest = lowest_free_.find(server_id);
    if (lowest == lowest_free_.end()) return;
    if (const auto number = pool_index(server_of(servers_, server_id), address))
        lowest->second = std::min(lowest->second, *number);
}

// --- fixed addresses ----------------------------------------------------------------------------

LeaseBook::Fixed LeaseBook::fixed_addresses(const bridge::SslServer& server) {
    Fixed fixed;
    for (const bridge::StaticAddress& entry : server.static_addresses) {
        const bool usable = pool_index(&server, entry.address) &&
                            !fixed.of_address.contains(entry.address) &&
                            !fixed.of_holder.contains(entry.holder);
        if (!usable) continue;
        fixed.of_holder[entry.holder] = entry.address;
        fixed.of_address[entry.address] = entry.holder;
    }
    return fixed;
}

std::optional<Ipv4> LeaseBook::fixed_address(const std::string& server_id,
                                             const std::string& holder) const {
    const auto server = fixed_.find(server_id);
    if (server == fixed_.end()) return std::nullopt;
    const auto own = server->second.of_holder.find(holder);
    if (own == server->second.of_holder.end()) return std::nullopt;
    return own->second;
}

bool LeaseBook::may_have(const bridge::SslServer* server, const std::string& holder,
                         Ipv4 address) const {
    if (!pool_index(server, address)) return false;
    if (const auto own = fixed_address(server->id, holder)) return *own == address;
    return !fixed_.at(server->id).of_address.contains(address);
}

std::vector<std::uint64_t> LeaseBook::displaced(const std::string& server_id,
                                                const std::string& holder,
                                                std::uint64_t session) const {
    std::vector<std::uint64_t> sessions;
    const bridge::SslServer* server = server_of(servers_, server_id);
    if (server == nullptr || !server->enabled) return sessions;
    const auto fixed = fixed_address(server_id, holder);
    const bool replaces = fixed || server->same_holder == bridge::SameHolder::replace_older;
    if (!replaces) return sessions;
    std::vector<Ipv4> addresses = index_.connected_at(server_id, holder);
    if (fixed) addresses.push_back(*fixed);
    for (const Ipv4 address : std::set(addresses.begin(), addresses.end())) {
        const auto at = slots_.find({server_id, address.value});
        if (at == slots_.end() || is_held(at->second.lease)) continue;
        if (at->second.lease.session != session) sessions.push_back(at->second.lease.session);
    }
    return sessions;
}

// --- coming and going ---------------------------------------------------------------------------

Expected<bridge::Lease, Cause> LeaseBook::take(const std::string& server_id,
                                               const std::string& holder, std::uint64_t session,
                                               Instant now) {
    assert(session != 0);
    if (const bridge::Lease* present = find(session)) return *present;
    const bridge::SslServer* server = server_of(servers_, server_id);
    if (server == nullptr) return unexpected(Cause::gateway_not_ready);
    if (!server->enabled) return unexpected(Cause::server_disabled);
    const auto gateway = std::ranges::find(gateways_, server->gateway_id, &bridge::Gateway::id);
    if (gateway == gateways_.end()) return unexpected(Cause::gateway_not_ready);

    const auto suits = [&](Ipv4 address) { return may_have(server, holder, address); };
    if (const auto own = index_.longest_held(server_id, holder, now, suits)) {
        const Key key{server_id, own->value};
        by_session_[session] = key;
        return change(key, [session](bridge::Lease& lease) { lease.session = session; });
    }
    if (count(gateway->id, now) >= gateway->connections_max)
        return unexpected(Cause::connections_exhausted);
    const auto address = address_for(*server, holder, now);
    if (!address) return unexpected(Cause::pool_exhausted);
    const Key key{server_id, address->value};
    keep({{server_id, *address, holder, session, Instant{}}, gateway->id});
    by_session_[session] = key;
    return slots_.at(key).lease;
}

/// Where a holder without a slot of its own goes. A held slot does not keep the holder of a fixed
/// address from it: it was another's before the address was given to this one.
std::optional<Ipv4> LeaseBook::address_for(const bridge::SslServer& server,
                                           const std::string& holder, Instant now) {
    const auto fixed = fixed_address(server.id, holder);
    if (!fixed) return free_address(server, now);
    const auto at = slots_.find({server.id, fixed->value});
    return at == slots_.end() || is_held(at->second.lease) ? fixed : std::nullopt;
}

std::optional<Ipv4> LeaseBook::free_address(const bridge::SslServer& server, Instant now) {
    std::uint32_t& lowest = lowest_free_[server.id];
    index_.each_over(
        now, [this](const std::string& server_id, Ipv4 address) { note_free(server_id, address); });
    const Fixed& fixed = fixed_.at(server.id);
    for (;; ++lowest) {
        const auto address = pool_address(server.client_pool, server.topology, lowest);
        if (!address) return std::nullopt;
        const auto at = slots_.find({server.id, address->value});
        const bool free = at == slots_.end() || is_over(at->second.lease, now);
        if (free && !fixed.of_address.contains(*address)) return address;
    }
}

/// Connected or held; not those whose hold is over.
std::uint32_t LeaseBook::count(const std::string& gateway_id, Instant now) const {
    std::uint32_t count = taken(gateway_id);
    index_.each_over(now, [&](const std::string& server_id, Ipv4 address) {
        if (slots_.at({server_id, address.value}).gateway_id == gateway_id) --count;
    });
    return count;
}

std::optional<bridge::Lease> LeaseBook::inherit(std::uint64_t from_session,
                                                std::uint64_t to_session) {
    const bridge::Lease* lease = find(from_session);
    if (lease == nullptr || by_session_.contains(to_session)) return std::nullopt;
    if (!may_have(server_of(servers_, lease->server_id), lease->holder, lease->address))
        return std::nullopt;
    auto place = by_session_.extract(from_session);
    place.key() = to_session;
    const Key& key = by_session_.insert(std::move(place)).position->second;
    return change(key, [to_session](bridge::Lease& taken) { taken.session = to_session; });
}

std::optional<bridge::Lease> LeaseBook::leave(std::uint64_t session, Instant now) {
    const auto place = by_session_.extract(session);
    if (!place) return std::nullopt;
    return change(place.mapped(), [&](bridge::Lease& lease) {
        const bridge::SslServer* server = server_of(servers_, lease.server_id);
        const bool can_return = may_have(server, lease.holder, lease.address);
        lease.session = 0;
        lease.held_until = can_return ? now + hold_of(server) : Instant{};
    });
}

void LeaseBook::forget(std::uint64_t session) {
    if (const auto place = by_session_.extract(session)) drop(place.mapped());
}

bool LeaseBook::release(const std::string& server_id, Ipv4 address) {
    const auto at = slots_.find({server_id, address.value});
    if (at == slots_.end() || !is_held(at->second.lease)) return false;
    drop(at->first);
    return true;
}

std::vector<bridge::Lease> LeaseBook::expire(Instant now) {
    std::vector<bridge::Lease> freed;
    index_.each_over(now, [&](const std::string& server_id, Ipv4 address) {
        freed.push_back(slots_.at({server_id, address.value}).lease);
    });
    for (const bridge::Lease& lease : freed) drop({lease.server_id, lease.address.value});
    return freed;
}

std::optional<Instant> LeaseBook::next_expiry() const {
    return index_.next_end();
}

const bridge::Lease* LeaseBook::find(std::uint64_t session) const {
    const auto key = by_session_.find(session);
    return key == by_session_.end() ? nullptr : &slots_.at(key->second).lease;
}

std::vector<bridge::Lease> LeaseBook::all() const {
    std::vector<bridge::Lease> leases;
    for (const auto& [key, slot] : slots_) leases.push_back(slot.lease);
    return leases;
}

std::uint32_t LeaseBook::taken(const std::string& gateway_id) const {
    const auto at = taken_.find(gateway_id);
    return at == taken_.end() ? 0 : at->second;
}

}  // namespace kanmon::admission
