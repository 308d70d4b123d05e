// IPsec connections and routes in the shapes of the original, and what has no meaning here.
#include "api_fixture.h"

namespace kanmon::api {
namespace {

class ConnectionsApi : public ApiTest {
protected:
    std::string make_site(const std::string& address) {
        return call("CreateCustomerGateway",
                    {{"IpAddress", address}, {"Asn", "65530"}})["CustomerGatewayId"];
    }
    std::string make_connection() {
        return call("CreateVpnConnection",
                    {{"VpnGatewayId", gateway},
                     {"CustomerGatewayId", site},
                     {"LocalSubnet", "10.1.0.0/16"},
                     {"RemoteSubnet", "172.20.0.0/16"},
                     {"Name", "to site"},
                     {"IkeConfig", R"({"Psk":"secret","IkeVersion":"ikev2","IkeLifetime":3600})"},
                     {"IpsecConfig", R"({"IpsecPfs":"disabled"})"},
                     {"HealthCheckConfig",
                      R"({"enable":"true","dip":"172.20.0.1","sip":"10.1.0.1","interval":5})"},
                     {"Tags.1.Key", "k"},
                     {"Tags.1.Value", "v"}})["VpnConnectionId"];
    }

    Parameters two_tunnels() {
        return {{"VpnGatewayId", gateway},
                {"LocalSubnet", "0.0.0.0/0"},
                {"RemoteSubnet", "0.0.0.0/0"},
                {"EnableTunnelsBgp", "true"},
                {"EnableDpd", "true"},
                {"TunnelOptionsSpecification.1.Role", "master"},
                {"TunnelOptionsSpecification.1.CustomerGatewayId", site},
                {"TunnelOptionsSpecification.1.TunnelIkeConfig.Psk", "one"},
                {"TunnelOptionsSpecification.1.TunnelIkeConfig.IkeLifetime", "3600"},
                {"TunnelOptionsSpecification.1.TunnelBgpConfig.LocalAsn", "65000"},
                {"TunnelOptionsSpecification.1.TunnelBgpConfig.TunnelCidr", "169.254.11.0/30"},
                {"TunnelOptionsSpecification.1.TunnelBgpConfig.LocalBgpIp", "169.254.11.1"},
                {"TunnelOptionsSpecification.2.Role", "slave"},
                {"TunnelOptionsSpecification.2.CustomerGatewayId", second_site},
                {"TunnelOptionsSpecification.2.EnableDpd", "false"},
                {"TunnelOptionsSpecification.2.TunnelBgpConfig.TunnelCidr", "169.254.12.0/30"}};
    }

