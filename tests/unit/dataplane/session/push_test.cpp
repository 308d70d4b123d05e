#include "dataplane/session/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation.h"
#include "dataplane/wire/control_message.h"

namespace kanmon::session {
namespace {

PushOptions options_for(const bridge::SslServer& server, std::string_view peer_info,
                        Ipv4 address = *parse_ipv4("10.8.0.6"),
                        std::string_view options = "V4,cipher AES-128-CBC") {
    const wire::PeerInfo peer = wire::parse_peer_info(peer_info);
    const auto agreed = negotiate(server, peer, wire::parse_options_string(options));
    return push_options(server, *agreed,
                        {.tunnel_address = address,
                         .server_address = *parse_ipv4("10.8.0.1"),
                         .peer_id = wire::PeerId{0},
                         .dialect = dialect_of(peer)});
}

/// The options of one kind, in order.
std::vector<std::string> kind(const PushOptions& pushed, std::string_view name) {
    std::vector<std::string> found;
    for (const std::string& option : pushed.options)
        if (option.substr(0, option.find(' ')) == name) found.push_back(option);
    return found;
}
using Options = std::vector<std::string>;

bridge::SslServer dual_stack_server() {
    bridge::SslServer server = server_for_tests();
    server.inner6 = bridge::Inner6{.client_pool = *parse_cidr6("fd00:8::/64"),
                                   .local_networks = {*parse_cidr6("fd00:172:20::/48")},
                                   .dns_servers = {*parse_ipv6("fd00:172:20::53")}};
    return server;
}

std::string pushed(const bridge::SslServer& server, std::string_view peer_info,
                   Ipv4 address = *parse_ipv4("10.8.0.6"),
                   std::string_view options = "V4,cipher AES-128-CBC") {
    const PushOptions wanted = options_for(server, peer_info, address, options);
    const auto messages = wire::push_reply(wanted.options, wanted.tail);
    EXPECT_EQ(messages->size(), 1U);
    return messages->front();
}

// The captured replies (wire reference, section 23).
const std::string net30_head =
    "PUSH_REPLY,route 172.20.0.0 255.255.0.0,dhcp-option DNS 100.100.2.136,route 10.8.0.1,"
    "topology net30,ping 10,ping-restart 60,ifconfig 10.8.0.6 10.8.0.5,peer-id 0";

TEST(Push, MatchesTheCapturedReplyToA26Client) {
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_6),
              net30_head +
                  ",cipher AES-256-GCM,protocol-flags cc-exit tls-ekm dyn-tls-crypt,tun-mtu 1500");
}

TEST(Push, MatchesTheCapturedReplyToOlderClients) {
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_4), net30_head + ",cipher AES-256-GCM");
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_5), net30_head + ",cipher AES-256-GCM");
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_3), net30_head);
}

TEST(Push, AnnouncesEpochsToClientsThatKnowThem) {
    for (const std::string& info : {peer_info_2_7, peer_info_openvpn3})
        EXPECT_TRUE(pushed(server_for_tests(), info)
                        .ends_with(",cipher AES-256-GCM,protocol-flags cc-exit tls-ekm "
                                   "dyn-tls-crypt aead-epoch,tun-mtu 1500"))
            << info;
}

TEST(Push, TakesCompressionAwayFromClientsThatWereConfiguredForItAndNamesItToNobodyElse) {
    const auto reply = [](std::string_view info, std::string_view options, bool configured) {
        bridge::SslServer server = server_for_tests();
        server.compression_framing = configured;
        return pushed(server, info, *parse_ipv4("10.8.0.6"), options);
    };
    const std::string_view named = "V4,comp-lzo,cipher AES-128-CBC", bare = "V4,cipher AES-128-CBC";
    for (const bool configured : {false, true}) {
        EXPECT_THAT(reply(peer_info_2_3, named, configured), testing::HasSubstr(",comp-lzo no,"));
        for (const std::string_view info :
             {peer_info_2_4, peer_info_2_5, peer_info_2_6, peer_info_2_7})
            EXPECT_THAT(reply(info, named, configured), testing::HasSubstr(",compress stub-v2,"));
        for (const std::string_view info :
             {peer_info_2_3, peer_info_2_4, peer_info_2_6, peer_info_2_7, peer_info_openvpn3})
            EXPECT_THAT(reply(info, bare, configured), testing::Not(testing::HasSubstr("comp")));
    }
}

TEST(Push, NamesExportedKeysByTheOlderOptionWhereFlagsAreNotUnderstood) {
    EXPECT_EQ(pushed(server_for_tests(), "IV_PROTO=14\nIV_NCP=2\n"),
              net30_head + ",cipher AES-256-GCM,key-derivation tls-ekm");
}

