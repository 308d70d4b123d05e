// From what is remembered to what is enforced: the snapshot for the data process, the wanted state
// for the broker, and the leases that the data process asks for.
//
// Owner: the loop of the process; each function takes the turn.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/address.h"
#include "bridge/broker_messages.h"
#include "bridge/messages.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct Enforced {
    bridge::Snapshot snapshot;
    bridge::Want want;
    std::uint64_t change = 0;  // the last change that is in it
    UnixTime wall{};           // what the time was
    /// When time alone makes another snapshot due: a renewed certificate ends, a list expires.
    std::optional<UnixTime> again_at;
};

/// Whether time alone makes another one due than was made at `wall`. Also when the clock was set
/// back: what had ended then may not have ended now.
inline bool is_due_again(UnixTime wall, const std::optional<UnixTime>& again_at, UnixTime now) {
    return now < wall || (again_at && now >= *again_at);
}

/// A lease fact, or a lease question.
struct LeaseNews {
    bridge::Lease lease;
    bool gone = false;
    bool question = false;
};
struct LeaseWord {
    std::vector<bridge::LeaseAnswer> answers;
    Outcome<void> stored;  // the facts too
};

class Enforcement {
public:
    /// `boot` names the boot that `Instant` counts from: holds of an earlier one start anew.
    Enforcement(Ports& ports, std::string boot) : ports_(ports), boot_(std::move(boot)) {}

    /// A new number every time. Secrets are in it in clear. `wall` decides what is revoked.
    Outcome<Enforced> compose(Instant now, UnixTime wall);
    /// It is beyond what a snapshot may hold, so that nothing of it is in force: an event of the
    /// installation's account, once a day. The sentence, which names a server.
    std::string tell_undeliverable(bridge::Snapshot snapshot, UnixTime wall);
    /// The kernel holds what was wanted at this change: gateways become active.
    void settle(std::uint64_t change);

    /// What the data process said of leases, in its order and in one transaction. The answers are
    /// those of the questions; a yes is durable before it is given.
    LeaseWord hear(const std::vector<LeaseNews>& news);

private:
    Outcome<std::vector<bridge::Lease>> leases(const std::vector<bridge::SslServer>& servers,
                                               Instant now);
    /// Those that were not asked for since the last snapshot are looked up together.
    Outcome<void> know_pools_of(const std::vector<LeaseNews>& news);

    Ports& ports_;
    std::string boot_;
    std::map<std::string, std::optional<Cidr>, std::less<>>
        pools_;  // by server; nothing: none such
};

/// "kmn" and the last twelve characters of the id: a device name of fifteen.
std::string device_name(const model::SslServerId& id);

}  // namespace kanmon::usecases
