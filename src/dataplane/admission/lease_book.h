// Who holds which tunnel address: limits, the address pool and the five-minute hold. Pure.
//
// Owner: the keeper, one a data process. All times are arguments.
// Rules (faq-coverage.md): every end starts a hold of `hold_seconds`; held slots count against the
// gateway's maximum; the same holder that returns takes its longest-held slot back; a maximum
// lowered below the present count binds newcomers only; an operator can release a slot at once.
// A holder with a fixed address gets that one and no other, and nobody else gets it; its newer
// session replaces its older one, as all do where the server says `replace_older`.
// Addresses: net30 gives client k of 192.168.0.0/24 the /30 at 4+4k (client .6, peer .5), the first
// /30 is the server's own, the last is unused; subnet and p2p give single addresses from .2 on. A
// fixed address that is no client's in this plan, or that another holder has already, counts as
// none.
// Promises: no call but `configure`, `restore` and `all` takes longer where more leases are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bridge/causes.h"
#include "bridge/snapshot.h"
#include "dataplane/admission/lease_index.h"

namespace kanmon::admission {

using bridge::pool_capacity;
/// The tunnel address of client number `index` (0 …) or nothing beyond the capacity.
std::optional<Ipv4> pool_address(const Cidr& pool, bridge::Topology topology, std::uint32_t index);
/// The gateway's own tunnel address: the first host address.
Ipv4 server_address(const Cidr& pool);

struct LeaseChange {
    bridge::Lease lease;
    bool gone = false;  // the slot is free
    friend bool operator==(const LeaseChange&, const LeaseChange&) = default;
};

class LeaseBook {
public:
    /// New limits. Leases of servers that are gone, or outside a changed pool, become free when
    /// their sessions end.
    void configure(const std::vector<bridge::Gateway>& gateways,
                   const std::vector<bridge::SslServer>& servers);

    /// Once, at start: leases as control remembers them. Sessions of an earlier data process are
    /// held for `hold_seconds` from `now`.
    void restore(const std::vector<bridge::Lease>& leases, Instant now);

    /// The connected sessions that have to go before this one of the holder may enter: its older
    /// ones, and whoever has its fixed address. The caller ends them and calls `leave` for each.
    std::vector<std::uint64_t> displaced(const std::string& server_id, const std::string& holder,
                                         std::uint64_t session) const;
    /// Errors: connections_exhausted, pool_exhausted (also: somebody is connected at the holder's
    /// fixed address), gateway_not_ready (unknown server), server_disabled.
    Expected<bridge::Lease, Cause> take(const std::string& server_id, const std::string& holder,
                                        std::uint64_t session, Instant now);
    /// The session that replaces another one of the same holder inherits its lease. Nothing when
    /// the holder has a fixed address that is another one.
    std::optional<bridge::Lease> inherit(std::uint64_t from_session, std::uint64_t to_session);

    /// The session ended: its slot is held from now.
    std::optional<bridge::Lease> leave(std::uint64_t session, Instant now);
    /// Forgets a lease that control refused to store.
    void forget(std::uint64_t session);
    /// Frees a held slot. False when nobody holds it, or somebody is connected.
    bool release(const std::string& server_id, Ipv4 address);
    /// Frees all slots whose hold is over and returns them.
    std::vector<bridge::Lease> expire(Instant now);
    std::optional<Instant> next_expiry() const;

    const bridge::Lease* find(std::uint64_t session) const;
    std::vector<bridge::Lease> all() const;
    std::uint32_t taken(const std::string& gateway_id) const;  // connected and held

private:
    struct Slot {
        bridge::Lease lease;
        std::string gateway_id;
    };
    using Key = std::pair<std::string, std::uint32_t>;  // server and address
    struct Fixed {
        std::map<std::string, Ipv4> of_holder;
        std::map<Ipv4, std::string> of_address;
    };

    static Fixed fixed_addresses(const bridge::SslServer& server);
    std::optional<Ipv4> fixed_address(const std::string& server_id,
                                      const std::string& holder) const;
    bool may_have(const bridge::SslServer* server, const std::string& holder, Ipv4 address) const;
    std::optional<Ipv4> address_for(const bridge::SslServer& server, const std::string& holder,
                                    Instant now);
    void keep(Slot slot);
    void drop(const Key& key);
    template <class Change>
    const bridge::Lease& change(const Key& key, Change change);
    void order_anew();
    void note_free(const std::string& server_id, Ipv4 address);
    std::optional<Ipv4> free_address(const bridge::SslServer& server, Instant now);
    std::uint32_t count(const std::string& gateway_id, Instant now) const;

    std::vector<bridge::Gateway> gateways_;
    std::vector<bridge::SslServer> servers_;
    std::map<std::string, Fixed> fixed_;  // by server; only what can be given
    std::map<Key, Slot> slots_;
    std::map<std::uint64_t, Key> by_session_;           // of connected slots
    LeaseIndex index_;                                  // of all slots
    std::map<std::string, std::uint32_t> taken_;        // by gateway
    std::map<std::string, std::uint32_t> lowest_free_;  // by server: below it no number is free
};

}  // namespace kanmon::admission
