// Clients that proved their address but not yet their identity: how many, and who gives way.
//
// Counted in all and by network (a /24 or a /64). When a cap is reached, the oldest (of all, or of
// that network) gives way - but only when it had time to get somewhere: many honest clients that
// return at once after a restart would else push each other out for ever, while one that is not let
// in simply asks again after its retransmission timer.
//
// Who showed a certificate of ours or a user's password is no stranger any more: it leaves its
// network's count (an office behind one address may be at its codes all at once) and gives way only
// when no stranger can.
//
// Owner: one shard. Limits: `capacity` entries.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/time.h"
#include "dataplane/admission/network.h"

namespace kanmon::admission {

inline constexpr Duration half_open_grace = 2s;

class HalfOpen {
public:
    using Client = std::uint32_t;

    /// `clients_max` bounds the client numbers that may be entered.
    HalfOpen(std::uint32_t clients_max, std::uint32_t capacity, std::uint32_t per_network_max);

    struct Entry {
        bool entered = false;
        std::optional<Client> evict;  // this one has to go first; its `leave` was done
    };
    /// `entered` is false when nobody can give way yet.
    Entry enter(Client client, const Endpoint& remote, Instant now);
    /// It has shown a certificate of ours, or a password; what it still owes are others of these,
    /// or the admission.
    void prove(Client client);
    /// Admitted or gone. Harmless for one that is not in here.
    void leave(Client client);
    std::uint32_t size() const { return size_; }

private:
    static constexpr Client none = 0xffffffff;
    struct List {
        Client oldest = none, newest = none;
        std::uint32_t size = 0;
    };
    struct Links {
        Client older = none, newer = none;
    };
    struct Record {
        bool present = false, proved = false;
        Instant since{};
        Network network;
        Links in_all, in_network;  // in_all: of strangers_ or of proved_
    };
    void append(List& list, Links Record::*links, Client client);
    void unlink(List& list, Links Record::*links, Client client);
    void leave_network(Client client);
    bool may_give_way(Client client, Instant now) const;

    std::uint32_t capacity_, per_network_max_, size_ = 0;
    List strangers_, proved_;
    std::map<Network, List> networks_;
    std::vector<Record> records_;
};

}  // namespace kanmon::admission
