#include <gmock/gmock.h>

#include "controlplane/model/customer_gateway.h"
#include "controlplane/model/tag.h"
#include "controlplane/model/tunnel_settings.h"
#include "controlplane/model/vpn_connection.h"
#include "controlplane/model/vpn_route.h"
#include "controlplane/model/vswitch.h"

namespace kanmon::model {
namespace {

using testing::HasSubstr;

TEST(Tags, AreOfTheSizeAndWordingOfTheOriginal) {
    const auto fits = [](std::string key, std::string value) {
        return check_tags({{std::move(key), std::move(value)}}).has_value();
    };
    EXPECT_TRUE(fits("部署", ""));
    EXPECT_TRUE(fits(std::string(128, 'k'), std::string(128, 'v')));
    for (const char* key : {"", "aliyun-x", "ALIYUN", "acs:x", "a http://x", "https://"})
        EXPECT_FALSE(fits(key, "v")) << key;
    EXPECT_FALSE(fits(std::string(129, 'k'), ""));
    EXPECT_FALSE(fits("k", std::string(129, 'v')));
    EXPECT_FALSE(fits("k", "see http://x"));
    EXPECT_FALSE(check_tags({{"k", "1"}, {"k", "2"}}));
    EXPECT_FALSE(check_tags(Tags(21, {"k", ""})));
}

TEST(Tags, OfOneKindAreNamedInAnyCase) {
    EXPECT_EQ(check_tagged_kind("VpnGateWay"), TaggedKind::vpn_gateway);
    EXPECT_EQ(check_tagged_kind("CUSTOMERGATEWAY"), TaggedKind::customer_gateway);
    EXPECT_EQ(check_tagged_kind("NatGateway").error().code, "IllegalParam.ResourceType");
}

TEST(Tags, WithoutAValueStandForAnyWhenTheyAreLookedFor) {
    const Tags present{{"a", "1"}, {"b", "2"}};
    EXPECT_TRUE(has_tags(present, {}));
    EXPECT_TRUE(has_tags(present, {{"a", ""}, {"b", "2"}}));
    EXPECT_FALSE(has_tags(present, {{"a", "2"}}));
    EXPECT_FALSE(has_tags(present, {{"c", ""}}));
}

TEST(CustomerGateway, HasAnAddressThatCanBeReached) {
    EXPECT_EQ(check_customer_address("198.51.100.1"), Ipv4{0xc6336401});
    EXPECT_TRUE(check_customer_address("192.168.0.1")) << "over a private line";
    for (const char* address : {"198.51.100", "", "x", "198.51.100.1/32"})
        EXPECT_EQ(check_customer_address(address).error().code, "InvalidIpAddress.WrongFormat");
    for (const char* address :
         {"100.64.0.1", "127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "255.255.255.255"})
        EXPECT_EQ(check_customer_address(address).error().code, "IllegalParam.IpAddress");
}

TEST(CustomerGateway, HasAnAsNumberInEitherWriting) {
    EXPECT_EQ(check_asn("65530"), 65530u);
    EXPECT_EQ(check_asn("1.2"), 65538u);
    EXPECT_EQ(check_asn("4294967295"), 4294967295u);
    for (const char* asn : {"0", "45104", "0.45104", "4294967296", "-1", "1.65536", "1.2.3", "x"})
        EXPECT_EQ(check_asn(asn).error().code, "IllegalParam.Asn") << asn;
    EXPECT_TRUE(check_auth_key("k"));
    for (const std::string& key : {std::string(), std::string("a b"), std::string("a?"),
                                   std::string(65, 'k'), std::string("ü")})
        EXPECT_EQ(check_auth_key(key).error().code, "IllegalParam.AuthKey") << key;
}

TEST(VSwitch, IsAPartOfItsVpcThatNoOtherHas) {
    Vpc vpc;
    vpc.id.text = "vpc-1";
    vpc.cidr = *parse_cidr("10.1.0.0/16");
    VSwitch other;
    other.id.text = "vsw-1";
    other.cidr = *parse_cidr("10.1.0.0/24");
    EXPECT_TRUE(check_vswitch_cidr("10.1.1.0/24", vpc, {other}));
    EXPECT_TRUE(check_vswitch_cidr("10.1.0.0/16", vpc, {}));
    const auto message = [&](const char* cidr) {
        return check_vswitch_cidr(cidr, vpc, {other}).error().message;
    };
    EXPECT_THAT(message("10.1.0.128/25"), HasSubstr("vsw-1 (10.1.0.0/24)"));
    EXPECT_THAT(message("10.1.0.128/25"), HasSubstr("10.1.1.0/25 is free"));
    EXPECT_THAT(message("10.2.0.0/24"), HasSubstr("vpc-1 (10.1.0.0/16)"));
    EXPECT_THAT(message("10.0.0.0/8"), HasSubstr("no network of this size"));
    EXPECT_FALSE(check_vswitch_cidr("10.1.1.0/30", vpc, {}));
}

TEST(Zones, BelongToTheirRegion) {
    EXPECT_TRUE(check_zone("cn-hangzhou-h", "cn-hangzhou"));
    for (const char* zone : {"cn-hangzhou", "cn-hangzhou-", "cn-beijing-a", "cn-hangzhouxa", ""})
        EXPECT_EQ(check_zone(zone, "cn-hangzhou").error().code, "IllegalParam.ZoneId") << zone;
}

TEST(TunnelSettings, ComeBackFromTheStoreAsTheyWere) {
    TunnelSettings settings;
    ASSERT_TRUE(
        write_settings(settings, TunnelGroup::ike, "IkeConfig",
                       {{"IkeVersion", "ikev2"}, {"IkeLifetime", "0"}, {"LocalId", "a=b"}}));
    ASSERT_TRUE(
        write_settings(settings, TunnelGroup::bgp, "BgpConfig",
                       {{"TunnelCidr", "169.254.11.0/30"}, {"LocalBgpIp", "169.254.11.1"}}));
    EXPECT_EQ(tunnel_settings_of(stored_text(settings)), settings);
    EXPECT_EQ(tunnel_settings_of(""), TunnelSettings());
    for (const char* text : {"IkeVersion=ikev3\n", "x", "Nothing=1\n", "IkeVersion=ikev2"})
        EXPECT_FALSE(tunnel_settings_of(text)) << text;
}

TEST(TunnelSettings, HoldOnlyWhatTheOriginalKnows) {
    const auto code = [](TunnelGroup group, const char* name, const char* value) {
        TunnelSettings settings;
        const auto written = write_settings(settings, group, "Config", {{name, value}});
        return written ? std::string() : written.error().code;
    };
    EXPECT_EQ(code(TunnelGroup::ike, "IkeEncAlg", "aes256"), "");
    EXPECT_EQ(code(TunnelGroup::ike, "IkeEncAlg", "AES"), "IllegalParam.IkeEncAlg");
    EXPECT_EQ(code(TunnelGroup::ike, "IkePfs", "disabled"), "IllegalParam.IkePfs");
    EXPECT_EQ(code(TunnelGroup::ipsec, "IpsecPfs", "disabled"), "");
    EXPECT_EQ(code(TunnelGroup::ike, "IkeLifetime", "86401"), "IllegalParam.IkeLifetime");
    EXPECT_EQ(code(TunnelGroup::ike, "LocalId", "a b"), "IllegalParam.LocalId");
    EXPECT_EQ(code(TunnelGroup::ike, "IpsecPfs", "group2"), "IllegalParam.Config");
    EXPECT_EQ(code(TunnelGroup::bgp, "LocalAsn", "0"), "IllegalParam.LocalAsn");
    for (const char* cidr : {"169.254.0.0/30", "169.254.6.0/30", "169.254.169.252/30",
                             "10.0.0.0/30", "169.254.11.0/29", "169.254.11.1/30"})
        EXPECT_EQ(code(TunnelGroup::bgp, "TunnelCidr", cidr), "IllegalParam.TunnelCidr") << cidr;
    EXPECT_EQ(code(TunnelGroup::bgp, "TunnelCidr", "169.254.7.0/30"), "");
    TunnelSettings settings;
    settings.local_inner_ip = parse_ipv4("169.254.11.5");
    EXPECT_EQ(check_inner(settings).error().code, "IllegalParam.LocalBgpIp");
    settings.inner_cidr = parse_cidr("169.254.11.4/30");
    EXPECT_TRUE(check_inner(settings));
    settings.local_inner_ip = parse_ipv4("169.254.11.7");
    EXPECT_THAT(check_inner(settings).error().message, HasSubstr("169.254.11.5 is one"));
}

TEST(ConnectionSides, AreUpToFiveNetworksEachOrEverything) {
    const auto read = [](const char* text) {
        return check_connection_subnets("LocalSubnet", text);
    };
    EXPECT_EQ(read("10.0.0.0/8, 100.64.0.0/10")->size(), 2u);
    EXPECT_EQ(*read("0.0.0.0/0"), std::vector{everything});
    EXPECT_EQ(read("").error().code, "MissingLocalSubnet");
    for (const char* text : {"10.0.0.0/7", "127.0.0.0/8", "0.0.0.0/0,10.0.0.0/8", "10.0.0.1/8",
                             "10.0.0.0/16,10.1.0.0/16,10.2.0.0/16,10.3.0.0/16,10.4.0.0/16,"
                             "10.5.0.0/16"})
        EXPECT_EQ(read(text).error().code, "IllegalParam.LocalSubnet") << text;
}

TEST(ConnectionSides, DoNotOverlap) {
    const Cidr office = *parse_cidr("10.0.0.0/8");
    const Cidr site = *parse_cidr("192.168.0.0/16");
    EXPECT_TRUE(check_sides({office}, {site}));
    EXPECT_TRUE(check_sides({everything}, {everything}));
    EXPECT_FALSE(check_sides({everything}, {site}));
    const auto clash = check_sides({office, site}, {*parse_cidr("192.168.7.0/24")});
    ASSERT_FALSE(clash);
    EXPECT_THAT(clash.error().message, HasSubstr("192.168.7.0/24 overlaps the local network "
                                                 "192.168.0.0/16"));
}

TEST(HealthCheck, NeedsBothAddresses) {
    HealthCheck health;
    EXPECT_FALSE(write_health_check(health, {{"enable", "true"}, {"dip", "10.0.0.1"}}));
    health = {};
    EXPECT_TRUE(write_health_check(
        health, {{"enable", "true"}, {"dip", "10.0.0.1"}, {"sip", "10.1.0.1"}, {"retry", "5"}}));
    EXPECT_EQ(health.retries, 5u);
    for (const auto& [key, value] : SettingTexts{{"enable", "yes"},
                                                 {"dip", "x"},
                                                 {"interval", "0"},
                                                 {"Policy", "x"},
                                                 {"Enable", "true"}})
        EXPECT_EQ(write_health_check(health, {{key, value}}).error().code,
                  "IllegalParam.HealthCheckConfig")
            << key;
}

TEST(VpnRoutes, AreActiveOrStandbyAndFirstOrLast) {
    EXPECT_TRUE(check_route_weight("Weight", 0));
    EXPECT_TRUE(check_route_weight("Weight", 100));
    EXPECT_EQ(check_route_weight("NewWeight", 50).error().code, "IllegalParam.NewWeight");
    EXPECT_TRUE(check_route_priority("Priority", 100));
    EXPECT_FALSE(check_route_priority("Priority", 0));
    EXPECT_FALSE(check_route_priority("Priority", 101));
    EXPECT_TRUE(check_route_network("RouteDest", "0.0.0.0/0"));
    EXPECT_EQ(check_route_network("RouteDest", "127.0.0.0/8").error().code,
              "IllegalParam.RouteDest");
}

}  // namespace
}  // namespace kanmon::model
