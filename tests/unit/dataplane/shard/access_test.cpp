// Access rules through a whole shard: what passes, what is answered, what is told to the log.
#include "allocations.h"
#include "dataplane/routing/tcp_segment.h"
#include "packets_without_heap.h"
#include "unit/dataplane/routing/access_packets.h"
#include "world.h"

namespace kanmon::shard {
namespace {

using bridge::AccessVerdict;

constexpr std::uint8_t syn_flag = tcp_syn, ack_flag = tcp_ack, syn_ack = tcp_syn | tcp_ack,
                       rst_flag = tcp_rst;
const Ipv4 host = *parse_ipv4("172.20.0.1");
const Ipv6 host6 = *parse_ipv6("fd20::1");

bridge::AccessRule allowing(std::uint16_t port) {
    bridge::AccessRule rule;
    rule.id = "acr-" + std::to_string(port);
    rule.verdict = AccessVerdict::allow;
    rule.certificates = {"vsc-1"};
    rule.networks = {*parse_cidr("172.20.0.0/16")};
    rule.networks6 = {*parse_cidr6("fd20::/64")};
    rule.ports = {{port, port}};
    return rule;
}

/// The first client may reach port 80 of the VPC, the others nothing; not over ICMP either.
struct Limited {
    Limited() {
        settings.access.otherwise = AccessVerdict::deny;
        settings.access.rules = {allowing(80)};
        apply();
    }
    void apply() { world.configure({profile(settings)}); }

    /// The cause for which it was dropped, if it was.
    std::optional<Cause> up(Peer& from, const Buffer& packet) {
        return cause_of([&] { world.receive(from.path, world.sealed(from, packet)); });
    }
    std::optional<Cause> down(Buffer packet) {
        return cause_of([&] { world.shard.from_tunnel(0, packet, world.now); });
    }
    std::optional<Cause> cause_of(const std::function<void()>& deed) {
        const auto before = world.shard.drops();
        deed();
        for (std::size_t i = 0; i < cause_count; ++i)
            if (world.shard.drops()[i] != before[i]) return cause_table[i].cause;
        return std::nullopt;
    }
    Buffer tcp(const Peer& from, std::uint16_t port, std::uint8_t flags) const {
        return routing::ip_packet(from.address(), host, protocol_tcp,
                                  routing::tcp_header(4000, port, flags));
    }
    Buffer tcp_back(const Peer& to, std::uint16_t port, std::uint8_t flags) const {
        return routing::ip_packet(host, to.address(), protocol_tcp,
                                  routing::tcp_header(port, 4000, flags));
    }
    /// What the client's system received last.
    Buffer answered(Peer& peer) {
        peer.inner.clear();
        world.run(1ms);
        return peer.inner.empty() ? Buffer() : peer.inner.back();
    }
    std::vector<bridge::AttemptRecord> denials() {
        world.shard.traffic();
        std::vector<bridge::AttemptRecord> found;
        for (const bridge::AttemptRecord& record : world.records)
            if (record.happening == bridge::Happening::denied) found.push_back(record);
        return found;
    }

    World world;
    bridge::SslServer settings = settings_with_ipv6();
};

constexpr std::nullopt_t passes = std::nullopt;

TEST(Access, WhatTheRulesAllowPassesWithItsRepliesAndNothingElse) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 80, syn_flag)), passes);
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 80, syn_ack)), passes);
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 22, syn_flag)), Cause::access_denied);
    EXPECT_EQ(limited.world.delivered.size(), 1U);
    limited.world.shard.report_all(limited.world.wall());
    EXPECT_EQ(limited.world.facts.back().refused_packets, 1U);
}

TEST(Access, RulesMeanTheClientsThatTheyName) {
    Limited limited;
    Peer& first = limited.world.connected(1, at("192.0.2.1"));
    Peer& second = limited.world.connected(2, at("192.0.2.2"));
    EXPECT_EQ(limited.up(first, limited.tcp(first, 80, syn_flag)), passes);
    EXPECT_EQ(limited.up(second, limited.tcp(second, 80, syn_flag)), Cause::access_denied);
}

TEST(Access, OfIpv6IsDecidedLikeThatOfIpv4) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    const Ipv6 own = bridge::tunnel_address6(limited.settings.client_pool,
                                             limited.settings.inner6->client_pool, peer.address());
    const auto packet = [&](std::uint16_t port) {
        return routing::ip6_packet(own, host6, protocol_udp, routing::with_ports(4000, port));
    };
    EXPECT_EQ(limited.up(peer, packet(80)), passes);
    EXPECT_EQ(
        limited.down(routing::ip6_packet(host6, own, protocol_udp, routing::with_ports(80, 4000))),
        passes);
    EXPECT_EQ(limited.up(peer, packet(53)), Cause::access_denied);
    Buffer answer = limited.answered(peer);
    const auto read = routing::read_inner_packet(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(to_hex(read->transport().first(2)), "0101") << "administratively prohibited";
    EXPECT_EQ(read->destination6, own);
}

