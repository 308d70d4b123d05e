// Two accounts behind the API, for tests that ask every action.
#pragma once

#include <algorithm>

#include "action_rows.h"
#include "api_fixture.h"

namespace kanmon::api {

/// Two accounts; the first has one of everything.
class Tenants : public ApiTest {
public:
    void TestBody() override {}

    Tenants() { settle_in(); }
    explicit Tenants(usecases::Books& store) : ApiTest(store) { settle_in(); }

    /// With the owner's ids, or with such as nobody has.
    Parameters filled(const ActionRow& row, bool absent) const {
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
    HttpResponse as_owner(std::string_view action, const Parameters& parameters) {
        return send(client.acs3(std::string(action), parameters));
    }
    HttpResponse as_other(std::string_view action, const Parameters& parameters) {
        return send(other.acs3(std::string(action), parameters));
    }
    HttpResponse as_nobody(std::string_view action, const Parameters& parameters) {
        HttpRequest request;
        request.method = "POST";
        request.path = "/";
        request.query = canonical_form(parameters);
        request.headers = {{"host", "h"}, {"x-acs-action", std::string(action)}};
        return send(request);
    }
    std::size_t changes() { return world.ports.books.audit({}, 100'000)->size(); }

    std::map<std::string, std::string> ids;

    /// As the owner, of a control plane that was started anew on the same store.
    HttpResponse as_owner_on(usecases::Books& store, std::string_view action,
                             const Parameters& parameters) {
        usecases::ControlWorld later(store);
        later.authority = world.authority;
        Api api_there(later.plane, random, rate_for_tests);
        return api_there.answer(client.acs3(std::string(action), parameters), world.now, Instant{});
    }
    /// What the data process was told to do.
    std::size_t orders() const {
        return world.gatekeeper.disconnects.size() + world.gatekeeper.releases.size();
    }
    /// As the owner, with whatever parameters.
    std::string owner_outcome(std::string_view action, const Parameters& parameters) {
        return outcome(as_owner(action, parameters));
    }

private:
    void settle_in() {
        other = tenant(ok(operator_client.acs3("CreateAccount", {{"Name", "other"}})));
        ids["$key"] = call("CreateAccessKey")["AccessKeyId"];
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
        ids["$certificate"] = call("CreateSslVpnClientCert",
                                   {{"SslVpnServerId", ids["$server"]}})["SslVpnClientCertId"];
        ids["$link"] =
            call("CreateSslVpnClientCertLink",
                 {{"SslVpnClientCertId", ids["$certificate"]}, {"Format", "zip"}})["LinkId"];
        ids["$source"] = call("CreateIDaaSInstance")["IDaaSInstanceId"];
        ids["$user"] = call("CreateIDaaSUser", {{"IDaaSInstanceId", ids["$source"]},
                                                {"UserName", "anna"},
                                                {"Password", "long enough"}})["UserId"];
        make_site();
    }

    void make_site() {
        ids["$site"] =
            call("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}})["CustomerGatewayId"];
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

    SigningClient other;
};

}  // namespace kanmon::api
