#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::HasSubstr;
using testing::Not;

class Resources : public testing::Test {
protected:
    ControlWorld world;
    ControlPlane& plane = world.plane;
    Call alice = world.account("alice");
    model::VpcId vpc = world.vpc(alice, "office");
    model::VpnGatewayId gateway = world.gateway(alice, vpc);
};

TEST_F(Resources, OnlyRootCreatesAccounts) {
    const auto refused = plane.accounts.create(alice, {"mallory"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().http_status, 403);
    EXPECT_EQ(plane.accounts.list(world.root(), {})->total, 2u);
    EXPECT_EQ(plane.accounts.list(alice, {})->total, 1u);
}

TEST_F(Resources, TheRootKeyIsTheSameAtEveryStart) {
    const auto first = plane.accounts.ensure_root(world.now);
    const auto second = plane.accounts.ensure_root(world.now + 5s);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->access_key, second->access_key);
    EXPECT_EQ(first->access_key_secret, second->access_key_secret);
    const auto credential = plane.accounts.credential(first->access_key);
    ASSERT_TRUE(credential);
    EXPECT_EQ(credential->role, model::Role::root);
    EXPECT_EQ(credential->secret, first->access_key_secret);
    EXPECT_EQ(plane.accounts.credential({"KMAKnone"}).error().http_status, 404);
}

TEST_F(Resources, ARepeatedCreateAccountGivesTheSameKey) {
    Call call = world.root();
    call.client_token = "token";
    const auto first = plane.accounts.create(call, {"bob"});
    const auto second = plane.accounts.create(call, {"bob"});
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->access_key_secret, second->access_key_secret);
}

TEST_F(Resources, ANamespaceIsOneVpcAndTheHostToo) {
    Call bob = world.account("bob");
    EXPECT_FALSE(world.vpc(bob, "").empty());
    const auto host = plane.vpcs.create(alice, {.region = "r",
                                                .cidr = "10.0.0.0/8",
                                                .name = {},
                                                .description = {},
                                                .network_namespace = {}});
    EXPECT_EQ(host.error().code, "IllegalParam.Namespace");
    const auto taken = plane.vpcs.create(bob, {.region = "r",
                                               .cidr = "10.0.0.0/8",
                                               .name = {},
                                               .description = {},
                                               .network_namespace = "office"});
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().message, Not(HasSubstr(vpc.text)));
}

TEST_F(Resources, AVpcWithAGatewayStays) {
    EXPECT_EQ(plane.vpcs.remove(alice, vpc).error().code, "DependencyViolation");
    ASSERT_TRUE(plane.vpn_gateways.remove(alice, gateway));
    EXPECT_TRUE(plane.vpcs.remove(alice, vpc));
    EXPECT_EQ(plane.vpcs.remove(alice, vpc).error().code, "InvalidVpcId.NotFound");
}

TEST_F(Resources, AGatewayIsProvisioningUntilTheKernelHoldsIt) {
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway)->status, model::GatewayStatus::provisioning);
    const auto enforced = world.enforcement.compose(instant_of(1), world.now);
    ASSERT_TRUE(enforced);
    world.enforcement.settle(enforced->change);
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway)->status, model::GatewayStatus::active);
    const auto server = world.server(alice, gateway);
    ASSERT_FALSE(server.empty());
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway)->status, model::GatewayStatus::updating);
    world.enforcement.settle(world.enforcement.compose(instant_of(2), world.now)->change);
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway)->status, model::GatewayStatus::active);
    EXPECT_GE(world.gatekeeper.changes, 2);
}

