// VPCs, vSwitches and route tables: what is changed later, and what tools read of them.
#include "api_fixture.h"

namespace kanmon::api {
namespace {

class PlacesApi : public ApiTest {
protected:
    json entries(const Parameters& more = {}) {
        Parameters parameters = more;
        parameters.try_emplace("RouteTableId", table);
        return call("DescribeRouteEntryList", parameters);
    }
    std::string message(const std::string& action, Parameters parameters) {
        parameters.try_emplace("RegionId", "local");
        return json::parse(send(client.acs3(action, parameters)).body).value("Message", "");
    }

    const json made = call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"},
                                         {"Namespace", "blue"},
                                         {"Tag.1.Key", "team"},
                                         {"Tag.1.Value", "net"}});
    const std::string vpc = made["VpcId"];
    const std::string table = made["RouteTableId"];
    const std::string part = call("CreateVSwitch", {{"VpcId", vpc},
                                                    {"ZoneId", "local-a"},
                                                    {"CidrBlock", "10.1.0.0/16"},
                                                    {"Tag.1.Key", "floor"}})["VSwitchId"];
};

TEST_F(PlacesApi, AVpcIsRenamedAndItsNetworkChangedWithinItsRules) {
    call("ModifyVpcAttribute", {{"VpcId", vpc}, {"VpcName", "new"}, {"Description", "d"}});
    json one = call("DescribeVpcAttribute", {{"VpcId", vpc}});
    EXPECT_EQ(one["VpcName"], "new");
    EXPECT_EQ(one["Description"], "d");
    EXPECT_EQ(one["CidrBlock"], "10.0.0.0/8");
    call("ModifyVpcAttribute", {{"VpcId", vpc}, {"CidrBlock", "10.0.0.0/12"}});
    one = call("DescribeVpcAttribute", {{"VpcId", vpc}});
    EXPECT_EQ(one["CidrBlock"], "10.0.0.0/12");
    EXPECT_EQ(one["VpcName"], "new");
    const Parameters outside{{"VpcId", vpc}, {"CidrBlock", "10.128.0.0/9"}};
    EXPECT_EQ(failing("ModifyVpcAttribute", outside), "400 IllegalParam.CidrBlock");
    EXPECT_NE(message("ModifyVpcAttribute", outside).find(part), std::string::npos);
    EXPECT_EQ(failing("ModifyVpcAttribute", {{"VpcId", vpc}, {"EnableIPv6", "true"}}),
              "400 UnsupportedOperation");
    EXPECT_EQ(failing("ModifyVpcAttribute", {{"VpcId", vpc}, {"VpcName", "http://x"}}),
              "400 InvalidName");
    EXPECT_EQ(call("DescribeVpcAttribute", {{"VpcId", vpc}})["CidrBlock"], "10.0.0.0/12");
}

