// Customer gateways, vSwitches, tags, regions and zones in the shapes of the original.
#include "api_fixture.h"

namespace kanmon::api {
namespace {

class SitesApi : public ApiTest {
protected:
    std::string make_site(const std::string& address) {
        return call("CreateCustomerGateway", {{"IpAddress", address},
                                              {"Name", "site"},
                                              {"Asn", "65530"},
                                              {"AuthKey", "key"},
                                              {"ResourceGroupId", "rg-1"},
                                              {"Tags.1.Key", "k"},
                                              {"Tags.1.Value", "v"}})["CustomerGatewayId"];
    }
};

TEST_F(SitesApi, ACustomerGatewayComesBackWithItsTypes) {
    const std::string id = make_site("198.51.100.1");
    EXPECT_TRUE(id.starts_with("cgw-"));
    const json one = call("DescribeCustomerGateway", {{"CustomerGatewayId", id}});
    EXPECT_EQ(one["IpAddress"], "198.51.100.1");
    EXPECT_EQ(one["Asn"], 65530);
    EXPECT_EQ(one["AuthKey"], "key");
    EXPECT_EQ(one["ResourceGroupId"], "rg-1");
    EXPECT_EQ(one["CreateTime"], seconds_of(world.now) * 1000);
    EXPECT_EQ(one["Tags"]["Tag"], json::parse(R"([{"Key":"k","Value":"v"}])"));
    const json list = call("DescribeCustomerGateways", {{"Tag.1.Key", "k"}, {"PageSize", "20"}});
    EXPECT_EQ(list["TotalCount"], 1);
    EXPECT_EQ(list["CustomerGateways"]["CustomerGateway"][0]["CustomerGatewayId"], id);
    const json none = call("DescribeCustomerGateways", {{"Tag.1.Key", "other"}});
    EXPECT_EQ(none["CustomerGateways"]["CustomerGateway"], json::array());
    const json changed = call("ModifyCustomerGatewayAttribute",
                              {{"CustomerGatewayId", id}, {"Name", "new"}, {"Description", "d"}});
    EXPECT_EQ(changed["Name"], "new");
    EXPECT_EQ(changed["IpAddress"], "198.51.100.1");
    call("DeleteCustomerGateway", {{"CustomerGatewayId", id}});
    EXPECT_EQ(failing("DescribeCustomerGateway", {{"CustomerGatewayId", id}}),
              "404 InvalidCustomerGatewayInstanceId.NotFound");
}

TEST_F(SitesApi, ACustomerGatewayIsRefusedByTheRuleThatItBreaks) {
    EXPECT_EQ(failing("CreateCustomerGateway"), "400 MissingIpAddress");
    EXPECT_EQ(failing("CreateCustomerGateway", {{"IpAddress", "x"}}),
              "400 InvalidIpAddress.WrongFormat");
    EXPECT_EQ(failing("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}, {"Asn", "45104"}}),
              "400 IllegalParam.Asn");
    EXPECT_EQ(
        failing("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}, {"Name", "http://x"}}),
        "400 InvalidName");
    EXPECT_EQ(
        failing("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}, {"Tags.x.Key", "k"}}),
        "400 IllegalParam.Tags");
    EXPECT_EQ(failing("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}, {"DryRun", "true"}}),
              "400 DryRunOperation");
}

TEST_F(SitesApi, TagsAreSetListedAndTakenAway) {
    const std::string gateway = make_gateway();
    call("TagResources", {{"ResourceType", "VpnGateWay"},
                          {"ResourceId.1", gateway},
                          {"Tag.1.Key", "team"},
                          {"Tag.1.Value", "net"},
                          {"Tag.2.Key", "empty"},
                          {"Tag.2.Value", ""}});
    const json list =
        call("ListTagResources",
             {{"ResourceType", "VPNGATEWAY"}, {"ResourceId.1", gateway}, {"MaxResults", "1"}});
    EXPECT_EQ(list["TagResources"]["TagResource"],
              json::parse(R"([{"ResourceId":")" + gateway +
                          R"(","ResourceType":"VPNGATEWAY","TagKey":"empty","TagValue":""}])"));
    EXPECT_NE(list["NextToken"], "");
    EXPECT_EQ(call("DescribeVpnGateways", {{"Tag.1.Key", "team"}})["TotalCount"], 1);
    EXPECT_EQ(call("DescribeVpnGateway", {{"VpnGatewayId", gateway}})["Tags"]["Tag"].size(), 2u);
    call("UnTagResources",
         {{"ResourceType", "vpngateway"}, {"ResourceId.1", gateway}, {"All", "true"}});
    EXPECT_EQ(call("DescribeVpnGateway", {{"VpnGatewayId", gateway}})["Tags"]["Tag"],
              json::array());
    EXPECT_EQ(failing("TagResources", {{"ResourceType", "VPNGATEWAY"}, {"Tag.1.Key", "k"}}),
              "400 MissingResourceId");
}

TEST_F(SitesApi, AVSwitchComesBackAloneInListsAndInItsVpc) {
    const std::string vpc =
        call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}})["VpcId"];
    const std::string id = call("CreateVSwitch", {{"VpcId", vpc},
                                                  {"ZoneId", "local-a"},
                                                  {"CidrBlock", "10.1.0.0/24"},
                                                  {"VSwitchName", "hall"}})["VSwitchId"];
    const json row = call("DescribeVSwitches", {{"VpcId", vpc}})["VSwitches"]["VSwitch"][0];
    EXPECT_EQ(row["VSwitchId"], id);
    EXPECT_EQ(row["ZoneId"], "local-a");
    EXPECT_EQ(row["CidrBlock"], "10.1.0.0/24");
    EXPECT_EQ(row["AvailableIpAddressCount"], 252);
    EXPECT_EQ(row["Status"], "Available");
    EXPECT_EQ(call("DescribeVSwitchAttributes", {{"VSwitchId", id}})["VSwitchName"], "hall");
    const json whole = call("DescribeVpcAttribute", {{"VpcId", vpc}});
    EXPECT_EQ(whole["VSwitchIds"]["VSwitchId"], json::array({id}));
    EXPECT_EQ(whole["CloudResources"]["CloudResourceSetType"][0]["ResourceCount"], 1);
    EXPECT_EQ(failing("CreateVSwitch",
                      {{"VpcId", vpc}, {"ZoneId", "moon-a"}, {"CidrBlock", "10.2.0.0/24"}}),
              "400 IllegalParam.ZoneId");
    call("DeleteVSwitch", {{"VSwitchId", id}});
    EXPECT_EQ(failing("DeleteVSwitch", {{"VSwitchId", id}}), "404 InvalidVSwitchId.NotFound");
    EXPECT_EQ(failing("DescribeVpcAttribute", {{"VpcId", "vpc-none"}}),
              "404 InvalidVpcId.NotFound");
}

TEST_F(SitesApi, RegionsAndZonesAreNamesThatToolsCanGoOnWith) {
    call("CreateVpc", {{"RegionId", "cn-hangzhou"}, {"Namespace", "blue"}});
    const json regions = call("DescribeRegions")["Regions"]["Region"];
    ASSERT_EQ(regions.size(), 2u);
    EXPECT_EQ(regions[1]["RegionId"], "cn-hangzhou");
    const json zones = call("DescribeZones", {{"RegionId", "cn-hangzhou"}});
    EXPECT_EQ(zones["Zones"]["Zone"][0]["ZoneId"], "cn-hangzhou-a");
    const json available =
        call("DescribeVpnGatewayAvailableZones", {{"RegionId", "cn-hangzhou"}, {"Spec", "5M"}});
    EXPECT_EQ(available["AvailableZoneIdList"][1]["ZoneId"], "cn-hangzhou-b");
    EXPECT_EQ(call("CheckVpnBgpEnabled")["BgpEnabled"], true);
}

TEST_F(SitesApi, WhatIsBelowAGatewayIsInItsResourceGroup) {
    const std::string gateway = make_gateway();
    const std::string server = make_server(gateway);
    const std::string certificate =
        call("CreateSslVpnClientCert", {{"SslVpnServerId", server}})["SslVpnClientCertId"];
    call("MoveVpnResourceGroup",
         {{"InstanceId", gateway}, {"ResourceType", "VpnGateway"}, {"NewResourceGroupId", "rg-2"}});
    for (const char* action : {"DescribeSslVpnServers", "DescribeSslVpnClientCerts"}) {
        EXPECT_EQ(call(action, {{"ResourceGroupId", "rg-2"}})["TotalCount"], 1) << action;
        EXPECT_EQ(call(action, {{"ResourceGroupId", "rg-1"}})["TotalCount"], 0) << action;
    }
    EXPECT_EQ(
        call("DescribeSslVpnClientCert", {{"SslVpnClientCertId", certificate}})["ResourceGroupId"],
        "rg-2");
}

TEST_F(SitesApi, AGatewayKeepsWhatTheProviderReadsBack) {
    const std::string vpc =
        call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}})["VpcId"];
    std::string parts[2];
    for (int i = 0; i < 2; ++i)
        parts[i] = call("CreateVSwitch",
                        {{"VpcId", vpc},
                         {"ZoneId", i == 0 ? "local-a" : "local-b"},
                         {"CidrBlock", "10." + std::to_string(i) + ".0.0/16"}})["VSwitchId"];
    const std::string id = call("CreateVpnGateway", {{"VpcId", vpc},
                                                     {"Bandwidth", "10"},
                                                     {"VSwitchId", parts[0]},
                                                     {"DisasterRecoveryVSwitchId", parts[1]},
                                                     {"InstanceChargeType", "POSTPAY"},
                                                     {"VpnType", "Normal"}})["VpnGatewayId"];
    world.enforcement.settle(1'000'000);
    const json one = call("DescribeVpnGateway", {{"VpnGatewayId", id}});
    EXPECT_EQ(one["VSwitchId"], parts[0]);
    EXPECT_EQ(one["DisasterRecoveryVSwitchId"], parts[1]);
    call("MoveVpnResourceGroup",
         {{"InstanceId", id}, {"ResourceType", "VpnGateWay"}, {"NewResourceGroupId", "rg-2"}});
    const json changed =
        call("ModifyVpnGatewayAttribute",
             {{"VpnGatewayId", id}, {"AutoPropagate", "true"}, {"EnableIpsec", "false"}});
    EXPECT_EQ(changed["AutoPropagate"], true);
    const json rows = call("DescribeVpnGateways", {{"ResourceGroupId", "rg-2"}});
    EXPECT_EQ(rows["VpnGateways"]["VpnGateway"][0]["IpsecVpn"], "disable");
    EXPECT_EQ(call("DescribeVpnGateways", {{"BusinessStatus", "FinancialLocked"}})["TotalCount"],
              0);
    EXPECT_EQ(failing("CreateVpnGateway",
                      {{"VpcId", vpc}, {"Bandwidth", "10"}, {"InstanceChargeType", "PREPAY"}}),
              "400 UnsupportedOperation");
}

}  // namespace
}  // namespace kanmon::api
