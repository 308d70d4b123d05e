// Access rules by themselves: what is taken, what is refused with which words, what covers what.
#include "controlplane/model/access_rule.h"

#include <gmock/gmock.h>

#include <array>
#include <random>

namespace kanmon::model {
namespace {

using testing::HasSubstr;

template <class T>
std::string why(const Outcome<T>& outcome) {
    return outcome ? std::string("it was taken")
                   : outcome.error().code + ": " + outcome.error().message;
}

TEST(AccessRules, PrioritiesPoliciesAndProtocolsAreThoseThatAreDocumented) {
    EXPECT_EQ(check_access_priority(1), 1U);
    EXPECT_EQ(check_access_priority(10000), 10000U);
    for (const std::int64_t wrong : {0L, -1L, 10001L, 4294967297L})
        EXPECT_THAT(why(check_access_priority(wrong)), HasSubstr("1 (asked first) to 10000"));
    EXPECT_EQ(check_access_policy("Accept"), bridge::AccessVerdict::allow);
    EXPECT_EQ(check_access_policy("drop"), bridge::AccessVerdict::deny);
    EXPECT_THAT(why(check_access_policy("deny")), HasSubstr("accept or drop"));
    EXPECT_EQ(read_access_protocol("any"), 0);
    EXPECT_EQ(read_access_protocol("TCP"), 6);
    EXPECT_EQ(read_access_protocol("icmp"), 1);
    EXPECT_EQ(read_access_protocol("47"), 47);
    EXPECT_THAT(why(read_access_protocol("58")), HasSubstr("icmp would do"));
    for (const char* wrong : {"0", "256", "-6", "6 ", "tcpudp", ""})
        EXPECT_THAT(why(read_access_protocol(wrong)), HasSubstr("any, tcp, udp, icmp")) << wrong;
    for (const auto number : std::to_array<std::uint8_t>({0, 1, 6, 17, 47, 255}))
        EXPECT_EQ(read_access_protocol(access_protocol_text(number)), number);
}

TEST(AccessRules, NetworksWithHostBitsAreAnsweredWithTheNetworkThatWasMeant) {
    AccessTargets targets;
    EXPECT_EQ(why(read_access_networks({"10.1.2.3/16"}, targets)),
              "IllegalParam.DestinationCidr: 10.1.2.3/16 is not a network; the network that holds "
              "it is 10.1.0.0/16.");
    EXPECT_THAT(why(read_access_networks({"fd00:1::5/64"}, targets)), HasSubstr("fd00:1::/64"));
    EXPECT_THAT(why(read_access_networks({"fd00:1:2:3:ffff::/65"}, targets)),
                HasSubstr("fd00:1:2:3:8000::/65"));
    EXPECT_THAT(why(read_access_networks({"::1"}, targets)), HasSubstr("::1/128"));
    EXPECT_THAT(why(read_access_networks({"intranet"}, targets)), HasSubstr("192.168.0.0/24"));
    EXPECT_THAT(why(read_access_networks({"10.0.0.0/8", "fd00::/129"}, targets)),
                HasSubstr("'fd00::/129' is not an IPv6 network"));
    EXPECT_THAT(why(read_access_networks({}, targets)), HasSubstr("MissingDestinationCidr"));
    EXPECT_THAT(why(read_access_networks(std::vector<std::string>(101, "10.0.0.0/8"), targets)),
                HasSubstr("at most 100"));
    ASSERT_TRUE(read_access_networks({"0.0.0.0/0", "::/0", "10.0.0.0/8"}, targets));
    EXPECT_EQ(network_texts(targets),
              (std::vector<std::string>{"0.0.0.0/0", "10.0.0.0/8", "::/0"}));
}

TEST(AccessRules, PortsAreRangesOfTcpAndUdp) {
    const auto ranges = read_port_ranges({"443", "8000-8100", "0-65535"});
    ASSERT_TRUE(ranges);
    EXPECT_EQ(port_texts(*ranges), (std::vector<std::string>{"443", "8000-8100", "0-65535"}));
    EXPECT_THAT(why(read_port_ranges({"8100-8000"})), HasSubstr("8000-8100 would do"));
    for (const char* wrong : {"", "-", "1-", "-1", "65536", "http", "1-2-3", "80 "})
        EXPECT_THAT(why(read_port_ranges({wrong})), HasSubstr("write 443, or 8000-8100")) << wrong;
    EXPECT_THAT(why(read_port_ranges(std::vector<std::string>(33, "1"))), HasSubstr("at most 32"));
    for (const auto protocol : std::to_array<std::uint8_t>({0, 1, 47})) {
        AccessTargets targets;
        targets.protocol = protocol;
        EXPECT_TRUE(check_access_targets(targets));
        targets.ports = *ranges;
        EXPECT_THAT(why(check_access_targets(targets)), HasSubstr("Ports belong to tcp and udp"));
    }
}

TEST(AccessRules, SaysWhomItMeansAndNeverMeansEverybodyByLeavingThemOut) {
    AccessSubjects subjects;
    EXPECT_THAT(why(check_access_subjects(subjects)), HasSubstr("A rule says whom it means"));
    subjects.users.assign(100, "user-1");
    EXPECT_TRUE(check_access_subjects(subjects));
    subjects.groups = {"group-1"};
    EXPECT_THAT(why(check_access_subjects(subjects)), HasSubstr("Put users into groups"));
    subjects.everybody = true;
    EXPECT_THAT(why(check_access_subjects(subjects)), HasSubstr("leave Everybody or the names"));
    EXPECT_TRUE(
        check_access_subjects({.everybody = true, .users = {}, .groups = {}, .certificates = {}}));
    EXPECT_TRUE(check_common_name("Anna, of the desk"));
    for (const std::string wrong : {"", "a\nb", "a\x7f", "m\xc3\xbcller", "\x1b[2J"})
        EXPECT_FALSE(check_common_name(wrong)) << wrong;
    EXPECT_FALSE(check_common_name(std::string(65, 'a')));
}

// --- what covers what, against every flow of a small world ---

constexpr std::size_t users = 3, groups = 2;

std::vector<std::string> groups_of_user(const std::string& user) {
    if (user == "u0") return {"g0", "g1"};
    return user == "u1" ? std::vector<std::string>{"g1"} : std::vector<std::string>{};
}

AccessRule drawn(std::mt19937& random) {
    const auto below = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
    AccessRule rule;
    rule.subjects.everybody = below(3) == 0;
    if (!rule.subjects.everybody) {
        for (std::size_t i = 0; i < users; ++i)
            if (below(2) == 0) rule.subjects.users.push_back("u" + std::to_string(i));
        for (std::size_t i = 0; i < groups; ++i)
            if (below(3) == 0) rule.subjects.groups.push_back("g" + std::to_string(i));
        if (below(3) == 0) rule.subjects.certificates.push_back("c0");
    }
    for (unsigned i = below(3); i < 3; ++i) {
        Cidr cidr{Ipv4{below(8)}, static_cast<std::uint8_t>(29 + below(4))};
        cidr.base.value &= cidr.mask();
        rule.targets.networks.push_back(cidr);
    }
    if (below(3) == 0) rule.targets.networks6.push_back({Ipv6{}, 128});
    rule.targets.protocol = std::array<std::uint8_t, 3>{0, 6, 17}[below(3)];
    if (rule.targets.protocol != 0)
        for (unsigned i = below(3); i < 2; ++i) {
            const auto first = static_cast<std::uint16_t>(below(6));
            rule.targets.ports.push_back({first, static_cast<std::uint16_t>(first + below(3))});
        }
    return rule;
}

struct Flow {
    std::string who;                   // u0, c0
    unsigned address, protocol, port;  // address 8: the IPv6 one
};

bool matches(const AccessRule& rule, const Flow& flow) {
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    bool who = rule.subjects.everybody || has(rule.subjects.users, flow.who) ||
               has(rule.subjects.certificates, flow.who);
    for (const std::string& group : groups_of_user(flow.who))
        who = who || has(rule.subjects.groups, group);
    bool where = flow.address == 8 && !rule.targets.networks6.empty();
    for (const Cidr& cidr : rule.targets.networks)
        where = where || (flow.address < 8 && cidr.contains(Ipv4{flow.address}));
    bool what = rule.targets.protocol == 0 || rule.targets.protocol == flow.protocol;
    if (what && !rule.targets.ports.empty()) {
        what = false;
        for (const auto& range : rule.targets.ports)
            what = what || (range.first <= flow.port && flow.port <= range.last);
    }
    return who && where && what;
}

std::vector<Flow> all_flows() {
    std::vector<Flow> flows;
    for (const char* who : {"u0", "u1", "u2", "c0"})
        for (unsigned address = 0; address <= 8; ++address)
            for (const unsigned protocol : {6U, 17U, 47U})
                for (unsigned port = 0; port < 9; ++port)
                    flows.push_back({who, address, protocol, port});
    return flows;
}

TEST(AccessRules, WhatIsSaidToBeCoveredHasNoFlowThatGetsPast) {
    std::mt19937 random(1);
    const std::vector<Flow> flows = all_flows();
    int covered = 0, missed = 0;
    for (int round = 0; round < 20000; ++round) {
        const AccessRule earlier = drawn(random);
        const AccessRule later = drawn(random);
        const bool truth = std::all_of(flows.begin(), flows.end(), [&](const Flow& flow) {
            return !matches(later, flow) || matches(earlier, flow);
        });
        const bool said = covers(earlier, later, groups_of_user);
        ASSERT_TRUE(truth || !said) << "round " << round;
        covered += said;
        missed += truth && !said;
    }
    EXPECT_GT(covered, 200);
    EXPECT_LT(missed, covered * 3) << "what is there to be seen is seldom seen";
}

}  // namespace
}  // namespace kanmon::model
