// The orders in which leases are looked for: by their holder and by the end of their hold. Pure.
//
// Promises: to add, remove or find one takes a time that grows with the logarithm of their number.
// Owner:    the LeaseBook, which adds every lease it keeps and removes it before it changes.
// Limits:   as many leases as the book has, about 250 octets each.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "bridge/snapshot.h"

namespace kanmon::admission {

class LeaseIndex {
public:
    void add(const bridge::Lease& lease) {
        by_holder_.insert(holder_place(lease));
        if (lease.session == 0) by_end_.insert(end_place(lease));
    }
    void remove(const bridge::Lease& lease) {
        by_holder_.erase(holder_place(lease));
        if (lease.session == 0) by_end_.erase(end_place(lease));
    }
    void clear() {
        by_holder_.clear();
        by_end_.clear();
    }

    /// Of the holder's slots whose hold is not over: the one held for longest that `suits(Ipv4)`.
    template <class Suits>
    std::optional<Ipv4> longest_held(const std::string& server, const std::string& holder,
                                     Instant now, Suits suits) const {
        for (auto at = by_holder_.upper_bound({server, holder, now, Ipv4{0xffffffff}});
             is_of(at, server, holder) && std::get<Instant>(*at) != connected; ++at)
            if (suits(std::get<Ipv4>(*at))) return std::get<Ipv4>(*at);
        return std::nullopt;
    }

    /// Where the holder is connected.
    std::vector<Ipv4> connected_at(const std::string& server, const std::string& holder) const {
        std::vector<Ipv4> addresses;
        for (auto at = by_holder_.lower_bound({server, holder, connected, Ipv4{}});
             is_of(at, server, holder); ++at)
            addresses.push_back(std::get<Ipv4>(*at));
        return addresses;
    }

    /// `take(server id, Ipv4)` for every slot whose hold is over.
    template <class Take>
    void each_over(Instant now, Take take) const {
        for (const auto& [end, server, address] : by_end_) {
            if (end > now) return;
            take(server, address);
        }
    }

    /// When the next hold is over.
    std::optional<Instant> next_end() const {
        return by_end_.empty() ? std::nullopt : std::optional(std::get<Instant>(*by_end_.begin()));
    }

private:
    using HolderPlace = std::tuple<std::string, std::string, Instant, Ipv4>;  // server first
    using EndPlace = std::tuple<Instant, std::string, Ipv4>;
    static constexpr Instant connected = Instant::max();  // behind every hold

    static HolderPlace holder_place(const bridge::Lease& lease) {
        return {lease.server_id, lease.holder, lease.session == 0 ? lease.held_until : connected,
                lease.address};
    }
    static EndPlace end_place(const bridge::Lease& lease) {
        return {lease.held_until, lease.server_id, lease.address};
    }
    bool is_of(std::set<HolderPlace>::const_iterator at, const std::string& server,
               const std::string& holder) const {
        return at != by_holder_.end() && std::get<0>(*at) == server && std::get<1>(*at) == holder;
    }

    std::set<HolderPlace> by_holder_;
    std::set<EndPlace> by_end_;  // of those that are held
};

}  // namespace kanmon::admission
