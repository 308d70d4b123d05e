#include "controlplane/api/request_throttle.h"

#include <algorithm>
#include <thread>

#include "api_fixture.h"
#include "json_client.h"

namespace kanmon::api {
namespace {

constexpr RequestRate ten_a_second{.per_second = 10, .burst = 3};

TEST(RateShares, GiveTheBurstAtOnceAndThenTheRate) {
    RateShares shares(ten_a_second, 10);
    Instant now{5s};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(shares.take("a", now), 0s);
    EXPECT_EQ(shares.take("a", now), 100ms);
    EXPECT_EQ(shares.wait("a", now), 100ms);
    EXPECT_EQ(shares.take("b", now), 0s);
    now += 99ms;
    EXPECT_EQ(shares.take("a", now), 1ms);
    now += 1ms;
    EXPECT_EQ(shares.take("a", now), 0s);
    EXPECT_EQ(shares.take("a", now), 100ms);
    now += 1h;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(shares.take("a", now), 0s);
    EXPECT_EQ(shares.take("a", now), 100ms);
}

TEST(RateShares, TakeAsManyInASecondAsTheRateSays) {
    RateShares shares({.per_second = 100, .burst = 200}, 10);
    int taken = 0;
    for (Instant now{}; now < Instant{10s}; now += 1ms) taken += shares.take("a", now) == 0s;
    EXPECT_NEAR(taken, 200 + 10 * 100, 1);
}

TEST(RateShares, StayBoundedAndWhoHadMostInHandGivesWay) {
    RateShares shares(ten_a_second, 3);
    const Instant now{5s};
    for (int i = 0; i < 3; ++i) shares.take("busy", now);
    shares.take("quiet", now);
    for (int i = 0; i < 2; ++i) shares.take("middle", now);
    shares.take("new", now);
    EXPECT_EQ(shares.size(), 3u);
    EXPECT_EQ(shares.wait("busy", now), 100ms);
    for (int i = 0; i < 1000; ++i) shares.take(std::to_string(i), now + 1s * i);
    EXPECT_LE(shares.size(), 3u);
}

class Throttled : public ApiTest {
protected:
    HttpResponse ask(const HttpRequest& request) { return slow.answer(request, world.now, boot); }
    std::string code(const HttpRequest& request) {
        return json::parse(ask(request).body).value("Code", "OK");
    }
    HttpRequest from(const std::string& network, HttpRequest request) {
        request.network = network;
        return request;
    }
    HttpRequest good() { return client.acs3("DescribeRegions", {}); }
    HttpRequest wrong() {
        SigningClient stranger = client;
        stranger.secret = SecretBuffer(as_bytes("another"));
        return stranger.acs3("DescribeRegions", {});
    }

    Api slow{world.plane, random, ten_a_second};
    Instant boot{100s};
};

TEST_F(Throttled, AKeyIsRefusedBeyondItsRateAndToldWhenToComeAgain) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(good()), "OK");
    const HttpResponse refused = ask(good());
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(json::parse(refused.body)["Code"], "Throttling.User");
    EXPECT_EQ(refused.retry_after, 100ms);
    EXPECT_EQ(code(operator_client.acs3("DescribeRegions", {})), "OK");
    boot += 100ms;
    EXPECT_EQ(code(client.rpc("DescribeRegions", {})), "OK");
    EXPECT_EQ(code(client.rpc("DescribeRegions", {})), "Throttling.User");
    EXPECT_EQ(slow.throttled().of_keys, 2u);
    EXPECT_EQ(slow.throttled().of_networks, 0u);
}

TEST_F(Throttled, WhatIsSignedByNobodyCostsTheNetworkAndNotTheKey) {
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(code(from("192.0.2.1", wrong())), "SignatureDoesNotMatch");
    EXPECT_EQ(code(from("192.0.2.1", wrong())), "Throttling.Api");
    EXPECT_EQ(code(from("192.0.2.1", good())), "Throttling.Api");
    EXPECT_EQ(slow.throttled().of_networks, 2u);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(from("192.0.2.2", good())), "OK");
    boot += 100ms;
    EXPECT_EQ(code(from("192.0.2.1", good())), "OK");
}

