// Who begins a flow is judged, what follows passes, and what has changed is judged again.
#include "dataplane/routing/access_judge.h"

#include "access_packets.h"

namespace kanmon::routing {
namespace {

constexpr Way up = Way::from_client, down = Way::to_client;
constexpr std::uint8_t syn_flag = tcp_syn, ack_flag = tcp_ack, syn_ack = tcp_syn | tcp_ack;
using bridge::AccessVerdict;

/// A client that may reach TCP and UDP port 80 of one host, and nothing else.
struct AccessJudgement : testing::Test {
    AccessJudgement() {
        policy.otherwise = AccessVerdict::deny;
        bridge::AccessRule web;
        web.id = "acr-web";
        web.verdict = AccessVerdict::allow;
        web.everybody = true;
        web.networks = {*parse_cidr("172.20.0.1/32")};
        web.networks6 = {*parse_cidr6("fd20::10/128")};
        web.ports = {{80, 80}};
        policy.rules = {web};
        apply();
    }

    void apply(Duration settles = {}) {
        rules = AccessRules(policy);
        access.rules = rules.of("vsc-1", "");
        ++access.generation;
        access.settled_at = now + settles;
    }
    std::optional<Cause> judge(Way way, Buffer packet) {
        const auto inner = read_inner_packet(packet);
        return AccessJudge(table, rules, access, 3, now).judge(*inner, way).refused;
    }
    std::optional<Cause> udp(Way way, std::uint16_t remote_port, std::uint16_t own = 4000) {
        return judge(way, udp_of(way, host, remote_port, own));
    }
    std::optional<Cause> tcp(Way way, std::uint16_t remote_port, std::uint8_t flags,
                             std::uint16_t own = 4000) {
        return judge(way, tcp_of(way, host, remote_port, flags, own));
    }
    void allow_icmp() {
        bridge::AccessRule icmp = policy.rules[0];
        icmp.ports.clear();
        icmp.protocol = 1;
        policy.rules.push_back(icmp);
        apply();
    }

