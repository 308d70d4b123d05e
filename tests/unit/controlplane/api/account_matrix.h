// One row for every action of the API - what it is asked with and what its owner is answered - and
// two accounts to ask it, one of which has one of everything.
#pragma once

#include <algorithm>

#include "api_fixture.h"

namespace kanmon::api {

struct Row {
    std::string_view action;
    Parameters parameters;           // "$vpc" stands for the id of the owner's VPC, and so on
    std::string_view owner = "200";  // what the owner is answered
    std::string_view stranger = "foreign";  // or "own": acts on nothing but the caller's own
    std::string_view repeated = "200";      // with the same ClientToken; 200: the same answer again
};

inline constexpr std::string_view refused_here = "400 UnsupportedOperation";

inline std::vector<Row> account_rows() {
    return {
        {"CreateAccount", {{"Name", "n"}}, "403 Forbidden", "own"},
        {"DescribeAccounts", {}, "200", "own"},
        {"CreateAccessKey", {}, "400 Resource.QuotaFull", "own"},
        {"DescribeAccessKeys", {}, "200", "own"},
        {"UpdateAccessKey", {{"UserAccessKeyId", "$key"}, {"Status", "Inactive"}}},
        {"DeleteAccessKey", {{"UserAccessKeyId", "$key"}}},
        {"CreateBearerToken", {{"TokenName", "n"}}, "200", "own", "400 IllegalParam.ClientToken"},
        {"DescribeBearerTokens", {}, "200", "own"},
        {"DeleteBearerToken", {{"TokenId", "$token"}}},
        {"DescribeAuditRecords", {{"ResourceId", "$vpc"}}}};
}

inline std::vector<Row> place_rows() {
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

inline std::vector<Row> gateway_rows() {
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

inline std::vector<Row> server_rows() {
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
        {"DescribeSslVpnServerRecords", {{"SslVpnServerId", "$server"}}},
        {"DescribeVpnMetrics", {{"ResourceId", "$server"}}},
        {"DescribeVpnMachine", {}},
        {"CreateSslVpnClientCert", {{"SslVpnServerId", "$server"}}},
        {"DescribeSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
        {"DescribeSslVpnClientCerts", {{"SslVpnClientCertId", "$certificate"}}},
        {"ModifySslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}, {"Name", "x"}}},
        {"DeleteSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
        {"GetSslVpnClientCertBundle", {{"SslVpnClientCertId", "$certificate"}, {"Format", "ovpn"}}},
        {"DescribeSslVpnClients", {{"VpnGatewayId", "$gateway"}}},
        {"DescribeSslVpnClientFlows",
         {{"SslVpnServerId", "$server"}, {"PrivateIp", "192.168.0.6"}},
         "404 InvalidSslVpnClient.NotFound"},
        {"DescribeSslVpnFindings", {{"VpnGatewayId", "$gateway"}, {"SslVpnServerId", "$server"}}},
        {"DisconnectSslVpnClient",
         {{"SslVpnServerId", "$server"}, {"CommonName", "$certificate"}, {"BlockMinutes", "30"}}},
        {"DescribeSslVpnBlockedClients", {{"SslVpnServerId", "$server"}}},
        {"UnblockSslVpnClient", {{"SslVpnServerId", "$server"}, {"CommonName", "blocked"}}},
        {"ReleaseSslVpnClientSlot", {{"SslVpnServerId", "$server"}, {"PrivateIp", "192.168.0.6"}}}};
}

inline std::vector<Row> access_rows() {
    return {{"CreateSslVpnAccessRule",
             {{"SslVpnServerId", "$server"},
              {"Priority", "7"},
              {"Policy", "drop"},
              {"SslVpnClientCertId.1", "$certificate"},
              {"DestinationCidr.1", "10.1.2.0/24"},
              {"Protocol", "tcp"},
              {"PortRange.1", "443"}}},
            {"DescribeSslVpnAccessRules", {{"SslVpnServerId", "$server"}}},
            {"ModifySslVpnAccessRule", {{"AccessRuleId", "$rule"}, {"Description", "x"}}},
            {"DeleteSslVpnAccessRule", {{"AccessRuleId", "$rule"}}}};
}

inline std::vector<Row> certificate_rows() {
    return {{"RenewSslVpnClientCert", {{"SslVpnClientCertId", "$certificate"}}},
            {"CreateSslVpnClientCertLink",
             {{"SslVpnClientCertId", "$certificate"}, {"Format", "zip"}},
             "200",
             "foreign",
             "400 IllegalParam.ClientToken"},
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

inline std::vector<Row> identity_rows() {
    return {{"CreateIDaaSInstance", {}, "200", "own"},
            {"DescribeIDaaSInstances", {{"IDaaSInstanceId", "$source"}}},
            {"DeleteIDaaSInstance", {{"IDaaSInstanceId", "$source"}}},
            {"CreateIDaaSUser",
             {{"IDaaSInstanceId", "$source"}, {"UserName", "eve"}, {"Password", "long enough"}}},
            {"DescribeIDaaSUsers", {{"IDaaSInstanceId", "$source"}}},
            {"ModifyIDaaSUser", {{"UserId", "$user"}, {"Enabled", "false"}}},
            {"UnlockIDaaSUser", {{"UserId", "$user"}}},
            {"DeleteIDaaSUser", {{"UserId", "$user"}}},
            {"EnrolIDaaSUserTotp", {{"UserId", "$user"}}},
            {"CreateIDaaSUserRecoveryCodes", {{"UserId", "$user"}}, "400 IllegalParam.UserId"}};
}

inline std::vector<Row> assignment_rows() {
    return {{"CreateIDaaSGroup", {{"IDaaSInstanceId", "$source"}, {"Name", "new"}}},
            {"DescribeIDaaSGroups", {{"IDaaSInstanceId", "$source"}}},
            {"DeleteIDaaSGroup", {{"GroupId", "$group"}}},
            {"AddUsersToIDaaSGroup", {{"GroupId", "$group"}, {"UserId.1", "$user"}}},
            {"RemoveUsersFromIDaaSGroup", {{"GroupId", "$group"}, {"UserId.1", "$user"}}},
            {"DescribeIDaaSGroupUsers", {{"GroupId", "$group"}}},
            {"CreateIDaaSApplication", {{"IDaaSInstanceId", "$source"}, {"Name", "new"}}},
            {"DescribeIDaaSApplications", {{"IDaaSInstanceId", "$source"}}},
            {"DeleteIDaaSApplication", {{"IDaaSApplicationId", "$application"}}},
            {"AuthorizeIDaaSApplication",
             {{"IDaaSApplicationId", "$application"}, {"UserId.1", "$user"}}},
            {"RevokeIDaaSApplication",
             {{"IDaaSApplicationId", "$application"}, {"GroupId.1", "$group"}}},
            {"DescribeIDaaSApplicationAssignments", {{"IDaaSApplicationId", "$application"}}}};
}

inline std::vector<Row> connection_rows() {
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

inline Parameters route(std::string_view destination, Parameters more) {
    more.insert({{"VpnGatewayId", "$gateway"},
                 {"RouteDest", std::string(destination)},
                 {"NextHop", "$connection"}});
    return more;
}

inline std::vector<Row> route_rows() {
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

inline std::vector<Row> rows_without_meaning() {
    std::vector<Row> rows;
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

inline std::vector<Row> matrix() {
    std::vector<Row> all;
    for (auto part : {account_rows(), place_rows(), gateway_rows(), server_rows(), access_rows(),
                      certificate_rows(), identity_rows(), assignment_rows(), connection_rows(),
                      route_rows(), rows_without_meaning()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// Two accounts; the first has one of everything.
class Tenants : public ApiTest {
public:
    using ApiTest::send;
    void TestBody() override {}

    Tenants() { settle_in(); }
    explicit Tenants(usecases::Books& store) : ApiTest(store) { settle_in(); }

    /// With the owner's ids, or with such as nobody has.
    Parameters filled(const Row& row, bool absent) const {
        Parameters parameters = row.parameters;
        parameters.try_emplace("RegionId", "local");
        for (auto& [name, value] : parameters)
            if (const auto id = ids.find(value); id != ids.end())
                value = absent ? nobodys(id->second) : id->second;
        return parameters;
    }
    static std::string nobodys(std::string id) {
        id.back() = id.back() == '0' ? '1' : '0';
        return id;
    }
    /// Status and body, without what differs between any two answers; ids that nobody has are shown
    /// as the owner's.
    std::string comparable(const HttpResponse& response) const {
        json body = json::parse(response.body);
        body.erase("RequestId");
        std::string text = std::to_string(response.status) + " " + body.dump();
        for (const auto& [name, id] : ids)
            for (std::size_t at; (at = text.find(nobodys(id))) != std::string::npos;)
                text.replace(at, id.size(), id);
        return text;
    }
    std::string outcome(const HttpResponse& response) const {
        const json body = json::parse(response.body);
        return response.status == 200
                   ? "200"
                   : std::to_string(response.status) + " " + body.value("Code", "");
    }
    HttpResponse as(SigningClient& caller, std::string_view action, const Parameters& parameters) {
        return send(caller.acs3(std::string(action), parameters));
    }
    HttpResponse answer(const HttpRequest& request) { return send(request); }
    usecases::Books& world_books() { return *world.store; }
    HttpResponse as_nobody(std::string_view action, const Parameters& parameters) {
        return send(nobodys_request(action, parameters));
    }
    static HttpRequest nobodys_request(std::string_view action, const Parameters& parameters) {
        HttpRequest request;
        request.method = "POST";
        request.path = "/";
        request.query = canonical_form(parameters);
        request.headers = {{"host", "h"}, {"x-acs-action", std::string(action)}};
        return request;
    }
    HttpResponse as_owner(std::string_view action, const Parameters& parameters) {
        return as(owner, action, parameters);
    }
    std::string owner_outcome(std::string_view action, const Parameters& parameters) {
        return outcome(as_owner(action, parameters));
    }
    /// As the owner, of a control plane that was started anew on the same store.
    HttpResponse as_owner_on(usecases::Books& store, std::string_view action,
                             const Parameters& parameters) {
        usecases::ControlWorld later(store);
        later.authority = world.authority;
        later.enforcement.settle(1'000'000);
        Api api_there(later.plane, random, rate_for_tests);
        return api_there.answer(owner.acs3(std::string(action), parameters), world.now, Instant{});
    }
    /// What the data process was told to do.
    std::size_t orders() const {
        return world.gatekeeper.disconnects.size() + world.gatekeeper.releases.size();
    }
    std::size_t changes() { return usecases::audit_rows(*world.store, 100'000).size(); }
    /// What is in the store about the owner that only some may see.
    std::vector<std::string> secrets() {
        const json certificate =
            call("DescribeSslVpnClientCert", {{"SslVpnClientCertId", ids["$certificate"]}});
        const json connection =
            call("DescribeVpnConnection", {{"VpnConnectionId", ids["$connection"]}});
        const std::string config = certificate["ClientConfig"];
        const std::size_t key = config.find('\n', config.find("BEGIN OpenVPN Static key")) + 1;
        return {
            certificate["ClientKey"], config.substr(key, 32),
            connection["TunnelOptionsSpecification"]["TunnelOptions"][0]["TunnelIkeConfig"]["Psk"],
            std::string(auth_key)};
    }
    /// Who has which keys, with which roles, and how much everybody else has.
    std::string standing() {
        std::string text;
        static_cast<void>(world.store->look([&](usecases::Ledger& ledger) {
            for (const model::Account& account : ledger.accounts().all()) {
                text += account.id.text + (account.role == model::Role::root ? " root\n" : "\n");
                for (const model::AccessKey& key : ledger.access_keys().below(account.id.text))
                    text += "  " + key.id.text + " " + std::string(model::key_role_text(key.role)) +
                            (key.enabled ? "\n" : " off\n");
                if (account.name == "tenant") continue;
                text += std::to_string(ledger.vpcs().of_account(account.id).size()) + "/" +
                        std::to_string(ledger.idaas_users().of_account(account.id).size()) + "\n";
            }
        }));
        return text;
    }

    static constexpr std::string_view auth_key = "canary-of-bgp";
    std::map<std::string, std::string> ids;
    SigningClient& owner = client;
    SigningClient other, viewer, day_worker, disabled;

private:
    void make_assignments() {
        const Parameters source{{"IDaaSInstanceId", ids["$source"]}, {"Name", "staff"}};
        ids["$group"] = call("CreateIDaaSGroup", source)["GroupId"];
        ids["$application"] = call("CreateIDaaSApplication", source)["IDaaSApplicationId"];
        call("AuthorizeIDaaSApplication",
             {{"IDaaSApplicationId", ids["$application"]}, {"GroupId.1", ids["$group"]}});
    }
    void settle_in() {
        other = tenant(ok(operator_client.acs3("CreateAccount", {{"Name", "other"}})));
        const json key = call("CreateAccessKey");
        ids["$key"] = key["AccessKeyId"];
        disabled = tenant(key);
        call("UpdateAccessKey", {{"UserAccessKeyId", ids["$key"]}, {"Status", "Inactive"}});
        viewer = tenant(call("CreateAccessKey", {{"Role", "viewer"}}));
        day_worker = tenant(call("CreateAccessKey", {{"Role", "operator"}}));
        ids["$token"] = call("CreateBearerToken")["TokenId"];
        ids["$vpc"] =
            call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}})["VpcId"];
        ids["$table"] = "vtb-" + ids["$vpc"].substr(4);
        ids["$vswitch"] = call("CreateVSwitch", {{"VpcId", ids["$vpc"]},
                                                 {"ZoneId", "local-a"},
                                                 {"CidrBlock", "10.1.0.0/16"}})["VSwitchId"];
        ids["$gateway"] = call(
            "CreateVpnGateway",
            {{"VpcId", ids["$vpc"]}, {"Bandwidth", "10"}, {"EnableSsl", "true"}})["VpnGatewayId"];
        ids["$server"] = make_server(ids["$gateway"]);
        call("ModifySslVpnServer", {{"SslVpnServerId", ids["$server"]}, {"Wrapping", "tls-auth"}});
        ids["$certificate"] = call("CreateSslVpnClientCert",
                                   {{"SslVpnServerId", ids["$server"]}})["SslVpnClientCertId"];
        ids["$rule"] =
            call("CreateSslVpnAccessRule", {{"SslVpnServerId", ids["$server"]},
                                            {"Policy", "accept"},
                                            {"Everybody", "true"},
                                            {"DestinationCidr.1", "10.1.0.0/16"}})["AccessRuleId"];
        call("DisconnectSslVpnClient", {{"SslVpnServerId", ids["$server"]},
                                        {"CommonName", "blocked"},
                                        {"BlockMinutes", "60"}});
        ids["$link"] =
            call("CreateSslVpnClientCertLink",
                 {{"SslVpnClientCertId", ids["$certificate"]}, {"Format", "zip"}})["LinkId"];
        ids["$source"] = call("CreateIDaaSInstance")["IDaaSInstanceId"];
        ids["$user"] = call("CreateIDaaSUser", {{"IDaaSInstanceId", ids["$source"]},
                                                {"UserName", "anna"},
                                                {"Password", "long enough"}})["UserId"];
        make_assignments();
        make_site();
    }

    void make_site() {
        ids["$site"] = call("CreateCustomerGateway",
                            {{"IpAddress", "198.51.100.1"},
                             {"AuthKey", std::string(auth_key)}})["CustomerGatewayId"];
        ids["$connection"] = call(
            "CreateVpnConnection",
            {{"VpnGatewayId", ids["$gateway"]},
             {"LocalSubnet", "0.0.0.0/0"},
             {"RemoteSubnet", "0.0.0.0/0"},
             {"TunnelOptionsSpecification.1.CustomerGatewayId", ids["$site"]}})["VpnConnectionId"];
        const json one = call("DescribeVpnConnection", {{"VpnConnectionId", ids["$connection"]}});
        ids["$tunnel"] = one["TunnelOptionsSpecification"]["TunnelOptions"][0]["TunnelId"];
        ids["$diagnosis"] =
            call("DiagnoseVpnGateway", {{"VpnGatewayId", ids["$gateway"]},
                                        {"ResourceType", "IPsec"},
                                        {"ResourceId", ids["$connection"]}})["DiagnoseId"];
        const Parameters name{{"VpnGatewayId", ids["$gateway"]},
                              {"NextHop", ids["$connection"]},
                              {"Weight", "100"},
                              {"PublishVpc", "false"}};
        Parameters plain = name;
        plain.emplace("RouteDest", "172.20.0.0/16");
        call("CreateVpnRouteEntry", plain);
        Parameters policy = name;
        policy.insert({{"RouteDest", "172.21.0.0/16"}, {"RouteSource", "10.0.0.0/8"}});
        call("CreateVpnPbrRouteEntry", policy);
    }
};

}  // namespace kanmon::api