TEST_F(Resources, WhatBelongsToAnotherAccountAnswersLikeWhatDoesNotExist) {
    const auto server = world.server(alice, gateway);
    const auto certificate = world.certificate(alice, server);
    ASSERT_FALSE(certificate.empty());
    const Call bob = world.account("bob");
    const auto same = [](const Refusal& foreign, const std::string& id, const Refusal& absent,
                         const std::string& no_id) {
        EXPECT_EQ(foreign.code, absent.code);
        EXPECT_EQ(foreign.http_status, absent.http_status);
        std::string expected = absent.message;
        expected.replace(expected.find(no_id), no_id.size(), id);
        EXPECT_EQ(foreign.message, expected);
    };
    same(plane.vpn_gateways.find(bob, gateway).error(), gateway.text,
         plane.vpn_gateways.find(bob, {"vpn-0"}).error(), "vpn-0");
    same(plane.vpn_gateways.remove(bob, gateway).error(), gateway.text,
         plane.vpn_gateways.remove(bob, {"vpn-0"}).error(), "vpn-0");
    same(plane.vpcs.remove(bob, vpc).error(), vpc.text, plane.vpcs.remove(bob, {"vpc-0"}).error(),
         "vpc-0");
    same(plane.ssl_servers.remove(bob, server).error(), server.text,
         plane.ssl_servers.remove(bob, {"vss-0"}).error(), "vss-0");
    same(plane.client_certificates.find(bob, certificate).error(), certificate.text,
         plane.client_certificates.find(bob, {"vsc-0"}).error(), "vsc-0");
    same(plane.client_certificates.remove(bob, certificate).error(), certificate.text,
         plane.client_certificates.remove(bob, {"vsc-0"}).error(), "vsc-0");
    same(plane.client_certificates.create(bob, {server.text, "x"}).error(), server.text,
         plane.client_certificates.create(bob, {"vss-0", "x"}).error(), "vss-0");
    EXPECT_EQ(plane.ssl_servers.list(bob, {})->total, 0u);
    EXPECT_EQ(plane.vpn_gateways.list(bob, {})->total, 0u);
    EXPECT_EQ(plane.client_certificates.list(bob, {})->total, 0u);
    EXPECT_EQ(plane.clients.list(bob, {gateway.text, {}}, instant_of(0)).error().http_status, 404);
}

TEST_F(Resources, ADryRunOfAServerSaysItWouldSucceed) {
    Call dry = alice;
    dry.dry_run = true;
    const auto refused = plane.ssl_servers.create(dry, world.server_request(gateway));
    EXPECT_EQ(refused.error().code, "DryRunOperation");
    EXPECT_EQ(plane.ssl_servers.list(alice, {})->total, 0u);
}

TEST_F(Resources, AServerIsRefusedWhereItClashes) {
    const auto refusal = [&](const CreateSslServer& request) {
        const auto made = plane.ssl_servers.create(alice, request);
        return made ? Refusal{} : made.error();
    };
    CreateSslServer request = world.server_request(gateway);
    request.client_pool = "10.1.0.0/24";
    EXPECT_THAT(refusal(request).message, HasSubstr("10.0.0.0/8"));
    request = world.server_request(gateway);
    request.client_pool = "192.168.0.0/28";
    EXPECT_THAT(refusal(request).message, HasSubstr("/27"));
    request = world.server_request(gateway);
    request.client_pool = "203.0.113.0/24";
    EXPECT_THAT(refusal(request).message, HasSubstr("public address"));
    request = world.server_request(gateway);
    request.enable_multi_factor_auth = true;
    EXPECT_EQ(refusal(request).code, "MissingIDaaSInstanceId");
    request = world.server_request({"vpn-0"});
    EXPECT_EQ(refusal(request).code, "InvalidVpnGatewayInstanceId.NotFound");
    ASSERT_FALSE(world.server(alice, gateway).empty());
    world.ports.installation.servers_per_gateway = 1;
    EXPECT_EQ(refusal(world.server_request(gateway)).code, "Resource.QuotaFull");

    const auto second = world.gateway(alice, vpc);
    request = world.server_request(second);
    request.port = 1195;
    EXPECT_THAT(refusal(request).message, HasSubstr("client CIDR 192.168.0.0/24 of SSL server"));
    request.client_pool = "192.168.1.0/24";
    request.local_subnet = "192.168.0.0/28";
    EXPECT_EQ(refusal(request).code, "IllegalParam.LocalSubnet");
    request.local_subnet = "10.0.0.0/8";
    request.port = 1194;
    EXPECT_THAT(refusal(request).message, HasSubstr("UDP port 1195 is free"));
    request.port = 1195;
    EXPECT_EQ(refusal(request), Refusal{});
}

TEST_F(Resources, ALargerMaximumMustStillFitTheClientCidrs) {
    ASSERT_FALSE(world.server(alice, gateway).empty());
    ModifyVpnGateway request;
    request.id = gateway.text;
    request.ssl_connections = 63;
    const auto refused = plane.vpn_gateways.modify(alice, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "IllegalParam.SslConnections");
    EXPECT_THAT(refused.error().message, HasSubstr("/23"));
    request.ssl_connections = 62;
    EXPECT_EQ(plane.vpn_gateways.modify(alice, request)->gateway.ssl_connections_max, 62u);
}