TEST_F(Throttled, WhatIsSignedRightlyCostsTheNetworkNothing) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(from("192.0.2.1", good())), "OK");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(code(from("192.0.2.1", good())), "Throttling.User");
    EXPECT_EQ(code(from("192.0.2.1", operator_client.acs3("DescribeRegions", {}))), "OK");
}

TEST_F(Throttled, WhoeverGuessesAtTokensIsKeptOutLikeWhoeverGuessesAtSecrets) {
    HttpRequest guess;
    guess.method = "POST";
    guess.path = "/api/v1/DescribeRegions";
    guess.headers = {{"host", "h"},
                     {"content-type", "application/json"},
                     {"authorization", "Bearer kmt_nothing"}};
    guess.network = "192.0.2.1";
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(guess), "InvalidBearerToken");
    EXPECT_EQ(code(guess), "Throttling.Api");
    EXPECT_EQ(code(from("192.0.2.1", good())), "Throttling.Api");
}

TEST_F(Throttled, AReplayedRequestTakesNothingOfItsKeysShare) {
    const HttpRequest heard = from("192.0.2.1", good());
    EXPECT_EQ(code(heard), "OK");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(heard), "SignatureNonceUsed");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(code(from("192.0.2.2", good())), "OK");
}

TEST_F(Throttled, WhoeverIsUnknownToTheJsonDoorPaysForIt) {
    HttpRequest wrong_method = json_request("DescribeRegions", "", "");
    wrong_method.method = "GET";
    EXPECT_EQ(code(wrong_method), "UnsupportedHTTPMethod");
    EXPECT_EQ(code(json_request("login", "", "{")), "InvalidJson");
    EXPECT_EQ(code(json_request("login", "", "{}")), "MissingAccessKeyId");
    EXPECT_EQ(code(wrong_method), "Throttling.Api");
}

TEST_F(Throttled, OneThatWasRefusedInACrowdMayBeSentAgainAsItIs) {
    std::vector<HttpRequest> crowd;
    for (int i = 0; i < 8; ++i) crowd.push_back(good());
    std::vector<std::string> codes(crowd.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < crowd.size(); ++i)
            threads.emplace_back([&, i] { codes[i] = code(crowd[i]); });
    }
    EXPECT_EQ(std::ranges::count(codes, "OK"), 3);
    boot += 10s;
    for (std::size_t i = 0; i < crowd.size(); ++i, boot += 1s)
        EXPECT_EQ(code(crowd[i]), codes[i] == "OK" ? "SignatureNonceUsed" : "OK");
}

TEST_F(Throttled, ALoginTakesOfItsKeysShareAndAGuessDoesNot) {
    const auto log_in = [&](std::string_view secret) {
        return code(json_request("login", "",
                                 json{{"AccessKeyId", client.access_key},
                                      {"AccessKeySecret", secret}}
                                     .dump()));
    };
    EXPECT_EQ(log_in("another"), "InvalidLogin");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(log_in(as_text(client.secret.view())), "OK");
    EXPECT_EQ(log_in(as_text(client.secret.view())), "Throttling.User");
    EXPECT_EQ(code(good()), "Throttling.User");
}

TEST_F(Throttled, ARefusedRequestMayBeSentAgainAsItIs) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(code(good()), "OK");
    const HttpRequest patient = good();
    EXPECT_EQ(code(patient), "Throttling.User");
    boot += 100ms;
    EXPECT_EQ(code(patient), "OK");
}

TEST(RequestThrottle, TellsOfRefusalsOnceInAWhile) {
    RequestThrottle throttle({.per_second = 1, .burst = 1});
    Instant now{1s};
    EXPECT_FALSE(throttle.news(now));
    EXPECT_TRUE(throttle.charge_key("a", now));
    EXPECT_FALSE(throttle.charge_key("a", now));
    ASSERT_TRUE(throttle.news(now));
    EXPECT_FALSE(throttle.news(now + 9s));
    EXPECT_EQ(throttle.news(now + 10s)->of_keys, 1u);
}

}  // namespace
}  // namespace kanmon::api
