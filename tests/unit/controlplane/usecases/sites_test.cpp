// Customer gateways, vSwitches, tags: what belongs to whom, and what stays while it is needed.
#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Sites : public testing::Test {
protected:
    Outcome<CustomerGatewayView> site(const Call& call, const std::string& address,
                                      const model::Tags& tags = {}) {
        return plane.customer_gateways.create(call, {.region = "r",
                                                     .address = address,
                                                     .name = "site",
                                                     .description = {},
                                                     .asn = {},
                                                     .auth_key = {},
                                                     .resource_group = {},
                                                     .tags = tags});
    }
    Outcome<model::VSwitchId> part(const std::string& cidr) {
        return plane.vswitches.create(alice, {.region = "r",
                                              .vpc = vpc.text,
                                              .zone = "r-a",
                                              .cidr = cidr,
                                              .name = {},
                                              .description = {}});
    }

    ControlWorld world;
    ControlPlane& plane = world.plane;
    Call alice = world.account("alice");
    Call bob = world.account("bob");
    model::VpcId vpc = world.vpc(alice, "office");
};

TEST_F(Sites, OneAddressIsOneCustomerGatewayOfARegionAndAccount) {
    const auto first = site(alice, "198.51.100.1");
    ASSERT_TRUE(first);
    const auto again = site(alice, "198.51.100.1");
    EXPECT_EQ(again.error().code, "InvalidIpAddress.AlreadyExist");
    EXPECT_THAT(again.error().message, HasSubstr(first->gateway.id.text));
    EXPECT_TRUE(site(bob, "198.51.100.1")) << "another account's is another site";
}

TEST_F(Sites, TheKeyOfACustomerGatewayIsSealedAndInNoAuditRow) {
    const SecretBuffer key(as_bytes("top-secret"));
    const auto made = plane.customer_gateways.create(alice, {.region = "r",
                                                             .address = "198.51.100.1",
                                                             .name = {},
                                                             .description = {},
                                                             .asn = "65530",
                                                             .auth_key = key,
                                                             .resource_group = {},
                                                             .tags = {}});
    ASSERT_TRUE(made);
    EXPECT_EQ(made->auth_key, key);
    EXPECT_EQ(as_text(made->gateway.sealed_auth_key), made->gateway.id.text + "|top-secret");
    EXPECT_THAT(audit_rows(world.books, 1).front().parameters, Not(HasSubstr("top-secret")));
    ModifyCustomerGateway change{
        .id = made->gateway.id.text, .name = "n", .description = {}, .auth_key = SecretBuffer()};
    EXPECT_TRUE(plane.customer_gateways.modify(alice, change)->auth_key.empty());
}

TEST_F(Sites, ARepeatedTokenGivesTheSameCustomerGateway) {
    Call call = alice;
    call.client_token = "token";
    const auto first = site(call, "198.51.100.1");
    const auto second = site(call, "198.51.100.1");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->gateway.id, second->gateway.id);
    EXPECT_EQ(site(call, "198.51.100.2").error().code, "IdempotentParameterMismatch");
    ASSERT_TRUE(plane.customer_gateways.remove(alice, first->gateway.id.text));
    call.now += 60s;
    const auto third = site(call, "198.51.100.1");
    ASSERT_TRUE(third) << "also when it is gone";
    EXPECT_EQ(third->gateway.id, first->gateway.id);
    EXPECT_EQ(third->gateway.created_at, first->gateway.created_at);
}

