#include <gmock/gmock.h>

#include "contract/control_world.h"

namespace kanmon::usecases {
namespace {

using testing::HasSubstr;
using testing::Not;

class Enforcing : public testing::Test {
protected:
    bridge::Lease lease(std::uint64_t session) {
        return {.server_id = server.text,
                .address = *parse_ipv4("192.168.0.6"),
                .holder = "vsc-1",
                .session = session,
                .held_until = instant_of(1'000'000'000'000)};
    }
    bridge::LeaseAnswer ask(const bridge::Lease& wanted) {
        return world.enforcement.hear({{.lease = wanted, .question = true}}).answers.at(0);
    }

    ControlWorld world;
    Call alice = world.account("alice");
    model::VpnGatewayId gateway = world.gateway(alice, world.vpc(alice, "office"), 50);
    model::SslServerId server = world.server(alice, gateway);
    Instant now = instant_of(500'000'000'000);
};

TEST_F(Enforcing, TheSnapshotAndTheWantedStateTellTheSameServer) {
    const auto enforced = world.enforcement.compose(now, world.now);
    ASSERT_TRUE(enforced);
    ASSERT_EQ(enforced->snapshot.servers.size(), 1u);
    ASSERT_EQ(enforced->want.servers.size(), 1u);
    const bridge::SslServer& told = enforced->snapshot.servers.front();
    const bridge::WantedServer& wanted = enforced->want.servers.front();
    EXPECT_EQ(told.id, server.text);
    EXPECT_EQ(told.gateway_id, gateway.text);
    EXPECT_EQ(as_text(told.private_key_pem.view()), "key of server gateway." + server.text + "\n");
    EXPECT_EQ(told.ciphers.front(), "AES-256-GCM");
    EXPECT_EQ(told.fallback_cipher, "AES-128-CBC");
    EXPECT_EQ(told.hold_seconds, 300u);
    EXPECT_EQ(told.listeners, wanted.listeners);
    EXPECT_EQ(to_string(told.listeners.front().local.as_v4()), "0.0.0.0");
    EXPECT_EQ(wanted.vpc_namespace, "office");
    EXPECT_EQ(wanted.device.size(), 15u);
    EXPECT_EQ(wanted.device, "kmn" + server.text.substr(12));
    EXPECT_EQ(to_string(wanted.server_address), "192.168.0.1");
    EXPECT_EQ(enforced->snapshot.gateways.front().connections_max, 50u);
    EXPECT_EQ(enforced->snapshot.number, enforced->want.number);
    EXPECT_GT(world.enforcement.compose(now, world.now)->snapshot.number,
              enforced->snapshot.number);
}

TEST(DueAgain, IsWhatTimeReachesAndWhatAClockThatWasSetBackLeavesBehind) {
    const UnixTime made = unix_time_of(1000);
    EXPECT_FALSE(is_due_again(made, std::nullopt, made));
    EXPECT_FALSE(is_due_again(made, made + 10s, made + 9s));
    EXPECT_TRUE(is_due_again(made, made + 10s, made + 10s));
    EXPECT_TRUE(is_due_again(made, std::nullopt, made - 1s));
}

TEST_F(Enforcing, AServerWhoseListenerAnOlderOneHasSinceTheAddressesWereChangedLetsItBe) {
    world.ports.installation.public_addresses = {Ipv4{0xcb007101}, Ipv4{0xcb007102}};
    const auto elsewhere = world.gateway(alice, world.vpc(alice, "home"));
    const auto younger = world.server(alice, elsewhere);
    ASSERT_FALSE(younger.empty());
    auto servers = world.enforcement.compose(now, world.now)->snapshot.servers;
    EXPECT_FALSE(servers[0].listeners.empty());
    EXPECT_FALSE(servers[1].listeners.empty());
    world.ports.installation.public_addresses = {Ipv4{0xcb007102}};
    const auto enforced = world.enforcement.compose(now, world.now);
    servers = enforced->snapshot.servers;
    ASSERT_EQ(servers[1].id, younger.text);
    EXPECT_EQ(servers[0].listeners.size(), 1u);
    EXPECT_TRUE(servers[0].enabled);
    EXPECT_TRUE(servers[1].listeners.empty());
    EXPECT_FALSE(servers[1].enabled);
    EXPECT_TRUE(enforced->want.servers[1].listeners.empty());
    const auto told = world.plane.events.list(alice, {.kind = "ListenerTaken"});
    ASSERT_EQ(told->items.size(), 1u);
    EXPECT_EQ(told->items[0].resource, younger.text);
    EXPECT_THAT(told->items[0].message, HasSubstr("UDP port 1194"));
    CreateSslServer third = world.server_request(elsewhere);
    third.client_pool = "192.168.1.0/24";
    third.port = 1194;
    const auto refused = world.plane.ssl_servers.create(alice, third);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "IllegalParam.Port");
}

TEST_F(Enforcing, SslSwitchedOffDisablesTheServerAndKeepsIt) {
    ModifyVpnGateway request;
    request.id = gateway.text;
    request.enable_ssl = false;
    ASSERT_TRUE(world.plane.vpn_gateways.modify(alice, request));
    const auto enforced = world.enforcement.compose(now, world.now);
    ASSERT_EQ(enforced->snapshot.servers.size(), 1u);
    EXPECT_FALSE(enforced->snapshot.servers.front().enabled);
}

TEST_F(Enforcing, ALeaseIsStoredBeforeItIsGranted) {
    EXPECT_TRUE(ask(lease(7)).granted);
    EXPECT_EQ(world.enforcement.compose(now, world.now)->snapshot.leases, std::vector{lease(7)});
    EXPECT_TRUE(ask(lease(7)).granted);
    world.books.away = true;
    EXPECT_EQ(ask(lease(8)), (bridge::LeaseAnswer{false, Cause::gateway_not_ready}));
}

TEST_F(Enforcing, ALeaseOfNobodysServerOrAddressIsNotGranted) {
    bridge::Lease foreign = lease(7);
    foreign.address = *parse_ipv4("192.168.1.6");
    EXPECT_FALSE(ask(foreign).granted);
    foreign = lease(7);
    foreign.server_id = "vss-0";
    EXPECT_FALSE(ask(foreign).granted);
}

TEST_F(Enforcing, LeaseNewsTakeEffectInTheirOrder) {
    const auto word = world.enforcement.hear({{.lease = lease(7), .question = true},
                                              {.lease = lease(0)},
                                              {.lease = lease(0), .gone = true},
                                              {.lease = lease(8), .question = true}});
    ASSERT_TRUE(word.stored);
    ASSERT_EQ(word.answers.size(), 2u);
    EXPECT_TRUE(word.answers[0].granted && word.answers[1].granted);
    EXPECT_EQ(world.enforcement.compose(now, world.now)->snapshot.leases, std::vector{lease(8)});
}

TEST_F(Enforcing, AFreedLeaseIsForgotten) {
    ASSERT_TRUE(world.enforcement.hear({{.lease = lease(0)}}).stored);
    EXPECT_EQ(world.enforcement.compose(now, world.now)->snapshot.leases.size(), 1u);
    ASSERT_TRUE(world.enforcement.hear({{.lease = lease(0), .gone = true}}).stored);
    EXPECT_TRUE(world.enforcement.compose(now, world.now)->snapshot.leases.empty());
}

TEST_F(Enforcing, AfterARebootEveryHoldStartsAnew) {
    ASSERT_TRUE(ask(lease(7)).granted);
    Enforcement next_boot(world.ports, "boot-2");
    const auto leases = next_boot.compose(instant_of(0), world.now)->snapshot.leases;
    ASSERT_EQ(leases.size(), 1u);
    EXPECT_EQ(leases.front().session, 0u);
    EXPECT_EQ(leases.front().held_until, instant_of(0) + 300s);
}

TEST_F(Enforcing, LeasesOfADeletedServerAreForgotten) {
    ASSERT_TRUE(ask(lease(7)).granted);
    ASSERT_TRUE(world.plane.ssl_servers.remove(alice, server));
    ASSERT_TRUE(world.enforcement.compose(now, world.now));
    EXPECT_TRUE(world.books.leases()->empty());
}

bridge::ClientFact fact(const std::string& server_id, std::uint64_t session) {
    bridge::ClientFact fact;
    fact.session = session;
    fact.server_id = server_id;
    fact.common_name = "vsc-1";
    fact.remote = Endpoint::v4(*parse_ipv4("203.0.113.7"), 4711);
    fact.tunnel_address = *parse_ipv4("192.168.0.6");
    fact.connected_at = unix_time_of(static_cast<std::int64_t>(session));
    fact.received_octets = 10;
    return fact;
}

TEST_F(Enforcing, ClientsAreListedOnlineFirstThenHeldWithTheTimeLeft) {
    Clients& clients = world.plane.clients;
    EXPECT_TRUE(clients.hello({.process = 1, .snapshot_number = 0}, world.now).empty());
    clients.learn(fact(server.text, 2));
    clients.learn(fact(server.text, 1));
    clients.learn(fact("vss-0", 3));
    bridge::Lease held = lease(0);
    held.held_until = now + 59500ms;
    clients.learn(bridge::LeaseFact{held, false});
    const auto page = clients.list(alice, {gateway.text, {}}, now);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->total, 3u);
    EXPECT_EQ(page->items[0].connected_at, unix_time_of(1));
    EXPECT_TRUE(page->items[1].online);
    EXPECT_FALSE(page->items[2].online);
    EXPECT_EQ(page->items[2].held_seconds_left, 60u);
    EXPECT_EQ(world.plane.ssl_servers.list(alice, {})->items.front().connections, 2u);

