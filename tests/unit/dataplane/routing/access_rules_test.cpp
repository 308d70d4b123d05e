// Access rules: each field, their order, and 10^5 random policies against a slow second opinion.
#include "dataplane/routing/access_rules.h"

#include <algorithm>
#include <random>

#include "access_packets.h"

namespace kanmon::routing {
namespace {

using bridge::AccessPolicy;
using bridge::AccessRule;
using bridge::AccessVerdict;

Flow tcp_to(const char* address, std::uint16_t port) {
    if (const auto v4 = parse_ipv4(address))
        return {.remote = Endpoint::v4(*v4, 0).address, .remote_port = port, .protocol = 6};
    return {.remote = *parse_ipv6(address), .remote_port = port, .protocol = 6, .v6 = true};
}
Flow of_protocol(std::uint8_t protocol, Flow flow) {
    flow.protocol = protocol;
    return flow;
}

/// Allows all; a test takes away from it.
AccessRule rule(const char* id = "acr-1") {
    AccessRule made;
    made.id = id;
    made.verdict = AccessVerdict::allow;
    made.everybody = true;
    made.networks = {*parse_cidr("0.0.0.0/0")};
    made.networks6 = {*parse_cidr6("::/0")};
    return made;
}
AccessPolicy policy(std::vector<AccessRule> rules) {
    AccessPolicy made;
    made.rules = std::move(rules);
    made.otherwise = AccessVerdict::deny;
    return made;
}
bool allowed(const AccessPolicy& given, const Flow& flow, const char* certificate = "vsc-1",
             const char* user = "") {
    const AccessRules rules(given);
    return rules.ruling(rules.of(certificate, user), flow).allowed;
}

TEST(AccessRules, OtherwiseDecidesWhatNoRuleMatches) {
    AccessPolicy none;
    EXPECT_TRUE(allowed(none, tcp_to("172.20.0.1", 22)));
    none.otherwise = AccessVerdict::deny;
    EXPECT_FALSE(allowed(none, tcp_to("172.20.0.1", 22)));
}

TEST(AccessRules, LimitNobodyWhileNothingCanBeRefused) {
    AccessPolicy given;
    const auto limits = [&] {
        const AccessRules rules(given);
        EXPECT_GE(rules.limit(), rules.of("vsc-1", "").limits);
        return rules.of("vsc-1", "").limits;
    };
    EXPECT_FALSE(limits());
    given.rules = {rule()};
    EXPECT_FALSE(limits());
    given.rules[0].verdict = AccessVerdict::deny;
    EXPECT_TRUE(limits());
    given.rules[0].everybody = false;
    EXPECT_FALSE(limits()) << "it means somebody else";
    given.from_vpc = AccessVerdict::deny;
    EXPECT_TRUE(limits());
    given.from_vpc = AccessVerdict::allow;
    given.otherwise = AccessVerdict::deny;
    EXPECT_TRUE(limits());
}

TEST(AccessRules, TheFirstThatMatchesDecides) {
    AccessRule deny = rule("acr-2");
    deny.verdict = AccessVerdict::deny;
    deny.ports = {{22, 22}};
    const AccessRules rules(policy({deny, rule()}));
    const ClientRules client = rules.of("vsc-1", "");
    const Ruling first = rules.ruling(client, tcp_to("172.20.0.1", 22));
    EXPECT_FALSE(first.allowed);
    EXPECT_EQ(rules.id(first.rule), "acr-2");
    const Ruling second = rules.ruling(client, tcp_to("172.20.0.1", 23));
    EXPECT_TRUE(second.allowed);
    EXPECT_EQ(rules.id(second.rule), "acr-1");
    EXPECT_EQ(rules.id(no_rule), "");
    EXPECT_TRUE(allowed(policy({rule(), deny}), tcp_to("172.20.0.1", 22)));
}

TEST(AccessRules, NameCertificatesUsersAndGroups) {
    AccessRule named = rule();
    named.everybody = false;
    AccessPolicy given = policy({named});
    given.groups = {{.users = {"bob", "carol"}}, {.users = {"dave", "bob"}}};
    const auto who = [&](const char* certificate, const char* user) {
        return allowed(given, tcp_to("172.20.0.1", 22), certificate, user);
    };
    EXPECT_FALSE(who("vsc-1", "alice")) << "nobody when no list names anybody";
    EXPECT_FALSE(who("", ""));
    given.rules[0].certificates = {"vsc-9", "vsc-1"};
    EXPECT_TRUE(who("vsc-1", "alice"));
    EXPECT_FALSE(who("vsc-2", "vsc-1")) << "a user is not a certificate";
    given.rules[0].certificates.clear();
    given.rules[0].users = {"alice", ""};
    EXPECT_TRUE(who("vsc-2", "alice"));
    EXPECT_FALSE(who("alice", "")) << "who has no user name is not the user without a name";
    EXPECT_FALSE(who("vsc-2", "alic"));
    given.rules[0].users.clear();
    given.rules[0].groups = {1, 77};
    EXPECT_TRUE(who("", "dave"));
    EXPECT_TRUE(who("", "bob"));
    EXPECT_FALSE(who("", "carol")) << "of another group";
    given.rules[0].everybody = true;
    EXPECT_TRUE(who("vsc-2", ""));
}

TEST(AccessRules, MatchDestinationsOfBothFamilies) {
    AccessRule near = rule();
    near.networks = {*parse_cidr("172.20.1.0/24"), *parse_cidr("172.20.0.0/25"),
                     *parse_cidr("172.20.0.0/26")};
    near.networks6 = {*parse_cidr6("fd20::/65")};
    const AccessPolicy given = policy({near});
    EXPECT_TRUE(allowed(given, tcp_to("172.20.0.0", 1)));
    EXPECT_TRUE(allowed(given, tcp_to("172.20.0.127", 1)));
    EXPECT_FALSE(allowed(given, tcp_to("172.20.0.128", 1)));
    EXPECT_TRUE(allowed(given, tcp_to("172.20.1.255", 1)));
    EXPECT_FALSE(allowed(given, tcp_to("172.20.2.0", 1)));
    EXPECT_FALSE(allowed(given, tcp_to("172.19.255.255", 1)));
    EXPECT_TRUE(allowed(given, tcp_to("fd20::7fff:ffff:ffff:ffff", 1)));
    EXPECT_FALSE(allowed(given, tcp_to("fd20::8000:0:0:0", 1)));
    near.networks6.clear();
    EXPECT_FALSE(allowed(policy({near}), tcp_to("fd20::1", 1)));
    near.networks.clear();
    EXPECT_FALSE(allowed(policy({near}), tcp_to("172.20.0.1", 1)));
}

TEST(AccessRules, MatchPortsOfTcpAndUdpOnly) {
    AccessRule web = rule();
    web.ports = {{443, 443}, {8000, 8100}, {65535, 65535}, {0, 0}};
    const AccessPolicy given = policy({web});
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{0, 443, 8000, 8100, 65535})
        EXPECT_TRUE(allowed(given, tcp_to("172.20.0.1", port))) << port;
    for (const std::uint16_t port :
         std::initializer_list<std::uint16_t>{1, 442, 444, 7999, 8101, 65534})
        EXPECT_FALSE(allowed(given, tcp_to("172.20.0.1", port))) << port;
    EXPECT_TRUE(allowed(given, of_protocol(17, tcp_to("172.20.0.1", 443))));
    EXPECT_FALSE(allowed(given, of_protocol(1, tcp_to("172.20.0.1", 0)))) << "ICMP has none";
    EXPECT_FALSE(allowed(given, of_protocol(132, tcp_to("172.20.0.1", 443))));
}

TEST(AccessRules, MatchProtocolsAndIcmpOfBothFamilies) {
    AccessRule given = rule();
    const auto passes = [&](std::uint8_t wanted, std::uint8_t protocol, const char* address) {
        given.protocol = wanted;
        return allowed(policy({given}), of_protocol(protocol, tcp_to(address, 1)));
    };
    EXPECT_TRUE(passes(0, 47, "172.20.0.1"));
    EXPECT_TRUE(passes(6, 6, "172.20.0.1"));
    EXPECT_FALSE(passes(6, 17, "172.20.0.1"));
    EXPECT_TRUE(passes(1, 1, "172.20.0.1"));
    EXPECT_TRUE(passes(1, 58, "fd20::1"));
    EXPECT_TRUE(passes(58, 58, "fd20::1"));
    EXPECT_FALSE(passes(1, 58, "172.20.0.1")) << "not ICMP there";
    EXPECT_FALSE(passes(58, 1, "172.20.0.1"));
}

// --- a second opinion ----------------------------------------------------------------------------

struct Chance {
    std::mt19937_64 engine{20260101};
    std::uint64_t below(std::uint64_t bound) { return engine() % bound; }
    bool coin() { return below(2) == 0; }

