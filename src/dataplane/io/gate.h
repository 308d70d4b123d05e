// Admission of clients: the lease book of the process, and control's word that makes leases last.
//
//     question of a shard -> take or inherit a lease -> ask control to store it -> answer the shard
//
// Promises: an admitted client's lease was stored by control before the client learnt its address;
//           only while control is silent a certificate-only client enters on the snapshot's word,
//           if control stood behind the snapshot within the last `snapshot_age_max`. Every end
//           starts a hold.
// Owner:    the keeper's thread; all times are arguments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "bridge/messages.h"
#include "dataplane/admission/contest_book.h"
#include "dataplane/admission/lease_book.h"
#include "dataplane/admission/patience_book.h"
#include "dataplane/shard/shard.h"

namespace kanmon::io {

/// What the gate makes others do. Called during its own calls.
class GateOutlet {
public:
    virtual ~GateOutlet() = default;
    virtual void answer(std::uint32_t shard, shard::AdmissionAnswer answer) = 0;
    virtual void disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) = 0;
    /// Dropped without a word while control is away.
    virtual void tell_control(bridge::Message message) = 0;
    /// From now on this shard owns the client's tunnel address, and for datagrams its remote
    /// endpoint; or nobody.
    virtual void own(const bridge::Lease& lease, const std::optional<Endpoint>& remote,
                     std::optional<std::uint32_t> shard) = 0;
};

class Gate {
public:
    static constexpr Duration answer_wait = 3s;
    static constexpr Duration snapshot_age_max = 10min;
    static constexpr Duration gone_kept = 15min;
    static constexpr Duration sweep_interval = 1s;  // a sweep visits every lease
    /// A blocked client is asked to come back this soon at the latest: it may be let in earlier.
    static constexpr std::chrono::seconds blocked_wait_max{300};

    explicit Gate(GateOutlet& outlet) : outlet_(outlet) {}

    /// The first snapshot also restores the leases that control remembers. Whoever is blocked by
    /// it and connected is sent away.
    void apply(const bridge::Snapshot& snapshot, Instant now, UnixTime wall);

    void ask(std::uint32_t shard, const shard::AdmissionQuestion& question, Instant now,
             UnixTime wall);
    /// `connections_exhausted`: it never entered, its shard is full.
    void left(std::uint64_t session, Cause cause, Instant now);

    void control_connected(Instant now);
    void control_lost(Instant now);
    /// Any message from control: it lives and stands behind its snapshot.
    void control_heard(Instant now) { vouched_at_ = now; }
    void take(std::uint64_t id, const bridge::LeaseAnswer& answer, Instant now);
    void take(const bridge::Disconnect& command);
    void take(const bridge::ReleaseSlot& command, Instant now);

    /// Tells every client to go, for the end of the process.
    void dismiss_all(Cause cause);

    void reach(Instant now);
    std::optional<Instant> next_deadline() const;
    std::size_t clients() const { return clients_.size(); }

private:
    struct Client {  // admitted, or waiting for control's word
        std::uint32_t shard = 0;
        std::string server_id;
        std::string holder;
        std::string common_name;
        std::optional<Endpoint> remote;  // of datagrams; who speaks over a connection is known
        bool admitted = false;
        std::uint64_t replaced = 0;  // an older session on the same shard, which lost its lease
    };
    struct Waiting {
        std::uint64_t session = 0;
        bridge::Lease lease;
        Instant asked_at{};
        bool decided = false;  // admitted without control's word, which may still come
    };
    using LeaseKey = std::pair<std::string, Ipv4>;
    using Name = std::pair<std::string, std::string>;  // server and name

    Expected<bridge::Lease, Cause> find_lease(const shard::AdmissionQuestion& question,
                                              Instant now);
    std::uint64_t replaced_by(const shard::AdmissionQuestion& question) const;
    void make_room(const shard::AdmissionQuestion& question, Instant now);
    void displace(std::uint64_t session, Cause cause, Instant now);
    void decide_alone(Waiting& waiting, Instant now);
    void admit(const bridge::Lease& lease, std::uint64_t session);
    void refuse(std::uint32_t shard, std::uint64_t session, Cause cause,
                std::chrono::seconds wait = {}, std::string detail = {});
    void block(const bridge::Snapshot& snapshot, UnixTime wall);
    std::optional<UnixTime> blocked_until(const std::string& server_id, const std::string& holder,
                                          const std::string& common_name, UnixTime wall) const;
    std::chrono::seconds wait_of(const std::string& server_id, const std::string& holder,
                                 std::uint64_t session, Instant now);
    void turn_away(const Waiting& waiting, Cause cause, Instant now);
    void tell(const bridge::Lease& lease, bool gone, Instant now);
    void forget(std::uint64_t session, Instant now);
    bool spoke_last_from(const std::optional<Endpoint>& remote, std::uint64_t session) const;
    void erase_client(std::uint64_t session);
    bool fresh(Instant now) const;

    GateOutlet& outlet_;
    admission::LeaseBook book_;
    admission::PatienceBook patience_;
    admission::ContestBook contests_;
    std::map<Name, UnixTime> blocked_;
    bool configured_ = false;
    bool connected_ = false;
    Instant vouched_at_{};
    Instant sweep_at_{};
    std::uint64_t next_id_ = 1;
    std::map<std::uint64_t, Waiting> waiting_;                             // by question id
    std::map<std::uint64_t, Client> clients_;                              // by session
    std::unordered_map<Endpoint, std::uint64_t, EndpointHash> by_remote_;  // the newest session
    std::map<LeaseKey, std::pair<bridge::Lease, Instant>> gone_;  // said again after a reconnect
};

}  // namespace kanmon::io
