// The flows of one shard's clients, and what was decided about each.
//
// One pool for all clients, a share of it for each, so that nobody displaces another's flows:
//
//     share = flows / clients (a power of two), at most `flows_of_client_max`
//
// A client whose share is full loses the flow that was silent for longest. Flows that were cut are
// kept: forgotten ones could begin again. When a share holds nothing else, further flows are not
// kept at all. What that means for who lost an entry says access_judge.h.
// Owner:  one shard. `find` and `add` neither allocate nor walk more than one chain and, to find
//         something to forget, one share.
// Limits: `flows_max` a shard, 64 octets each, memory taken when first used; 16 octets a slot.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "dataplane/routing/access_rules.h"

namespace kanmon::routing {

/// As many as Linux tracks by default on a machine of 4 GiB and more (nf_conntrack_max).
inline constexpr std::uint32_t flows_max = 262144;
inline constexpr std::uint32_t flows_of_client_max = 4096;

/// Silence after which a flow is over. TCP that was not answered, or closes: RFC 5382 REQ-5, as the
/// one above it; UDP: RFC 4787 REQ-5; ICMP: RFC 5508 REQ-2; fragments: RFC 8200 section 4.5; others
/// as Linux has it (nf_conntrack_generic_timeout).
inline constexpr Duration tcp_flow_silence = 2h + 4min, tcp_edge_silence = 4min,
                          udp_flow_silence = 5min, icmp_flow_silence = 1min,
                          fragments_silence = 1min, other_flow_silence = 10min;

enum class FlowState : std::uint8_t {
    allowed,
    denied,  // when it began: nothing of it passed
    cut      // it passed, until the rules changed
};

struct FlowEntry {
    Flow flow;
    std::uint32_t client = 0;      // its slot
    std::uint32_t generation = 0;  // of the rules that decided
    Instant seen_at{};
    FlowState state = FlowState::allowed;
    bool by_client = true;  // who began it
    bool doubtful = false;  // whether the VPC really began it
    bool answered = false;
    bool closing = false;
    RulePlace rule = no_rule;

private:
    friend class FlowTable;
    std::uint32_t next_ = 0;  // in its chain, or among those that are free
    std::uint32_t newer_ = 0, older_ = 0;
};

class FlowTable {
public:
    /// `secret`: clients choose ports and addresses, and must not choose chains.
    FlowTable(std::uint32_t clients_max, std::array<std::uint64_t, 2> secret,
              std::uint32_t capacity = flows_max);

    /// Null for a flow that nobody knows, or that is over. Notes that it was seen.
    FlowEntry* find(std::uint32_t client, const Flow& flow, Instant now);
    /// A flow that `find` does not know. Null when it cannot be kept.
    FlowEntry* add(std::uint32_t client, const Flow& flow, Instant now);
    void set_state(FlowEntry& entry, FlowState state);

    /// The slot is somebody else's from now on.
    void forget(std::uint32_t client);
    /// How many clients there are. Walks over all slots when the share becomes smaller.
    void share_among(std::size_t clients, Instant now);

    std::uint32_t share() const { return share_; }
    std::uint32_t size() const { return size_; }
    std::uint32_t size(std::uint32_t client) const { return owners_[client].count; }

private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct Owner {
        std::uint32_t newest = none, oldest = none;
        std::uint32_t count = 0, cut = 0;
    };

    std::uint64_t chain_of(std::uint32_t client, const Flow& flow) const;
    std::uint32_t index_of(const FlowEntry& entry) const;
    void link(Owner& owner, std::uint32_t index);
    void unlink(Owner& owner, std::uint32_t index);
    void remove(std::uint32_t index);
    bool make_room(Owner& owner, Instant now);

    std::array<std::uint64_t, 2> secret_;
    std::uint32_t capacity_;
    std::uint32_t share_;
    std::uint32_t size_ = 0;
    std::uint32_t free_ = none;
    std::vector<FlowEntry> entries_;  // never beyond what was reserved
    std::vector<std::uint32_t> chains_;
    std::vector<Owner> owners_;  // by slot
};

}  // namespace kanmon::routing
