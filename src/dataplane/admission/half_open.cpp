#include "dataplane/admission/half_open.h"

#include <cassert>

namespace kanmon::admission {

HalfOpen::HalfOpen(std::uint32_t clients_max, std::uint32_t capacity, std::uint32_t per_network_max)
    : capacity_(capacity), per_network_max_(per_network_max), records_(clients_max) {}

void HalfOpen::append(List& list, Links Record::*links, Client client) {
    records_[client].*links = {list.newest, none};
    if (list.newest != none)
        (records_[list.newest].*links).newer = client;
    else
        list.oldest = client;
    list.newest = client;
    ++list.size;
}

void HalfOpen::unlink(List& list, Links Record::*links, Client client) {
    const Links at = records_[client].*links;
    (at.older == none ? list.oldest : (records_[at.older].*links).newer) = at.newer;
    (at.newer == none ? list.newest : (records_[at.newer].*links).older) = at.older;
    --list.size;
}

bool HalfOpen::may_give_way(Client client, Instant now) const {
    return client != none && now - records_[client].since >= half_open_grace;
}

HalfOpen::Entry HalfOpen::enter(Client client, const Endpoint& remote, Instant now) {
    assert(!records_[client].present);
    const Network network = crowd_of(remote);
    const auto crowd = networks_.find(network);
    const bool crowded = crowd != networks_.end() && crowd->second.size >= per_network_max_;
    Entry entry{true, std::nullopt};
    if (crowded || size_ >= capacity_) {
        const List& tired = crowded ? crowd->second : strangers_.size > 0 ? strangers_ : proved_;
        const Client victim = tired.oldest;
        if (!may_give_way(victim, now)) return {};
        leave(victim);
        entry.evict = victim;
    }
    records_[client] = {true, false, now, network, {}, {}};
    append(strangers_, &Record::in_all, client);
    append(networks_[network], &Record::in_network, client);
    ++size_;
    return entry;
}

void HalfOpen::prove(Client client) {
    Record& record = records_[client];
    if (!record.present || record.proved) return;
    leave_network(client);
    unlink(strangers_, &Record::in_all, client);
    record.proved = true;
    append(proved_, &Record::in_all, client);
}

void HalfOpen::leave(Client client) {
    Record& record = records_[client];
    if (!record.present) return;
    if (!record.proved) leave_network(client);
    unlink(record.proved ? proved_ : strangers_, &Record::in_all, client);
    record.present = false;
    --size_;
}

void HalfOpen::leave_network(Client client) {
    const auto crowd = networks_.find(records_[client].network);
    unlink(crowd->second, &Record::in_network, client);
    if (crowd->second.size == 0) networks_.erase(crowd);
}

}  // namespace kanmon::admission
