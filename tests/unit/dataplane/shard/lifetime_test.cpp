// Admission, ends, slots, snapshots.
#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");

TEST(PeerIds, NameTheirShard) {
    for (std::uint32_t index = 0; index < 3; ++index) {
        World world({.index = index, .count = 3});
        Peer& one = world.connected(1, at("192.0.2.1"));
        Peer& two = world.connected(2, at("192.0.2.2"));
        EXPECT_EQ(*one.engine.pushed()->peer_id % 3, index);
        EXPECT_NE(one.engine.pushed()->peer_id, two.engine.pushed()->peer_id);
        EXPECT_EQ(shard_of_session(world.asked[0].session, 3), index);
    }
}

TEST(Admission, ARefusedClientIsToldAndHoldsNothing) {
    World world({}, 1);
    world.connected(1, at("192.0.2.1"));
    Peer& second = world.add(2, at("192.0.2.2"), client::openvpn_2_6);
    world.run(5s);
    EXPECT_FALSE(second.connected);
    ASSERT_FALSE(second.overs.empty());
    EXPECT_NE(second.overs[0].text.find("maximum of concurrent connections"), std::string::npos);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_TRUE(world.lefts.empty());
    EXPECT_EQ(world.records.back().happening, bridge::Happening::refused);
    EXPECT_TRUE(world.records.back().known);
    EXPECT_EQ(world.records.back().cause, Cause::connections_exhausted);
    EXPECT_EQ(world.records.back().common_name, "vsc-2");
    world.run(60s);
    EXPECT_EQ(world.shard.half_open(), 0U);
}

TEST(Admission, BeyondWhatAShardServesAClientIsToldAndTheHalfOpenKeepTheirSlots) {
    World world({.clients_max = 1, .half_open_max = 1});
    world.connected(1, at("192.0.2.1"));
    Peer& second = world.add(2, at("192.0.2.2"), client::openvpn_2_6);
    world.run(5s);
    ASSERT_FALSE(second.overs.empty());
    EXPECT_NE(second.overs[0].text.find("maximum of concurrent connections"), std::string::npos);
    EXPECT_EQ(world.shard.clients(), 1U);
    ASSERT_EQ(world.lefts.size(), 1U) << "what it was given is given back, once";
    EXPECT_EQ(world.lefts[0].second, Cause::connections_exhausted);
    EXPECT_EQ(world.records.back().cause, Cause::connections_exhausted);
    world.run(60s);
    Peer& back = world.add(1, at("192.0.2.1"), client::openvpn_2_6);
    world.run(5s);
    EXPECT_TRUE(back.connected) << "it replaces what it had";
    EXPECT_EQ(world.shard.clients(), 1U);
}

TEST(Admission, ALeaseForAClientThatLeftMeanwhileIsGivenBackOnce) {
    World world;
    world.add(1, at("192.0.2.1"));
    world.keeper_waits = true;
    world.run(3s);
    ASSERT_EQ(world.questions.size(), 1U);
    world.shard.disconnect(world.questions[0].session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    world.decide(world.questions[0]);
    EXPECT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.shard.clients(), 0U);
    EXPECT_EQ(world.leases.find(world.questions[0].session), nullptr);
}

TEST(End, OfAClientGivesItsLeaseBackOnceAndSilencesItAtOnce) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Ipv4 address = peer.address();
    const Buffer last = world.sealed(peer, udp_packet(address, target));
    world.shard.disconnect(world.asked[0].session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    world.receive(peer.path, last);
    EXPECT_TRUE(world.delivered.empty()) << "whatever it still sends";
    EXPECT_FALSE(world.shard.owns(0, address));
    world.run(30s);
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0], std::pair(world.asked[0].session, Cause::disconnected_by_operator));
    EXPECT_EQ(world.facts.back().status, bridge::ClientStatus::ended);
    EXPECT_EQ(world.records.back().stage, bridge::Stage::ended);
    EXPECT_FALSE(peer.overs.empty());
}

