// Tunnelled packets as hostile clients, and the VPC, may form them (F13; CVE-2017-7508): headers,
// policy, access rules, MSS clamp, pieces and answers. Both directions see the same octets.
#include <cstdlib>

#include "dataplane/routing/access_judge.h"
#include "dataplane/routing/icmp_answer.h"
#include "dataplane/routing/packet_pieces.h"
#include "dataplane/routing/path_limit.h"
#include "dataplane/routing/policy.h"
#include "dataplane/routing/segment_size.h"
#include "dataplane/routing/tcp_reset.h"
#include "dataplane/routing/upload_hole.h"

using namespace kanmon;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

/// What we made is a packet that we would read, of the size that was asked for.
void check_made(MutableBytes made, std::size_t most) {
    require(made.size() <= most);
    const auto read = routing::read_inner_packet(made);
    require(read && read->octets.size() == made.size());
}

void cut(const routing::InnerPacket& packet, std::size_t most) {
    Buffer room(2048);
    routing::PacketPieces pieces(packet, most);
    std::size_t octets = 0;
    while (const auto piece = pieces.next(room)) {
        check_made(*piece, most);
        octets += piece->size() - packet.header_octets;
    }
    require(!pieces.possible() || octets >= packet.octets.size() - packet.header_octets);
}

/// The same segment again and again, then what it acknowledges of itself.
void learn(const routing::InnerPacket& packet, const routing::TcpSegment& segment) {
    require(segment.header_octets + segment.payload_octets ==
            static_cast<int>(packet.octets.size() - packet.header_octets));
    Instant now{1000h};
    const auto outer = static_cast<std::uint16_t>(packet.octets.size() + 52);
    routing::PathLimit limit(1420);
    for (int i = 0; i < 6; ++i) require(limit.leaving(segment, outer, now += 200ms) <= outer);
    limit.acknowledged(segment);
    require(limit.octets() == routing::PathLimit::unlimited ||
            limit.octets() == routing::outer_octets_least);
    routing::UploadHole hole;
    hole.answered(packet, segment, 1188, now);
    if (!hole.due()) return;
    Buffer room(routing::UploadHole::room_octets);
    const auto error = hole.tell(1228, room);
    if (error) check_made(*error, routing::icmp_answer_octets_max);
    hole.answered(packet, segment, 1188, now + 1s);
}

/// TCP to port 80 and what is asked of ICMP pass.
bridge::AccessPolicy some_policy() {
    bridge::AccessPolicy policy;
    policy.otherwise = bridge::AccessVerdict::deny;
    bridge::AccessRule rule;
    rule.verdict = bridge::AccessVerdict::allow;
    rule.everybody = true;
    rule.networks = {Cidr{Ipv4{0xac140000}, 16}};
    rule.networks6 = {*parse_cidr6("fd20::/64")};
    rule.protocol = protocol_icmp;
    policy.rules = {rule, rule};
    policy.rules[1].protocol = protocol_tcp;
    policy.rules[1].ports = {{80, 80}};
    return policy;
}

/// What was decided about a packet is decided about its repetition.
void judge(const routing::InnerPacket& packet) {
    static const routing::AccessRules rules(some_policy());
    static const routing::ClientAccess client{rules.of("vsc-1", ""), 1, {}};
    const Instant now{1000h};
    for (const auto way : {routing::Way::from_client, routing::Way::to_client}) {
        routing::FlowTable table(1, {1, 2}, 4);
        const auto first = routing::AccessJudge(table, rules, client, 0, now).judge(packet, way);
        const auto second = routing::AccessJudge(table, rules, client, 0, now).judge(packet, way);
        require(first.refused == second.refused && table.size() <= 2);
    }
    Buffer room(routing::icmp_answer_octets_max);
    if (const auto answer = routing::make_prohibited(packet, room))
        check_made(*answer, room.size());
    if (const auto answer = routing::make_reset(packet, room))
        check_made(*answer, routing::tcp_reset_octets_max);
}

void read_as_quoted(MutableBytes octets) {
    const auto quoted = routing::read_quoted_packet(octets);
    if (!quoted) return;
    require(quoted->octets.size() <= octets.size());
    require(quoted->header_octets <= quoted->octets.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes input = std::as_bytes(std::span(data, size));
    Buffer payload(input.begin(), input.end());
    read_as_quoted(payload);
    const auto packet = routing::read_inner_packet(payload);
    if (!packet) return 0;
    require(packet->octets.size() <= payload.size());
    require(packet->header_octets <= packet->octets.size());

    const std::vector<Cidr> networks{Cidr{Ipv4{0xac140000}, 16}};
    const routing::Neighbourhood around{Cidr{Ipv4{0x0a080000}, 24}, Ipv4{0x0a080001}, networks,
                                        parse_cidr6("fd00:8::/64"), *parse_ipv6("fd00:8::1")};
    const routing::Sender sender{Ipv4{0x0a080006}, *parse_ipv6("fd00:8::6"), Ipv6()};
    if (routing::check_from_client(*packet, sender, around))
        require(packet->v6 ? packet->source6 == sender.address6 : packet->source == sender.address);
    static_cast<void>(routing::check_to_client(*packet, around));

    judge(*packet);
    Buffer room(routing::icmp_answer_octets_max);
    if (const auto answer = routing::make_unreachable(*packet, room)) {
        check_made(*answer, room.size());
        // An answer is an error, so nothing is ever said about it.
        const auto error = routing::read_inner_packet(*answer);
        Buffer again(routing::icmp_answer_octets_max);
        require(!routing::make_too_big(*error, 1280, again));
    }
    if (const auto segment = routing::read_tcp_segment(*packet)) learn(*packet, *segment);
    for (const std::size_t most : {60U, 576U, 1228U}) cut(*packet, most);
    routing::clamp_segment_size(*packet, 1328);
    require(!routing::clamp_segment_size(*packet, 1328));  // once is enough
    return 0;
}