    std::string name() { return "n" + std::to_string(below(4)); }
    std::vector<std::string> names() {
        std::vector<std::string> made(below(3));
        for (std::string& one : made) one = name();
        return made;
    }
    /// Few addresses, so that networks and flows meet.
    Ipv4 address() { return Ipv4{0xac140000U + static_cast<std::uint32_t>(below(8))}; }
    Ipv6 address6() {
        Ipv6 made = *parse_ipv6("fd20::");
        made.octets[8] = static_cast<std::uint8_t>(below(4) << 6);
        made.octets[15] = static_cast<std::uint8_t>(below(4));
        return made;
    }
    Cidr network() {
        Cidr made{address(), static_cast<std::uint8_t>(below(4) == 0 ? below(33) : 29 + below(4))};
        made.base.value &= made.mask();
        return made;
    }
    Cidr6 network6() {
        constexpr std::array<std::uint8_t, 6> prefixes{0, 64, 65, 66, 126, 128};
        Cidr6 made{address6(), prefixes[below(6)]};
        for (unsigned bit = made.prefix; bit < 128; ++bit)
            made.base.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
        return made;
    }
    bridge::PortRange ports() {
        const auto first = static_cast<std::uint16_t>(below(6));
        return {first, static_cast<std::uint16_t>(first + below(3))};
    }
    std::uint8_t protocol() {
        constexpr std::array<std::uint8_t, 6> protocols{0, 1, 6, 17, 47, 58};
        return protocols[below(6)];
    }