TEST(End, ByGoodbyeFreesTheClientInEveryPersonality) {
    for (const auto* who : client::personalities()) {
        World world;
        Peer& peer = world.add(1, at("192.0.2.1"), *who);
        world.run(5s);
        ASSERT_TRUE(peer.connected) << who->name;
        peer.engine.leave(world.now);
        world.run(3s);
        ASSERT_EQ(world.lefts.size(), 1U) << who->name;
        EXPECT_EQ(world.lefts[0].second, Cause::client_left);
    }
}

TEST(End, OfAVanishedClientComesByKeepalive) {
    World world;
    world.connected(1, at("192.0.2.1"));
    world.loses = [](const Path&, Bytes) { return true; };
    world.run(115s);
    EXPECT_EQ(world.shard.clients(), 1U);
    world.run(10s);
    EXPECT_EQ(world.shard.clients(), 0U);
    EXPECT_EQ(world.lefts.at(0).second, Cause::keepalive_timeout);
}

TEST(PeerId, OfAFormerClientIsNotReusedForAWhile) {
    World world;
    Peer& first = world.connected(1, at("192.0.2.1"));
    const auto peer_id = first.engine.pushed()->peer_id;
    first.engine.leave(world.now);
    world.run(20s);
    EXPECT_NE(world.connected(2, at("192.0.2.2")).engine.pushed()->peer_id, peer_id);
    world.run(120s);
    EXPECT_EQ(world.connected(3, at("192.0.2.3")).engine.pushed()->peer_id, peer_id);
}

TEST(Snapshot, AddedNetworksKeepA27ClientConnectedAndAChangedPoolDoesNot) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_7);
    bridge::SslServer changed = settings();
    changed.local_networks.push_back(*parse_cidr("172.30.0.0/16"));
    world.configure({profile(changed)});
    world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target)));
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_TRUE(world.shard.owns(0, peer.address()));
    world.run(2s);
    EXPECT_TRUE(std::ranges::count(peer.engine.pushed()->options, "route 172.30.0.0 255.255.0.0"));

    changed.client_pool = *parse_cidr("10.9.0.0/24");
    world.configure({profile(changed)});
    EXPECT_EQ(world.lefts.at(0).second, Cause::server_changed);
    world.run(10s);
    ASSERT_FALSE(peer.overs.empty()) << "it was told";
    EXPECT_EQ(peer.overs[0].why, client::Why::told_to_restart);
    EXPECT_EQ(to_string(world.connected(2, at("192.0.2.2")).address()), "10.9.0.6");
}

TEST(Snapshot, NameServersAreToldToOpenVpn3AndMake27ComeAgainSinceItWouldKeepTheFormerOnes) {
    World world;
    Peer& told = world.connected(1, at("192.0.2.1"), client::openvpn_3);
    Peer& deaf = world.connected(2, at("192.0.2.2"), client::openvpn_2_7);
    bridge::SslServer changed = settings();
    changed.dns_servers.push_back(target);
    world.configure({profile(changed)});
    world.run(2500ms);
    const std::vector<std::string> wanted{"dns server 0 address 172.20.0.1"};
    EXPECT_EQ(told.engine.pushed()->of("dns"), wanted);
    EXPECT_TRUE(told.overs.empty());
    ASSERT_FALSE(deaf.overs.empty());
    EXPECT_EQ(deaf.overs[0].text, "the server's configuration was changed: name servers");
    const Peer& again = world.connected(2, at("192.0.2.2", 40001), client::openvpn_2_7);
    EXPECT_EQ(again.engine.pushed()->of("dns"), wanted);
}

TEST(Snapshot, OlderClientsAreSentAwayWithinTwoSecondsAndHaveTheNewRouteWhenTheyReturn) {
    for (const auto* who : client::personalities()) {
        if (who->takes_updates) continue;
        World world;
        Peer& peer = world.add(1, at("192.0.2.1"), *who);
        world.run(5s);
        ASSERT_TRUE(peer.connected) << who->name;
        bridge::SslServer changed = settings();
        changed.local_networks.push_back(*parse_cidr("172.30.0.0/16"));
        world.configure({profile(changed)});
        world.run(2500ms);
        ASSERT_FALSE(peer.overs.empty()) << who->name;
        EXPECT_EQ(peer.overs[0].why, client::Why::told_to_restart);
        EXPECT_EQ(peer.overs[0].text, "the server's configuration was changed: local networks");
        const Peer& again = world.connected(1, at("192.0.2.1", 40001), *who);
        EXPECT_TRUE(
            std::ranges::count(again.engine.pushed()->options, "route 172.30.0.0 255.255.0.0"));
        EXPECT_EQ(again.address(), *parse_ipv4("10.8.0.6")) << "its held slot";
    }
}