TEST_F(Resources, ModifyingAServerRaisesItsRevisionOnlyWhenBundlesChange) {
    const auto server = world.server(alice, gateway);
    const auto revision = [&] {
        return plane.ssl_servers.list(alice, {})->items.front().server.revision;
    };
    const std::string first = revision();
    ModifySslServer request;
    request.id = server.text;
    request.local_subnet = "10.0.0.0/8,172.16.0.0/16";
    ASSERT_TRUE(plane.ssl_servers.modify(alice, request));
    EXPECT_EQ(revision(), first);
    request = {};
    request.id = server.text;
    request.transport = "TCP";
    const auto modified = plane.ssl_servers.modify(alice, request);
    ASSERT_TRUE(modified);
    EXPECT_NE(revision(), first);
    EXPECT_EQ(modified->server.local_subnet, "10.0.0.0/8,172.16.0.0/16");
    request = {};
    request.id = server.text;
    request.name = "other";
    const auto before = plane.vpn_gateways.find(alice, gateway)->gateway.changed_by;
    ASSERT_TRUE(plane.ssl_servers.modify(alice, request));
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway)->gateway.changed_by, before);
}

TEST_F(Resources, ACertificateComesWithItsKeyAndConfiguration) {
    const auto server = world.server(alice, gateway);
    const auto id = world.certificate(alice, server);
    const auto detail = plane.client_certificates.find(alice, id);
    ASSERT_TRUE(detail);
    EXPECT_THAT(as_text(detail->private_key_pem.view()), HasSubstr("key of client " + id.text));
    EXPECT_EQ(detail->authority_pem, "certificate of ca " + server.text + "\n");
    EXPECT_THAT(detail->client_config, HasSubstr("remote 203.0.113.1 1194\n"));
    EXPECT_THAT(detail->client_config, HasSubstr("setenv UV_KANMON_REV " + detail->revision));
    EXPECT_EQ(detail->view.status, "normal");
    EXPECT_EQ(detail->view.region, "cn-hangzhou");
    EXPECT_EQ(detail->view.certificate.not_after, world.now + std::chrono::days(1095));
    const auto zip = plane.client_certificates.bundle(alice, {.id = id});
    ASSERT_TRUE(zip);
    EXPECT_EQ(as_text(zip->packed.content.view()),
              "ca.crt " + id.text + ".crt " + id.text +
                  ".key config.ovpn README.en.txt README.ja.txt README.zh-CN.txt ");
    const auto file =
        plane.client_certificates.bundle(alice, {.id = id, .format = model::BundleFormat::ovpn});
    ASSERT_TRUE(file);
    EXPECT_THAT(as_text(file->packed.content.view()), HasSubstr("<key>\nkey of client"));
    EXPECT_EQ(as_text(world.authority.last_issuer.private_key_pem.view()),
              "key of ca " + server.text + "\n");
}

TEST_F(Resources, ADeletedCertificateIsRevokedAndItsHoldersAreToldToGo) {
    const auto server = world.server(alice, gateway);
    const auto id = world.certificate(alice, server);
    ASSERT_TRUE(plane.client_certificates.remove(alice, id));
    EXPECT_EQ(plane.client_certificates.find(alice, id).error().code, "InvalidInstanceId.NotFound");
    const auto enforced = world.enforcement.compose(instant_of(1), world.now);
    ASSERT_TRUE(enforced);
    EXPECT_EQ(enforced->snapshot.servers.front().revoked_serials.size(), 1u);
    ASSERT_EQ(world.gatekeeper.disconnects.size(), 1u);
    EXPECT_EQ(world.gatekeeper.disconnects.front().common_name, id.text);
    EXPECT_EQ(world.gatekeeper.disconnects.front().cause, Cause::certificate_revoked);
}

TEST_F(Resources, DeletingAGatewayTakesEverythingBelowWithIt) {
    const auto server = world.server(alice, gateway);
    const auto kept = world.certificate(alice, server);
    const auto revoked = world.certificate(alice, server);
    ASSERT_TRUE(plane.client_certificates.remove(alice, revoked));
    ASSERT_TRUE(plane.vpn_gateways.remove(alice, gateway));
    EXPECT_EQ(plane.ssl_servers.list(alice, {})->total, 0u);
    EXPECT_FALSE(plane.client_certificates.find(alice, kept));
    EXPECT_TRUE(world.enforcement.compose(instant_of(1), world.now)->want.servers.empty());
}

TEST_F(Resources, AStoreThatIsAwayIsSaidSo) {
    world.books.away = true;
    EXPECT_EQ(plane.vpn_gateways.find(alice, gateway).error().http_status, 503);
    EXPECT_EQ(plane.vpn_gateways.remove(alice, gateway).error().code, "ServiceUnavailable");
}

}  // namespace
}  // namespace kanmon::usecases
