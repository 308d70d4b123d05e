// IPsec connections and routes: what they are refused for, from both sides.
#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Connections : public testing::Test {
protected:
    std::string site(const std::string& address, const std::string& asn = {}) {
        const auto made =
            plane.customer_gateways.create(alice, {.region = "r", .address = address, .asn = asn});
        return made ? made->gateway.id.text : std::string();
    }
    CreateVpnConnection wanted(const std::string& local, const std::string& remote) {
        CreateVpnConnection request{.gateway = gateway.text};
        request.values.local_subnet = local;
        request.values.remote_subnet = remote;
        request.values.only_tunnel = TunnelChange{.customer_gateway = office};
        return request;
    }
    Outcome<VpnConnectionCreated> connect(const std::string& local, const std::string& remote) {
        return plane.vpn_connections.create(alice, wanted(local, remote));
    }
    Refusal refused(const CreateVpnConnection& request) {
        const auto made = plane.vpn_connections.create(alice, request);
        return made ? Refusal{} : made.error();
    }
    Outcome<model::VpnRoute> route(const std::string& destination, const std::string& next_hop,
                                   std::int64_t weight = 100) {
        return plane.vpn_routes.create(alice, {.name = {.gateway = gateway.text,
                                                        .destination = destination,
                                                        .next_hop = next_hop,
                                                        .weight = weight}});
    }
    Outcome<model::VpnRoute> policy(const std::string& source, const std::string& destination,
                                    const std::string& next_hop) {
        return plane.vpn_routes.create(alice, {.name = {.gateway = gateway.text,
                                                        .policy_based = true,
                                                        .source = source,
                                                        .destination = destination,
                                                        .next_hop = next_hop,
                                                        .weight = 100}});
    }
    Refusal server_refused(const std::string& pool, const std::string& local) {
        CreateSslServer request = world.server_request(gateway);
        request.client_pool = pool;
        request.local_subnet = local;
        const auto made = plane.ssl_servers.create(alice, request);
        return made ? Refusal{} : made.error();
    }

    ControlWorld world;
    ControlPlane& plane = world.plane;
    Call alice = world.account("alice");
    Call bob = world.account("bob");
    model::VpcId vpc = world.vpc(alice, "office", "10.1.0.0/16");
    model::VpnGatewayId gateway = make_gateway();
    std::string office = site("198.51.100.1");

private:
    model::VpnGatewayId make_gateway() {
        const auto made = plane.vpn_gateways.create(alice, {.region = "r",
                                                            .vpc = vpc.text,
                                                            .bandwidth = 10,
                                                            .enable_ssl = true,
                                                            .ssl_connections = {},
                                                            .network_type = {},
                                                            .name = {}});
        return made ? made->id : model::VpnGatewayId{};
    }
};

TEST_F(Connections, ARepeatedTokenTellsTheFirstAnswerAlsoWhenTheConnectionIsGone) {
    alice.client_token = "once";
    const auto first = connect("10.0.0.0/8", "172.16.0.0/16");
    ASSERT_TRUE(first);
    Call other = alice;
    other.client_token.clear();
    ASSERT_TRUE(plane.vpn_connections.remove(other, first->id.text));
    alice.now += 60s;
    const auto again = connect("10.0.0.0/8", "172.16.0.0/16");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->id, first->id);
    EXPECT_EQ(again->created_at, first->created_at);
}

TEST_F(Connections, AreKeptAsTheyWereGivenAndNeverStand) {
    const auto made = connect("10.1.0.0/16", "172.20.0.0/16, 172.21.0.0/16");
    ASSERT_TRUE(made);
    const auto shown = plane.vpn_connections.find(alice, made->id.text);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->connection.remote_subnet, "172.20.0.0/16, 172.21.0.0/16");
    ASSERT_EQ(shown->tunnels.size(), 1u);
    EXPECT_EQ(shown->tunnels[0].remote_address, Ipv4{0xc6336401});
    EXPECT_EQ(shown->tunnels[0].psk.view().size(), 16u) << "made, since none was given";
    EXPECT_THAT(shown->warnings, IsEmpty());
}

TEST_F(Connections, TheirKeysAreSealedAndInNoAuditRow) {
    CreateVpnConnection request = wanted("10.1.0.0/16", "172.20.0.0/16");
    request.values.only_tunnel->psk = SecretBuffer(as_bytes("top-secret"));
    const auto made = plane.vpn_connections.create(alice, request);
    ASSERT_TRUE(made);
    const auto shown = plane.vpn_connections.find(alice, made->id.text);
    EXPECT_EQ(as_text(shown->tunnels[0].tunnel.sealed_psk),
              shown->tunnels[0].tunnel.id.text + "|top-secret");
    EXPECT_THAT(audit_rows(world.books, 1).front().parameters, Not(HasSubstr("top-secret")));
    request.values.only_tunnel->psk = SecretBuffer(as_bytes("two words"));
    request.values.remote_subnet = "172.21.0.0/16";
    EXPECT_EQ(refused(request).code, "IllegalParam.Psk");
}