    bridge::ClientFact ended = fact(server.text, 1);
    ended.status = bridge::ClientStatus::ended;
    clients.learn(ended);
    EXPECT_EQ(clients.list(alice, {gateway.text, {}}, now + 60s)->total, 1u);
    EXPECT_TRUE(clients.hello({.process = 1, .snapshot_number = 0}, world.now).empty())
        << "the bridge was interrupted, not the clients";
    clients.learn(fact(server.text, 2));
    const auto ends = clients.hello({.process = 2, .snapshot_number = 0}, world.now);
    EXPECT_EQ(clients.list(alice, {gateway.text, {}}, now)->total, 0u);
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0].happening, bridge::Happening::ended);
    EXPECT_EQ(ends[0].cause, Cause::gateway_restarted);
    EXPECT_EQ(ends[0].session, 2u);
    EXPECT_EQ(ends[0].received_octets, 10u);
}

TEST_F(Enforcing, AnAnnouncedOldRevisionIsAStaleBundle) {
    bridge::ClientFact client = fact(server.text, 1);
    world.plane.clients.learn(client);
    EXPECT_FALSE(
        world.plane.clients.list(alice, {gateway.text, {}}, now)->items.front().stale_bundle);
    client.revision = "0000";
    world.plane.clients.learn(client);
    EXPECT_TRUE(
        world.plane.clients.list(alice, {gateway.text, {}}, now)->items.front().stale_bundle);
}

TEST_F(Enforcing, OrdersToDisconnectAndToReleaseLeaveAnAuditRow) {
    const std::size_t before = audit_rows(world.books, 100).size();
    ASSERT_TRUE(world.plane.clients.disconnect(alice, {server.text, "vsc-1", {}}));
    ASSERT_TRUE(world.plane.clients.release(alice, server, *parse_ipv4("192.168.0.6")));
    EXPECT_EQ(world.gatekeeper.disconnects.size(), 1u);
    EXPECT_EQ(world.gatekeeper.releases.size(), 1u);
    EXPECT_EQ(audit_rows(world.books, 100).size(), before + 2);
    EXPECT_FALSE(world.plane.clients.disconnect(world.account("bob"), {server.text, "vsc-1", {}}));
}

}  // namespace
}  // namespace kanmon::usecases
