// The lease book as simply as it can be said, told the same story as the real one and compared.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bridge/snapshot.h"
#include "dataplane/shard/shard.h"
#include "world/setup.h"

namespace kanmon::world {

class LeaseModel {
public:
    explicit LeaseModel(const Setup& setup) : setup_(setup) {}

    /// The book granted this lease (I2), or refused for this cause.
    void granted(const shard::AdmissionQuestion& question, const bridge::Lease& lease, Instant now);
    void refused(const shard::AdmissionQuestion& question, Cause cause, Instant now);
    /// Control's word, or the gate's own, let the session in.
    void admitted(std::uint64_t session);
    void left(std::uint64_t session, Instant now);
    /// The book freed a slot (I4: not before its time).
    void freed(const bridge::Lease& lease, Instant now);
    /// The data process died: what control remembers is held for a whole hold.
    void restart(const std::vector<bridge::Lease>& durable, Instant now);
    /// No slot is held for longer than its hold (I4).
    void check(Instant now) const;

    /// True when this holder was ever let in with this address (I1). Outlives the data process,
    /// since a PUSH_REPLY may still be on its way when that dies.
    bool let_in(const std::string& holder, Ipv4 address) const;
    std::size_t slots() const { return slots_.size(); }
    /// Whoever is connected at this address.
    const std::string* holder_at(Ipv4 address) const;

private:
    struct Slot {
        Ipv4 address{};
        std::string holder{};
        Endpoint remote{};
        std::uint64_t session = 0;
        bool admitted = false;
        Instant held_until{};
    };

    Slot* find(std::uint64_t session);
    Slot* replaced_by(const shard::AdmissionQuestion& question);
    Slot* longest_held(const std::string& holder, Instant now);
    void drop_over(Instant now);
    bool is_a_clients(Ipv4 address) const;
    bool may_be_given(Ipv4 address, const std::string& holder) const;
    const bridge::StaticAddress* fixed_for(const std::string& holder) const;
    void make_room(const shard::AdmissionQuestion& question, Instant now);
    void hold(Slot& slot, Instant now) const;
    std::size_t possible_addresses() const;

    const Setup& setup_;
    std::vector<Slot> slots_;
    std::set<std::pair<std::string, Ipv4>> let_in_;
};

}  // namespace kanmon::world
