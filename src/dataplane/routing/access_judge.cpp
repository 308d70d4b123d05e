#include "dataplane/routing/access_judge.h"

namespace kanmon::routing {

namespace {

Judgement refused(Cause cause, RulePlace rule = no_rule, FlowState state = FlowState::denied) {
    return {.refused = cause, .rule = rule, .state = state};
}

/// Of a flow that the client begins.
Judgement judgement_of(const Ruling& ruling) {
    return ruling.allowed ? Judgement{} : refused(Cause::access_denied, ruling.rule);
}

Judgement judgement_of(const FlowEntry& entry) {
    if (entry.state == FlowState::allowed) return {};
    return refused(entry.by_client ? Cause::access_denied : Cause::access_denied_from_vpc,
                   entry.rule, entry.state);
}

bool is_from(const FlowEntry& entry, Way way) {
    return entry.by_client == (way == Way::from_client);
}

}  // namespace

Judgement AccessJudge::judge(const InnerPacket& packet, Way way) {
    if (packet.later_fragment) return judge_fragment(packet, way);
    const auto read = read_flow(packet, way);
    if (!read) return refused(read.error());
    if (read->part == FlowPart::error) return judge_error(read->flow);
    FlowEntry* entry = table_.find(slot_, read->flow, now_);
    const Judgement made =
        way == Way::from_client ? from_client(*read, entry) : to_client(*read, entry);
    if (!made.refused && read->first_fragment) keep_fragments(packet, way);
    return made;
}

Judgement AccessJudge::from_client(const FlowPacket& packet, FlowEntry* entry) {
    const bool anew = entry == nullptr || (packet.part == FlowPart::begins && !entry->by_client);
    if (!anew) return judge_known(*entry, packet, Way::from_client);
    const Ruling ruling = rules_.ruling(client_.rules, packet.flow);
    if (entry == nullptr || ruling.allowed) begin(entry, packet, true, ruling);
    return judgement_of(ruling);
}

Judgement AccessJudge::to_client(const FlowPacket& packet, FlowEntry* entry) {
    if (packet.part == FlowPart::begins)
        return entry != nullptr && !entry->by_client ? judge_known(*entry, packet, Way::to_client)
                                                     : begun_by_vpc(packet, entry, false);
    const bool anew =
        entry == nullptr || (entry->state == FlowState::denied && packet.part == FlowPart::either);
    if (!anew) return judge_known(*entry, packet, Way::to_client);
    const Ruling ruling = rules_.ruling(client_.rules, packet.flow);
    if (packet.part == FlowPart::either && (!client_.rules.vpc_allowed || !ruling.allowed))
        return begun_by_vpc(packet, entry, is_settling());
    if (ruling.allowed) begin(entry, packet, true, ruling);
    return judgement_of(ruling);
}

Judgement AccessJudge::begun_by_vpc(const FlowPacket& packet, FlowEntry* entry, bool doubtful) {
    if (!client_.rules.vpc_allowed) return refused(Cause::access_denied_from_vpc);
    if (FlowEntry* made = begin(entry, packet, false, {})) made->doubtful = doubtful;
    return {};
}

Judgement AccessJudge::judge_known(FlowEntry& entry, const FlowPacket& packet, Way way) {
    if (entry.doubtful && way == Way::from_client) {
        entry.by_client = true;
        entry.doubtful = false;
        entry.generation = client_.generation - 1;
    }
    if (entry.generation != client_.generation) decide_again(entry);
    if (packet.part == FlowPart::begins) entry.answered = entry.closing = false;
    entry.answered |= !is_from(entry, way);
    entry.closing |= packet.closes();
    return judgement_of(entry);
}

/// An error begins nothing.
Judgement AccessJudge::judge_error(const Flow& flow) {
    FlowEntry* entry = table_.find(slot_, flow, now_);
    if (entry == nullptr) return judgement_of(rules_.ruling(client_.rules, flow));
    if (entry->generation != client_.generation) decide_again(*entry);
    return judgement_of(*entry);
}

Judgement AccessJudge::judge_fragment(const InnerPacket& packet, Way way) {
    const FlowEntry* entry = table_.find(slot_, fragments_of(packet, way), now_);
    const bool follows = entry != nullptr && entry->generation == client_.generation;
    return follows ? Judgement{} : refused(Cause::access_denied);
}

void AccessJudge::keep_fragments(const InnerPacket& packet, Way way) {
    const Flow flow = fragments_of(packet, way);
    FlowEntry* entry = table_.find(slot_, flow, now_);
    if (entry == nullptr) entry = table_.add(slot_, flow, now_);
    if (entry != nullptr) entry->generation = client_.generation;
}

Ruling AccessJudge::ruling_of(const FlowEntry& entry) const {
    if (!entry.by_client) return {client_.rules.vpc_allowed, no_rule};
    return rules_.ruling(client_.rules, entry.flow);
}

/// What passed until now, or may have, is cut: it must not begin again as somebody else's.
void AccessJudge::decide_again(FlowEntry& entry) {
    const Ruling ruling = ruling_of(entry);
    entry.generation = client_.generation;
    entry.rule = ruling.rule;
    if (ruling.allowed)
        table_.set_state(entry, FlowState::allowed);
    else if (entry.state == FlowState::allowed)
        table_.set_state(entry, FlowState::cut);
}

/// Null when the flow cannot be kept.
FlowEntry* AccessJudge::begin(FlowEntry* entry, const FlowPacket& packet, bool by_client,
                              const Ruling& ruling) {
    if (entry == nullptr) entry = table_.add(slot_, packet.flow, now_);
    if (entry == nullptr) return nullptr;
    entry->generation = client_.generation;
    entry->by_client = by_client;
    entry->answered = entry->doubtful = false;
    entry->closing = packet.closes();
    entry->rule = ruling.rule;
    const bool may_have_run = packet.part != FlowPart::begins && is_settling();
    table_.set_state(*entry, ruling.allowed ? FlowState::allowed
                             : may_have_run ? FlowState::cut
                                            : FlowState::denied);
    return entry;
}

}  // namespace kanmon::routing