TEST_F(Connections, HaveAMasterAndASlaveWhereTheirTunnelsAreNamed) {
    CreateVpnConnection request = wanted("10.1.0.0/16", "172.20.0.0/16");
    request.values.only_tunnel.reset();
    request.values.tunnels = {{.role = "slave", .customer_gateway = office},
                              {.role = "master", .customer_gateway = site("198.51.100.2")}};
    const auto made = plane.vpn_connections.create(alice, request);
    ASSERT_TRUE(made);
    auto shown = plane.vpn_connections.find(alice, made->id.text);
    ASSERT_EQ(shown->tunnels.size(), 2u);
    EXPECT_EQ(shown->tunnels[0].remote_address, Ipv4{0xc6336402}) << "the master comes first";
    const std::string slave = shown->tunnels[1].tunnel.id.text;
    shown = plane.vpn_connections.modify_tunnel(
        alice, made->id.text,
        {.id = slave, .nat_traversal = false, .ike = {{"IkePfs", "group14"}}});
    ASSERT_TRUE(shown);
    EXPECT_FALSE(shown->tunnels[1].tunnel.nat_traversal);
    EXPECT_EQ(shown->tunnels[1].tunnel.settings.ike_group, "group14");
    EXPECT_EQ(shown->tunnels[0].tunnel.settings.ike_group, "group2");
    EXPECT_EQ(
        plane.vpn_connections.modify_tunnel(alice, made->id.text, {.id = "tun-none"}).error().code,
        "InvalidTunnelId.NotFound");
    ModifyVpnConnection swap{.id = made->id.text};
    swap.change.tunnels = {{.id = slave, .role = "master"}};
    EXPECT_EQ(plane.vpn_connections.modify(alice, swap).error().code, "IllegalParam.Role");
    swap.change.tunnels.push_back({.id = shown->tunnels[0].tunnel.id.text, .role = "slave"});
    shown = plane.vpn_connections.modify(alice, swap);
    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->tunnels[0].tunnel.id.text, slave);
    swap.change.tunnels.clear();
    swap.change.only_tunnel = TunnelChange{.nat_traversal = true};
    EXPECT_TRUE(plane.vpn_connections.modify(alice, swap)) << "tools send the flags always";
    swap.change.only_tunnel->ike = {{"IkePfs", "group14"}};
    EXPECT_EQ(plane.vpn_connections.modify(alice, swap).error().code,
              "IllegalParam.TunnelOptionsSpecification");
}

TEST_F(Connections, OfOtherAccountsAnswerLikeThoseThatDoNotExist) {
    const std::string id = connect("10.1.0.0/16", "172.20.0.0/16")->id.text;
    const auto same = [&](const Refusal& foreign, const Refusal& absent) {
        std::string expected = absent.message;
        expected.replace(expected.find("none"), 4, id);
        EXPECT_EQ(foreign, (Refusal{404, absent.code, expected}));
    };
    same(plane.vpn_connections.find(bob, id).error(),
         plane.vpn_connections.find(bob, "none").error());
    same(plane.vpn_connections.remove(bob, id).error(),
         plane.vpn_connections.remove(bob, "none").error());
    same(plane.vpn_connections.modify(bob, {.id = id}).error(),
         plane.vpn_connections.modify(bob, {.id = "none"}).error());
    EXPECT_EQ(plane.vpn_connections.list(bob, {})->total, 0u);
    EXPECT_EQ(plane.vpn_routes.list(bob, {.gateway = gateway.text}).error().http_status, 404);
    CreateVpnConnection stolen = wanted("10.1.0.0/16", "172.21.0.0/16");
    const auto theirs =
        plane.customer_gateways.create(bob, {.region = "r", .address = "198.51.100.9"});
    stolen.values.only_tunnel->customer_gateway = theirs->gateway.id.text;
    EXPECT_EQ(refused(stolen).code, "InvalidCustomerGatewayInstanceId.NotFound");
}

TEST_F(Connections, AreRefusedTwiceTheSameInAnyOrderOfTheirNetworks) {
    ASSERT_TRUE(connect("10.1.0.0/16", "172.20.0.0/16,172.21.0.0/16"));
    EXPECT_EQ(refused(wanted("10.1.0.0/16", "172.21.0.0/16,172.20.0.0/16")).code,
              "InvalidVpnConnection.AlreadyExists");
    const auto second = connect("10.1.0.0/16", "172.21.0.0/16");
    ASSERT_TRUE(second) << "two ways to one network are allowed";
    EXPECT_THAT(plane.vpn_connections.find(alice, second->id.text)->warnings,
                ElementsAre(HasSubstr("joins some of the same networks")));
}