TEST_F(Sites, WhatIsAnothersAnswersLikeWhatDoesNotExist) {
    const std::string id = site(alice, "198.51.100.1")->gateway.id.text;
    const std::string part_id = part("10.1.0.0/16")->text;
    const std::string gateway = world.gateway(alice, vpc).text;
    const auto same = [](const Refusal& foreign, const std::string& own, const Refusal& absent) {
        std::string expected = absent.message;
        expected.replace(expected.find("none"), 4, own);
        EXPECT_EQ(foreign, (Refusal{absent.http_status, absent.code, expected}));
    };
    same(plane.customer_gateways.find(bob, id).error(), id,
         plane.customer_gateways.find(bob, "none").error());
    same(plane.customer_gateways.remove(bob, id).error(), id,
         plane.customer_gateways.remove(bob, "none").error());
    same(plane.vswitches.find(bob, part_id).error(), part_id,
         plane.vswitches.find(bob, "none").error());
    same(plane.vswitches.remove(bob, part_id).error(), part_id,
         plane.vswitches.remove(bob, "none").error());
    for (const auto& [kind, own] : {std::pair{"CustomerGateway", id}, {"VpnGateway", gateway}})
        same(plane.tagging.tag(bob, {kind, {own}, {{"k", "v"}}}).error(), own,
             plane.tagging.tag(bob, {kind, {"none"}, {{"k", "v"}}}).error());
    EXPECT_EQ(plane.customer_gateways.list(bob, {})->total, 0u);
    EXPECT_EQ(plane.vswitches.list(bob, {})->total, 0u);
    EXPECT_TRUE(plane.tagging.list(bob, {.kind = "CustomerGateway"})->rows.empty());
}

TEST_F(Sites, TagsAreAddedReplacedFoundAndGoWithTheirResource) {
    const std::string id = site(alice, "198.51.100.1", {{"a", "1"}})->gateway.id.text;
    ASSERT_TRUE(site(alice, "198.51.100.2"));
    ASSERT_TRUE(plane.tagging.tag(alice, {"CustomerGateway", {id}, {{"a", "2"}, {"b", ""}}}));
    EXPECT_THAT(plane.customer_gateways.find(alice, id)->tags,
                ElementsAre(model::Tag{"a", "2"}, model::Tag{"b", ""}));
    EXPECT_EQ(plane.customer_gateways
                  .list(alice, {.id = {}, .resource_group = {}, .tags = {{"a", "2"}}, .page = {}})
                  ->total,
              1u);
    ASSERT_TRUE(plane.tagging.untag(alice, {"CustomerGateway", {id}, {"a"}, false}));
    EXPECT_EQ(plane.tagging.list(alice, {.kind = "customergateway"})->rows.size(), 1u);
    EXPECT_EQ(plane.tagging.untag(alice, {"CustomerGateway", {id}, {}, false}).error().code,
              "MissingTagKey");
    ASSERT_TRUE(plane.customer_gateways.remove(alice, id));
    EXPECT_TRUE(plane.tagging.list(alice, {.kind = "CustomerGateway"})->rows.empty());
}

TEST_F(Sites, TagsAreSetOnAllResourcesOrOnNone) {
    const std::string id = site(alice, "198.51.100.1")->gateway.id.text;
    EXPECT_FALSE(plane.tagging.tag(alice, {"CustomerGateway", {id, "cgw-none"}, {{"a", "1"}}}));
    EXPECT_TRUE(plane.customer_gateways.find(alice, id)->tags.empty());
    for (int i = 0; i < 20; ++i)
        ASSERT_TRUE(
            plane.tagging.tag(alice, {"CustomerGateway", {id}, {{"k" + std::to_string(i), "v"}}}));
    EXPECT_EQ(plane.tagging.tag(alice, {"CustomerGateway", {id}, {{"one more", ""}}}).error().code,
              "IllegalParam.Tag");
}

TEST_F(Sites, AListOfTagsGoesOnWhereItStopped) {
    const std::string id = site(alice, "198.51.100.1")->gateway.id.text;
    for (const char* key : {"c", "a", "b"})
        ASSERT_TRUE(plane.tagging.tag(alice, {"CustomerGateway", {id}, {{key, ""}}}));
    ListTagResources wanted{.kind = "CustomerGateway"};
    wanted.results_max = 2;
    const auto first = plane.tagging.list(alice, wanted);
    ASSERT_EQ(first->rows.size(), 2u);
    EXPECT_EQ(first->rows[1].tag.key, "b");
    wanted.next_token = first->next_token;
    EXPECT_EQ(plane.tagging.list(alice, wanted)->rows.size(), 1u) << "b is not told again";
    ASSERT_TRUE(plane.tagging.untag(alice, {"CustomerGateway", {id}, {"b"}, false}));
    const auto second = plane.tagging.list(alice, wanted);
    ASSERT_EQ(second->rows.size(), 1u);
    EXPECT_EQ(second->rows[0].tag.key, "c");
    EXPECT_EQ(second->next_token, "");
    wanted.results_max = 51;
    EXPECT_EQ(plane.tagging.list(alice, wanted).error().code, "InvalidParameter");
}

