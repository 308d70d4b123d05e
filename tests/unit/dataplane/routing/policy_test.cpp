// Catalogue 2C, "Source spoofing in tunnel", "Client-to-client", "DoS inside tunnel",
// "Tunnel-in-tunnel": the rules by which user space alone decides.
#include "dataplane/routing/policy.h"

#include <gtest/gtest.h>

#include <random>

#include "packets.h"

namespace kanmon::routing {
namespace {

const std::vector<Cidr> networks{*parse_cidr("172.20.0.0/16"), *parse_cidr("172.21.0.1/32")};
const Neighbourhood around{*parse_cidr("10.8.0.0/24"), *parse_ipv4("10.8.0.1"), networks,
                           *parse_cidr6("fd00:8::/64"), *parse_ipv6("fd00:8::1")};
const Sender sender{client, client6, Endpoint::v4(*parse_ipv4("198.51.100.1"), 0).address};

using Said = std::optional<Cause>;

Said said(const Expected<void, Cause>& verdict) {
    return verdict ? std::nullopt : std::optional(verdict.error());
}

Buffer packet_of(std::string_view from, std::string_view to) {
    if (from.find(':') == std::string_view::npos)
        return ip_packet(*parse_ipv4(from), *parse_ipv4(to), 17, Buffer(8));
    return ip6_packet(*parse_ipv6(from), *parse_ipv6(to), 17, Buffer(8));
}

Said up(std::string_view from, std::string_view to, const Neighbourhood& place = around,
        const Sender& who = sender) {
    Buffer packet = packet_of(from, to);
    return said(check_from_client(*read_inner_packet(packet), who, place));
}

Said down(std::string_view from, std::string_view to, const Neighbourhood& place = around) {
    Buffer packet = packet_of(from, to);
    return said(check_to_client(*read_inner_packet(packet), place));
}

TEST(Policy, SpoofedSourcesAreNamedAndLinkLocalOnesAreNoAlarm) {
    EXPECT_EQ(up("10.8.0.6", "172.20.0.1"), std::nullopt);
    for (const char* source : {"10.8.0.10", "10.8.0.1", "10.8.0.5", "172.20.0.1", "8.8.8.8",
                               "127.0.0.1", "224.0.0.1", "255.255.255.255"})
        EXPECT_EQ(up(source, "172.20.0.1"), Cause::spoofed_source) << source;
    EXPECT_EQ(up("169.254.7.7", "172.20.0.1"), Cause::link_local);
    EXPECT_EQ(up("0.0.0.0", "255.255.255.255"), Cause::link_local) << "DHCP";

    EXPECT_EQ(up("fd00:8::6", "fd20::10"), std::nullopt);
    for (const char* source : {"fd00:8::7", "fd00:8::1", "fd20::10", "2001:db8::1", "::1",
                               "::ffff:10.8.0.6", "ff02::1", "fd00:8:0:1::6"})
        EXPECT_EQ(up(source, "fd20::10"), Cause::spoofed_source) << source;
    EXPECT_EQ(up("fe80::6", "ff02::2"), Cause::link_local) << "a router solicitation";
    EXPECT_EQ(up("fe80::6", "fd20::10"), Cause::link_local);
    EXPECT_EQ(up("::", "ff02::16"), Cause::link_local) << "a listener report";
}

TEST(Policy, ClientToClientIsRefusedInUserSpaceAlone) {
    EXPECT_EQ(up("10.8.0.6", "10.8.0.1"), std::nullopt);
    EXPECT_EQ(up("10.8.0.6", "10.8.0.10"), Cause::client_to_client);
    EXPECT_EQ(up("10.8.0.6", "10.8.0.5"), Cause::client_to_client);
    EXPECT_EQ(up("fd00:8::6", "fd00:8::1"), std::nullopt);
    EXPECT_EQ(up("fd00:8::6", "fd00:8::a"), Cause::client_to_client);
    EXPECT_EQ(up("fd00:8::6", "fd00:8::"), Cause::client_to_client);
    EXPECT_EQ(up("fd00:8::6", "fd00:8::ffff:1:0:0"), Cause::client_to_client)
        << "beyond the IPv4 pool";
    EXPECT_EQ(down("10.8.0.10", "10.8.0.6"), Cause::client_to_client) << "by way of the VPC";
    EXPECT_EQ(down("fd00:8::a", "fd00:8::6"), Cause::client_to_client);
}

TEST(Policy, MulticastAndBroadcastPassInNoDirection) {
    for (const char* to : {"224.0.0.251", "239.255.255.250", "255.255.255.255", "10.8.0.255",
                           "10.8.0.0", "172.20.255.255"})
        EXPECT_EQ(up("10.8.0.6", to), Cause::multicast) << to;
    EXPECT_EQ(up("10.8.0.6", "172.21.0.1"), std::nullopt) << "a /32 has no broadcast address";
    EXPECT_EQ(up("fd00:8::6", "ff02::fb"), Cause::multicast);
    EXPECT_EQ(up("fd00:8::6", "ff0e::1"), Cause::multicast);
    for (const char* to : {"224.0.0.1", "255.255.255.255", "10.8.0.255", "10.8.0.0"})
        EXPECT_EQ(down("172.20.0.1", to), Cause::multicast) << to;
    EXPECT_EQ(down("fd20::10", "ff02::1"), Cause::multicast);
    EXPECT_EQ(down("fe80::1", "fe80::2"), Cause::link_local);
}

TEST(Policy, AddressesThatNoNetworkHasAreMartians) {
    for (const char* to : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "240.0.0.1"})
        EXPECT_EQ(up("10.8.0.6", to), Cause::martian) << to;
    for (const char* to : {"::", "::1", "::a00:1", "::ffff:10.8.0.1", "::ffff:172.20.0.1"})
        EXPECT_EQ(up("fd00:8::6", to), Cause::martian) << to;
    EXPECT_EQ(up("10.8.0.6", "169.254.169.254"), Cause::link_local) << "a cloud's metadata";
    EXPECT_EQ(up("fd00:8::6", "fe80::1"), Cause::link_local);
    EXPECT_EQ(up("fd00:8::6", "::ff00:0:0:1"), std::nullopt);
}

TEST(Policy, TunnelInTunnelIsRefusedOnceTheOuterAddressIsKnown) {
    EXPECT_EQ(up("10.8.0.6", "198.51.100.1"), Cause::tunnel_in_tunnel);
    EXPECT_EQ(up("10.8.0.6", "198.51.100.2"), std::nullopt);
    Sender over_v6 = sender;
    over_v6.outer = *parse_ipv6("2001:db8::9");
    EXPECT_EQ(up("fd00:8::6", "2001:db8::9", around, over_v6), Cause::tunnel_in_tunnel);
    EXPECT_EQ(up("10.8.0.6", "198.51.100.1", around, over_v6), std::nullopt);
    Sender unknown = sender;
    unknown.outer = {};
    EXPECT_EQ(up("10.8.0.6", "198.51.100.1", around, unknown), std::nullopt);
}

TEST(Policy, ARouteOfItsOwnIsRefusedSinceItWouldEvadeTheRulesAboutDestinations) {
    Buffer packet = with_options_v4(from_hex("8307040000000000"));
    EXPECT_EQ(said(check_from_client(*read_inner_packet(packet), sender, around)),
              Cause::source_routed);
    Buffer header = from_hex("3b00000100000000");
    Buffer packet6 = ip6_packet(client6, target6, 43, header);
    EXPECT_EQ(said(check_from_client(*read_inner_packet(packet6), sender, around)),
              Cause::source_routed);
}

TEST(Policy, WithoutIpv6InsideItsPacketsHaveOneCauseButForLinkLocalOnes) {
    Neighbourhood off = around;
    off.client_pool6.reset();
    EXPECT_EQ(up("fd00:8::6", "fd20::10", off), Cause::ipv6_off);
    EXPECT_EQ(up("fe80::6", "ff02::2", off), Cause::link_local);
    EXPECT_EQ(down("fd20::10", "fd00:8::6", off), Cause::ipv6_off);
    EXPECT_EQ(up("10.8.0.6", "172.20.0.1", off), std::nullopt);
}

TEST(Policy, OfAMillionForgedSourcesNoneButTheOwnPasses) {
    std::mt19937 random(2005);
    Buffer packet = packet_of("10.8.0.6", "172.20.0.1");
    Buffer packet6 = packet_of("fd00:8::6", "fd20::10");
    for (int round = 0; round < 1'000'000; ++round) {
        const auto forged = static_cast<std::uint32_t>(random());
        ByteWriter(MutableBytes(packet).subspan(12)).u32(forged);
        ByteWriter(MutableBytes(packet6).subspan(20)).u32(forged);
        const bool own = Ipv4{forged} == client, own6 = forged == 6;
        ASSERT_EQ(
            said(check_from_client(*read_inner_packet(packet), sender, around)) == std::nullopt,
            own);
        ASSERT_EQ(
            said(check_from_client(*read_inner_packet(packet6), sender, around)) == std::nullopt,
            own6);
    }
}

}  // namespace
}  // namespace kanmon::routing