TEST_F(Connections, DynamicRoutingNeedsAnAsNumberAndANetworkInside) {
    CreateVpnConnection request = wanted("0.0.0.0/0", "0.0.0.0/0");
    request.values.dynamic_routing = true;
    EXPECT_EQ(refused(request).code, "IllegalParam.CustomerGatewayId");
    request.values.only_tunnel->customer_gateway = site("198.51.100.2", "65530");
    EXPECT_EQ(refused(request).code, "IllegalParam.TunnelCidr");
    request.values.only_tunnel->bgp = {{"TunnelCidr", "169.254.11.0/30"}};
    ASSERT_TRUE(plane.vpn_connections.create(alice, request));
    EXPECT_TRUE(plane.vpn_gateways.find(alice, gateway)->dynamic_routing);
    request.values.only_tunnel->customer_gateway = site("198.51.100.3", "65531");
    EXPECT_THAT(refused(request).message, HasSubstr("169.254.11.0/30 is inside the tunnel"));
}

TEST_F(Connections, AndServersKeepClearOfEachOtherFromBothSides) {
    const auto server = world.server_request(gateway);
    CreateSslServer request = server;
    request.local_subnet = "10.1.0.0/16";
    const auto made = plane.ssl_servers.create(alice, request);
    ASSERT_TRUE(made);
    const Refusal around = refused(wanted("10.1.0.0/16", "192.168.0.0/16"));
    EXPECT_EQ(around.code, "IllegalParam.RemoteSubnet");
    EXPECT_THAT(around.message,
                AllOf(HasSubstr("the remote network 192.168.0.0/16"),
                      HasSubstr("client CIDR 192.168.0.0/24 of SSL server " + made->id.text),
                      HasSubstr("such as 172.16.0.0/24")));
    ASSERT_TRUE(connect("10.1.0.0/16", "172.20.0.0/16"));
    ModifySslServer move;
    move.id = made->id.text;
    move.client_pool = "172.20.7.0/24";
    const auto moved = plane.ssl_servers.modify(alice, move);
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, "IllegalParam.ClientIpPool");
    EXPECT_THAT(moved.error().message,
                AllOf(HasSubstr("the remote network 172.20.0.0/16 of IPsec connection"),
                      HasSubstr("is free")));
}

TEST_F(Connections, MayNotLeadIntoTheVpcButAroundIt) {
    const auto part = plane.vswitches.create(
        alice, {.region = "r", .vpc = vpc.text, .zone = "r-a", .cidr = "10.1.7.0/24"});
    ASSERT_TRUE(part);
    EXPECT_THAT(refused(wanted("10.2.0.0/16", "10.1.0.0/16")).message,
                AllOf(HasSubstr(vpc.text), HasSubstr(part->text)));
    EXPECT_THAT(refused(wanted("10.2.0.0/16", "10.1.128.0/24")).message,
                AllOf(HasSubstr(vpc.text), Not(HasSubstr(part->text))));
    const auto around = connect("172.20.0.0/16", "10.0.0.0/8");
    ASSERT_TRUE(around);
    EXPECT_THAT(plane.vpn_connections.find(alice, around->id.text)->warnings,
                ElementsAre(HasSubstr("holds the VPC")));
}

TEST_F(Connections, StayWhileRoutesLeadIntoThemAndKeepTheirGatewayAndSite) {
    const std::string id = connect("0.0.0.0/0", "0.0.0.0/0")->id.text;
    ASSERT_TRUE(route("172.20.0.0/16", id));
    EXPECT_EQ(plane.vpn_connections.remove(alice, id).error().code, "DependencyViolation");
    EXPECT_EQ(plane.vpn_gateways.remove(alice, gateway).error().code, "DependencyViolation");
    EXPECT_EQ(plane.customer_gateways.remove(alice, office).error().code, "DependencyViolation");
    const RouteName name{.gateway = gateway.text, .destination = "172.20.0.0/16", .next_hop = id};
    ASSERT_TRUE(plane.vpn_routes.remove(alice, name));
    EXPECT_EQ(plane.vpn_routes.remove(alice, name).error().code, "InvalidRouteEntry.NotFound");
    EXPECT_TRUE(plane.vpn_connections.remove(alice, id));
    EXPECT_TRUE(plane.customer_gateways.remove(alice, office));
    EXPECT_TRUE(plane.vpn_gateways.remove(alice, gateway));
}