    AccessRule rule(std::size_t groups) {
        AccessRule made;
        made.verdict = coin() ? AccessVerdict::allow : AccessVerdict::deny;
        made.everybody = below(4) == 0;
        made.certificates = names();
        made.users = names();
        made.protocol = protocol();
        for (auto count = below(3); count > 0; --count)
            made.groups.push_back(static_cast<std::uint32_t>(below(groups + 1)));
        for (auto count = below(3); count > 0; --count) made.networks.push_back(network());
        for (auto count = below(3); count > 0; --count) made.networks6.push_back(network6());
        for (auto count = below(3); count > 0; --count) made.ports.push_back(ports());
        return made;
    }
    AccessPolicy policy() {
        AccessPolicy made;
        made.groups.resize(below(3));
        for (bridge::AccessGroup& group : made.groups) group.users = names();
        made.rules.resize(below(6));
        for (AccessRule& one : made.rules) one = rule(made.groups.size());
        made.otherwise = coin() ? AccessVerdict::allow : AccessVerdict::deny;
        return made;
    }
    Flow flow() {
        Flow made{.client_port = 7,
                  .remote_port = static_cast<std::uint16_t>(below(8)),
                  .protocol = protocol(),
                  .v6 = coin()};
        made.remote = made.v6 ? address6() : Endpoint::v4(address(), 0).address;
        return made;
    }
};

bool means(const AccessPolicy& given, const AccessRule& rule, const std::string& certificate,
           const std::string& user) {
    const auto has = [](const auto& names, const std::string& name) {
        return !name.empty() && std::ranges::find(names, name) != names.end();
    };
    if (rule.everybody || has(rule.certificates, certificate) || has(rule.users, user)) return true;
    return std::ranges::any_of(rule.groups, [&](std::uint32_t group) {
        return group < given.groups.size() && has(given.groups[group].users, user);
    });
}

bool fits(const AccessRule& rule, const Flow& flow) {
    const bool icmp6 = rule.protocol == 1 && flow.v6 && flow.protocol == 58;
    if (rule.protocol != 0 && rule.protocol != flow.protocol && !icmp6) return false;
    const bool ports = flow.protocol == 6 || flow.protocol == 17;
    if (!rule.ports.empty() && !(ports && std::ranges::any_of(rule.ports, [&](const auto& range) {
                                     return range.first <= flow.remote_port &&
                                            flow.remote_port <= range.last;
                                 })))
        return false;
    const Ipv4 v4 = Endpoint{flow.remote, 0}.as_v4();
    return flow.v6
               ? std::ranges::any_of(rule.networks6,
                                     [&](const Cidr6& n) { return n.contains(flow.remote); })
               : std::ranges::any_of(rule.networks, [&](const Cidr& n) { return n.contains(v4); });
}

TEST(AccessRules, TenThousandsOfRandomPoliciesAgreeWithASlowSecondOpinion) {
    Chance chance;
    unsigned refused = 0;
    for (int round = 0; round < 100'000; ++round) {
        const AccessPolicy given = chance.policy();
        const AccessRules rules(given);
        const std::string certificate = chance.coin() ? chance.name() : "";
        const std::string user = chance.coin() ? chance.name() : "";
        const ClientRules client = rules.of(certificate, user);
        for (int i = 0; i < 4; ++i) {
            const Flow flow = chance.flow();
            const auto first = std::ranges::find_if(given.rules, [&](const AccessRule& rule) {
                return means(given, rule, certificate, user) && fits(rule, flow);
            });
            const bool wanted = (first == given.rules.end() ? given.otherwise : first->verdict) ==
                                AccessVerdict::allow;
            const Ruling made = rules.ruling(client, flow);
            ASSERT_EQ(made.allowed, wanted) << round;
            ASSERT_EQ(made.rule,
                      first == given.rules.end() ? no_rule : first - given.rules.begin());
            ASSERT_TRUE(made.allowed || client.limits) << "a client that is not looked at";
            refused += !made.allowed;
        }
    }
    EXPECT_GT(refused, 100'000U);
    EXPECT_LT(refused, 300'000U);
}

}  // namespace
}  // namespace kanmon::routing
