// May this packet's flow pass? Decided once a flow, by who began it, and again when the rules have
// changed.
//
//     begun by the client  the server's rules, the first that matches
//     begun by the VPC     `from_vpc`; what the client answers passes whatever its rules say
//
// A flow that is not in the table (silent for too long, displaced by others of its client, or
// running when rules began to hold) is decided again:
//     the client speaks                     by the rules, whoever had begun it
//     the VPC, TCP without SYN, echo reply  by the rules, as an answer to the client. So a TCP
//                                           connection of the VPC ends here, where the client
//                                           could not have opened it itself
//     the VPC, UDP and others               allowed by the rules: an answer to the client; else
//                                           begun by the VPC
// Where rules begin to hold for a connected client, nobody knows who began its UDP. For `settling`
// from then on what the client may not begin is cut as soon as it speaks, even if the VPC seems to
// have begun it.
// Later fragments pass while a first one between the same two ends did: alone they are nothing.
// ICMP errors pass with the flow of the packet that they quote.
// Pure: time is an argument. Neither locks, allocates nor logs.
#pragma once

#include <optional>

#include "dataplane/routing/flow_table.h"

namespace kanmon::routing {

inline constexpr Duration settling = 1min;

/// What one client carries with it.
struct ClientAccess {
    ClientRules rules;
    std::uint32_t generation = 0;  // of its server's rules, raised with every change of them
    Instant settled_at{};
};

struct Judgement {
    std::optional<Cause> refused;         // access_denied, access_denied_from_vpc, malformed
    RulePlace rule = no_rule;             // which refused it
    FlowState state = FlowState::denied;  // when refused: cut or never begun
};

/// Borrows all three while it lives, which is one packet. Why so: docs/decisions/0018.
class AccessJudge {
public:
    AccessJudge(FlowTable& table, const AccessRules& rules, const ClientAccess& client,
                std::uint32_t slot, Instant now)
        : table_(table), rules_(rules), client_(client), slot_(slot), now_(now) {}

    Judgement judge(const InnerPacket& packet, Way way);

private:
    Judgement judge_fragment(const InnerPacket& packet, Way way);
    Judgement judge_error(const Flow& flow);
    Judgement judge_known(FlowEntry& entry, const FlowPacket& packet, Way way);
    Judgement from_client(const FlowPacket& packet, FlowEntry* entry);
    Judgement to_client(const FlowPacket& packet, FlowEntry* entry);
    Judgement begun_by_vpc(const FlowPacket& packet, FlowEntry* entry, bool doubtful);

    Ruling ruling_of(const FlowEntry& entry) const;
    void decide_again(FlowEntry& entry);
    FlowEntry* begin(FlowEntry* entry, const FlowPacket& packet, bool by_client,
                     const Ruling& ruling);
    void keep_fragments(const InnerPacket& packet, Way way);
    bool is_settling() const { return now_ < client_.settled_at; }

    FlowTable& table_;
    const AccessRules& rules_;
    const ClientAccess& client_;
    std::uint32_t slot_;
    Instant now_;
};

}  // namespace kanmon::routing