TEST(Snapshot, AClientThatSitsOnTheFixedAddressOfAnotherHasToMove) {
    World world;
    Peer& sitting = world.connected(1, at("192.0.2.1"), client::openvpn_2_7);
    Peer& bystander = world.connected(3, at("192.0.2.3"), client::openvpn_2_7);
    bridge::SslServer changed = settings();
    changed.static_addresses = {{"vsc-2", sitting.address()}};
    world.configure({profile(changed)});
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0].second, Cause::server_changed);
    const Peer& owner = world.connected(2, at("192.0.2.2"));
    EXPECT_EQ(owner.address(), *parse_ipv4("10.8.0.6"));
    EXPECT_TRUE(bystander.overs.empty());
}

TEST(Snapshot, AHolderWhoseFixedAddressIsAnotherComesAgainForIt) {
    World world;
    world.connected(1, at("192.0.2.1"), client::openvpn_2_7);
    bridge::SslServer changed = settings();
    changed.static_addresses = {{"vsc-1", *parse_ipv4("10.8.0.22")}};
    world.configure({profile(changed)});
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.connected(1, at("192.0.2.1", 40001)).address(), *parse_ipv4("10.8.0.22"));
}

// reg/CVE-2024-28882: repeated goodbyes prolong nothing.
TEST(End, ByAnOperatorIsAtOnceWhateverTheClientSendsAndTheHoldCountsFromThen) {
    for (const auto* who : {&client::openvpn_2_6, &client::openvpn_2_7, &client::openvpn_3}) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        std::vector<Buffer> packets;
        for (int i = 0; i < 200; ++i)
            packets.push_back(world.sealed(peer, udp_packet(peer.address(), target)));
        const Instant kicked = world.now;
        world.shard.disconnect(world.asked[0].session, Cause::disconnected_by_operator, world.now,
                               world.wall());
        EXPECT_EQ(world.shard.clients(), 0U);
        for (const Buffer& packet : packets) {  // and it goes on sending, and says goodbye again
            world.now += 20ms;
            world.receive(peer.path, packet);
            world.shard.disconnect(world.asked[0].session, Cause::disconnected_by_operator,
                                   world.now, world.wall());
            world.shard.reach(world.now, world.wall());
        }
        peer.engine.leave(world.now);
        world.run(10s);
        EXPECT_TRUE(world.delivered.empty());
        ASSERT_EQ(world.lefts.size(), 1U) << who->name;
        EXPECT_EQ(world.leases.all().at(0).held_until, kicked + 300s);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

TEST(End, OfAnIdleClientComesByItsInactivityAndPingsDoNotCount) {
    World world;
    bridge::SslServer changed = settings();
    changed.inactive_seconds = 60;
    world.configure({profile(changed)});
    Peer& peer = world.connected(1, at("192.0.2.1"));
    for (int second = 0; second < 100; ++second) {
        if (second % 10 == 0 && second < 50)
            world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target)));
        Buffer packet = udp_packet(target, peer.address());
        if (second % 10 == 5 && second > 50) world.shard.from_tunnel(0, packet, world.now);
        world.run(1s);
        ASSERT_EQ(world.shard.clients(), 1U) << "packets of either direction count, " << second;
    }
    world.run(70s);
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0].second, Cause::inactive);
    EXPECT_EQ(peer.overs.at(0).why, client::Why::told_to_halt);
}

TEST(Push, FiveHundredRoutesReachEveryPersonality) {
    bridge::SslServer many = settings();
    many.local_networks.clear();
    for (std::uint32_t i = 0; i < 500; ++i)
        many.local_networks.push_back({Ipv4{0xac140000 + (i << 8)}, 24});
    for (const auto* who : client::personalities()) {
        World world;
        world.configure({profile(many)});
        Peer& peer = world.add(1, at("192.0.2.1"), *who);
        world.run(8s);
        ASSERT_TRUE(peer.connected) << who->name;
        EXPECT_EQ(peer.engine.pushed()->of("route").size(), 501U) << who->name;
    }
}