    std::string gateway = make_gateway();
    std::string site = make_site("198.51.100.1");
    std::string second_site = make_site("198.51.100.2");
};

TEST_F(ConnectionsApi, AConnectionComesBackWithItsTypes) {
    const std::string id = make_connection();
    const json one = call("DescribeVpnConnection", {{"VpnConnectionId", id}});
    EXPECT_EQ(one["Status"], "ike_sa_not_established");
    EXPECT_EQ(one["State"], "active");
    EXPECT_EQ(one["CustomerGatewayId"], site);
    EXPECT_EQ(one["LocalSubnet"], "10.1.0.0/16");
    EXPECT_EQ(one["EnableDpd"], true);
    EXPECT_EQ(one["IkeConfig"],
              json::parse(R"({"IkeVersion":"ikev2","IkeMode":"main","IkeEncAlg":"aes",
                              "IkeAuthAlg":"md5","IkePfs":"group2","IkeLifetime":3600,
                              "LocalId":"203.0.113.1","RemoteId":"198.51.100.1",
                              "Psk":"secret"})"));
    EXPECT_EQ(one["IpsecConfig"]["IpsecLifetime"], 86400);
    EXPECT_EQ(one["IpsecConfig"]["IpsecPfs"], "disabled");
    EXPECT_EQ(one["VcoHealthCheck"]["Enable"], "true");
    EXPECT_EQ(one["VcoHealthCheck"]["Interval"], 5);
    EXPECT_EQ(one["VpnBgpConfig"]["EnableBgp"], "false");
    EXPECT_EQ(one["VpnBgpConfig"]["PeerAsn"], 65530);
    EXPECT_EQ(one["TunnelOptionsSpecification"]["TunnelOptions"], json::array());
    EXPECT_EQ(one["Tags"]["Tag"][0]["Key"], "k");
    EXPECT_EQ(one["CreateTime"], seconds_of(world.now) * 1000);
    const json list =
        call("DescribeVpnConnections",
             {{"CustomerGatewayId", site}, {"VpnGatewayId", gateway}, {"Tag.1.Key", "k"}});
    EXPECT_EQ(list["TotalCount"], 1);
    EXPECT_EQ(list["VpnConnections"]["VpnConnection"][0]["Tag"]["Tag"][0]["Value"], "v");
    EXPECT_EQ(call("DescribeVpnConnections",
                   {{"CustomerGatewayId", "cgw-x"}})["VpnConnections"]["VpnConnection"],
              json::array());
}

TEST_F(ConnectionsApi, NamedTunnelsAreGivenAsFieldsAndAnsweredAsTexts) {
    const std::string id = call("CreateVpnConnection", two_tunnels())["VpnConnectionId"];
    const json one = call("DescribeVpnConnection", {{"VpnConnectionId", id}});
    EXPECT_EQ(one["EnableTunnelsBgp"], true);
    const json tunnels = one["TunnelOptionsSpecification"]["TunnelOptions"];
    ASSERT_EQ(tunnels.size(), 2u);
    EXPECT_EQ(tunnels[0]["Role"], "master");
    EXPECT_EQ(tunnels[0]["TunnelIndex"], 1);
    EXPECT_EQ(tunnels[0]["TunnelIkeConfig"]["Psk"], "one");
    EXPECT_EQ(tunnels[0]["TunnelIkeConfig"]["IkeLifetime"], "3600");
    EXPECT_EQ(tunnels[0]["TunnelBgpConfig"]["LocalAsn"], "65000");
    EXPECT_EQ(tunnels[0]["TunnelBgpConfig"]["PeerBgpIp"], "169.254.11.2");
    EXPECT_EQ(tunnels[1]["EnableDpd"], "false");
    EXPECT_EQ(tunnels[1]["TunnelIkeConfig"]["RemoteId"], "198.51.100.2");
    const json changed = call("ModifyTunnelAttribute",
                              {{"VpnConnectionId", id},
                               {"TunnelId", tunnels[1]["TunnelId"]},
                               {"TunnelOptionsSpecification.EnableDpd", "true"},
                               {"TunnelOptionsSpecification.TunnelIkeConfig.IkeLifetime", "60"}});
    EXPECT_EQ(changed["EnableDpd"], true);
    EXPECT_EQ(changed["TunnelIkeConfig"]["IkeLifetime"], 60);
    EXPECT_EQ(call("DescribeVpnGateway", {{"VpnGatewayId", gateway}})["EnableBgp"], true);
    EXPECT_EQ(failing("ModifyTunnelAttribute", {{"VpnConnectionId", id}, {"TunnelId", "tun-x"}}),
              "404 InvalidTunnelId.NotFound");
}

TEST_F(ConnectionsApi, NamedTunnelsAreNotTouchedByTheFlagsThatToolsSendAlways) {
    const std::string id = call("CreateVpnConnection", two_tunnels())["VpnConnectionId"];
    const json changed = call("ModifyVpnConnectionAttribute", {{"VpnConnectionId", id},
                                                               {"Name", "renamed"},
                                                               {"EnableDpd", "true"},
                                                               {"EnableNatTraversal", "true"}});
    EXPECT_EQ(changed["Name"], "renamed");
    EXPECT_EQ(failing("ModifyVpnConnectionAttribute",
                      {{"VpnConnectionId", id}, {"IkeConfig", R"({"IkePfs":"group14"})"}}),
              "400 IllegalParam.TunnelOptionsSpecification");
}

TEST_F(ConnectionsApi, NamedTunnelsAreRefusedByTheRuleAndTheNameThatTheyBreak) {
    const auto create = [&](const std::string& name, const std::string& value) {
        Parameters changed = two_tunnels();
        changed["TunnelOptionsSpecification." + name] = value;
        return failing("CreateVpnConnection", changed);
    };
    EXPECT_EQ(create("2.TunnelBgpConfig.TunnelCidr", "169.254.11.0/30"),
              "400 IllegalParam.TunnelCidr");
    EXPECT_EQ(create("1.TunnelIkeConfig.Colour", "blue"), "400 IllegalParam.TunnelIkeConfig");
}

TEST_F(ConnectionsApi, BgpThatIsOnKeepsAGatewayFromSwitchingOffWhatItHasOnOnly) {
    call("CreateVpnConnection", two_tunnels());
    const auto modified = [&](const char* propagate) {
        return Parameters{{"VpnGatewayId", gateway}, {"AutoPropagate", propagate}};
    };
    EXPECT_EQ(call("ModifyVpnGatewayAttribute", modified("false"))["AutoPropagate"], false);
    call("ModifyVpnGatewayAttribute", modified("true"));
    EXPECT_EQ(failing("ModifyVpnGatewayAttribute", modified("false")),
              "400 IllegalParam.AutoPropagate");
}

TEST_F(ConnectionsApi, LogsAreOfTimesAndTunnelsThatThereAre) {
    const std::string id = make_connection();
    const auto refused = [&](Parameters changed) {
        changed.insert({"VpnConnectionId", id});
        return failing("DescribeVpnConnectionLogs", changed);
    };
    EXPECT_EQ(refused({{"MinutePeriod", "0"}}), "400 IllegalParam.MinutePeriod");
    EXPECT_EQ(refused({{"MinutePeriod", "11"}}), "400 IllegalParam.MinutePeriod");
    EXPECT_EQ(refused({{"From", "200"}, {"To", "100"}}), "400 IllegalParam.From");
    EXPECT_EQ(refused({{"From", "200"}, {"To", "-1"}}), "400 IllegalParam.To");
    EXPECT_EQ(refused({{"MinutePeriod", "5"}, {"TunnelId", "tun-none"}}),
              "404 InvalidTunnelId.NotFound");
}

TEST_F(ConnectionsApi, AChangeAnswersTheWholeConnection) {
    const std::string id = make_connection();
    const json changed =
        call("ModifyVpnConnectionAttribute", {{"VpnConnectionId", id},
                                              {"Name", "renamed"},
                                              {"IkeConfig", R"({"IkePfs":"group14"})"},
                                              {"RemoteSubnet", "172.21.0.0/16"}});
    EXPECT_EQ(changed["Name"], "renamed");
    EXPECT_EQ(changed["IkeConfig"]["IkePfs"], "group14");
    EXPECT_EQ(changed["IkeConfig"]["Psk"], "secret") << "what was not given stays";
    EXPECT_EQ(changed["RemoteSubnet"], "172.21.0.0/16");
    const json config =
        call("DownloadVpnConnectionConfig", {{"VpnConnectionId", id}})["VpnConnectionConfig"];
    EXPECT_EQ(config["Remote"], "198.51.100.1");
    EXPECT_EQ(config["TunnelsConfig"]["TunnelConfig"].size(), 1u);
    const json logs =
        call("DescribeVpnConnectionLogs", {{"VpnConnectionId", id}, {"MinutePeriod", "10"}});
    EXPECT_EQ(logs["Data"]["Logs"], json::array());
    EXPECT_EQ(logs["IsCompleted"], true);
    call("DeleteVpnConnection", {{"VpnConnectionId", id}});
    EXPECT_EQ(failing("DescribeVpnConnection", {{"VpnConnectionId", id}}),
              "404 InvalidVpnConnectionInstanceId.NotFound");
}

TEST_F(ConnectionsApi, AConnectionIsRefusedByTheRuleThatItBreaks) {
    const auto create = [&](Parameters changed) {
        changed.insert({{"VpnGatewayId", gateway},
                        {"CustomerGatewayId", site},
                        {"LocalSubnet", "10.1.0.0/16"},
                        {"RemoteSubnet", "172.20.0.0/16"}});
        return failing("CreateVpnConnection", changed);
    };
    EXPECT_EQ(create({{"RemoteSubnet", ""}}), "400 MissingRemoteSubnet");
    EXPECT_EQ(create({{"CustomerGatewayId", ""}}), "400 MissingCustomerGatewayId");
    EXPECT_EQ(create({{"LocalSubnet", "10.1.0.1/16"}}), "400 IllegalParam.LocalSubnet");
    EXPECT_EQ(create({{"IkeConfig", "{"}}), "400 IllegalParam.IkeConfig");
    EXPECT_EQ(create({{"IkeConfig", R"({"IkeVersion":"ikev3"})"}}), "400 IllegalParam.IkeVersion");
    EXPECT_EQ(create({{"IkeConfig", R"({"Colour":"blue"})"}}), "400 IllegalParam.IkeConfig");
    EXPECT_EQ(create({{"HealthCheckConfig", R"({"enable":true})"}}),
              "400 IllegalParam.HealthCheckConfig");
    EXPECT_EQ(create({{"BgpConfig", R"({"EnableBgp":"yes"})"}}), "400 IllegalParam.BgpConfig");
    EXPECT_EQ(create({{"RemoteCaCertificate", "pem"}}), "400 UnsupportedOperation");
    EXPECT_EQ(create({{"TunnelOptionsSpecification.1.CustomerGatewayId", site}}),
              "400 IllegalParam.TunnelOptionsSpecification");
    EXPECT_EQ(create({{"DryRun", "true"}}), "400 DryRunOperation");
}

TEST_F(ConnectionsApi, ARouteIsMadePublishedWeighedAndTakenAway) {
    const std::string next = make_connection();
    Parameters name{{"VpnGatewayId", gateway}, {"RouteDest", "172.20.0.0/16"}, {"NextHop", next}};
    const auto with = [&](Parameters more) {
        more.insert(name.begin(), name.end());
        return more;
    };
    const json made = call("CreateVpnRouteEntry", with({{"Weight", "100"},
                                                        {"PublishVpc", "false"},
                                                        {"OverlayMode", "Ipsec"},
                                                        {"Description", "d"}}));
    EXPECT_EQ(made["VpnInstanceId"], gateway);
    EXPECT_EQ(made["State"], "normal");
    EXPECT_EQ(made["Weight"], 100);
    EXPECT_EQ(made["OverlayMode"], "Ipsec");
    call("PublishVpnRouteEntry", with({{"PublishVpc", "true"}, {"RouteType", "dbr"}}));
    call("ModifyVpnRouteEntryWeight", with({{"Weight", "100"}, {"NewWeight", "0"}}));
    const json list = call("DescribeVpnRouteEntries", {{"VpnGatewayId", gateway}});
    const json row = list["VpnRouteEntries"]["VpnRouteEntry"][0];
    EXPECT_EQ(row["State"], "published");
    EXPECT_EQ(row["Weight"], 0);
    EXPECT_EQ(row["RouteEntryType"], "custom");
    EXPECT_EQ(list["VpnRouteCounts"]["VpnRouteCount"][0]["RouteCount"], 1);
    EXPECT_EQ(call("DescribeVpnRouteEntries",
                   {{"VpnGatewayId", gateway}, {"RouteEntryType", "bgp"}})["TotalCount"],
              0);
    EXPECT_EQ(failing("DeleteVpnRouteEntry", with({{"Weight", "100"}})),
              "404 InvalidRouteEntry.NotFound");
    call("DeleteVpnRouteEntry", with({{"Weight", "0"}}));
    EXPECT_EQ(failing("CreateVpnRouteEntry", with({{"Weight", "50"}, {"PublishVpc", "true"}})),
              "400 IllegalParam.Weight");
    EXPECT_EQ(failing("CreateVpnRouteEntry", with({{"Weight", "0"}})), "400 MissingPublishVpc");
}

TEST_F(ConnectionsApi, APolicyBasedRouteHasASourceAndAPriority) {
    const std::string next = make_connection();
    Parameters name{{"VpnGatewayId", gateway},
                    {"RouteDest", "172.20.0.0/16"},
                    {"RouteSource", "10.1.0.0/16"},
                    {"NextHop", next}};
    const auto with = [&](Parameters more) {
        more.insert(name.begin(), name.end());
        return more;
    };
    const json made =
        call("CreateVpnPbrRouteEntry", with({{"Weight", "100"}, {"PublishVpc", "true"}}));
    EXPECT_EQ(made["RouteSource"], "10.1.0.0/16");
    EXPECT_EQ(made["Priority"], 10);
    call("ModifyVpnPbrRouteEntryPriority",
         with({{"Weight", "100"}, {"Priority", "10"}, {"NewPriority", "20"}}));
    call("ModifyVpnPbrRouteEntryWeight", with({{"Weight", "100"}, {"NewWeight", "0"}}));
    call("ModifyVpnPbrRouteEntryAttribute",
         with({{"Weight", "0"}, {"Priority", "20"}, {"NewPriority", "30"}, {"NewWeight", "100"}}));
    call("PublishVpnRouteEntry", {{"VpnGatewayId", gateway},
                                  {"RouteDest", "172.20.0.0/16"},
                                  {"NextHop", next},
                                  {"PublishVpc", "false"},
                                  {"RouteType", "pbr"}});
    const json row = call("DescribeVpnPbrRouteEntries",
                          {{"VpnGatewayId", gateway}})["VpnPbrRouteEntries"]["VpnPbrRouteEntry"][0];
    EXPECT_EQ(row["Priority"], 30);
    EXPECT_EQ(row["Weight"], 100);
    EXPECT_EQ(row["State"], "normal");
    EXPECT_EQ(failing("DeleteVpnPbrRouteEntry", with({{"Weight", "100"}, {"Priority", "1"}})),
              "404 InvalidRouteEntry.NotFound");
    call("DeleteVpnPbrRouteEntry", with({{"Weight", "100"}}));
    EXPECT_EQ(call("DescribeVpnPbrRouteEntries",
                   {{"VpnGatewayId", gateway}})["VpnPbrRouteEntries"]["VpnPbrRouteEntry"],
              json::array());
}

TEST_F(ConnectionsApi, WhatHasNoMeaningHereSaysWhy) {
    for (const char* action :
         {"CreateEnhancedVpnGateway", "UpdateEnhancedVpnGateway", "DeleteEnhancedVpnGateway",
          "AssociateVpnGatewayWithCertificate", "DissociateVpnGatewayWithCertificate",
          "ListVpnCertificateAssociations", "CreateVpnAttachment", "DescribeVpnAttachments",
          "ModifyVpnAttachmentAttribute", "DeleteVpnAttachment", "CreateVcoRouteEntry",
          "DescribeVcoRouteEntries", "ModifyVcoRouteEntryWeight", "DeleteVcoRouteEntry",
          "DescribeVpnCrossAccountAuthorizations"})
        EXPECT_EQ(failing(action), "400 UnsupportedOperation") << action;
}

}  // namespace
}  // namespace kanmon::api
