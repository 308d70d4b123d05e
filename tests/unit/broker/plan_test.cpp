// The pure parts of the broker: validation, plan, rules, journal octets.
#include "broker/plan.h"

#include <gtest/gtest.h>

#include "broker/journal.h"
#include "broker/rules.h"
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

TEST(Plan, RemovesBeforeItMakesAndFiltersBeforeItForwards) {
    const Traces made{{{"vpc-1", "kt9"}, {"vpc-1", "kt1"}, {"vpc-0", "kt1"}},
                      {{"vpc-0", true}, {"vpc-1", false}}};
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

TEST(Plan, OfNothingWantedAndNothingMadeIsEmpty) {
    EXPECT_TRUE(plan({}, {}).empty());
}

TEST(Rules, ReplaceOneTableAndNothingElse) {
    const std::string text =
        rules_for(std::vector{good(), wanted_server("vss-2", "kt2", "vpc-1", "10.8.0.0/16")});
    EXPECT_TRUE(text.starts_with("add table inet kanmon\ndelete table inet kanmon\n"));
    EXPECT_EQ(text.find("flush ruleset"), std::string::npos);
    EXPECT_EQ(text.find("policy drop"), std::string::npos);
    for (const char* line : {
             "iifname \"kt1\" ip saddr != 192.168.0.0/24 counter drop",
             "iifname != { \"lo\", \"kt1\" } ip saddr 192.168.0.0/24 counter drop",
             "iifname != { \"lo\", \"kt2\" } ip daddr 10.8.0.1 counter drop",
             "iifname { \"kt1\", \"kt2\" } oifname { \"kt1\", \"kt2\" } counter drop",
         })
        EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(JournalOctets, ComeBackAsTheyWereMadeAndRefuseEveryPrefix) {
    const Journal journal{"boot", {7, {good()}}, {{{"vpc-1", "kt1"}}, {{"vpc-1", true}}}};
    const Buffer octets = encode(journal);
    EXPECT_EQ(decode_journal(octets), journal);
    for (std::size_t length = 0; length < octets.size(); ++length)
        EXPECT_FALSE(decode_journal(Bytes(octets).first(length))) << length;
}

}  // namespace
}  // namespace kanmon::broker