TEST(Push, FiveHundredRoutesAreUpdatedWithoutAReconnection) {
    for (const auto* who : {&client::openvpn_2_7, &client::openvpn_3}) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        bridge::SslServer many = settings();
        many.full_tunnel = true;
        for (std::uint32_t i = 0; i < 499; ++i)
            many.local_networks.push_back({Ipv4{0xc6120000 + (i << 8)}, 24});
        world.configure({profile(many)});
        world.run(2s);
        EXPECT_EQ(peer.engine.pushed()->of("route").size(), 501U) << who->name;
        EXPECT_EQ(peer.engine.pushed()->of("redirect-gateway").size(), 1U) << who->name;
        EXPECT_TRUE(peer.overs.empty());
        world.configure({profile()});
        world.run(2s);
        EXPECT_EQ(peer.engine.pushed()->of("route").size(), 2U) << who->name;
        EXPECT_TRUE(peer.engine.pushed()->of("redirect-gateway").empty());
        EXPECT_TRUE(peer.overs.empty());
    }
}

TEST(Snapshot, EveryFieldThatClientsHoldDismissesThem) {
    const std::vector<std::function<void(bridge::SslServer&)>> changes{
        [](auto& server) { server.listeners[0].local.port = 1195; },
        [](auto& server) { server.topology = bridge::Topology::subnet; },
        [](auto& server) { server.ciphers = {"AES-128-GCM"}; },
        [](auto& server) { server.fallback_cipher = "AES-256-CBC"; },
        [](auto& server) { server.digest = "SHA256"; },
        [](auto& server) { server.ca_certificate_pem = "another"; },
        [](auto& server) { server.certificate_pem = "another"; },
        [](auto& server) { server.wrapping.kind = bridge::Wrapping::tls_crypt; },
        [](auto& server) { server.login.password = true; },
        [](auto& server) { server.login.code = true; },
        [](auto& server) { server.compression_framing = true; },
        [](auto& server) { server.enabled = false; }};
    for (const auto& change : changes) {
        World world;
        world.connected(1, at("192.0.2.1"));
        bridge::SslServer changed = settings();
        change(changed);
        world.configure({profile(changed)});
        ASSERT_EQ(world.lefts.size(), 1U);
        EXPECT_EQ(world.lefts[0].second, Cause::server_changed);
        EXPECT_EQ(world.shard.clients(), 0U);
    }
}

TEST(Snapshot, ARevokedCertificateEndsItsSessionAndNoOther) {
    World world;
    world.connected(1, at("192.0.2.1"));
    world.connected(2, at("192.0.2.2"));
    bridge::SslServer changed = settings();
    changed.revoked_serials = {"02"};
    world.configure({profile(changed)});
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0].second, Cause::certificate_revoked);
    EXPECT_EQ(world.shard.clients(), 1U);
}

TEST(Tls, GivesWorkersHandshakesAndNotTheRecordsThatFollow) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    EXPECT_TRUE(peer.connected);
    EXPECT_EQ(world.handshaken_jobs, 0U);
    world.shard.disconnect(world.asked[0].session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    EXPECT_TRUE(world.jobs.empty());
    world.run(1s);
    EXPECT_FALSE(peer.overs.empty());
    EXPECT_EQ(world.handshaken_jobs, 0U);
}

TEST(Tls, WhoeverHasRecordsAllTheTimeHandsThemToWorkersToo) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.run(2s);
    for (int i = 0; i < 40; ++i) {
        peer.engine.renegotiate(world.now);
        world.run(20ms);
    }
    EXPECT_GT(world.handshaken_jobs, 0U);
    world.run(2s);
    const std::size_t before = world.handshaken_jobs;
    peer.engine.renegotiate(world.now);
    world.run(1s);
    EXPECT_EQ(world.handshaken_jobs, before);
    EXPECT_TRUE(peer.overs.empty());
}