TEST_F(PlacesApi, AVpcDoesNotGrowOverWhatLiesBesideIt) {
    const std::string gateway =
        call("CreateVpnGateway",
             {{"VpcId", vpc}, {"Bandwidth", "10"}, {"EnableSsl", "true"}})["VpnGatewayId"];
    call("ModifyVpcAttribute", {{"VpcId", vpc}, {"CidrBlock", "10.0.0.0/12"}});
    call("CreateSslVpnServer", {{"VpnGatewayId", gateway},
                                {"ClientIpPool", "10.64.0.0/24"},
                                {"LocalSubnet", "10.1.0.0/16"}});
    const std::string site =
        call("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}})["CustomerGatewayId"];
    call("CreateVpnConnection", {{"VpnGatewayId", gateway},
                                 {"CustomerGatewayId", site},
                                 {"LocalSubnet", "10.1.0.0/16"},
                                 {"RemoteSubnet", "10.32.0.0/16"}});
    const Parameters over_clients{{"VpcId", vpc}, {"CidrBlock", "10.0.0.0/9"}};
    EXPECT_EQ(failing("ModifyVpcAttribute", over_clients), "400 IllegalParam.CidrBlock");
    EXPECT_NE(message("ModifyVpcAttribute", over_clients).find("10.64.0.0/24"), std::string::npos);
    const Parameters over_site{{"VpcId", vpc}, {"CidrBlock", "10.0.0.0/10"}};
    EXPECT_NE(message("ModifyVpcAttribute", over_site).find("10.32.0.0/16"), std::string::npos);
    call("ModifyVpcAttribute", {{"VpcId", vpc}, {"CidrBlock", "10.0.0.0/11"}});
}

TEST_F(PlacesApi, AVSwitchIsRenamed) {
    call("ModifyVSwitchAttribute",
         {{"VSwitchId", part}, {"VSwitchName", "hall"}, {"Description", "d"}});
    const json one = call("DescribeVSwitchAttributes", {{"VSwitchId", part}});
    EXPECT_EQ(one["VSwitchName"], "hall");
    EXPECT_EQ(one["Description"], "d");
    EXPECT_EQ(one["RouteTable"]["RouteTableId"], table);
    call("ModifyVSwitchAttribute", {{"VSwitchId", part}, {"VSwitchName", ""}});
    EXPECT_EQ(call("DescribeVSwitchAttributes", {{"VSwitchId", part}})["VSwitchName"], "");
}

TEST_F(PlacesApi, TagsFindVpcsAndVSwitches) {
    EXPECT_EQ(call("DescribeVpcs", {{"Tag.1.Key", "team"}})["Vpcs"]["Vpc"][0]["Tags"]["Tag"],
              json::parse(R"([{"Key":"team","Value":"net"}])"));
    EXPECT_EQ(call("DescribeVpcs", {{"Tag.1.Key", "other"}})["TotalCount"], 0);
    EXPECT_EQ(call("DescribeVSwitches", {{"Tag.1.Key", "floor"}})["TotalCount"], 1);
    EXPECT_EQ(call("DescribeVSwitches", {{"Tag.1.Key", "other"}})["TotalCount"], 0);
    call(
        "TagResources",
        {{"ResourceType", "vpc"}, {"ResourceId.1", vpc}, {"Tag.1.Key", "a"}, {"Tag.1.Value", "b"}});
    EXPECT_EQ(call("DescribeVpcAttribute", {{"VpcId", vpc}})["Tags"]["Tag"].size(), 2u);
    EXPECT_EQ(
        failing("MoveVpnResourceGroup",
                {{"ResourceType", "VPC"}, {"InstanceId", vpc}, {"NewResourceGroupId", "rg-x"}}),
        "400 IllegalParam.ResourceType");
    call("DeleteVSwitch", {{"VSwitchId", part}});
    EXPECT_EQ(
        call("ListTagResources", {{"ResourceType", "VSWITCH"}})["TagResources"]["TagResource"],
        json::array());
}

TEST_F(PlacesApi, AFilterForWhatNothingHereIsFindsNothing) {
    const std::string mine =
        std::to_string(call("DescribeVpcs")["Vpcs"]["Vpc"][0]["OwnerId"].get<std::int64_t>());
    EXPECT_EQ(call("DescribeVpcs", {{"VpcOwnerId", mine}})["TotalCount"], 1);
    for (const auto& [name, value] : Parameters{{"IsDefault", "true"},
                                                {"EnableIpv6", "true"},
                                                {"ResourceGroupId", "rg-x"},
                                                {"VpcOwnerId", "1"}})
        EXPECT_EQ(call("DescribeVpcs", {{name, value}})["TotalCount"], 0) << name;
    EXPECT_EQ(call("DescribeVSwitches", {{"RouteTableId", table}})["TotalCount"], 1);
    EXPECT_EQ(call("DescribeVSwitches", {{"RouteTableId", "vtb-other"}})["TotalCount"], 0);
    EXPECT_EQ(call("DescribeVSwitches", {{"RouteTableId", "other"}})["TotalCount"], 0);
    EXPECT_EQ(call("DescribeVSwitches", {{"VSwitchOwnerId", "1"}})["TotalCount"], 0);
}

TEST_F(PlacesApi, AVpcHasOneRouteTableWithItsVSwitches) {
    const json list = call("DescribeRouteTableList", {{"VpcId", vpc}});
    EXPECT_EQ(list["TotalCount"], 1);
    const json row = list["RouterTableList"]["RouterTableListType"][0];
    EXPECT_EQ(row["RouteTableId"], table);
    EXPECT_EQ(row["RouterId"], made["VRouterId"]);
    EXPECT_EQ(row["RouteTableType"], "System");
    EXPECT_EQ(row["VSwitchIds"]["VSwitchId"], json::array({part}));
    EXPECT_EQ(call("DescribeRouteTableList", {{"RouteTableId", table}})["TotalCount"], 1);
    for (const auto& [name, value] : Parameters{{"RouteTableType", "Custom"},
                                                {"RouterType", "VBR"},
                                                {"RouteTableName", "x"},
                                                {"Tag.1.Key", "x"},
                                                {"RouterId", "vrt-none"}})
        EXPECT_EQ(call("DescribeRouteTableList", {{name, value}})["TotalCount"], 0) << name;
}

TEST_F(PlacesApi, TheRouteTableShowsWhereClientsAndPublishedRoutesLead) {
    const std::string gateway =
        call("CreateVpnGateway",
             {{"VpcId", vpc}, {"Bandwidth", "10"}, {"EnableSsl", "true"}})["VpnGatewayId"];
    call("CreateSslVpnServer", {{"VpnGatewayId", gateway},
                                {"ClientIpPool", "192.168.0.0/24"},
                                {"LocalSubnet", "10.1.0.0/16"}});
    const std::string site =
        call("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}})["CustomerGatewayId"];
    const std::string connection =
        call("CreateVpnConnection", {{"VpnGatewayId", gateway},
                                     {"CustomerGatewayId", site},
                                     {"LocalSubnet", "0.0.0.0/0"},
                                     {"RemoteSubnet", "0.0.0.0/0"}})["VpnConnectionId"];
    for (const auto& [destination, publish] :
         Parameters{{"172.20.0.0/16", "true"}, {"172.21.0.0/16", "false"}})
        call("CreateVpnRouteEntry", {{"VpnGatewayId", gateway},
                                     {"NextHop", connection},
                                     {"RouteDest", destination},
                                     {"Weight", "100"},
                                     {"PublishVpc", publish}});
    const json all = entries();
    EXPECT_EQ(all["TotalCount"], 3);
    EXPECT_EQ(all["NextToken"], "");
    const json rows = all["RouteEntrys"]["RouteEntry"];
    EXPECT_EQ(rows[0]["DestinationCidrBlock"], "10.1.0.0/16");
    EXPECT_EQ(rows[0]["Type"], "System");
    EXPECT_EQ(rows[0]["NextHops"]["NextHop"][0]["NextHopType"], "local");
    EXPECT_EQ(rows[1]["DestinationCidrBlock"], "192.168.0.0/24");
    EXPECT_EQ(rows[1]["NextHops"]["NextHop"][0]["NextHopId"], gateway);
    EXPECT_EQ(rows[2]["DestinationCidrBlock"], "172.20.0.0/16");
    EXPECT_EQ(entries({{"NextHopType", "VpnGateway"}})["TotalCount"], 2);
    EXPECT_EQ(entries({{"DestinationCidrBlock", "172.20.0.0/16"}})["TotalCount"], 1);
    EXPECT_EQ(entries({{"IpVersion", "ipv6"}})["TotalCount"], 0);
    const json first = entries({{"MaxResult", "2"}});
    EXPECT_EQ(first["RouteEntrys"]["RouteEntry"].size(), 2u);
    const json rest = entries({{"MaxResult", "2"}, {"NextToken", first["NextToken"]}});
    EXPECT_EQ(rest["RouteEntrys"]["RouteEntry"].size(), 1u);
    EXPECT_EQ(rest["RouteEntrys"]["RouteEntry"][0], rows[2]);
    EXPECT_EQ(rest["NextToken"], "");
    EXPECT_EQ(failing("DescribeRouteEntryList", {{"RouteTableId", table}, {"MaxResult", "101"}}),
              "400 IllegalParam.MaxResult");
    EXPECT_EQ(failing("DescribeRouteEntryList", {{"RouteTableId", "vtb-none"}}),
              "404 InvalidRouteTableId.NotFound");
}

}  // namespace
}  // namespace kanmon::api
