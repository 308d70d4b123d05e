// Diagnosis of IPsec connections: seven items, kept, and what stands in the way of a pair of hosts.
#include "api_fixture.h"

namespace kanmon::api {
namespace {

class DiagnosesApi : public ApiTest {
protected:
    std::string connect(const std::string& local, const std::string& remote) {
        return call("CreateVpnConnection", {{"VpnGatewayId", gateway},
                                            {"CustomerGatewayId", site},
                                            {"LocalSubnet", local},
                                            {"RemoteSubnet", remote}})["VpnConnectionId"];
    }
    std::string diagnose(const std::string& connection, const std::string& pair = {}) {
        return call("DiagnoseVpnGateway", {{"VpnGatewayId", gateway},
                                           {"ResourceType", "IPsec"},
                                           {"ResourceId", connection},
                                           {"IPsecExtendInfo", pair}})["DiagnoseId"];
    }
    json result(const std::string& id) {
        return call("GetVpnGatewayDiagnoseResult", {{"DiagnoseId", id}});
    }
    /// Level and facts of an item.
    std::pair<std::string, json> item(const json& result, const std::string& name) {
        for (const json& row : result["DiagnoseResult"])
            if (row["DiagnoseName"] == name)
                return {row["DiagnoseResultLevel"],
                        json::parse(row["DiagnoseResultDescription"].get<std::string>())};
        return {"absent", {}};
    }
    /// What is said of packets between the two.
    std::pair<std::string, std::string> reach(const std::string& connection, const char* source,
                                              const char* destination) {
        const json pair{{"PrivateSourceIp", source}, {"PrivateDestinationIp", destination}};
        const auto [level, facts] =
            item(result(diagnose(connection, pair.dump())), "VcoPrivateConnectivity");
        return {level, facts["reason"]};
    }

    const std::string gateway = make_gateway();
    const std::string site =
        call("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}})["CustomerGatewayId"];
};

TEST_F(DiagnosesApi, ADiagnosisHasTheOriginalsSevenItems) {
    const std::string connection = connect("10.0.0.0/8", "172.20.0.0/16");
    const std::string id = diagnose(connection);
    EXPECT_TRUE(id.starts_with("vpndgn-"));
    const json found = result(id);
    EXPECT_EQ(found["TotalCount"], 7);
    EXPECT_EQ(found["FinishedCount"], 7);
    EXPECT_EQ(found["ResourceInstanceId"], connection);
    EXPECT_EQ(found["ResourceType"], "IPsec");
    EXPECT_EQ(found["VpnGatewayId"], gateway);
    EXPECT_EQ(found["BeginTime"], "2023-11-14T22:13:20Z");
    std::vector<std::string> names;
    for (const json& row : found["DiagnoseResult"]) names.push_back(row["DiagnoseName"]);
    EXPECT_EQ(names, (std::vector<std::string>{
                         "RouteEntryConflict", "VpnRouteQuota", "VpnIPsecQuota", "VpnPbrRouteQuota",
                         "VcoConfigConsistency", "VcoUserInternetIpConnectivity",
                         "VcoPrivateConnectivity"}));
    EXPECT_EQ(item(found, "RouteEntryConflict").first, "normal");
    EXPECT_EQ(item(found, "VpnIPsecQuota").second["used"], "1");
    EXPECT_EQ(item(found, "VcoConfigConsistency").first, "error");
    EXPECT_EQ(item(found, "VcoUserInternetIpConnectivity").second["targetIp"], "198.51.100.1");
}

TEST_F(DiagnosesApi, AFullQuotaIsAnErrorAndANearlyFullOneAWarning) {
    world.ports.installation.connections_per_gateway = 10;
    std::vector<std::string> levels;
    for (int i = 0; i < 10; ++i) {
        const std::string made = connect("10.0.0.0/8", "172." + std::to_string(16 + i) + ".0.0/16");
        levels.push_back(item(result(diagnose(made)), "VpnIPsecQuota").first);
    }
    EXPECT_EQ(levels[7], "normal");
    EXPECT_EQ(levels[8], "warning");
    EXPECT_EQ(levels[9], "error");
}

TEST_F(DiagnosesApi, APairOfHostsThatTheConnectionDoesNotCarryIsSaidWhy) {
    const std::string fixed = connect("10.0.0.0/8", "172.20.0.0/16");
    EXPECT_EQ(reach(fixed, "10.0.0.8", "172.20.0.8"),
              (std::pair<std::string, std::string>{"warning", "a diagnosis sends no packets"}));
    EXPECT_EQ(reach(fixed, "11.0.0.8", "172.20.0.8").second,
              "11.0.0.8 is in no network of LocalSubnet");
    EXPECT_EQ(reach(fixed, "10.0.0.8", "172.21.0.8").second,
              "172.21.0.8 is in no network of RemoteSubnet");
    const std::string routed = connect("0.0.0.0/0", "0.0.0.0/0");
    EXPECT_EQ(reach(routed, "10.0.0.8", "172.22.0.8").first, "error");
    call("CreateVpnPbrRouteEntry", {{"VpnGatewayId", gateway},
                                    {"NextHop", routed},
                                    {"RouteDest", "172.22.0.0/16"},
                                    {"RouteSource", "10.1.0.0/16"},
                                    {"Weight", "100"},
                                    {"PublishVpc", "false"}});
    EXPECT_EQ(reach(routed, "10.0.0.8", "172.22.0.8").first, "error");
    EXPECT_EQ(reach(routed, "10.1.0.8", "172.22.0.8").first, "warning");
}

TEST_F(DiagnosesApi, WhatIsNotDiagnosedIsRefused) {
    const std::string connection = connect("10.0.0.0/8", "172.20.0.0/16");
    const Parameters good{
        {"VpnGatewayId", gateway}, {"ResourceType", "IPsec"}, {"ResourceId", connection}};
    const auto changed = [&](const std::string& name, const std::string& value) {
        Parameters parameters = good;
        parameters[name] = value;
        return failing("DiagnoseVpnGateway", parameters);
    };
    EXPECT_EQ(changed("ResourceType", "SSL"), "400 IllegalParam.ResourceType");
    EXPECT_EQ(changed("ResourceId", "vco-none"), "404 InvalidVpnConnectionInstanceId.NotFound");
    EXPECT_EQ(changed("IPsecExtendInfo", "{"), "400 IllegalParam.IPsecExtendInfo");
    EXPECT_EQ(changed("IPsecExtendInfo", R"({"Other":"x"})"), "400 IllegalParam.IPsecExtendInfo");
    EXPECT_EQ(changed("IPsecExtendInfo", R"({"PrivateSourceIp":"x"})"),
              "400 IllegalParam.IPsecExtendInfo");
    const std::string vpc =
        call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "red"}})["VpcId"];
    const std::string second =
        call("CreateVpnGateway", {{"VpcId", vpc}, {"Bandwidth", "10"}})["VpnGatewayId"];
    EXPECT_EQ(changed("VpnGatewayId", second), "400 IllegalParam.ResourceId");
    EXPECT_EQ(failing("GetVpnGatewayDiagnoseResult"), "400 MissingDiagnoseId");
    EXPECT_EQ(failing("GetVpnGatewayDiagnoseResult", {{"DiagnoseId", "vpndgn-none"}}),
              "404 InvalidDiagnoseId.NotFound");
    EXPECT_EQ(failing("GetVpnGatewayDiagnoseResult", {{"VpnGatewayId", second}}),
              "404 InvalidDiagnoseId.NotFound");
}