TEST(Snapshot, AnUnchangedServerKeepsItsClientsAtAnotherIndex) {
    World world;
    bridge::SslServer second = settings("vss-2");
    second.client_pool = *parse_cidr("10.20.0.0/24");
    const auto unchanged = profile(second);
    world.configure({profile(), unchanged});
    Peer& peer = world.add(2, at("192.0.2.2"));
    peer.path.server = 1;
    world.run(3s);
    ASSERT_TRUE(peer.connected);
    for (const ServerIndex place : {0U, 2U}) {
        std::vector<std::shared_ptr<const session::ServerProfile>> profiles(place);
        profiles.push_back(unchanged);
        world.configure(std::move(profiles));
        world.delivered.clear();
        world.run(1s);
        peer.path.server = place;
        world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target)));
        ASSERT_EQ(world.delivered.size(), 1U);
        EXPECT_EQ(world.delivered[0].first, place);
        Buffer packet = udp_packet(target, peer.address());
        world.shard.from_tunnel(place, packet, world.now);
        EXPECT_EQ(world.sent.at(0).path, peer.path);
        peer.engine.renegotiate(world.now);
        world.run(3s);
    }
    EXPECT_EQ(peer.renegotiations, 2U);
    EXPECT_TRUE(peer.overs.empty());
}

TEST(Snapshot, WhoseListenerGoesHearsTheGoodbyeByIt) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    bridge::SslServer changed = settings();
    changed.listeners[0].local.port = 1195;
    world.configure({profile(changed)});
    ASSERT_FALSE(world.sent.empty());
    EXPECT_EQ(world.sent.front().path, peer.path);
    world.run(1s);
    ASSERT_FALSE(peer.overs.empty());
    EXPECT_EQ(peer.overs.front().why, client::Why::told_to_restart);
}

TEST(Snapshot, ARemovedServerTakesItsClientsAndTheOthersFollowTheirIndex) {
    World world;
    bridge::SslServer second = settings("vss-2");
    second.client_pool = *parse_cidr("10.20.0.0/24");
    world.configure({profile(), profile(second)});
    Peer& here = world.connected(1, at("192.0.2.1"));
    Peer& there = world.add(2, at("192.0.2.2"));
    there.path.server = 1;
    world.run(3s);
    ASSERT_TRUE(there.connected);
    world.configure({profile(second)});
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_EQ(world.lefts.size(), 1U);
    ASSERT_FALSE(world.sent.empty());
    for (const Sent& goodbye : std::exchange(world.sent, {})) EXPECT_EQ(goodbye.path, here.path);
    there.path.server = 0;
    here.path.server = 9;
    world.receive(there.path, world.sealed(there, udp_packet(there.address(), target)));
    EXPECT_EQ(world.delivered.at(0).first, 0U);
    world.run(60s);
    for (const Sent& datagram : world.stray) EXPECT_NE(datagram.path.remote, here.path.remote);
    Buffer packet = udp_packet(target, there.address());
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.sent.at(0).path, there.path);
}

TEST(Renegotiation, ChangesKeysWithoutLosingAPacket) {
    World world;
    bridge::SslServer hasty = settings();
    hasty.renegotiate_seconds = 120;
    world.configure({profile(hasty)});
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    unsigned both = 0;
    for (int second = 0; second < 600; ++second) {
        world.run(1s);
        world.delivered.clear();
        peer.inner.clear();
        world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target)));
        Buffer packet = udp_packet(target, peer.address());
        world.shard.from_tunnel(0, packet, world.now);
        world.run(1ms);
        both += world.delivered.size() == 1 && peer.inner.size() == 1 ? 1U : 0U;
    }
    EXPECT_EQ(both, 600U);
    EXPECT_GT(peer.engine.tunnel().installs(), 3U);
}

TEST(Deadlines, AnIdleGatewaySleepsUntilItsNextClientNeedsIt) {
    World world;
    EXPECT_FALSE(world.shard.next_deadline());
    for (std::uint8_t number = 1; number <= 50; ++number)
        world.connected(number, at("192.0.2.1", number));
    const auto next = world.shard.next_deadline();
    ASSERT_TRUE(next);
    EXPECT_GT(*next, world.now);
}

}  // namespace
}  // namespace kanmon::shard
