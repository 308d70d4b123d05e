// The pure parts of the broker: validation, plan, rules, journal octets.
#include "broker/plan.h"

#include <gtest/gtest.h>

#include "bridge/field_codec.h"
#include "broker/journal.h"
#include "broker/wanted.h"
#include "fake_kernel.h"

namespace kanmon::broker {
namespace {

bridge::WantedServer good() {
    return wanted_server("vss-1", "kt1", "vpc-1", "192.168.0.0/24");
}

TEST(Wanted, AcceptsAnOrdinaryServerAndTheSamePoolInAnotherVpc) {
    EXPECT_EQ(problem_with({1, {good()}}), "");
    EXPECT_EQ(problem_with({1, {good(), wanted_server("vss-2", "kt1", "", "192.168.0.0/24")}}), "");
}

TEST(Wanted, RefusesNamesThatCouldLeaveTheirPlace) {
    for (const char* name : {"../x", "a/b", ".", "..", "-f", "a b", "a\nb", "*"}) {
        bridge::WantedServer server = good();
        server.vpc_namespace = name;
        EXPECT_NE(problem_with({1, {server}}), "") << name;
    }
    for (const char* name : {"", "all", "default", "lo", "kt1\"", "kt.1", "KT1", "a/b", "kt*"}) {
        bridge::WantedServer server = good();
        server.device = name;
        EXPECT_NE(problem_with({1, {server}}), "") << name;
    }
}

TEST(Wanted, RefusesPoolsThatClashAndAddressesOutsideThem) {
    EXPECT_NE(problem_with({1, {good(), wanted_server("vss-2", "kt2", "vpc-1", "192.168.0.0/16")}}),
              "");
    EXPECT_NE(problem_with({1, {good(), good()}}), "");
    bridge::WantedServer outside = good();
    outside.server_address = Ipv4{0x0a000001};
    EXPECT_NE(problem_with({1, {outside}}), "");
    EXPECT_NE(problem_with({1, {wanted_server("vss-1", "kt1", "", "0.0.0.0/0")}}), "");
    bridge::WantedServer no_port = good();
    no_port.listeners.resize(1);
    EXPECT_NE(problem_with({1, {no_port}}), "");
}

TEST(Wanted, RefusesIpv6PoolsThatCannotServeEveryClient) {
    const auto problem = [](const char* pool6, std::uint16_t mtu = 1500) {
        bridge::WantedServer server = good();
        server.mtu = mtu;
        server.client_pool6 = *parse_cidr6(pool6);
        return problem_with({1, {server}});
    };
    EXPECT_EQ(problem("fd00:1::/64"), "");
    EXPECT_EQ(problem("2001:db8::/120"), "");
    EXPECT_NE(problem("fd00:1::/121"), "") << "fewer than the IPv4 pool";
    EXPECT_NE(problem("fd00:1::/64", 1279), "");
    for (const char* pool6 : {"ff00::/64", "fe80::/64", "::/64", "::ffff:0:0/96", "fc00::/6"})
        EXPECT_NE(problem(pool6), "") << pool6;
    bridge::WantedServer host_bits = good();
    host_bits.client_pool6 = Cidr6{*parse_ipv6("fd00::1"), 64};
    EXPECT_NE(problem_with({1, {host_bits}}), "");
    bridge::WantedServer one = good(),
                         other = wanted_server("vss-2", "kt2", "vpc-1", "10.8.0.0/24");
    one.client_pool6 = *parse_cidr6("fd00::/48");
    other.client_pool6 = *parse_cidr6("fd00::/64");
    EXPECT_NE(problem_with({1, {one, other}}), "");
    other.vpc_namespace = "";
    EXPECT_EQ(problem_with({1, {one, other}}), "");
}

TEST(Plan, RemovesBeforeItMakesAndFiltersBeforeItForwards) {
    const Traces made{{{"vpc-1", "kt9"}, {"vpc-1", "kt1"}, {"vpc-0", "kt1"}},
                      {{"vpc-0", true, {}}, {"vpc-1", false, {}}}};
    const std::vector<Step> expected{
        {Action::remove_device, "vpc-1", "kt9", false, 0},
        {Action::remove_device, "vpc-0", "kt1", false, 0},
        {Action::remove_rules, "vpc-0", "", true, 0},
        {Action::apply_rules, "vpc-1", "", false, 0},
        {Action::make_device, "vpc-1", "kt1", false, 0},
        {Action::enable_forwarding, "vpc-1", "", false, 0},
    };
    EXPECT_EQ(plan(made, {1, {good()}}), expected);
}

TEST(Plan, ForwardsIpv6OnlyWhileSomebodyWantsItAndPutsItBackFirst) {
    bridge::WantedServer six = good();
    six.client_pool6 = *parse_cidr6("fd00::/64");
    const std::vector<Step> wanted = plan({}, {1, {six}});
    ASSERT_EQ(wanted.size(), 4U);
    EXPECT_EQ(wanted.back(), (Step{Action::enable_forwarding6, "vpc-1", "", false, 0}));
    const Traces made{{{"vpc-1", "kt1"}}, {{"vpc-1", false, true}}};
    EXPECT_EQ(plan(made, {2, {good()}}).front(),
              (Step{Action::restore_forwarding6, "vpc-1", "", true, 0}));
    const std::vector<Step> gone = plan(made, {3, {}});
    ASSERT_EQ(gone.size(), 3U);
    EXPECT_EQ(gone[1].action, Action::restore_forwarding6);
    EXPECT_EQ(gone[2].action, Action::remove_rules);
}

TEST(Plan, OfNothingWantedAndNothingMadeIsEmpty) {
    EXPECT_TRUE(plan({}, {}).empty());
}

TEST(JournalOctets, ComeBackAsTheyWereMadeAndRefuseEveryPrefix) {
    const Journal journal{
        "boot", {7, {good()}}, {{{"vpc-1", "kt1"}}, {{"vpc-1", true, {}}, {"vpc-2", false, true}}}};
    const Buffer octets = encode(journal);
    EXPECT_EQ(decode_journal(octets), journal);
    for (std::size_t length = 0; length < octets.size(); ++length)
        EXPECT_FALSE(decode_journal(Bytes(octets).first(length))) << length;
}

/// As the gateway before it wrote it, with the wanted state in a message of version `broker`.
Buffer journal_of_version_2(const Journal& journal, std::uint8_t broker) {
    bridge::FieldEncoder out;
    out.number(std::uint16_t{0x4b4a});
    out.number(std::uint8_t{2});
    out.text(journal.boot, 255);
    bridge::FieldEncoder envelope;
    envelope.number(bridge::broker_magic);
    envelope.number(broker);
    envelope.number(std::uint8_t{0});
    envelope.number(std::uint64_t{0});
    std::string want = as_text(envelope.finish(12));
    want += as_text(Bytes(bridge::encode(journal.want)).subspan(3));
    out.text(want, 65536);
    const Buffer whole = encode(journal);
    const std::size_t head = 3 + 4 + journal.boot.size() + 4 + bridge::encode(journal.want).size();
    Buffer octets = out.finish(1 << 20);
    append(octets, Bytes(whole).subspan(head));
    return octets;
}

TEST(JournalOctets, OfTheVersionBeforeAreReadToo) {
    const Journal journal{"boot", {7, {good()}}, {{{"vpc-1", "kt1"}}, {{"vpc-1", true, {}}}}};
    EXPECT_EQ(decode_journal(journal_of_version_2(journal, 2)), journal);
}

TEST(JournalOctets, KeepTheTracesOfAWantedStateThatNobodyCanRead) {
    const Journal journal{"boot", {7, {good()}}, {{{"vpc-1", "kt1"}}, {}}};
    Buffer octets = encode(journal);
    const auto version = static_cast<std::ptrdiff_t>(3 + 4 + journal.boot.size() + 4 + 2);
    octets[static_cast<std::size_t>(version)] = std::byte{99};
    const auto read = decode_journal(octets);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->traces, journal.traces);
    EXPECT_TRUE(read->want.servers.empty());
}

}  // namespace
}  // namespace kanmon::broker