TEST(Push, GivesIpv6BesideIpv4WithTheWordThat23Needs) {
    bridge::SslServer server = server_for_tests();
    server.inner6 = bridge::Inner6{.client_pool = *parse_cidr6("fd00:8::/64"),
                                   .local_networks = {*parse_cidr6("fd20::/48")},
                                   .dns_servers = {*parse_ipv6("fd20::53")}};
    EXPECT_EQ(
        pushed(server, peer_info_2_3),
        "PUSH_REPLY,route 172.20.0.0 255.255.0.0,tun-ipv6,route-ipv6 fd20::/48,"
        "dhcp-option DNS 100.100.2.136,dhcp-option DNS6 fd20::53,route 10.8.0.1,topology net30,"
        "ping 10,ping-restart 60,ifconfig 10.8.0.6 10.8.0.5,"
        "ifconfig-ipv6 fd00:8::6/64 fd00:8::1,peer-id 0");
}

TEST(Push, SendsAllOfIpv6IntoTheTunnelWithoutReplacingTheDefaultRoute) {
    bridge::SslServer server = server_for_tests();
    server.inner6 = bridge::Inner6{.client_pool = *parse_cidr6("fd00:8::/64"),
                                   .local_networks = {*parse_cidr6("::/0")},
                                   .dns_servers = {}};
    const std::string text = pushed(server, peer_info_2_3);
    for (const char* part : {"::/3", "2000::/4", "3000::/4", "fc00::/7"})
        EXPECT_NE(text.find(std::string("route-ipv6 ") + part), std::string::npos) << part;
    EXPECT_EQ(text.find("route-ipv6 ::/0"), std::string::npos);
}

TEST(Push, GivesSubnetClientsAMaskAndAGateway) {
    bridge::SslServer server = server_for_tests();
    server.topology = bridge::Topology::subnet;
    EXPECT_EQ(pushed(server, peer_info_2_4, *parse_ipv4("10.8.0.2")),
              "PUSH_REPLY,route 172.20.0.0 255.255.0.0,dhcp-option DNS 100.100.2.136,"
              "route-gateway 10.8.0.1,topology subnet,ping 10,ping-restart 60,"
              "ifconfig 10.8.0.2 255.255.255.0,peer-id 0,cipher AES-256-GCM");
}

TEST(Push, SendsAllTrafficByRedirectionAndNotByARouteThatWouldCutItsOwnPath) {
    bridge::SslServer server = server_for_tests();
    server.local_networks = {Cidr{Ipv4{0}, 0}};
    EXPECT_TRUE(pushed(server, peer_info_2_6).starts_with("PUSH_REPLY,redirect-gateway def1,"));
}

// reg/TunnelVision CVE-2024-3661, TunnelCrack: what the server side can do about it is pushed.
TEST(Push, TunnelVisionFullTunnelsCarryTheFlagsThatKeepTrafficInside) {
    bridge::SslServer server = dual_stack_server();
    server.full_tunnel = true;
    EXPECT_EQ(kind(options_for(server, peer_info_2_6), "redirect-gateway"),
              Options{"redirect-gateway def1 ipv6"});
    server.block_lan = true;
    for (const std::string& info :
         {peer_info_2_4, peer_info_2_5, peer_info_2_6, peer_info_2_7, peer_info_openvpn3})
        EXPECT_EQ(kind(options_for(server, info), "redirect-gateway"),
                  Options{"redirect-gateway def1 ipv6 block-local"});
    server.inner6.reset();
    EXPECT_EQ(kind(options_for(server, peer_info_2_6), "redirect-gateway"),
              Options{"redirect-gateway def1 block-local"});
    EXPECT_EQ(kind(options_for(server, peer_info_2_6), "block-ipv6"), Options{"block-ipv6"});
}

TEST(Push, BlocksTheLanOnlyInAFullTunnel) {
    bridge::SslServer server = server_for_tests();
    server.block_lan = true;
    EXPECT_TRUE(kind(options_for(server, peer_info_2_6), "redirect-gateway").empty());
}

TEST(Push, KeepsTheRoutesOfAFullTunnelSoThatTheClientsOwnLanDoesNotHideTheVpc) {
    bridge::SslServer server = server_for_tests();
    server.full_tunnel = true;
    EXPECT_EQ(kind(options_for(server, peer_info_2_6), "route").front(),
              "route 172.20.0.0 255.255.0.0");
}

TEST(Push, Redirects23WithoutFlagsThatItDoesNotKnow) {
    bridge::SslServer server = dual_stack_server();
    server.full_tunnel = true;
    const PushOptions old = options_for(server, peer_info_2_3);
    EXPECT_EQ(kind(old, "redirect-gateway"), Options{"redirect-gateway def1"});
    EXPECT_EQ(kind(old, "route-ipv6"),
              (Options{"route-ipv6 fd00:172:20::/48", "route-ipv6 ::/3", "route-ipv6 2000::/4",
                       "route-ipv6 3000::/4", "route-ipv6 fc00::/7"}));
}

TEST(Push, GivesTheIpv6AddressThatFollowsFromTheIpv4One) {
    const PushOptions options = options_for(dual_stack_server(), peer_info_2_6);
    EXPECT_EQ(kind(options, "ifconfig-ipv6"), Options{"ifconfig-ipv6 fd00:8::6/64 fd00:8::1"});
    EXPECT_EQ(kind(options, "route-ipv6"), Options{"route-ipv6 fd00:172:20::/48"});
}

