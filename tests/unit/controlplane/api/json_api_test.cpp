// The same actions by JSON and bearer token.
#include <set>

#include "account_matrix.h"
#include "json_client.h"

namespace kanmon::api {
namespace {

std::string log_in_body(const SigningClient& client) {
    return json{{"AccessKeyId", client.access_key},
                {"AccessKeySecret", as_text(client.secret.view())}}
        .dump();
}

class JsonApi : public ApiTest {
protected:
    std::string log_in() { return ok(json_request("login", "", log_in_body(client)))["Token"]; }
    std::string token(const Parameters& parameters = {}) {
        return call("CreateBearerToken", parameters)["Token"];
    }
    HttpRequest asked(const std::string& action, const std::string& bearer,
                      const json& body = {{"RegionId", "local"}}) {
        return json_request(action, bearer, body.dump());
    }
    std::string refused_with(const std::string& bearer) {
        return refused(asked("DescribeVpcs", bearer));
    }
    std::string message(const HttpRequest& request) {
        return json::parse(send(request).body).value("Message", "");
    }
};

HttpResponse by_json(Tenants& tenants, std::string_view action, const std::string& token,
                     const Parameters& parameters) {
    return tenants.send(json_request(std::string(action), token, nested(parameters).dump()));
}

std::string session(Tenants& tenants) {
    return json::parse(
        tenants.send(json_request("login", "", log_in_body(tenants.owner))).body)["Token"];
}

TEST(JsonMatrix, EveryActionAnswersTheSameByJsonAndBySignature) {
    for (const Row& row : matrix()) {
        Tenants one;
        Tenants same;
        session(one);
        const std::string token = session(same);
        const Parameters parameters = one.filled(row, false);
        const HttpResponse expected = one.as(one.owner, row.action, parameters);
        const HttpResponse answer = by_json(same, row.action, token, parameters);
        EXPECT_EQ(same.outcome(answer), row.owner) << row.action << ": " << answer.body;
        EXPECT_EQ(same.comparable(answer), one.comparable(expected)) << row.action;
    }
}

TEST(JsonMatrix, ATokenMayWhatItsRoleMayAndNothingBeyond) {
    for (const auto role : {model::KeyRole::viewer, model::KeyRole::operating}) {
        for (const Row& row : matrix()) {
            if (row.owner == refused_here || row.action == "CreateBearerToken") continue;
            Tenants tenants;
            const std::string token =
                json::parse(tenants
                                .as(tenants.owner, "CreateBearerToken",
                                    {{"Role", std::string(model::key_role_text(role))}})
                                .body)["Token"];
            const std::size_t before = tenants.changes();
            const bool may = find_action(row.action)->least <= role;
            const HttpResponse answer =
                by_json(tenants, row.action, token, tenants.filled(row, false));
            EXPECT_EQ(tenants.outcome(answer), may ? row.owner : "403 Forbidden.RAM") << row.action;
            if (!may || role == model::KeyRole::viewer) {
                EXPECT_EQ(tenants.changes(), before) << row.action;
            }
        }
    }
}

TEST(JsonMatrix, NobodyGetsInAndChangesNothing) {
    Tenants tenants;
    const std::size_t before = tenants.changes();
    for (const Row& row : matrix())
        EXPECT_EQ(tenants.outcome(by_json(tenants, row.action, "", tenants.filled(row, false))),
                  "401 MissingBearerToken")
            << row.action;
    EXPECT_EQ(tenants.changes(), before);
}

TEST_F(JsonApi, TakesATokenFromTheHeaderAlone) {
    const std::string bearer = log_in();
    EXPECT_EQ(ok(asked("DescribeVpcs", bearer))["TotalCount"], 0);
    HttpRequest lower = asked("DescribeVpcs", "");
    lower.headers.emplace_back("authorization", "bearer " + bearer);
    ok(lower);
    HttpRequest twice = asked("DescribeVpcs", bearer);
    twice.headers.emplace_back("authorization", "Bearer " + bearer);
    EXPECT_EQ(refused(twice), "401 MissingBearerToken");
    HttpRequest cookie = asked("DescribeVpcs", "");
    cookie.headers.emplace_back("cookie", "token=" + bearer);
    EXPECT_EQ(refused(cookie), "401 MissingBearerToken");
    HttpRequest address = asked("DescribeVpcs", bearer);
    address.query = "access_token=" + bearer;
    EXPECT_EQ(refused(address), "400 InvalidParameter");
    HttpRequest form = asked("DescribeVpcs", bearer);
    form.headers[1].second = "text/plain";
    EXPECT_EQ(refused(form), "415 UnsupportedContentType");
    for (const char* method : {"GET", "OPTIONS", "PUT", "DELETE"}) {
        HttpRequest other = asked("DescribeVpcs", bearer);
        other.method = method;
        EXPECT_EQ(refused(other), "405 UnsupportedHTTPMethod");
    }
    HttpRequest elsewhere = client.acs3("DescribeVpcs", {{"RegionId", "local"}});
    elsewhere.path = "/api/v1/DescribeVpcs";
    elsewhere.query = "";
    EXPECT_EQ(refused(elsewhere), "401 MissingBearerToken");
}

TEST_F(JsonApi, UnknownEndedRemovedAndAlteredTokensAnswerAlike) {
    const std::string known = token();
    std::set<std::string> answers;
    const auto look = [&](const std::string& bearer) {
        const json body = json::parse(send(asked("DescribeVpcs", bearer)).body);
        answers.insert(body.value("Code", "") + body.value("Message", ""));
    };
    std::string altered = known;
    altered.back() = altered.back() == '0' ? '1' : '0';
    std::string unknown = known;
    unknown[6] = unknown[6] == '0' ? '1' : '0';
    const std::string removed = token();
    call("DeleteBearerToken", {{"TokenId", removed.substr(0, removed.find('.'))}});
    const std::string ended = token({{"LifetimeSeconds", "60"}});
    ok(asked("DescribeVpcs", known));
    world.now += 61s;
    for (const std::string& bearer : {altered, unknown, removed, ended, std::string("x")})
        look(bearer);
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_EQ(refused_with(altered), "401 InvalidBearerToken");
}

TEST_F(JsonApi, WrongTokensAndLoginsMakeTheirNetworkWaitAndNobodyElse) {
    const std::string right = token();
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refused_with("x"), "401 InvalidBearerToken");
    EXPECT_EQ(refused_with("x"), "429 Throttling.User");
    EXPECT_EQ(refused(json_request("login", "", log_in_body(client))), "429 Throttling.User");
    ok(asked("DescribeVpcs", right));
    HttpRequest neighbour = json_request("login", "", log_in_body(client));
    neighbour.network = "192.0.2.2";
    ok(neighbour);
    SigningClient guesser = client;
    guesser.secret = SecretBuffer(as_bytes("guess"));
    HttpRequest wrong = json_request("login", "", log_in_body(guesser));
    wrong.network = "192.0.2.3";
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refused(wrong), "401 InvalidLogin");
    EXPECT_EQ(refused(wrong), "429 Throttling.User");
}

