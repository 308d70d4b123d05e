// What a whole shard says about whom its clients speak with.
#include "dataplane/routing/tcp_segment.h"
#include "unit/dataplane/routing/access_packets.h"
#include "world.h"

namespace kanmon::shard {
namespace {

using bridge::ObservedFlow;
using bridge::TcpOutcome;

const Ipv4 host = *parse_ipv4("172.20.0.1");
const Ipv4 elsewhere = *parse_ipv4("198.51.100.7");

struct Observed {
    Observed() : peer(world.connected(1, at("192.0.2.1"))) { session = world.facts.back().session; }

    void up(std::uint8_t protocol, Bytes body, Ipv4 remote = host) {
        world.receive(peer.path, world.sealed(peer, routing::ip_packet(peer.address(), remote,
                                                                       protocol, body)));
    }
    void down(std::uint8_t protocol, Bytes body, Ipv4 remote = host) {
        Buffer packet = routing::ip_packet(remote, peer.address(), protocol, body);
        world.shard.from_tunnel(0, packet, world.now);
    }
    std::vector<ObservedFlow> flows() const {
        const auto seen = world.shard.flows_of(session);
        EXPECT_TRUE(seen.known);
        return seen.seen.flows;
    }
    ObservedFlow only() const {
        EXPECT_EQ(flows().size(), 1U);
        return flows().empty() ? ObservedFlow{} : flows().front();
    }

