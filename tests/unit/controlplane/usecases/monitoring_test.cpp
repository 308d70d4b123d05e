#include "controlplane/usecases/monitoring.h"

#include <gmock/gmock.h>

#include "contract/control_world.h"
#include "contract/meter_book_contract.h"

namespace kanmon::usecases {
namespace {

using bridge::Meter;

struct MemoryMeterMaker {
    std::unique_ptr<MeterBook> make(const MeterLimits&) {
        return std::make_unique<MemoryMeterBook>();
    }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, MeterBookContract, MemoryMeterMaker);

/// A data process with one server and one client, of which it says how much they carried in all.
class Watching : public testing::Test {
protected:
    Watching() { begin(1, 0); }

    void begin(std::uint64_t process, std::uint64_t snapshot) {
        monitoring->hello({process, snapshot}, wall);
        monitoring->know({{.id = server.text, .gateway = gateway.text, .slots = 62}});
    }
    /// Control starts anew; the store and the data process are the same.
    void restart_control() {
        monitoring = std::make_unique<Monitoring>(world.ports);
        begin(1, 5);
    }
    void pass(Duration time) {
        now += time;
        wall += std::chrono::duration_cast<std::chrono::seconds>(time);
        call.now = wall;
    }
    bridge::ClientFact client(std::uint64_t session, std::uint64_t octets) {
        bridge::ClientFact fact;
        fact.session = session;
        fact.server_id = server.text;
        fact.common_name = "vsc-1";
        fact.received_octets = octets;
        fact.received_packets = octets / 100;
        return fact;
    }
    void carry(std::uint64_t session, std::uint64_t octets) {
        monitoring->learn(bridge::TrafficFact{{{session, {octets, 0, octets / 100, 0, 0}}}}, now,
                          wall);
    }
    void serve(std::uint64_t octets, std::uint64_t bad_tags = 0, std::uint32_t online = 1) {
        bridge::ServerFact fact;
        fact.server_id = server.text;
        fact.online = online;
        fact.meters[static_cast<std::size_t>(Meter::received_octets)] = octets;
        fact.drops[static_cast<std::size_t>(Cause::bad_tag)] = bad_tags;
        monitoring->learn(fact, 3, now, wall);
    }
    std::vector<MeterPoint> points(const std::string& resource, std::int64_t period,
                                   const std::string& holder = {}) {
        const auto series =
            monitoring->series(call, {.resource = resource, .client = holder, .period = period});
        EXPECT_TRUE(series) << series.error().message;
        return series ? series->points : std::vector<MeterPoint>();
    }
    std::uint64_t octets(const std::string& resource, const std::string& holder = {}) {
        std::uint64_t sum = 0;
        for (const MeterPoint& point : points(resource, 60, holder)) sum += point.meters[0];
        return sum;
    }