TEST_F(JsonApi, ASessionEndsByLoggingOut) {
    const std::string bearer = log_in();
    ok(asked("DescribeVpcs", bearer));
    ok(json_request("logout", bearer, ""));
    EXPECT_EQ(refused_with(bearer), "401 InvalidBearerToken");
    EXPECT_EQ(refused(json_request("logout", "", "")), "401 MissingBearerToken");
}

TEST_F(JsonApi, AnActionThatIsNotThereSaysSoToWhoeverHasAToken) {
    EXPECT_EQ(refused(asked("DescribeMoon", log_in())), "404 InvalidAction.NotFound");
    EXPECT_EQ(refused(asked("DescribeMoon", "")), "401 MissingBearerToken");
    EXPECT_EQ(refused(asked("", log_in())), "404 InvalidAction.NotFound");
}

TEST_F(JsonApi, WhatIsWrongInABodyNamesItsField) {
    const std::string bearer = log_in();
    EXPECT_EQ(refused(json_request("CreateVpc", bearer, "{")), "400 InvalidJson");
    const json large{{"RegionId", "local"},
                     {"VpcName", std::string(70'000, 'x')},
                     {"CidrBlock", "10.0.0.0/8"},
                     {"Namespace", "n"}};
    EXPECT_EQ(refused(asked("CreateVpc", bearer, large)), "400 InvalidName");
    EXPECT_LT(message(asked("CreateVpc", bearer, large)).size(), 400u);
    const json page{{"RegionId", "local"}, {"PageNumber", 1.5}};
    EXPECT_NE(message(asked("DescribeVpcs", bearer, page)).find("PageNumber is '1.5'"),
              std::string::npos);
    HttpRequest big = asked("DescribeVpcs", bearer);
    big.too_large = true;
    EXPECT_EQ(refused(big), "413 RequestTooLarge");
}

TEST_F(JsonApi, WhatTheOriginalWantsAsTextMayBeAnObject) {
    const std::string bearer = log_in();
    const std::string gateway = make_gateway();
    const std::string site =
        call("CreateCustomerGateway", {{"IpAddress", "198.51.100.1"}})["CustomerGatewayId"];
    const std::string id =
        ok(asked("CreateVpnConnection", bearer,
                 {{"RegionId", "local"},
                  {"VpnGatewayId", gateway},
                  {"CustomerGatewayId", site},
                  {"LocalSubnet", "10.0.0.0/8"},
                  {"RemoteSubnet", "172.16.0.0/16"},
                  {"IkeConfig", {{"Psk", "sixteen-letters!"}}}}))["VpnConnectionId"];
    EXPECT_EQ(call("DescribeVpnConnection", {{"VpnConnectionId", id}})["IkeConfig"]["Psk"],
              "sixteen-letters!");
}

}  // namespace
}  // namespace kanmon::api
