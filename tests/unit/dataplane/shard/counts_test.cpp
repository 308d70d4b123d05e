// What is counted of a server and its clients, and the records of their lives.
#include "world.h"

namespace kanmon::shard {
namespace {

using bridge::Happening;
using bridge::Meter;

const Ipv4 target = *parse_ipv4("172.20.0.1");

std::uint64_t value(const bridge::ServerFact& fact, Meter meter) {
    return fact.meters[static_cast<std::size_t>(meter)];
}

bridge::ServerFact server_of(World& world) {
    const Traffic traffic = world.shard.traffic();
    EXPECT_EQ(traffic.servers.size(), 1U);
    return traffic.servers.front();
}

std::vector<Happening> happenings(const World& world) {
    std::vector<Happening> all;
    for (const bridge::AttemptRecord& record : world.records) all.push_back(record.happening);
    return all;
}

TEST(Counts, OfAServerGoOnWhenItsClientsLeave) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target, 100)));
    const bridge::ServerFact before = server_of(world);
    EXPECT_EQ(before.server_id, "vss-1");
    EXPECT_EQ(before.online, 1U);
    EXPECT_EQ(value(before, Meter::received_packets), 1U);
    EXPECT_EQ(value(before, Meter::received_octets), 120U);
    EXPECT_EQ(value(before, Meter::handshakes_begun), 1U);
    EXPECT_EQ(value(before, Meter::handshakes_done), 1U);
    world.shard.disconnect(world.asked.front().session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    const bridge::ServerFact after = server_of(world);
    EXPECT_EQ(after.online, 0U);
    EXPECT_EQ(value(after, Meter::received_octets), 120U);
    EXPECT_EQ(value(after, Meter::handshakes_refused), 0U);
}

TEST(Facts, AreToldAgainOfWhomSomethingIsNewAndAllWithinFiveTurns) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Peer& mover = world.connected(2, at("192.0.2.2"));
    world.connected(3, at("192.0.2.3"));
    const auto five_turns = [&] {
        world.facts.clear();
        for (std::uint32_t i = 0; i < Shard::report_phases; ++i)
            world.shard.report_some(world.wall());
        return world.facts.size();
    };
    five_turns();
    EXPECT_EQ(five_turns(), 0U);
    world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target, 100)));
    mover.path.remote = at("198.51.100.2");
    world.receive(mover.path, world.sealed(mover, Buffer()));
    EXPECT_EQ(five_turns(), 2U);
    EXPECT_EQ(five_turns(), 0U);
    world.facts.clear();
    world.shard.report_all(world.wall());
    EXPECT_EQ(world.facts.size(), 3U);
}

TEST(Counts, OfClientsAreToldOnlyWhenTheyCarriedSomething) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.connected(2, at("192.0.2.2"));
    world.shard.traffic();
    EXPECT_TRUE(world.shard.traffic().clients.empty());
    world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target, 100)));
    const Traffic traffic = world.shard.traffic();
    ASSERT_EQ(traffic.clients.size(), 1U);
    EXPECT_EQ(traffic.clients[0].session, world.asked[0].session);
    EXPECT_EQ(traffic.clients[0].meters[0], 120U);
    EXPECT_TRUE(world.shard.traffic().clients.empty());
}

TEST(Counts, NameTheCausesOfWhatWasDropped) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.receive(peer.path, world.sealed(peer, udp_packet(target, target)));
    world.receive({0, 0, at("203.0.113.9")}, Buffer(20, std::byte{0x48}));
    const bridge::ServerFact fact = server_of(world);
    EXPECT_EQ(fact.drops[static_cast<std::size_t>(Cause::spoofed_source)], 1U);
    EXPECT_EQ(fact.drops[static_cast<std::size_t>(Cause::unknown_client)], 1U);
    EXPECT_GE(value(fact, Meter::dropped_packets), 2U);
}