TEST_F(DiagnosesApi, TheNewestTwentyOfAGatewayAreKeptAndGoWithIt) {
    const std::string connection = connect("10.0.0.0/8", "172.20.0.0/16");
    std::vector<std::string> made;
    for (std::size_t i = 0; i <= model::diagnoses_max; ++i) made.push_back(diagnose(connection));
    EXPECT_EQ(failing("GetVpnGatewayDiagnoseResult", {{"DiagnoseId", made[0]}}),
              "404 InvalidDiagnoseId.NotFound");
    EXPECT_EQ(result(made[1])["DiagnoseId"], made[1]);
    EXPECT_EQ(call("GetVpnGatewayDiagnoseResult", {{"VpnGatewayId", gateway}})["DiagnoseId"],
              made.back());
    call("DeleteVpnConnection", {{"VpnConnectionId", connection}});
    EXPECT_EQ(result(made.back())["ResourceInstanceId"], connection);
    call("DeleteVpnGateway", {{"VpnGatewayId", gateway}});
    EXPECT_EQ(failing("GetVpnGatewayDiagnoseResult", {{"DiagnoseId", made.back()}}),
              "404 InvalidDiagnoseId.NotFound");
}

TEST_F(DiagnosesApi, EveryTunnelOfAConnectionIsSaidToCarryNothing) {
    const std::string connection = connect("10.0.0.0/8", "172.20.0.0/16");
    const json found = call("DiagnoseVpnConnections", {{"VpnConnectionIds.1", connection}});
    EXPECT_EQ(found["TotalCount"], 1);
    const json row = found["VpnConnections"][0];
    EXPECT_EQ(row["VpnConnectionId"], connection);
    EXPECT_EQ(row["Severity"], "Critical");
    EXPECT_EQ(row["FailedTime"], seconds_of(world.now) * 1000);
    const std::string tunnel = row["TunnelId"];
    EXPECT_EQ(call("DiagnoseVpnConnections",
                   {{"VpnConnectionIds.1", connection}, {"TunnelIds.1", tunnel}})["TotalCount"],
              1);
    EXPECT_EQ(call("DiagnoseVpnConnections", {{"TunnelIds.1", tunnel}})["VpnConnections"][0], row);
    EXPECT_EQ(failing("DiagnoseVpnConnections"), "400 MissingVpnConnectionIds");
    EXPECT_EQ(failing("DiagnoseVpnConnections", {{"TunnelIds.1", "tun-none"}}),
              "404 InvalidTunnelId.NotFound");
    EXPECT_EQ(
        failing("DiagnoseVpnConnections", {{"VpnGatewayId", "vpn-other"}, {"TunnelIds.1", tunnel}}),
        "400 IllegalParam.TunnelIds");
}

}  // namespace
}  // namespace kanmon::api
