#include "action_rows.h"

namespace kanmon::api {

namespace {

constexpr std::string_view refused_here = "400 UnsupportedOperation";

std::vector<ActionRow> account_rows() {
    return {{"CreateAccount", {{"Name", "n"}}, "403 Forbidden", "own"},
            {"DescribeAccounts", {}, "200", "own"},
            {"CreateAccessKey", {}, "400 Resource.QuotaFull", "own"},
            {"DescribeAccessKeys", {}, "200", "own"},
            {"DeleteAccessKey", {{"UserAccessKeyId", "$key"}}}};
}

std::vector<ActionRow> place_rows() {
    return {
        {"CreateVpc", {{"Namespace", "another"}}, "200", "own"},
        {"DescribeVpcs", {{"VpcId", "$vpc"}}},
        {"DescribeVpcAttribute", {{"VpcId", "$vpc"}}},
        {"ModifyVpcAttribute", {{"VpcId", "$vpc"}, {"VpcName", "x"}}},
        {"DeleteVpc", {{"VpcId", "$vpc"}}, "400 DependencyViolation"},
        {"CreateVSwitch", {{"VpcId", "$vpc"}, {"ZoneId", "local-a"}, {"CidrBlock", "10.9.0.0/24"}}},
        {"DescribeVSwitches", {{"VSwitchId", "$vswitch"}}},
        {"DescribeVSwitchAttributes", {{"VSwitchId", "$vswitch"}}},
        {"ModifyVSwitchAttribute", {{"VSwitchId", "$vswitch"}, {"VSwitchName", "x"}}},
        {"DeleteVSwitch", {{"VSwitchId", "$vswitch"}}},
        {"DescribeRouteTableList", {{"VpcId", "$vpc"}}},
        {"DescribeRouteEntryList", {{"RouteTableId", "$table"}}},
        {"DescribeRegions", {}, "200", "own"},
        {"DescribeZones", {}, "200", "own"},
        {"DescribeVpnGatewayAvailableZones", {{"Spec", "5M"}}, "200", "own"},
        {"CheckVpnBgpEnabled", {}, "200", "own"}};
}

std::vector<ActionRow> gateway_rows() {
    return {{"CreateVpnGateway", {{"VpcId", "$vpc"}, {"Bandwidth", "5"}}},
            {"DescribeVpnGateway", {{"VpnGatewayId", "$gateway"}}},
            {"DescribeVpnGateways", {{"VpnGatewayId", "$gateway"}}},
            {"ModifyVpnGatewayAttribute", {{"VpnGatewayId", "$gateway"}, {"Description", "x"}}},
            {"DeleteVpnGateway", {{"VpnGatewayId", "$gateway"}}, "400 DependencyViolation"},
            {"TagResources",
             {{"ResourceType", "VPNGATEWAY"}, {"ResourceId.1", "$gateway"}, {"Tag.1.Key", "x"}}},
            {"UnTagResources",
             {{"ResourceType", "VPNGATEWAY"}, {"ResourceId.1", "$gateway"}, {"All", "true"}}},
            {"ListTagResources", {{"ResourceType", "VPNGATEWAY"}, {"ResourceId.1", "$gateway"}}},
            {"MoveVpnResourceGroup",
             {{"ResourceType", "VpnGateway"},
              {"InstanceId", "$gateway"},
              {"NewResourceGroupId", "rg-x"}}}};
}

std::vector<ActionRow> server_rows() {
    return {
        {"CreateSslVpnServer",
         {{"VpnGatewayId", "$gateway"},
          {"ClientIpPool", "192.168.9.0/24"},
          {"LocalSubnet", "10.0.0.0/8"},
          {"Port", "1195"}}},
        {"DescribeSslVpnServers", {{"SslVpnServerId", "$server"}}},
        {"ModifySslVpnServer", {{"SslVpnServerId", "$server"}, {"Name", "x"}}},
        {"DeleteSslVpnServer", {{"SslVpnServerId", "$server"}}},
        {"DescribeVpnSslServerLogs", {{"VpnSslServerId", "$server"}, {"MinutePeriod", "10"}}},
        {"CreateSslVpnClientCert", {{"SslVpnServerId", "$server"}}},
        {"DescribeSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
        {"DescribeSslVpnClientCerts", {{"SslVpnClientCertId", "$certificate"}}},
        {"ModifySslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}, {"Name", "x"}}},
        {"DeleteSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
        {"GetSslVpnClientCertBundle", {{"SslVpnClientCertId", "$certificate"}, {"Format", "ovpn"}}},
        {"DescribeSslVpnClients", {{"VpnGatewayId", "$gateway"}}},
        {"DisconnectSslVpnClient", {{"SslVpnServerId", "$server"}, {"CommonName", "$certificate"}}},
        {"ReleaseSslVpnClientSlot", {{"SslVpnServerId", "$server"}, {"PrivateIp", "192.168.0.6"}}}};
}

std::vector<ActionRow> certificate_rows() {
    return {
        {"RenewSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
        {"CreateSslVpnClientCertLink", {{"SslVpnClientCertId", "$certificate"}, {"Format", "zip"}}},
        {"DeleteSslVpnClientCertLink", {{"LinkId", "$link"}}},
        {"GetSslVpnServerProfile",
         {{"SslVpnServerId", "$server"}},
         "400 IllegalParam.SslVpnServerId"},
        {"ImportSslVpnServerCa",
         {{"SslVpnServerId", "$server"}, {"CaCertificate", "CA"}},
         "400 DependencyViolation"},
        {"RemoveSslVpnServerCa",
         {{"SslVpnServerId", "$server"}},
         "400 IllegalParam.SslVpnServerId"},
        {"RenewSslVpnServerCert", {{"SslVpnServerId", "$server"}}},
        {"UploadSslVpnServerCrl",
         {{"SslVpnServerId", "$server"}, {"Crl", "1"}},
         "400 IllegalParam.Crl"},
        {"DescribeSslVpnServerCa", {{"SslVpnServerId", "$server"}}},
        {"DescribeEvents", {{"SslVpnServerId", "$server"}}}};
}

std::vector<ActionRow> identity_rows() {
    return {{"CreateIDaaSInstance", {}, "200", "own"},
            {"DescribeIDaaSInstances", {{"IDaaSInstanceId", "$source"}}},
            {"DeleteIDaaSInstance", {{"IDaaSInstanceId", "$source"}}},
            {"CreateIDaaSUser",
             {{"IDaaSInstanceId", "$source"}, {"UserName", "eve"}, {"Password", "long enough"}}},
            {"DescribeIDaaSUsers", {{"IDaaSInstanceId", "$source"}}},
            {"ModifyIDaaSUser", {{"UserId", "$user"}, {"Enabled", "false"}}},
            {"DeleteIDaaSUser", {{"UserId", "$user"}}},
            {"EnrolIDaaSUserTotp", {{"UserId", "$user"}}}};
}

std::vector<ActionRow> connection_rows() {
    return {
        {"CreateCustomerGateway", {{"IpAddress", "198.51.100.77"}}, "200", "own"},
        {"DescribeCustomerGateway", {{"CustomerGatewayId", "$site"}}},
        {"DescribeCustomerGateways", {{"CustomerGatewayId", "$site"}}},
        {"ModifyCustomerGatewayAttribute", {{"CustomerGatewayId", "$site"}, {"Name", "x"}}},
        {"DeleteCustomerGateway", {{"CustomerGatewayId", "$site"}}, "400 DependencyViolation"},
        {"CreateVpnConnection",
         {{"VpnGatewayId", "$gateway"},
          {"CustomerGatewayId", "$site"},
          {"LocalSubnet", "10.0.0.0/8"},
          {"RemoteSubnet", "172.30.0.0/16"}}},
        {"DescribeVpnConnection", {{"VpnConnectionId", "$connection"}}},
        {"DescribeVpnConnections", {{"VpnConnectionId", "$connection"}}},
        {"ModifyVpnConnectionAttribute", {{"VpnConnectionId", "$connection"}, {"Name", "x"}}},
        {"ModifyTunnelAttribute",
         {{"VpnConnectionId", "$connection"},
          {"TunnelId", "$tunnel"},
          {"TunnelOptionsSpecification.EnableDpd", "false"}}},
        {"DeleteVpnConnection", {{"VpnConnectionId", "$connection"}}, "400 DependencyViolation"},
        {"DownloadVpnConnectionConfig", {{"VpnConnectionId", "$connection"}}},
        {"DescribeVpnConnectionLogs", {{"VpnConnectionId", "$connection"}, {"MinutePeriod", "10"}}},
        {"DiagnoseVpnGateway",
         {{"VpnGatewayId", "$gateway"}, {"ResourceType", "IPsec"}, {"ResourceId", "$connection"}}},
        {"GetVpnGatewayDiagnoseResult", {{"DiagnoseId", "$diagnosis"}}},
        {"DiagnoseVpnConnections", {{"VpnConnectionIds.1", "$connection"}}}};
}

Parameters route(std::string_view destination, Parameters more) {
    more.insert({{"VpnGatewayId", "$gateway"},
                 {"RouteDest", std::string(destination)},
                 {"NextHop", "$connection"}});
    return more;
}

std::vector<ActionRow> route_rows() {
    const auto by_destination = [](Parameters more) { return route("172.20.0.0/16", more); };
    const auto by_policy = [](Parameters more) {
        more.insert({{"RouteSource", "10.0.0.0/8"}, {"Weight", "100"}});
        return route("172.21.0.0/16", more);
    };
    return {
        {"CreateVpnRouteEntry", route("172.22.0.0/16", {{"Weight", "0"}, {"PublishVpc", "true"}})},
        {"DescribeVpnRouteEntries", {{"VpnGatewayId", "$gateway"}}},
        {"ModifyVpnRouteEntryWeight", by_destination({{"Weight", "100"}, {"NewWeight", "0"}})},
        {"PublishVpnRouteEntry", by_destination({{"PublishVpc", "true"}, {"RouteType", "dbr"}})},
        {"DeleteVpnRouteEntry", by_destination({{"Weight", "100"}})},
        {"CreateVpnPbrRouteEntry",
         route("172.23.0.0/16",
               {{"RouteSource", "10.0.0.0/8"}, {"Weight", "0"}, {"PublishVpc", "true"}})},
        {"DescribeVpnPbrRouteEntries", {{"VpnGatewayId", "$gateway"}}},
        {"ModifyVpnPbrRouteEntryAttribute", by_policy({{"Priority", "10"}, {"NewPriority", "9"}})},
        {"ModifyVpnPbrRouteEntryPriority", by_policy({{"Priority", "10"}, {"NewPriority", "9"}})},
        {"ModifyVpnPbrRouteEntryWeight", by_policy({{"NewWeight", "0"}})},
        {"DeleteVpnPbrRouteEntry", by_policy({})}};
}

std::vector<ActionRow> rows_without_meaning() {
    std::vector<ActionRow> rows;
    for (const char* action : {"CreateEnhancedVpnGateway",
                               "UpdateEnhancedVpnGateway",
                               "DeleteEnhancedVpnGateway",
                               "AssociateVpnGatewayWithCertificate",
                               "DissociateVpnGatewayWithCertificate",
                               "ListVpnCertificateAssociations",
                               "CreateVpnAttachment",
                               "DescribeVpnAttachments",
                               "ModifyVpnAttachmentAttribute",
                               "DeleteVpnAttachment",
                               "CreateVcoRouteEntry",
                               "DescribeVcoRouteEntries",
                               "ModifyVcoRouteEntryWeight",
                               "DeleteVcoRouteEntry",
                               "DescribeVpnCrossAccountAuthorizations",
                               "CreateIpsecServer",
                               "ListIpsecServers",
                               "UpdateIpsecServer",
                               "DeleteIpsecServer",
                               "ListIpsecServerLogs"})
        rows.push_back({action, {{"VpnGatewayId", "$gateway"}}, refused_here});
    return rows;
}

}  // namespace

std::vector<ActionRow> action_rows() {
    std::vector<ActionRow> all;
    for (auto part :
         {account_rows(), place_rows(), gateway_rows(), server_rows(), certificate_rows(),
          identity_rows(), connection_rows(), route_rows(), rows_without_meaning()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

}  // namespace kanmon::api