TEST_F(Sites, AVSwitchStaysWhileAGatewayIsInItAndAVpcWhileItHasOne) {
    const std::string id = part("10.1.0.0/16")->text;
    EXPECT_THAT(part("10.1.2.0/24").error().message, HasSubstr(id));
    EXPECT_EQ(plane.vpcs.find(alice, vpc)->vswitches, std::vector{id});
    CreateVpnGateway wanted{.region = "r",
                            .vpc = vpc.text,
                            .bandwidth = 5,
                            .ssl_connections = {},
                            .network_type = {},
                            .name = {},
                            .vswitch = id};
    const auto gateway = plane.vpn_gateways.create(alice, wanted);
    ASSERT_TRUE(gateway);
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway->id)->gateway.vswitch.text, id);
    EXPECT_EQ(plane.vswitches.remove(alice, id).error().code, "DependencyViolation");
    ASSERT_TRUE(plane.vpn_gateways.remove(alice, gateway->id));
    EXPECT_EQ(plane.vpcs.remove(alice, vpc).error().code, "DependencyViolation");
    EXPECT_TRUE(plane.vswitches.remove(alice, id));
    EXPECT_TRUE(plane.vpcs.remove(alice, vpc));
}

TEST_F(Sites, AGatewayIsOnlyInAVSwitchOfItsVpc) {
    CreateVpnGateway wanted{.region = "r",
                            .vpc = vpc.text,
                            .bandwidth = 5,
                            .ssl_connections = {},
                            .network_type = {},
                            .name = {},
                            .vswitch = "vsw-none"};
    const auto refused = plane.vpn_gateways.create(alice, wanted);
    EXPECT_EQ(refused.error().code, "InvalidVSwitchId.NotFound");
    EXPECT_EQ(refused.error().http_status, 400);
    wanted.vswitch = part("10.1.0.0/16")->text;
    wanted.vpc = world.vpc(alice, "lab").text;
    EXPECT_THAT(plane.vpn_gateways.create(alice, wanted).error().message, HasSubstr(vpc.text));
}

TEST_F(Sites, WhatNobodySellsHereIsSaidSo) {
    CreateVpnGateway wanted{.region = "r",
                            .vpc = vpc.text,
                            .bandwidth = 5,
                            .ssl_connections = {},
                            .network_type = {},
                            .name = {},
                            .charge_type = "PREPAY"};
    EXPECT_EQ(plane.vpn_gateways.create(alice, wanted).error().code, "UnsupportedOperation");
    wanted.charge_type = "POSTPAY";
    wanted.vpn_type = "NationalStandard";
    EXPECT_EQ(plane.vpn_gateways.create(alice, wanted).error().code, "UnsupportedOperation");
}

TEST_F(Sites, AResourceGroupIsALabelThatCanBeMovedAndLookedFor) {
    const auto gateway = world.gateway(alice, vpc);
    ASSERT_TRUE(plane.tagging.move(alice, {"VpnGateWay", gateway.text, "rg-office"}));
    EXPECT_EQ(plane.vpn_gateways
                  .list(alice, {.id = {}, .vpc = {}, .status = {}, .resource_group = "rg-office"})
                  ->total,
              1u);
    EXPECT_EQ(plane.tagging.move(bob, {"VpnGateway", gateway.text, "rg-x"}).error().http_status,
              404);
    EXPECT_EQ(plane.tagging.move(alice, {"VpnGateway", gateway.text, "rg x"}).error().code,
              "IllegalParam.NewResourceGroupId");
}

}  // namespace
}  // namespace kanmon::usecases