TEST(Push, NamesDnsServersAndDomainsInTheSpellingThatTheClientUnderstands) {
    bridge::SslServer server = dual_stack_server();
    server.dns_search_domains = {"corp.example", "lab.example"};
    server.dns_split_domains = {"vpc.example"};
    const PushOptions older = options_for(server, peer_info_2_6);
    EXPECT_EQ(kind(older, "dhcp-option"),
              (Options{"dhcp-option DNS 100.100.2.136", "dhcp-option DNS6 fd00:172:20::53",
                       "dhcp-option DOMAIN corp.example", "dhcp-option DOMAIN-SEARCH lab.example",
                       "dhcp-option DOMAIN-ROUTE vpc.example"}));
    EXPECT_TRUE(kind(older, "dns").empty());
    for (const std::string& info : {peer_info_2_7, peer_info_openvpn3}) {
        const PushOptions newer = options_for(server, info);
        EXPECT_EQ(kind(newer, "dns"),
                  (Options{"dns search-domains corp.example", "dns search-domains lab.example",
                           "dns server 0 address 100.100.2.136 fd00:172:20::53",
                           "dns server 0 resolve-domains vpc.example"}));
        EXPECT_TRUE(kind(newer, "dhcp-option").empty());
    }
}

TEST(Push, GivesManyResolversToSeveralServersOfAtMostEightAddresses) {
    bridge::SslServer server = server_for_tests();
    server.dns_servers.assign(9, *parse_ipv4("100.100.2.136"));
    const auto dns = kind(options_for(server, peer_info_2_7), "dns");
    ASSERT_EQ(dns.size(), 2U);
    EXPECT_EQ(dns.back(), "dns server 1 address 100.100.2.136");
}

TEST(Push, GivesPointToPointClientsTheGatewayAsTheirPeer) {
    bridge::SslServer server = server_for_tests();
    server.topology = bridge::Topology::p2p;
    const PushOptions options = options_for(server, peer_info_2_6, *parse_ipv4("10.8.0.2"));
    EXPECT_EQ(kind(options, "topology"), Options{"topology p2p"});
    EXPECT_EQ(kind(options, "ifconfig"), Options{"ifconfig 10.8.0.2 10.8.0.1"});
    EXPECT_TRUE(kind(options, "route-gateway").empty());
}

TEST(Push, GivesClientsWithoutPointToPointASubnetInstead) {
    bridge::SslServer server = server_for_tests();
    server.topology = bridge::Topology::p2p;
    for (const std::string& info :
         {peer_info_openvpn3, std::string("IV_VER=2.6.8\nIV_PLAT=win\n")}) {
        const PushOptions options = options_for(server, info, *parse_ipv4("10.8.0.2"));
        EXPECT_EQ(kind(options, "topology"), Options{"topology subnet"});
        EXPECT_EQ(kind(options, "ifconfig"), Options{"ifconfig 10.8.0.2 255.255.255.0"});
        EXPECT_EQ(kind(options, "route-gateway"), Options{"route-gateway 10.8.0.1"});
    }
}

TEST(Push, LeavesOutWhatClientsWouldReadAsSomethingElse) {
    bridge::SslServer server = server_for_tests();
    server.dns_search_domains = {"a,redirect-gateway def1", std::string(253, 'x'), "b.example"};
    EXPECT_EQ(kind(options_for(server, peer_info_2_6), "dhcp-option"),
              (Options{"dhcp-option DNS 100.100.2.136", "dhcp-option DOMAIN-SEARCH b.example"}));
}

TEST(Push, CarriesFiveHundredRoutesInMessagesThatEveryClientReads) {
    bridge::SslServer server = server_for_tests();
    server.local_networks.clear();
    for (std::uint32_t i = 0; i < 500; ++i)
        server.local_networks.push_back({Ipv4{0xffff0000 + (i << 6)}, 26});
    const PushOptions wanted = options_for(server, peer_info_2_3);
    const auto messages = wire::push_reply(wanted.options, wanted.tail);
    ASSERT_TRUE(messages);
    EXPECT_LE(messages->size(), 32U) << "all of them wait for TLS at once";
    for (const std::string& message : *messages)
        EXPECT_LT(message.size(), wire::sent_message_octets_max);
}

TEST(Push, IsTheSameForTheSameClientEveryTime) {
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_6), pushed(server_for_tests(), peer_info_2_6));
}

TEST(Push, SplitsManyRoutesAndKeepsTheInterfaceWithTheLastMessage) {
    bridge::SslServer server = server_for_tests();
    server.local_networks.clear();
    for (std::uint32_t i = 0; i < 80; ++i)
        server.local_networks.push_back({Ipv4{0xac100000 + (i << 8)}, 24});
    const PushOptions wanted = options_for(server, peer_info_2_6);
    const auto messages = wire::push_reply(wanted.options, wanted.tail);
    ASSERT_TRUE(messages);
    EXPECT_GT(messages->size(), 1U);
    for (const std::string& message : *messages)
        EXPECT_EQ(message.find("ifconfig") != std::string::npos, &message == &messages->back());
}

}  // namespace
}  // namespace kanmon::session
