#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WhatIsWrong : public testing::Test {
protected:
    void refused(const model::SslServerId& where, const std::string& name, Cause cause) {
        bridge::AttemptRecord record;
        record.at = world.now - std::chrono::minutes(5);
        record.server_id = where.text;
        record.cause = cause;
        record.known = true;
        record.common_name = name;
        ASSERT_TRUE(world.plane.attempts.record({record}, world.now));
    }
    void refused(const model::SslServerId& where, const std::string& name) {
        refused(where, name, Cause::certificate_expired);
    }
    std::vector<std::string> subjects(const DescribeFindings& request) {
        const auto found = world.plane.findings.list(alice, request);
        if (!found) return {found.error().code};
        std::vector<std::string> names;
        for (const model::Finding& finding : found->items) names.push_back(finding.subject);
        return names;
    }

    ControlWorld world;
    Call alice = world.account("alice");
    model::VpnGatewayId gateway = world.gateway(alice, world.vpc(alice, "office"), 50);
    model::SslServerId server = world.server(alice, gateway);
};

TEST_F(WhatIsWrong, IsToldOfTheGatewaysServersOrOfOneOrOfOneClient) {
    refused(server, "vsc-1");
    refused(server, "vsc-2");
    refused({"vss-elsewhere"}, "vsc-3");
    EXPECT_THAT(subjects({.gateway = gateway.text}), ElementsAre("vsc-1", "vsc-2"));
    EXPECT_THAT(subjects({.gateway = gateway.text, .server = server.text, .subject = "vsc-2"}),
                ElementsAre("vsc-2"));
    EXPECT_THAT(subjects({.gateway = gateway.text, .subject = "vsc-9"}), IsEmpty());
}

TEST_F(WhatIsWrong, CountsTheSlotsOfAllServersOfTheGateway) {
    refused(server, "vsc-1", Cause::connections_exhausted);
    bridge::ClientFact online;
    online.session = 1;
    online.server_id = server.text;
    world.plane.clients.learn(online);
    bridge::Lease held{};
    held.server_id = server.text;
    held.address = *parse_ipv4("192.168.0.10");
    world.plane.clients.learn(bridge::LeaseFact{held, false});
    const auto found = world.plane.findings.list(alice, {.gateway = gateway.text});
    ASSERT_TRUE(found);
    ASSERT_EQ(found->total, 1U);
    EXPECT_EQ(found->items[0].evidence.back(), "2 of 50 slots are taken now, held ones among them");
}

TEST_F(WhatIsWrong, IsNobodyElsesBusiness) {
    const Call bob = world.account("bob");
    const auto seen = world.plane.findings.list(bob, {.gateway = gateway.text});
    ASSERT_FALSE(seen);
    EXPECT_EQ(seen.error().code, "InvalidVpnGatewayInstanceId.NotFound");
    EXPECT_THAT(subjects({.gateway = ""}), ElementsAre("MissingVpnGatewayId"));
    const auto other = world.gateway(alice, world.vpc(alice, "lab"), 50);
    EXPECT_THAT(subjects({.gateway = other.text, .server = server.text}),
                ElementsAre("InvalidSslVpnServerId.NotFound"));
}

}  // namespace
}  // namespace kanmon::usecases
