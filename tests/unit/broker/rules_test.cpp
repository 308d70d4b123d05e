#include "broker/rules.h"

#include <gtest/gtest.h>

#include "fake_kernel.h"

namespace kanmon::broker {
namespace {

bridge::WantedServer server(const char* id, const char* device, const char* pool) {
    return wanted_server(id, device, "vpc-1", pool);
}

bridge::Listener at_port(std::uint16_t port, bridge::Transport transport = bridge::Transport::udp) {
    return {transport, Endpoint::v4(Ipv4{}, port)};
}

void expect_lines(const std::string& text, std::initializer_list<const char*> lines) {
    for (const char* each : lines)
        EXPECT_NE(text.find(each), std::string::npos) << each << "\n" << text;
}

TEST(Rules, ReplaceOneTableAndNothingElse) {
    const std::string text = rules_for(std::vector{server("vss-1", "kt1", "192.168.0.0/24"),
                                                   server("vss-2", "kt2", "10.8.0.0/16")},
                                       {});
    EXPECT_TRUE(text.starts_with("add table inet kanmon\ndelete table inet kanmon\n"));
    EXPECT_EQ(text.find("flush ruleset"), std::string::npos);
    EXPECT_EQ(text.find("policy drop"), std::string::npos);
    EXPECT_EQ(text.find("nat"), std::string::npos);
    expect_lines(
        text, {
                  "iifname \"kt1\" ip saddr != 192.168.0.0/24 counter drop",
                  "iifname \"kt1\" meta nfproto ipv6 counter drop",
                  "ip saddr 192.168.0.0/24 iifname != { \"lo\", \"kt1\" } counter drop",
                  "ip daddr 10.8.0.1 iifname != { \"lo\", \"kt2\" } counter drop",
                  "ip daddr 10.8.0.0/16 iifname != { \"lo\", \"kt2\" } fib saddr . iif oif missing",
                  "iifname { \"kt1\", \"kt2\" } oifname { \"kt1\", \"kt2\" } counter drop",
              });
}

TEST(Rules, HoldForIpv6AsForIpv4) {
    bridge::WantedServer six = server("vss-1", "kt1", "192.168.0.0/24");
    six.client_pool6 = *parse_cidr6("fd00:1::/64");
    const std::string text = rules_for(std::vector{six}, {});
    EXPECT_EQ(text.find("nfproto ipv6 counter drop"), std::string::npos);
    expect_lines(
        text,
        {
            "iifname \"kt1\" ip6 saddr != fd00:1::/64 counter drop",
            "ip6 saddr fd00:1::/64 iifname != { \"lo\", \"kt1\" } counter drop",
            "ip6 daddr fd00:1::1 iifname != { \"lo\", \"kt1\" } counter drop",
            "ip6 daddr fd00:1::/64 iifname != { \"lo\", \"kt1\" } fib saddr . iif oif missing",
        });
}

TEST(Rules, TranslateOnlyWhereWantedAndOnPortsWhereNobodyListens) {
    std::vector<bridge::WantedServer> servers{server("vss-1", "kt1", "192.168.0.0/24"),
                                              server("vss-2", "kt2", "10.8.0.0/16")};
    servers[0].source_nat = true;
    servers[0].client_pool6 = *parse_cidr6("fd00:1::/64");
    const std::string text = rules_for(servers, {});
    expect_lines(
        text, {
                  "type nat hook postrouting priority srcnat",
                  "ip saddr 192.168.0.0/24 oifname != \"kt1\" meta l4proto { tcp, udp } masquerade "
                  "to :1024-65535 fully-random",
                  "ip6 saddr fd00:1::/64 oifname != \"kt1\" masquerade\n",
              });
    EXPECT_EQ(text.find("10.8.0.0/16 oifname"), std::string::npos);
    EXPECT_EQ(text.find("notrack"), std::string::npos) << "no listener is here";
}

TEST(Rules, PortShadowCve20213773ListenersAreUntrackedAndOutOfReachFromTheTunnel) {
    std::vector<bridge::WantedServer> servers{server("vss-1", "kt1", "192.168.0.0/24")};
    const std::vector<bridge::Listener> listeners{at_port(1194), at_port(40000), at_port(1194),
                                                  at_port(443, bridge::Transport::tcp)};
    const std::string reach =
        "iifname { \"kt1\" } udp dport { 1194, 40000 } fib daddr type local "
        "counter drop";
    EXPECT_NE(rules_for(servers, listeners).find(reach), std::string::npos);
    EXPECT_EQ(rules_for(servers, listeners).find("notrack"), std::string::npos);
    servers[0].source_nat = true;
    const std::string text = rules_for(servers, listeners);
    expect_lines(text, {
                           "    udp dport { 1194, 40000 } fib daddr type local notrack",
                           "    tcp dport { 443 } fib daddr type local notrack",
                           "    udp sport { 1194, 40000 } notrack",
                           "masquerade to :1195-39999 fully-random",
                       });
}

TEST(PortsWithout, IsTheLongestRunWithoutAListener) {
    EXPECT_EQ(ports_without({}), (PortRange{1024, 65535}));
    EXPECT_EQ(ports_without(std::vector{at_port(443)}), (PortRange{1024, 65535}));
    EXPECT_EQ(ports_without(std::vector{at_port(1194)}), (PortRange{1195, 65535}));
    EXPECT_EQ(ports_without(std::vector{at_port(65535)}), (PortRange{1024, 65534}));
    EXPECT_EQ(ports_without(std::vector{at_port(30000), at_port(40000)}), (PortRange{1024, 29999}));
    std::vector<bridge::Listener> crowded;
    for (unsigned port = 1024; port < 65536; port += 2)
        crowded.push_back(at_port(static_cast<std::uint16_t>(port)));
    const PortRange single = ports_without(crowded);
    EXPECT_EQ(single.first, single.last);
    EXPECT_EQ(single.first % 2, 1);
}

}  // namespace
}  // namespace kanmon::broker