    ControlWorld world;
    Call call = world.account("alice");
    model::VpnGatewayId gateway = world.gateway(call, world.vpc(call, "n"));
    model::SslServerId server = world.server(call, gateway);
    std::unique_ptr<Monitoring> monitoring = std::make_unique<Monitoring>(world.ports);
    Instant now{};
    UnixTime wall = world.now;
};

TEST_F(Watching, TheLastSecondsAreThereAtOnceOfServerGatewayAndClient) {
    monitoring->learn(client(7, 0), now, wall);
    serve(0);
    carry(7, 0);
    pass(1s);
    serve(1000);
    carry(7, 1000);
    for (const std::string& resource : {server.text, gateway.text}) {
        const auto seconds = points(resource, 1);
        ASSERT_EQ(seconds.size(), 2u);
        EXPECT_EQ(seconds.back().received_most, 8000u);
        EXPECT_EQ(seconds.back().online_most, 1u);
        EXPECT_EQ(seconds.back().slots_most, 3u);
    }
    EXPECT_EQ(points(server.text, 1, "vsc-1").back().received_most, 8000u);
    pass(10s);
    EXPECT_TRUE(points(server.text, 1, "vsc-1").empty()) << "it carries nothing now";
}

TEST_F(Watching, MinutesAndHoursAddUpToWhatWasCarried) {
    monitoring->learn(client(7, 0), now, wall);
    serve(0);
    for (std::uint64_t second = 1; second <= 180; ++second) {
        pass(1s);
        serve(second * 100, second);
        carry(7, second * 100);
        ASSERT_TRUE(monitoring->store(wall));
    }
    EXPECT_EQ(octets(server.text), 18'000u);
    EXPECT_EQ(octets(gateway.text), 18'000u);
    EXPECT_EQ(octets(server.text, "vsc-1"), 18'000u);
    EXPECT_EQ(points(server.text, 60).size(), 4u);
    std::uint64_t bad_tags = 0;
    for (const MeterPoint& point : points(server.text, 3600)) bad_tags += point.drops.at("bad_tag");
    EXPECT_EQ(bad_tags, 180u);
    EXPECT_EQ(points(gateway.text, 60).front().received_most, 800u);
}

TEST_F(Watching, AControlThatStartsAnewCountsNothingTwiceAndLosesNothing) {
    monitoring->learn(client(7, 0), now, wall);
    serve(1000);
    carry(7, 1000);
    ASSERT_TRUE(monitoring->store(wall, true));
    pass(1s);
    serve(1500);  // not stored any more
    carry(7, 1500);
    restart_control();
    pass(20s);
    monitoring->learn(client(7, 2000), now, wall);
    serve(2000);
    carry(7, 2500);
    serve(2500);
    EXPECT_EQ(octets(server.text), 2500u);
    EXPECT_EQ(octets(gateway.text), 2500u);
    EXPECT_EQ(octets(server.text, "vsc-1"), 2500u);
}

TEST_F(Watching, AControlThatDiesBeforeItHasStoredAnythingLosesNothing) {
    monitoring->learn(client(7, 0), now, wall);
    serve(1000);
    carry(7, 1000);
    restart_control();
    monitoring->learn(client(7, 1200), now, wall);
    serve(1200);
    carry(7, 1200);
    EXPECT_EQ(octets(server.text), 1200u);
    EXPECT_EQ(octets(server.text, "vsc-1"), 1200u);
}

TEST_F(Watching, ADataProcessThatStartsAnewCountsOnFromZero) {
    monitoring->learn(client(7, 0), now, wall);
    serve(1000);
    carry(7, 1000);
    begin(2, 0);
    pass(5s);
    monitoring->learn(client(9, 0), now, wall);
    serve(300);
    carry(9, 300);
    EXPECT_EQ(octets(server.text), 1300u);
    EXPECT_EQ(octets(server.text, "vsc-1"), 1300u) << "a client is its certificate";
}

TEST_F(Watching, WhatAForgottenControlHadStoredIsNotCountedAgain) {
    monitoring = std::make_unique<Monitoring>(world.ports);
    begin(3, 8);  // it has worked for long, and no store knows it
    monitoring->learn(client(7, 1'000'000), now, wall);
    serve(1'000'000);
    pass(1s);
    serve(1'000'100);
    carry(7, 1'000'100);
    EXPECT_EQ(octets(server.text), 100u);
    EXPECT_EQ(octets(server.text, "vsc-1"), 100u);
}

TEST_F(Watching, TheLastOctetsOfAClientThatLeavesAreCounted) {
    monitoring->learn(client(7, 0), now, wall);
    carry(7, 100);
    bridge::ClientFact ended = client(7, 150);
    ended.status = bridge::ClientStatus::ended;
    monitoring->learn(ended, now, wall);
    monitoring->learn(ended, now, wall);  // said again after a reconnect
    EXPECT_EQ(octets(server.text, "vsc-1"), 150u);
    ASSERT_TRUE(monitoring->store(wall, true));
    EXPECT_EQ(world.meters.baselines(1)->size(), 1u) << "the mark of the process";
}

TEST_F(Watching, WaitsForAStoreThatIsAwayWithinItsLimit) {
    serve(0);
    world.meters.away = true;
    for (std::uint64_t minute = 1; minute <= 2 * open_minutes_max; ++minute) {
        pass(60s);
        serve(minute * 100);
        EXPECT_FALSE(monitoring->store(wall));
    }
    world.meters.away = false;
    pass(60s);
    ASSERT_TRUE(monitoring->store(wall));
    const auto stored =
        world.meters.find({.subject = server.text, .from = {}, .to = wall, .count = 10'000});
    EXPECT_EQ(stored->size(), open_minutes_max);
}

TEST_F(Watching, GoesOnStoringWhenTheClockWasSetBack) {
    serve(0);
    pass(60s);
    ASSERT_TRUE(monitoring->store(wall));
    wall -= std::chrono::days(1);
    serve(100);
    ASSERT_TRUE(monitoring->store(wall));
    const auto stored = world.meters.find(
        {.subject = server.text, .from = {}, .to = wall + std::chrono::days(2), .count = 100});
    ASSERT_FALSE(stored->empty());
    EXPECT_LE(stored->front().at, wall);
}

TEST_F(Watching, WritesAPartATime) {
    for (std::uint64_t session = 1; session <= 2 * writes_at_once; ++session) {
        bridge::ClientFact fact = client(session, 0);
        fact.common_name = "vsc-" + std::to_string(session);
        monitoring->learn(fact, now, wall);
        carry(session, 1);
    }
    pass(60s);
    EXPECT_TRUE(*monitoring->store(wall)) << "more waits";
    EXPECT_FALSE(*monitoring->store(wall));
    EXPECT_EQ(world.meters.baselines(1)->size(), 2 * writes_at_once + 1);
}

TEST_F(Watching, RefusesWhatItCannotShow) {
    const auto code = [&](const DescribeMetrics& request) {
        return monitoring->series(call, request).error().code;
    };
    EXPECT_EQ(code({.resource = "vpc-1", .period = 60}), "IllegalParam.ResourceId");
    EXPECT_EQ(code({.resource = server.text, .period = 5}), "IllegalParam.Period");
    EXPECT_EQ(code({.resource = gateway.text, .client = "x", .period = 60}), "IllegalParam.Client");
    EXPECT_EQ(code({.resource = server.text, .period = 60, .from = 2, .to = 1}),
              "IllegalParam.From");
    const Call bob = world.account("bob");
    EXPECT_EQ(monitoring->series(bob, {.resource = server.text, .period = 60}).error().code,
              monitoring->series(bob, {.resource = "vss-none", .period = 60}).error().code);
}

}  // namespace
}  // namespace kanmon::usecases