TEST(Counts, SurviveANewSnapshotOfTheSameServer) {
    World world;
    world.connected(1, at("192.0.2.1"));
    bridge::SslServer server = settings();
    server.dns_servers = {*parse_ipv4("100.100.2.136")};
    world.configure({nullptr, profile(server)});
    EXPECT_EQ(value(server_of(world), Meter::handshakes_done), 1U);
    server.id = "vss-other";
    world.configure({profile(server)});
    EXPECT_EQ(server_of(world).server_id, "vss-other");
    EXPECT_EQ(value(server_of(world), Meter::handshakes_done), 0U);
}

TEST(Records, TellALifeFromItsBeginningToItsEnd) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Path elsewhere{0, 0, at("198.51.100.7", 5000)};
    world.now += 2s;
    world.receive(elsewhere, world.sealed(peer, udp_packet(peer.address(), target)));
    world.shard.disconnect(world.asked.front().session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    EXPECT_EQ(happenings(world), (std::vector{Happening::connected, Happening::negotiated,
                                              Happening::moved, Happening::ended}));
    EXPECT_EQ(world.records[0].tunnel_address, peer.address());
    EXPECT_EQ(world.records[1].cipher, "AES-256-GCM");
    EXPECT_EQ(world.records[1].detail.find("Data Channel: using negotiated cipher 'AES-256-GCM'"),
              0U);
    EXPECT_EQ(world.records[2].former, peer.path.remote);
    EXPECT_EQ(world.records[2].remote, elsewhere.remote);
    EXPECT_EQ(world.records[3].cause, Cause::disconnected_by_operator);
    EXPECT_EQ(world.records[3].received_octets, 120U);
    for (const bridge::AttemptRecord& record : world.records) EXPECT_TRUE(record.known);
}

TEST(Records, SayWhoHasABundleOfFormerSettingsAlsoWhenItIsRefused) {
    for (const auto& [announced, stale] : {std::pair("1111", true), std::pair("2222", false)}) {
        World world({}, 1);
        bridge::SslServer server = settings();
        server.revision = "2222";
        world.configure({profile(server)});
        client::Personality who = client::openvpn_2_6;
        const std::string info = std::string(who.peer_info) + "UV_KANMON_REV=" + announced + "\n";
        who.peer_info = who.peer_info_renegotiated = info;
        world.connected(1, at("192.0.2.1"), who);
        world.add(2, at("192.0.2.2"), who);
        world.run(5s);
        for (const Happening happening : {Happening::connected, Happening::refused}) {
            const auto row =
                std::ranges::find(world.records, happening, &bridge::AttemptRecord::happening);
            ASSERT_NE(row, world.records.end());
            EXPECT_EQ(row->detail.find("download it again") != std::string::npos, stale);
        }
    }
}

TEST(Records, OfAClientThatJumpsToAndFroAreFew) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Path elsewhere{0, 0, at("198.51.100.7", 5000)};
    world.now += 2s;
    for (int i = 0; i < 100; ++i)
        world.receive(i % 2 == 0 ? elsewhere : peer.path,
                      world.sealed(peer, udp_packet(peer.address(), target)));
    EXPECT_EQ(std::ranges::count(happenings(world), Happening::moved), 1);
    EXPECT_EQ(value(server_of(world), Meter::moves), 100U);
}

TEST(Records, OfWhoeverIsTurnedAwayBeforeASessionAreTenAMinute) {
    World world;
    const Path stranger{0, 0, at("203.0.113.9"), 5};
    for (int i = 0; i < 1000; ++i)
        world.shard.note_stranger(stranger, Cause::unknown_opcode, "no OpenVPN", world.now,
                                  world.wall());
    ASSERT_EQ(world.records.size(), 10U);
    EXPECT_FALSE(world.records[0].known);
    EXPECT_EQ(world.records[0].transport, bridge::Transport::tcp);
    EXPECT_EQ(world.records[0].detail, "no OpenVPN");
    world.now += 60s;
    world.shard.note_stranger(stranger, Cause::unknown_opcode, {}, world.now, world.wall());
    EXPECT_EQ(world.records.size(), 11U);
}

}  // namespace
}  // namespace kanmon::shard