TEST(Access, WhatTheVpcBeginsPassesAndTheClientMayAnswer) {
    Limited limited;
    Peer& peer = limited.world.connected(2, at("192.0.2.2"));
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 50000, syn_flag)), passes);
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 50000, syn_ack)), passes);
    limited.settings.access.from_vpc = AccessVerdict::deny;
    limited.apply();
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 50000, ack_flag)), Cause::access_denied_from_vpc);
    limited.world.delivered.clear();
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 50001, syn_flag)), Cause::access_denied_from_vpc);
    ASSERT_EQ(limited.world.delivered.size(), 1U);
    Buffer answer = limited.world.delivered[0].second;
    const auto read = routing::read_inner_packet(answer);
    EXPECT_EQ(read->destination, host);
    EXPECT_EQ(to_hex(read->transport().first(2)), "030d") << "the VPC is told too";
}

TEST(Access, AChangedRuleCutsARunningFlowWithItsNextPacketEitherWay) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 80, syn_flag)), passes);
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 80, syn_ack)), passes);
    limited.settings.access.rules = {allowing(81)};
    limited.apply();
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 80, ack_flag)), Cause::access_denied);
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 80, ack_flag)), Cause::access_denied);
    EXPECT_TRUE(peer.overs.empty()) << "the client itself stays";
    limited.settings.access.rules = {allowing(80)};
    limited.apply();
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 80, ack_flag)), passes);
}

TEST(Access, RulesThatAppearCutWhatRanWithoutThem) {
    Limited limited;
    const bridge::AccessPolicy policy = std::exchange(limited.settings.access, {});
    limited.apply();
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    const Buffer query =
        routing::ip_packet(peer.address(), host, protocol_udp, routing::with_ports(4000, 53));
    const Buffer answer =
        routing::ip_packet(host, peer.address(), protocol_udp, routing::with_ports(53, 4000));
    EXPECT_EQ(limited.up(peer, query), passes);
    limited.settings.access = policy;
    limited.apply();
    EXPECT_EQ(limited.up(peer, query), Cause::access_denied);
    EXPECT_EQ(limited.down(answer), Cause::access_denied) << "it does not become the VPC's";
}

TEST(Access, AnotherSnapshotWithTheSameRulesLeavesFlowsOfTheVpcAlone) {
    Limited limited;
    Peer& peer = limited.world.connected(2, at("192.0.2.2"));
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 50000, syn_flag)), passes);
    limited.settings.local_networks.push_back(*parse_cidr("172.21.0.0/16"));
    limited.apply();
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 50000, syn_ack)), passes);
}

TEST(Access, ASnapshotThatChangesOtherServersCopiesNoRules) {
    Limited limited;
    for (int i = 0; i < 10'000; ++i)
        limited.settings.access.rules[0].users.push_back("somebody with a long name " +
                                                         std::to_string(i));
    const auto unchanged = profile(limited.settings);
    limited.world.shard.configure({unchanged}, limited.world.now);
    const auto other = profile(settings("vss-2"));
    const std::size_t before = testing::allocations;
    limited.world.shard.configure({unchanged, other}, limited.world.now);
    EXPECT_LT(testing::allocations - before, 5000U);
}

TEST(Access, ASnapshotThatChangesOtherServersDoesNotLookAtAClient) {
    const auto allocated = [](std::uint8_t clients) {
        Limited limited;
        const auto unchanged = profile(limited.settings);
        limited.world.shard.configure({unchanged}, limited.world.now);
        for (std::uint8_t number = 1; number <= clients; ++number)
            limited.world.connected(number, at("192.0.2.2", number));
        const auto other = profile(settings("vss-2"));
        const std::size_t before = testing::allocations;
        limited.world.shard.configure({unchanged, other}, limited.world.now);
        return testing::allocations - before;
    };
    EXPECT_EQ(allocated(20), allocated(1));
}

TEST(Access, WhoeverTakesOverASlotHasNoFlowsOfItsFormerClient) {
    Limited limited;
    Peer& peer = limited.world.connected(2, at("192.0.2.2"));
    EXPECT_EQ(limited.down(limited.tcp_back(peer, 50000, syn_flag)), passes);
    peer.engine.leave(limited.world.now);
    limited.world.run(200s);  // the slot is free again, and the flow not over
    for (std::uint8_t number = 3; number < 8; ++number) {
        Peer& next = limited.world.connected(number, at("192.0.2.4", number));
        EXPECT_EQ(limited.up(next, limited.tcp(next, 50000, syn_ack)), Cause::access_denied);
    }
}

TEST(Access, ARefusedClientIsToldAtOnce) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 22, syn_flag)), Cause::access_denied);
    Buffer answer = limited.answered(peer);
    auto read = routing::read_inner_packet(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source, host);
    EXPECT_EQ(to_hex(read->transport().first(2)), "030d") << "administratively prohibited";
    EXPECT_EQ(limited.up(peer, limited.tcp(peer, 22, ack_flag)), Cause::access_denied);
    answer = limited.answered(peer);
    read = routing::read_inner_packet(answer);
    ASSERT_TRUE(read) << "a running connection does not believe ICMP";
    const auto reset = routing::read_tcp_segment(*read);
    ASSERT_TRUE(reset);
    EXPECT_EQ(reset->flags, rst_flag);
}

