#include "dataplane/session/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation.h"
#include "dataplane/wire/control_message.h"

namespace kanmon::session {
namespace {

std::string pushed(const bridge::SslServer& server, std::string_view peer_info,
                   Ipv4 address = *parse_ipv4("10.8.0.6"),
                   std::string_view options = "V4,cipher AES-128-CBC") {
    const auto agreed =
        negotiate(server, wire::parse_peer_info(peer_info), wire::parse_options_string(options));
    const PushOptions wanted =
        push_options(server, *agreed, {address, *parse_ipv4("10.8.0.1"), wire::PeerId{0}});
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
    for (const std::string_view info : {peer_info_2_7, peer_info_openvpn3})
        EXPECT_EQ(pushed(server_for_tests(), info),
                  net30_head +
                      ",cipher AES-256-GCM,protocol-flags cc-exit tls-ekm dyn-tls-crypt aead-epoch,"
                      "tun-mtu 1500");
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
    EXPECT_EQ(pushed(server, peer_info_2_3),
              "PUSH_REPLY,route 172.20.0.0 255.255.0.0,dhcp-option DNS 100.100.2.136,tun-ipv6,"
              "route-ipv6 fd20::/48,dhcp-option DNS6 fd20::53,route 10.8.0.1,topology net30,"
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

TEST(Push, IsTheSameForTheSameClientEveryTime) {
    EXPECT_EQ(pushed(server_for_tests(), peer_info_2_6), pushed(server_for_tests(), peer_info_2_6));
}

TEST(Push, SplitsManyRoutesAndKeepsTheInterfaceWithTheLastMessage) {
    bridge::SslServer server = server_for_tests();
    server.local_networks.clear();
    for (std::uint32_t i = 0; i < 80; ++i)
        server.local_networks.push_back({Ipv4{0xac100000 + (i << 8)}, 24});
    const PushOptions wanted = push_options(server, Negotiated{}, {});
    const auto messages = wire::push_reply(wanted.options, wanted.tail);
    ASSERT_TRUE(messages);
    EXPECT_GT(messages->size(), 1U);
    for (const std::string& message : *messages)
        EXPECT_EQ(message.find("ifconfig") != std::string::npos, &message == &messages->back());
}

}  // namespace
}  // namespace kanmon::session