    World world;
    Peer& peer;
    std::uint64_t session = 0;
};

TEST(Observing, AConnectionIsSeenInBothDirections) {
    Observed seen;
    seen.up(protocol_tcp, routing::tcp_header(4000, 80, tcp_syn));
    EXPECT_EQ(seen.only().outcome, TcpOutcome::unanswered);
    seen.down(protocol_tcp, routing::tcp_header(80, 4000, tcp_syn | tcp_ack));
    EXPECT_EQ(seen.only().remote, Endpoint::v4(host, 0).address);
    EXPECT_EQ(seen.only().port, 80);
    EXPECT_EQ(seen.only().outcome, TcpOutcome::answered);
    EXPECT_EQ(seen.only().packets_out, 1U);
    EXPECT_EQ(seen.only().packets_back, 1U);
    seen.up(protocol_tcp, routing::tcp_header(4001, 80, tcp_syn));
    seen.down(protocol_tcp, routing::tcp_header(80, 4001, tcp_rst | tcp_ack));
    EXPECT_EQ(seen.only().outcome, TcpOutcome::refused);
}

TEST(Observing, WhatComesAsOneCountsAsWhatItStandsFor) {
    Observed seen;
    Buffer packet = routing::tcp_packet({.sequence = 1,
                                         .acknowledged = 0,
                                         .flags = 0x18,
                                         .options = {},
                                         .payload = routing::numbered(20000)},
                                        false, true);
    seen.world.shard.from_tunnel(0, {routing::Offload::Segments::tcp4, true, 0, 1328, 20, 16},
                                 packet, seen.world.now);
    EXPECT_EQ(seen.only().packets_back, 16U);
}

TEST(Observing, ARunIsOfOneFlowOnly) {
    Observed seen;
    const auto segment = [&](Ipv4 remote, std::uint16_t port, std::uint8_t flags) {
        seen.up(protocol_tcp, routing::tcp_header(4000, port, flags), remote);
    };
    segment(host, 80, tcp_syn);
    seen.down(protocol_tcp, routing::tcp_header(80, 4000, tcp_syn | tcp_ack));
    for (int i = 0; i < 3; ++i) segment(host, 80, tcp_ack);
    segment(host, 81, tcp_ack);
    segment(elsewhere, 81, tcp_ack);
    seen.up(protocol_udp, routing::with_ports(4000, 81, 20), elsewhere);
    for (int i = 0; i < 3; ++i) seen.down(protocol_tcp, routing::tcp_header(80, 4000, tcp_ack));
    seen.down(protocol_tcp, routing::tcp_header(80, 4000, tcp_fin | tcp_ack));
    const auto flows = seen.flows();
    ASSERT_EQ(flows.size(), 4U);
    EXPECT_EQ(flows.back().packets_out, 4U);
    EXPECT_EQ(flows.back().packets_back, 5U);
    EXPECT_EQ(flows.back().outcome, TcpOutcome::closed) << "the end of a run is seen";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(flows[static_cast<std::size_t>(i)].packets_out, 1U);
}

TEST(Observing, ARunOfAnotherClientIsAnother) {
    Observed seen;
    Peer& other = seen.world.connected(2, at("192.0.2.2"));
    const std::uint64_t others = seen.world.facts.back().session;
    for (int i = 0; i < 2; ++i)
        for (Peer* peer : {&seen.peer, &other})
            seen.world.receive(
                peer->path,
                seen.world.sealed(*peer, routing::ip_packet(peer->address(), host, protocol_udp,
                                                            routing::with_ports(4000, 53))));
    EXPECT_EQ(seen.only().packets_out, 2U);
    EXPECT_EQ(seen.world.shard.flows_of(others).seen.flows.at(0).packets_out, 2U);
}

TEST(Observing, EchoesOfOnePlaceAreOneRowWhateverTheirIds) {
    Observed seen;
    for (std::uint16_t id = 7; id <= 8; ++id) {
        seen.up(protocol_icmp, routing::icmp(8, id));
        seen.down(protocol_icmp, routing::icmp(0, id));
    }
    EXPECT_EQ(seen.only().packets_out, 2U);
    EXPECT_EQ(seen.only().packets_back, 2U);
    EXPECT_TRUE(seen.only().of_client);
    seen.down(protocol_icmp, routing::icmp(8, 9));
    EXPECT_EQ(seen.flows().size(), 2U);
}

TEST(Observing, AnErrorOfAnotherHostBelongsToThePlaceThatWasAsked) {
    Observed seen;
    const Buffer sent = routing::ip_packet(seen.peer.address(), elsewhere, protocol_udp,
                                           routing::with_ports(4000, 53));
    seen.up(protocol_udp, routing::with_ports(4000, 53), elsewhere);
    Buffer error = routing::icmp(3, 0, sent);
    error[1] = std::byte{1};
    seen.down(protocol_icmp, error, host);
    EXPECT_EQ(seen.only().remote, Endpoint::v4(elsewhere, 0).address);
    EXPECT_EQ(seen.only().icmp_errors, 1U);
    EXPECT_EQ(seen.only().icmp_latest, 0x0301) << "host unreachable";
    EXPECT_EQ(seen.only().packets_back, 0U);
}

TEST(Observing, WhatRulesRefuseIsSeenAsRefused) {
    Observed seen;
    bridge::SslServer limited = settings();
    limited.access.otherwise = bridge::AccessVerdict::deny;
    seen.world.configure({profile(limited)});
    seen.up(protocol_tcp, routing::tcp_header(4000, 22, tcp_syn));
    EXPECT_EQ(seen.only().denied, 1U);
    EXPECT_EQ(seen.only().denied_by, Cause::access_denied);
    EXPECT_EQ(seen.only().packets_out, 0U);
}

TEST(Observing, AskingAnotherClientIsSeenAsRefused) {
    Observed seen;
    seen.up(protocol_udp, routing::with_ports(4000, 9), *parse_ipv4("10.8.0.9"));
    EXPECT_EQ(seen.only().denied_by, Cause::client_to_client);
    seen.up(protocol_udp, routing::with_ports(4000, 5353), *parse_ipv4("224.0.0.251"));
    EXPECT_EQ(seen.flows().size(), 1U) << "what every system says all day is no question";
}

TEST(Observing, OfALaterFragmentSeesNothing) {
    Observed seen;
    const Buffer whole = routing::ip_packet(seen.peer.address(), host, protocol_udp,
                                            routing::with_ports(4000, 9, 16));
    seen.world.receive(seen.peer.path,
                       seen.world.sealed(seen.peer, routing::as_fragment(whole, 8, false)));
    EXPECT_TRUE(seen.flows().empty());
    EXPECT_EQ(seen.world.delivered.size(), 1U);
}

TEST(Observing, WhoComesNextToTheSlotIsNotTakenForWhoWent) {
    Observed seen;
    seen.up(protocol_udp, routing::with_ports(4000, 9));
    seen.world.shard.disconnect(seen.session, Cause::disconnected_by_operator, seen.world.now,
                                seen.world.wall());
    seen.world.run(10min);
    EXPECT_FALSE(seen.world.shard.flows_of(seen.session).known);
    seen.world.connected(2, at("192.0.2.2"));
    const auto next = seen.world.shard.flows_of(seen.world.facts.back().session);
    ASSERT_TRUE(next.known);
    EXPECT_TRUE(next.seen.flows.empty());
}

TEST(Observing, LossAndOrderOnTheWayFromAClientAreTold) {
    Observed seen;
    std::vector<Buffer> sent;
    for (int i = 0; i < 6; ++i)
        sent.push_back(seen.world.sealed(seen.peer, udp_packet(seen.peer.address(), host)));
    for (const std::size_t which : {0U, 2U, 1U, 5U})
        seen.world.receive(seen.peer.path, sent[which]);
    seen.world.shard.report_all(seen.world.wall());
    const bridge::PathQuality& path = seen.world.facts.back().path;
    EXPECT_EQ(path.lost_packets, 2U);
    EXPECT_EQ(path.reordered_packets, 1U);
    ASSERT_TRUE(path.round_trip_microseconds.has_value());
    EXPECT_LE(*path.least_round_trip_microseconds, *path.round_trip_microseconds);
    EXPECT_FALSE(path.stream.has_value());
    seen.world.records.clear();
    seen.world.shard.disconnect(seen.session, Cause::disconnected_by_operator, seen.world.now,
                                seen.world.wall());
    const bridge::AttemptRecord& end = seen.world.records.back();
    EXPECT_EQ(end.happening, bridge::Happening::ended);
    EXPECT_NE(end.detail.find("2 of 6 packets from the client were lost on their way"),
              std::string::npos)
        << end.detail << ": what outlives the client says what hindered it";
}

}  // namespace
}  // namespace kanmon::shard
