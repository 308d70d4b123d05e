// Access rules in force: who is given which, what becomes of a packet that they refuse, and how the
// log hears of it. The packet path only notes; what is told is told once a second.
#include <fmt/core.h>

#include <algorithm>

#include "dataplane/routing/tcp_reset.h"
#include "dataplane/shard/state.h"

namespace kanmon::shard {

namespace {

/// A client's records of what it was refused: not more often, and of the same flow more seldom.
constexpr Duration denial_interval = 5s, same_denial_interval = 60s;
/// Records of all clients, each time they are told.
constexpr unsigned denial_records_max = 10;

bool is_same(const Denial& left, const Denial& right) {
    return left.cause == right.cause && left.rule == right.rule &&
           left.flow.remote == right.flow.remote && left.flow.protocol == right.flow.protocol &&
           left.flow.kind == right.flow.kind && left.flow.remote_port == right.flow.remote_port;
}

std::string protocol_text(const routing::Flow& flow) {
    if (flow.kind == routing::FlowKind::fragments) return "fragments";
    switch (flow.protocol) {
        case protocol_icmp:
        case protocol_icmp6:
            return "ICMP";
        case protocol_tcp:
            return "TCP";
        case protocol_udp:
            return "UDP";
        default:
            return fmt::format("protocol {}", flow.protocol);
    }
}

std::string remote_text(const routing::Flow& flow, bool with_port) {
    const Endpoint remote{flow.remote, flow.remote_port};
    if (with_port) return to_string(remote);
    return remote.is_v4() ? to_string(remote.as_v4()) : to_string(remote.address);
}

/// "acr-1 refuses TCP to 172.16.0.9:22"
std::string denial_text(const Denial& denial, std::string_view rule) {
    const routing::Flow& flow = denial.flow;
    const bool ports = flow.protocol == protocol_tcp || flow.protocol == protocol_udp;
    const std::string protocol = protocol_text(flow);
    if (denial.cause == Cause::access_denied_from_vpc)
        return fmt::format("{} from {}{}", protocol, remote_text(flow, false),
                           ports ? fmt::format(" to port {}", flow.client_port) : "");
    const std::string remote = remote_text(flow, ports);
    return rule.empty() ? fmt::format("no rule allows {} to {}", protocol, remote)
                        : fmt::format("{} refuses {} to {}", rule, protocol, remote);
}

bool same_rules(const bridge::AccessPolicy& left, const bridge::AccessPolicy& right) {
    return left.rules == right.rules && left.groups == right.groups &&
           left.otherwise == right.otherwise && left.from_vpc == right.from_vpc;
}

/// It is part of a connection that ran, and ends at once where it is told so.
bool is_mid_stream(const routing::InnerPacket& packet) {
    const auto segment = routing::read_tcp_segment(packet);
    return segment && (segment->flags & (tcp_syn | tcp_ack)) != tcp_syn;
}

}  // namespace

// --- a client's rules ----------------------------------------------------------------------------

/// Rules that have not changed, whoever is blocked, go on, and so do the flows that they have
/// decided about.
void Shard::State::open_access(Server& server, const std::vector<Server>& former) {
    const auto same = std::ranges::find_if(former, [&](const Server& candidate) {
        return candidate.datagrams && candidate.settings().id == server.settings().id &&
               (candidate.datagrams == server.datagrams ||
                same_rules(candidate.settings().access, server.settings().access));
    });
    if (same != former.end()) {
        server.access = same->access;
        server.access_generation = same->access_generation;
        return;
    }
    server.access = std::make_shared<const routing::AccessRules>(server.settings().access);
    server.access_generation = ++access_generation;
    if (flows || !server.access->limit()) return;
    const admission::SipKey secret = derived_key(options.cookie_key, 6);
    flows.emplace(slots_max, std::array{secret.low, secret.high});
    flows->share_among(leased, now);
}

void Shard::State::give_access(Client& client) {
    const Server& server = servers[client.path.server];
    if (client.access.generation == server.access_generation) return;
    const bool was_limited = client.access.rules.limits;
    client.access.rules = server.access->of(
        client.certificate ? client.certificate->common_name : std::string(), client.username);
    client.access.generation = server.access_generation;
    client.denial.pending = false;  // its rule may have another place by now
    if (client.connected && !was_limited) client.access.settled_at = now + routing::settling;
}

// --- a packet that is refused --------------------------------------------------------------------

/// `packets`: how many it stands for.
bool Shard::State::may_pass(Client& client, const routing::InnerPacket& packet, routing::Way way,
                            std::size_t packets) {
    const Server& server = servers[client.path.server];
    routing::AccessJudge judge(*flows, *server.access, client.access, client.slot, now);
    const routing::Judgement made = judge.judge(packet, way);
    if (!made.refused) return true;
    client.refused_packets += packets;
    drop(*made.refused, packets);
    if (*made.refused == Cause::malformed) return false;
    observing.note(client.slot, packet, way, packets, *made.refused, now);
    client.denial.packets += packets;
    note_denial(client, packet, way, made);
    answer_denied(client, packet, way);
    return false;
}

void Shard::State::note_denial(Client& client, const routing::InnerPacket& packet, routing::Way way,
                               const routing::Judgement& made) {
    Denial& denial = client.denial;
    if (denial.pending) return;
    const auto read = routing::read_flow(packet, way);
    Denial next = denial;
    next.flow = read ? read->flow : routing::fragments_of(packet, way);
    next.cause = *made.refused;
    next.rule = made.rule;
    if (is_same(next, denial) && now < denial.told_at + same_denial_interval) return;
    next.pending = true;
    denial = next;
}

/// So that programs fail at once instead of waiting.
void Shard::State::answer_denied(Client& client, const routing::InnerPacket& packet,
                                 routing::Way way) {
    const auto answer = is_mid_stream(packet) ? routing::make_reset(packet, piece_room)
                                              : routing::make_prohibited(packet, piece_room);
    if (!answer) return;
    if (!client.refusals.take(now) || !answers.take(now)) return drop(Cause::answer_limited);
    if (way == routing::Way::to_client) return outlet.deliver(client.path.server, *answer);
    if (has_room(client, answer->size())) seal_and_send(client, *answer);
}

// --- the log -------------------------------------------------------------------------------------

/// True when a record was made.
bool Shard::State::tell_denial(Client& client) {
    Denial& denial = client.denial;
    if (!denial.pending || client.over || now < denial.told_at + denial_interval) return false;
    const Server* server = server_of(client.path);
    if (server == nullptr) return false;
    record(client, bridge::Happening::denied, bridge::Stage::connected, denial.cause,
           fmt::format("{}; {} packets refused since the last record",
                       denial_text(denial, server->access->id(denial.rule)), denial.packets));
    denial.told_at = now;
    denial.packets = 0;
    denial.pending = false;
    return true;
}

/// Goes on next time where it stopped, so that everybody has a turn.
void Shard::State::tell_denials() {
    unsigned left = denial_records_max;
    for (Slot i = 0; i < never_used && left > 0; ++i) {
        const Slot slot = denials_from;
        denials_from = slot + 1 < never_used ? slot + 1 : 0;
        if (Client* client = at(slot); client != nullptr && tell_denial(*client)) --left;
    }
}

}  // namespace kanmon::shard