TEST(Access, AnswersToOneClientAreLimitedAndLeaveOthersTheirs) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    Peer& other = limited.world.connected(2, at("192.0.2.2"));
    for (int i = 0; i < 200; ++i) limited.up(peer, limited.tcp(peer, 22, syn_flag));
    limited.world.run(1ms);
    EXPECT_EQ(peer.inner.size(), 20U);
    EXPECT_EQ(limited.world.drops(Cause::answer_limited), 180U);
    limited.up(other, limited.tcp(other, 22, syn_flag));
    limited.world.run(1ms);
    EXPECT_EQ(other.inner.size(), 1U);
}

TEST(Access, OnAStreamWithoutRoomNobodyIsAnswered) {
    Limited limited;
    Peer& peer = limited.world.add(1, at("192.0.2.1"), client::openvpn_2_5, 1, 7);
    limited.world.run(3s);
    ASSERT_TRUE(peer.connected);
    limited.world.room_left = [](const Path&, std::size_t) { return false; };
    limited.up(peer, limited.tcp(peer, 22, syn_flag));
    EXPECT_TRUE(limited.answered(peer).empty());
}

TEST(Access, TheLogLearnsWhichRuleRefusesWhat) {
    Limited limited;
    bridge::AccessRule deny = allowing(22);
    deny.verdict = AccessVerdict::deny;
    limited.settings.access.rules.push_back(deny);
    limited.apply();
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    for (int i = 0; i < 3; ++i) limited.up(peer, limited.tcp(peer, 22, syn_flag));
    auto told = limited.denials();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].detail,
              "acr-22 refuses TCP to 172.20.0.1:22; 3 packets refused since the last record");
    EXPECT_EQ(told[0].cause, Cause::access_denied);
    EXPECT_EQ(told[0].common_name, "vsc-1");
    EXPECT_EQ(told[0].tunnel_address, peer.address());
    limited.world.run(6s);
    limited.up(peer, limited.tcp(peer, 22, syn_flag));
    EXPECT_EQ(limited.denials().size(), 1U) << "the same: once a minute";
    limited.up(peer, limited.tcp(peer, 23, syn_flag));
    told = limited.denials();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[1].detail,
              "no rule allows TCP to 172.20.0.1:23; 2 packets refused since the last record");
    limited.up(peer, limited.tcp(peer, 24, syn_flag));
    EXPECT_EQ(limited.denials().size(), 2U) << "once in five seconds";
    limited.world.run(5s);
    EXPECT_EQ(limited.denials().size(), 3U);
}

TEST(Access, TheLogTakesTenRecordsAtATimeAndEveryClientHasItsTurn) {
    Limited limited;
    std::vector<Peer*> peers;
    for (std::uint8_t number = 1; number <= 25; ++number)
        peers.push_back(&limited.world.connected(number, at("192.0.2.1", 1000U + number)));
    for (int second = 0; second < 3; ++second) {
        for (Peer* peer : peers) limited.up(*peer, limited.tcp(*peer, 22, syn_flag));
        limited.world.shard.traffic();
    }
    std::set<std::string> names;
    for (const auto& record : limited.denials()) names.insert(record.common_name);
    EXPECT_EQ(names.size(), 25U);
}

TEST(Access, NothingIsTakenFromTheHeapForAPacketHoweverItIsDecided) {
    Limited limited;
    Peer& peer = limited.world.connected(1, at("192.0.2.1"));
    limited.settings.access.rules = {allowing(0), allowing(80)};
    limited.apply();
    expect_packets_without_heap(limited.world, peer, host);
    limited.world.quiet = false;
    std::vector<Buffer> datagrams;
    for (std::uint16_t port = 0; port < 3000; ++port)
        datagrams.push_back(limited.world.sealed(
            peer, routing::ip_packet(peer.address(), host, protocol_udp,
                                     routing::with_ports(port, port % 3 == 0 ? 80 : 22))));
    std::vector<Buffer> replies;
    for (std::uint16_t port = 0; port < 3000; ++port)
        replies.push_back(routing::ip_packet(host, peer.address(), protocol_udp,
                                             routing::with_ports(port % 2 == 0 ? 80 : 9, port)));
    limited.world.receive(peer.path, datagrams[0]);
    limited.world.quiet = true;
    limited.world.deliveries = 0;
    const std::size_t before = testing::allocations;
    for (std::size_t i = 1; i < datagrams.size(); ++i) {
        limited.world.shard.receive(peer.path, {datagrams[i], datagrams[i].size()},
                                    limited.world.now, UnixTime{});
        limited.world.shard.from_tunnel(0, replies[i], limited.world.now);
    }
    EXPECT_EQ(testing::allocations, before);
    EXPECT_EQ(limited.world.deliveries, 999U);
    EXPECT_EQ(limited.world.drops(Cause::access_denied), 2000U);
}

}  // namespace
}  // namespace kanmon::shard
