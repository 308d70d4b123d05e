#include "swarm/addressing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kanmon::swarm {
namespace {

Expected<Addressing, std::string> read(const char* reply) {
    return read_addressing(*client::PushReader().read(reply));
}

TEST(Addressing, a_client_of_a_subnet_reaches_all_of_it_through_its_device) {
    const auto found = read("topology subnet,ifconfig 10.8.0.2 255.255.192.0,peer-id 0");
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(to_string(found->address.local), "10.8.0.2");
    EXPECT_EQ(found->address.prefix, 18);
    EXPECT_EQ(found->routes, std::vector{*parse_cidr("10.8.0.0/18")});
}

TEST(Addressing, a_client_of_net30_reaches_its_peer) {
    const auto found = read("topology net30,ifconfig 10.8.0.6 10.8.0.5");
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(to_string(found->address.peer), "10.8.0.5");
    EXPECT_EQ(found->routes, std::vector{*parse_cidr("10.8.0.5/32")});
}

TEST(Addressing, pushed_routes_of_both_families_lead_into_the_device) {
    const auto found = read(
        "topology subnet,ifconfig 10.8.0.2 255.255.255.0,route 172.20.0.0 255.255.0.0,"
        "route 192.0.2.7,ifconfig-ipv6 fd08::2/112 fd08::1,route-ipv6 fd20::/64,tun-mtu 1400");
    ASSERT_TRUE(found) << found.error();
    EXPECT_EQ(found->routes, (std::vector{*parse_cidr("10.8.0.0/24"), *parse_cidr("172.20.0.0/16"),
                                          *parse_cidr("192.0.2.7/32")}));
    EXPECT_EQ(found->routes6, (std::vector{*parse_cidr6("fd08::/112"), *parse_cidr6("fd20::/64")}));
    EXPECT_EQ(found->address6->prefix, 112);
    EXPECT_EQ(found->tun_mtu, 1400);
}

TEST(Addressing, a_push_that_makes_no_sense_is_shown) {
    for (const char* reply :
         {"peer-id 0", "topology subnet,ifconfig 10.8.0.2 255.0.255.0", "ifconfig 10.8.0.6 nobody",
          "ifconfig 10.8.0.6 10.8.0.5,route nowhere", "ifconfig 10.8.0.6 10.8.0.5,route-ipv6 ::1/x",
          "ifconfig 10.8.0.6 10.8.0.5,ifconfig-ipv6 fd08::2/200"})
        EXPECT_THAT(read(reply).map([](const Addressing&) {}).error(),
                    ::testing::HasSubstr("the server pushed"))
            << reply;
}

TEST(Addressing, a_server_that_frames_packets_for_compression_is_named) {
    const auto why = [](const char* reply) {
        return why_not_carried(*client::PushReader().read(reply));
    };
    EXPECT_FALSE(why("ifconfig 10.8.0.6 10.8.0.5"));
    EXPECT_THAT(why("ifconfig 10.8.0.6 10.8.0.5,comp-lzo no").value_or("none"),
                ::testing::HasSubstr("switch compression off"));
}

TEST(Addressing, outer_packets_are_full_over_udp_and_of_no_concern_over_tcp) {
    EXPECT_EQ(fitting_mtu(1500, 24, false, false), 1500 - 28 - 24);
    EXPECT_EQ(fitting_mtu(1500, 24, true, false), 1500 - 48 - 24);
    EXPECT_EQ(fitting_mtu(1300, 24, false, false), 1300);
    EXPECT_EQ(fitting_mtu(1500, 24, false, true), 1500);
}

}  // namespace
}  // namespace kanmon::swarm
