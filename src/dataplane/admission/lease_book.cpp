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

/// True when the server's present pool can give out this address.
bool is_in_pool(const bridge::SslServer* server, Ipv4 address) {
    if (server == nullptr || !server->client_pool.contains(address)) return false;
    const std::uint32_t offset = address.value - server->client_pool.base.value;
    const bool net30 = server->topology == bridge::Topology::net30;
    if (offset < (net30 ? 6U : 2U)) return false;
    if (net30 && offset % net30_octets != 2) return false;
    const std::uint32_t index = net30 ? (offset - 6) / net30_octets : offset - 2;
    return index < pool_capacity(server->client_pool, server->topology);
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
}

LeaseBook::Fixed LeaseBook::fixed_addresses(const bridge::SslServer& server) {
    Fixed fixed;
    for (const bridge::StaticAddress& entry : server.static_addresses) {
        const bool usable = is_in_pool(&server, entry.address) &&
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
    if (!is_in_pool(server, address)) return false;
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
    for (auto at = slots_.lower_bound({server_id, 0});
         at != slots_.end() && at->first.first == server_id; ++at) {
        const bridge::Lease& lease = at->second.lease;
        const bool in_the_way = lease.holder == holder || fixed == lease.address;
        if (in_the_way && !is_held(lease) && lease.session != session)
            sessions.push_back(lease.session);
    }
    return sessions;
}

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

    if (Slot* own = longest_held(*server, holder, now)) {
        own->lease.session = session;
        by_session_[session] = {server_id, own->lease.address.value};
        return own->lease;
    }
    if (count(gateway->id, now) >= gateway->connections_max)
        return unexpected(Cause::connections_exhausted);
    const auto address = address_for(*server, holder, now);
    if (!address) return unexpected(Cause::pool_exhausted);
    const Key key{server_id, address->value};
    slots_[key] = {{server_id, *address, holder, session, Instant{}}, gateway->id};
    by_session_[session] = key;
    return slots_[key].lease;
}

LeaseBook::Slot* LeaseBook::longest_held(const bridge::SslServer& server, const std::string& holder,
                                         Instant now) {
    Slot* best = nullptr;
    for (auto at = slots_.lower_bound({server.id, 0});
         at != slots_.end() && at->first.first == server.id; ++at) {
        Slot& slot = at->second;
        if (!is_held(slot.lease) || is_over(slot.lease, now) || slot.lease.holder != holder)
            continue;
        if (!may_have(&server, holder, slot.lease.address)) continue;
        if (best == nullptr || slot.lease.held_until < best->lease.held_until) best = &slot;
    }
    return best;
}

/// Where a holder without a slot of its own goes. A held slot does not keep the holder of a fixed
/// address from it: it was another's before the address was given to this one.
std::optional<Ipv4> LeaseBook::address_for(const bridge::SslServer& server,
                                           const std::string& holder, Instant now) const {
    const auto fixed = fixed_address(server.id, holder);
    if (!fixed) return free_address(server, now);
    const auto at = slots_.find({server.id, fixed->value});
    return at == slots_.end() || is_held(at->second.lease) ? fixed : std::nullopt;
}

std::optional<Ipv4> LeaseBook::free_address(const bridge::SslServer& server, Instant now) const {
    const Fixed& fixed = fixed_.at(server.id);
    auto taken = slots_.lower_bound({server.id, 0});
    for (std::uint32_t index = 0;; ++index) {
        const auto address = pool_address(server.client_pool, server.topology, index);
        if (!address) return std::nullopt;
        while (taken != slots_.end() && taken->first.first == server.id &&
               taken->first.second < address->value)
            ++taken;
        const bool present = taken != slots_.end() && taken->first.first == server.id &&
                             taken->first.second == address->value;
        const bool free = !present || is_over(taken->second.lease, now);
        if (free && !fixed.of_address.contains(*address)) return address;
    }
}

std::uint32_t LeaseBook::count(const std::string& gateway_id, Instant now) const {
    return static_cast<std::uint32_t>(std::ranges::count_if(slots_, [&](const auto& entry) {
        return entry.second.gateway_id == gateway_id && !is_over(entry.second.lease, now);
    }));
}

LeaseBook::Slot* LeaseBook::slot_of(std::uint64_t session) {
    const auto key = by_session_.find(session);
    return key == by_session_.end() ? nullptr : &slots_.at(key->second);
}

std::optional<bridge::Lease> LeaseBook::inherit(std::uint64_t from_session,
                                                std::uint64_t to_session) {
    Slot* slot = slot_of(from_session);
    if (slot == nullptr || by_session_.contains(to_session)) return std::nullopt;
    const bridge::Lease& lease = slot->lease;
    if (!may_have(server_of(servers_, lease.server_id), lease.holder, lease.address))
        return std::nullopt;
    slot->lease.session = to_session;
    by_session_[to_session] = by_session_[from_session];
    by_session_.erase(from_session);
    return slot->lease;
}

std::optional<bridge::Lease> LeaseBook::leave(std::uint64_t session, Instant now) {
    Slot* slot = slot_of(session);
    if (slot == nullptr) return std::nullopt;
    const bridge::SslServer* server = server_of(servers_, slot->lease.server_id);
    slot->lease.session = 0;
    const bool can_return = may_have(server, slot->lease.holder, slot->lease.address);
    slot->lease.held_until = can_return ? now + hold_of(server) : Instant{};
    by_session_.erase(session);
    return slot->lease;
}

void LeaseBook::forget(std::uint64_t session) {
    const auto key = by_session_.find(session);
    if (key == by_session_.end()) return;
    slots_.erase(key->second);
    by_session_.erase(key);
}

bool LeaseBook::release(const std::string& server_id, Ipv4 address) {
    const auto at = slots_.find({server_id, address.value});
    if (at == slots_.end() || !is_held(at->second.lease)) return false;
    slots_.erase(at);
    return true;
}

std::vector<bridge::Lease> LeaseBook::expire(Instant now) {
    std::vector<bridge::Lease> freed;
    for (auto at = slots_.begin(); at != slots_.end();) {
        if (!is_over(at->second.lease, now)) {
            ++at;
            continue;
        }
        freed.push_back(at->second.lease);
        at = slots_.erase(at);
    }
    return freed;
}

std::optional<Instant> LeaseBook::next_expiry() const {
    std::optional<Instant> next;
    for (const auto& [key, slot] : slots_)
        if (is_held(slot.lease) && (!next || slot.lease.held_until < *next))
            next = slot.lease.held_until;
    return next;
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
    return static_cast<std::uint32_t>(std::ranges::count_if(
        slots_, [&](const auto& entry) { return entry.second.gateway_id == gateway_id; }));
}

}  // namespace kanmon::admission
