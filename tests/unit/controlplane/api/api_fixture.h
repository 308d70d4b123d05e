// The API over a whole control plane on doubles, with a tenant who calls it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "contract/control_world.h"
#include "controlplane/api/action.h"
#include "controlplane/api/api.h"
#include "signing_client.h"

namespace kanmon::api {

using nlohmann::json;

/// The clock of these tests stands still, so that nothing would come back.
inline constexpr RequestRate rate_for_tests{.per_second = 1'000'000, .burst = 1'000'000};

class ApiTest : public testing::Test {
protected:
    ApiTest() { begin(); }
    explicit ApiTest(usecases::Books& store) : world(store) { begin(); }

    void begin() {
        const auto root = world.plane.accounts.ensure_root(world.now);
        operator_client = {root->access_key.text, root->access_key_secret, world.now};
        const json made = ok(operator_client.acs3("CreateAccount", {{"Name", "tenant"}}));
        client = tenant(made);
    }

    static SecretBuffer secret_of(const json& made) {
        return SecretBuffer(as_bytes(made["AccessKeySecret"].get<std::string>()));
    }
    SigningClient tenant(const json& made) {
        SigningClient created;
        created.access_key = made["AccessKeyId"].get<std::string>();
        created.secret = secret_of(made);
        created.now = world.now;
        created.requests = ++tenants * 1000;
        return created;
    }
    HttpResponse send(const HttpRequest& request) {
        return api.answer(request, world.now, Instant{});
    }
    json ok(const HttpRequest& request) {
        const HttpResponse response = send(request);
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body);
    }
    /// "404 InvalidAction.NotFound"
    std::string refused(const HttpRequest& request) {
        const HttpResponse response = send(request);
        const json body = json::parse(response.body);
        EXPECT_TRUE(body.contains("RequestId") && body.contains("HostId"));
        EXPECT_FALSE(body.value("Message", "").empty());
        return std::to_string(response.status) + " " + body.value("Code", "");
    }
    json call(const std::string& action, Parameters parameters = {}) {
        parameters.try_emplace("RegionId", "local");
        return ok(client.acs3(action, parameters));
    }
    std::string failing(const std::string& action, Parameters parameters = {}) {
        parameters.try_emplace("RegionId", "local");
        return refused(client.acs3(action, parameters));
    }
    std::string make_gateway() {
        const std::string vpc =
            call("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}, {"Namespace", "blue"}})["VpcId"];
        const std::string id = call("CreateVpnGateway", {{"VpcId", vpc},
                                                         {"Bandwidth", "10"},
                                                         {"EnableSsl", "true"},
                                                         {"Name", "gate"}})["VpnGatewayId"];
        world.enforcement.settle(1'000'000);
        return id;
    }
    std::string make_server(const std::string& gateway) {
        const std::string id = call("CreateSslVpnServer", {{"VpnGatewayId", gateway},
                                                           {"ClientIpPool", "192.168.0.0/24"},
                                                           {"LocalSubnet", "10.1.0.0/16"},
                                                           {"Name", "server"}})["SslVpnServerId"];
        world.enforcement.settle(1'000'000);
        return id;
    }

    usecases::ControlWorld world;
    SeededRandom random{7};
    Api api{world.plane, random, rate_for_tests};
    SigningClient operator_client;
    SigningClient client;
    int tenants = 0;
};

}  // namespace kanmon::api