    bridge::AccessPolicy policy;
    AccessRules rules{policy};
    ClientAccess access;
    FlowTable table{8, {1, 2}, 64};
    Instant now{1000h};
};

constexpr std::nullopt_t passes = std::nullopt;

TEST_F(AccessJudgement, JudgesWhatTheClientBeginsAndLetsRepliesFollow) {
    EXPECT_EQ(tcp(up, 80, syn_flag), passes);
    EXPECT_EQ(tcp(down, 80, syn_ack), passes);
    EXPECT_EQ(tcp(up, 80, ack_flag), passes);
    EXPECT_EQ(tcp(up, 22, syn_flag), Cause::access_denied);
    EXPECT_EQ(udp(up, 80), passes);
    EXPECT_EQ(udp(down, 80), passes);
    EXPECT_EQ(udp(up, 53), Cause::access_denied);
    EXPECT_EQ(judge(up, udp_of(up, other_host, 80)), Cause::access_denied);
    EXPECT_EQ(judge(up, between(up, target6, 17, with_ports(9, 80))), passes);
    EXPECT_EQ(judge(down, between(down, target6, 17, with_ports(80, 9))), passes);
    EXPECT_EQ(judge(up, between(up, target6, 17, with_ports(9, 81))), Cause::access_denied);
    EXPECT_EQ(judge(up, between(up, host, 47, {})), Cause::access_denied);
}

TEST_F(AccessJudgement, LetsTheClientAnswerWhatTheVpcBegins) {
    EXPECT_EQ(tcp(down, 5000, syn_flag, 22), passes);
    EXPECT_EQ(tcp(up, 5000, syn_ack, 22), passes);
    EXPECT_EQ(tcp(up, 5000, ack_flag, 22), passes);
    EXPECT_EQ(udp(down, 5000), passes);
    EXPECT_EQ(udp(up, 5000), passes);
    EXPECT_EQ(tcp(up, 5000, syn_flag, 22), Cause::access_denied)
        << "another flow, the client's own";
    EXPECT_EQ(tcp(up, 5000, ack_flag, 22), passes) << "which costs the running one nothing";
    now += udp_flow_silence + 1s;
    EXPECT_EQ(udp(up, 5000), Cause::access_denied) << "for as long as it lives";
}

TEST_F(AccessJudgement, RefusesWhatTheVpcBeginsWhereTheOperatorWantsThat) {
    policy.from_vpc = AccessVerdict::deny;
    apply();
    EXPECT_EQ(tcp(down, 5000, syn_flag, 22), Cause::access_denied_from_vpc);
    EXPECT_EQ(udp(down, 5000), Cause::access_denied_from_vpc);
    EXPECT_EQ(udp(down, 80), Cause::access_denied_from_vpc) << "though the client could begin it";
    EXPECT_EQ(judge(down, between(down, host, 1, icmp(8, 1))), Cause::access_denied_from_vpc);
    EXPECT_EQ(udp(up, 80), passes);
    EXPECT_EQ(udp(down, 80), passes);
}

TEST_F(AccessJudgement, CutsARunningFlowInBothDirectionsWhenItsRuleChanges) {
    EXPECT_EQ(tcp(up, 80, syn_flag), passes);
    EXPECT_EQ(udp(up, 80), passes);
    policy.rules[0].ports = {{81, 81}};
    apply();
    EXPECT_EQ(udp(down, 80), Cause::access_denied) << "it does not become the VPC's";
    EXPECT_EQ(udp(up, 80), Cause::access_denied);
    EXPECT_EQ(tcp(down, 80, ack_flag), Cause::access_denied);
    EXPECT_EQ(tcp(up, 80, ack_flag), Cause::access_denied);
    for (std::uint16_t port = 0; port < 1000; ++port) udp(up, 81, port);
    EXPECT_EQ(udp(down, 80), Cause::access_denied) << "not even when many others push";
    policy.rules[0].ports = {{80, 80}};
    apply();
    EXPECT_EQ(udp(down, 80), passes);
    EXPECT_EQ(tcp(up, 80, ack_flag), passes);
}

TEST_F(AccessJudgement, DecidesOnceAFlow) {
    EXPECT_EQ(udp(up, 80), passes);
    policy.rules.clear();
    rules = AccessRules(policy);  // with the generation as it was
    access.rules = rules.of("vsc-1", "");
    EXPECT_EQ(udp(up, 80), passes);
    ++access.generation;
    EXPECT_EQ(udp(up, 80), Cause::access_denied);
}

TEST_F(AccessJudgement, CutsWhatTheVpcBeganWhenThatIsNoLongerAllowed) {
    EXPECT_EQ(udp(down, 5000), passes);
    policy.from_vpc = AccessVerdict::deny;
    apply();
    EXPECT_EQ(udp(up, 5000), Cause::access_denied_from_vpc);
    EXPECT_EQ(udp(down, 5000), Cause::access_denied_from_vpc);
}

TEST_F(AccessJudgement, DecidesByTheRulesAboutFlowsThatItHasForgotten) {
    EXPECT_EQ(tcp(up, 80, ack_flag), passes);
    EXPECT_EQ(tcp(up, 22, ack_flag), Cause::access_denied);
    table.forget(3);
    EXPECT_EQ(tcp(down, 80, ack_flag), passes) << "an answer to the client, who could begin it";
    EXPECT_EQ(tcp(down, 22, ack_flag), Cause::access_denied) << "nobody's beginning";
    policy.rules[0].ports = {{81, 81}};
    apply();
    EXPECT_EQ(tcp(up, 80, ack_flag), Cause::access_denied);
    EXPECT_EQ(udp(up, 5000), Cause::access_denied);
    EXPECT_EQ(udp(down, 5000), passes) << "where nothing of the client's ever passed";
    EXPECT_EQ(udp(up, 5000), passes);
}

TEST_F(AccessJudgement, CutsWhatRanBeforeThereWereRulesWhoeverSpeaksFirst) {
    apply(settling);
    EXPECT_EQ(udp(up, 5000), Cause::access_denied);
    EXPECT_EQ(udp(down, 5000), Cause::access_denied);
    EXPECT_EQ(udp(down, 5001), passes) << "it may be the VPC's";
    EXPECT_EQ(udp(up, 5001), Cause::access_denied) << "it was the client's";
    EXPECT_EQ(udp(down, 5001), Cause::access_denied);
    EXPECT_EQ(tcp(down, 5002, syn_flag), passes) << "certainly the VPC's";
    EXPECT_EQ(tcp(up, 5002, syn_ack), passes);
    now += settling;
    EXPECT_EQ(udp(down, 5003), passes);
    EXPECT_EQ(udp(up, 5003), passes);
}

TEST_F(AccessJudgement, TakesAnEchoForAFlowByItsId) {
    EXPECT_EQ(judge(up, between(up, host, 1, icmp(8, 1))), Cause::access_denied);
    EXPECT_EQ(judge(down, between(down, host, 1, icmp(8, 1))), passes);
    EXPECT_EQ(judge(up, between(up, host, 1, icmp(0, 1))), passes);
    EXPECT_EQ(judge(up, between(up, host, 1, icmp(0, 2))), Cause::access_denied);
    EXPECT_EQ(judge(up, between(up, host, 1, icmp(8, 1))), Cause::access_denied)
        << "the VPC's ping lets no ping of the client's through";
    EXPECT_EQ(judge(down, between(down, host, 1, icmp(0, 9))), Cause::access_denied);
    allow_icmp();
    EXPECT_EQ(judge(up, between(up, host, 1, icmp(8, 5))), passes);
    EXPECT_EQ(judge(down, between(down, host, 1, icmp(0, 5))), passes);
    EXPECT_EQ(judge(up, between(up, target6, 58, icmp(128, 5))), passes);
    EXPECT_EQ(judge(down, between(down, target6, 58, icmp(129, 5))), passes);
}

TEST_F(AccessJudgement, LetsIcmpErrorsPassWithTheFlowThatTheyAreAbout) {
    const auto error = [&](Way way, Bytes quoted) {
        return judge(way, between(way, host, 1, icmp(3, 0, quoted.first(28))));
    };
    const Buffer unknown = tcp_of(up, host, 22, syn_flag), sent = tcp_of(up, host, 80, syn_flag);
    EXPECT_EQ(error(down, sent), passes) << "its flow would be allowed";
    EXPECT_EQ(error(down, unknown), Cause::access_denied);
    EXPECT_EQ(judge(up, sent), passes);
    EXPECT_EQ(error(down, sent), passes);
    const Buffer came = udp_of(down, host, 5000);
    EXPECT_EQ(error(up, came), Cause::access_denied);
    EXPECT_EQ(judge(down, came), passes);
    EXPECT_EQ(error(up, came), passes) << "port unreachable";
    policy.rules[0].ports = {{81, 81}};
    apply();
    EXPECT_EQ(error(down, sent), Cause::access_denied);
    EXPECT_EQ(error(down, came), Cause::malformed) << "about what the client did not send";
}

TEST_F(AccessJudgement, LetsNoIcmpErrorGoElsewhereThanToWhoeverSentWhatItQuotes) {
    const Buffer came = udp_of(down, host, 5000);
    ASSERT_EQ(judge(down, came), passes);
    const Buffer error = icmp(3, 0, Bytes(came).first(28));
    EXPECT_EQ(judge(up, between(up, host, 1, error)), passes);
    EXPECT_EQ(judge(up, between(up, *parse_ipv4("172.20.0.99"), 1, error)), Cause::malformed);
}

TEST_F(AccessJudgement, LetsLaterFragmentsFollowAFirstOneThatPassed) {
    const Buffer last = as_fragment(udp_of(up, host, 80), 1480, false);
    EXPECT_EQ(judge(up, last), Cause::access_denied);
    EXPECT_EQ(judge(up, as_fragment(udp_of(up, host, 53), 0, true)), Cause::access_denied);
    EXPECT_EQ(judge(up, last), Cause::access_denied);
    EXPECT_EQ(judge(up, as_fragment(udp_of(up, host, 80), 0, true)), passes);
    EXPECT_EQ(judge(up, last), passes);
    EXPECT_EQ(judge(up, as_fragment(udp_of(up, other_host, 80), 1480, false)),
              Cause::access_denied);
    EXPECT_EQ(judge(down, as_fragment(udp_of(down, host, 80), 1480, false)), passes);
    apply();
    EXPECT_EQ(judge(up, last), Cause::access_denied) << "rules changed: with the next first one";
    EXPECT_EQ(judge(up, as_fragment(udp_of(up, host, 80), 0, true)), passes);
    EXPECT_EQ(judge(up, last), passes);
    now += fragments_silence + 2s;
    EXPECT_EQ(judge(up, last), Cause::access_denied);
    EXPECT_EQ(judge(up, as_fragment(tcp_of(up, host, 80, syn_flag), 0, true)), passes);
    Buffer tiny = between(up, host, 6, with_ports(4000, 80));
    EXPECT_EQ(judge(up, as_fragment(tiny, 0, true)), Cause::malformed) << "RFC 1858: no flags";
}

TEST_F(AccessJudgement, NamesTheRuleThatRefuses) {
    bridge::AccessRule deny = policy.rules[0];
    deny.id = "acr-no";
    deny.verdict = AccessVerdict::deny;
    deny.ports = {{22, 22}};
    policy.rules.push_back(deny);
    apply();
    const auto rule = [&](std::uint16_t port) {
        Buffer packet = tcp_of(up, host, port, syn_flag);
        const auto inner = read_inner_packet(packet);
        return rules.id(AccessJudge(table, rules, access, 3, now).judge(*inner, up).rule);
    };
    EXPECT_EQ(rule(22), "acr-no");
    EXPECT_EQ(rule(22), "acr-no") << "from memory";
    EXPECT_EQ(rule(23), "");
}

}  // namespace
}  // namespace kanmon::routing