TEST_F(Connections, OfAGatewayWithoutIpsecAreRefused) {
    ASSERT_TRUE(plane.vpn_gateways.modify(alice, {.id = gateway.text,
                                                  .name = {},
                                                  .description = {},
                                                  .bandwidth = {},
                                                  .enable_ssl = {},
                                                  .ssl_connections = {},
                                                  .enable_ipsec = false}));
    EXPECT_EQ(refused(wanted("10.1.0.0/16", "172.20.0.0/16")).code, "VpnGateway.IpsecVpnDisabled");
}

TEST_F(Connections, RoutesAndServersKeepClearOfEachOtherFromBothSides) {
    const std::string id = connect("0.0.0.0/0", "0.0.0.0/0")->id.text;
    ASSERT_TRUE(route("172.20.0.0/16", id));
    ASSERT_TRUE(policy("10.1.0.0/16", "172.21.0.0/16", id));
    EXPECT_THAT(server_refused("172.20.1.0/24", "10.1.0.0/16").message,
                HasSubstr("the route 172.20.0.0/16 of VPN gateway " + gateway.text));
    EXPECT_THAT(server_refused("172.21.1.0/24", "10.1.0.0/16").message,
                HasSubstr("the policy-based route 172.21.0.0/16 from 10.1.0.0/16"));
    EXPECT_EQ(server_refused("192.168.0.0/24", "10.1.0.0/16").code, "");
    EXPECT_THAT(route("192.168.0.0/25", id).error().message, HasSubstr("192.168.0.0/24"));
    EXPECT_THAT(route("10.1.1.0/24", id).error().message, HasSubstr(vpc.text));
    EXPECT_TRUE(route("0.0.0.0/0", id)) << "the last route that is looked at hides nobody";
    EXPECT_EQ(policy("10.1.0.0/16", "0.0.0.0/0", id).error().code, "IllegalParam.RouteDest")
        << "the first that is looked at hides everybody";
}

TEST_F(Connections, ARouteIsThereOnceAndOneOfAKindIsActive) {
    const std::string first = connect("0.0.0.0/0", "0.0.0.0/0")->id.text;
    CreateVpnConnection request = wanted("0.0.0.0/0", "0.0.0.0/0");
    request.values.only_tunnel->customer_gateway = site("198.51.100.2");
    const std::string second = plane.vpn_connections.create(alice, request)->id.text;
    ASSERT_TRUE(route("172.20.0.0/16", first));
    EXPECT_EQ(route("172.20.0.0/16", first).error().code, "InvalidRouteEntry.AlreadyExists");
    EXPECT_EQ(route("172.20.0.0/16", second).error().code, "IllegalParam.Weight");
    ASSERT_TRUE(route("172.20.0.0/16", second, 0));
    ModifyVpnRoute change{.name = {.gateway = gateway.text,
                                   .destination = "172.20.0.0/16",
                                   .next_hop = second,
                                   .weight = 100}};
    change.weight = 0;
    EXPECT_EQ(plane.vpn_routes.modify(alice, "ModifyVpnRouteEntryWeight", change).error().code,
              "InvalidRouteEntry.NotFound")
        << "the weight that was told is not the one it has";
    change.name.weight = 0;
    change.weight = 100;
    EXPECT_EQ(plane.vpn_routes.modify(alice, "ModifyVpnRouteEntryWeight", change).error().code,
              "IllegalParam.Weight");
}

TEST_F(Connections, ARouteLeadsIntoAConnectionOfItsOwnGateway) {
    const std::string id = connect("0.0.0.0/0", "0.0.0.0/0")->id.text;
    const model::VpnGatewayId second = world.gateway(alice, vpc);
    const auto made = plane.vpn_routes.create(alice, {.name = {.gateway = second.text,
                                                               .destination = "172.20.0.0/16",
                                                               .next_hop = id,
                                                               .weight = 100}});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, "IllegalParam.NextHop");
    EXPECT_THAT(made.error().message, AllOf(HasSubstr(gateway.text), HasSubstr(second.text)));
    EXPECT_EQ(route("172.20.0.0/16", "vco-none").error().code,
              "InvalidVpnConnectionInstanceId.NotFound");
}

TEST_F(Connections, ARouteThatTheNetworksKeepOutIsAWarning) {
    const std::string id = connect("10.1.0.0/16", "172.20.0.0/16")->id.text;
    ASSERT_TRUE(route("172.20.1.0/24", id));
    EXPECT_THAT(plane.vpn_connections.find(alice, id)->warnings, IsEmpty());
    ASSERT_TRUE(route("172.21.0.0/16", id)) << "the original takes it";
    EXPECT_THAT(plane.vpn_connections.find(alice, id)->warnings,
                ElementsAre(HasSubstr("add 172.21.0.0/16 to RemoteSubnet")));
}

}  // namespace
}  // namespace kanmon::usecases
