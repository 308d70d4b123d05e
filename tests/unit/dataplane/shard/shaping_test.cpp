// A gateway's bandwidth as its clients meet it, through a whole shard.
#include "dataplane/routing/inner_packet.h"
#include "packets_without_heap.h"
#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");
constexpr std::uint64_t megabit = 1'000'000;
constexpr std::size_t body_octets = 1000;

Ipv4 source_of(Buffer packet) {
    return routing::read_inner_packet(packet)->source;
}

struct ShapedWorld : World {
    explicit ShapedWorld(std::uint64_t rate) : lines(std::make_shared<shaper::GatewayLines>(rate)) {
        shard.share_bandwidth({lines});
    }

    /// So many packets a millisecond for this client each way, for a while; nobody else hears them.
    void load(Peer& peer, int packets, Duration span) {
        Buffer down = udp_packet(target, peer.address(), body_octets);
        for (const Instant end = now + span; now < end; now += 1ms) {
            for (int i = 0; i < packets; ++i) {
                Buffer up = sealed(peer, udp_packet(peer.address(), target, body_octets));
                shard.receive(peer.path, {up, up.size()}, now, wall());
                Buffer again = down;
                shard.from_tunnel(0, again, now);
            }
            shard.reach(now, wall());
        }
    }

    std::uint64_t dropped() const {
        return shard.drops()[static_cast<std::size_t>(Cause::bandwidth_exceeded)];
    }

    std::shared_ptr<shaper::GatewayLines> lines;
};

/// Packets of these tests that a second has room for.
std::uint64_t packets_of(std::uint64_t rate) {
    return rate / 8 / (body_octets + 28);
}

TEST(Shaping, EachDirectionKeepsToTheGatewaysBandwidth) {
    ShapedWorld world(5 * megabit);
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.quiet = true;
    world.deliveries = world.sends = 0;
    world.load(peer, 2, 2s);
    const auto expected = static_cast<double>(2 * packets_of(5 * megabit));
    EXPECT_NEAR(static_cast<double>(world.deliveries), expected, expected / 25);
    EXPECT_NEAR(static_cast<double>(world.sends), expected, expected / 25);
    EXPECT_GT(world.dropped(), 0U);
}

TEST(Shaping, ClientsShareItAndAQuietOneNoticesNothing) {
    ShapedWorld world(5 * megabit);
    Peer& greedy = world.connected(1, at("192.0.2.1"));
    Peer& quiet = world.connected(2, at("192.0.2.2"));
    world.load(greedy, 4, 500ms);
    const std::size_t before = world.delivered.size();
    world.receive(quiet.path, world.sealed(quiet, udp_packet(quiet.address(), target, 20)));
    world.load(greedy, 4, 4ms);
    const auto own = [&](const auto& packet) {
        return source_of(packet.second) == quiet.address();
    };
    EXPECT_EQ(std::count_if(world.delivered.begin() + static_cast<long>(before),
                            world.delivered.end(), own),
              1);
}

TEST(Shaping, ANewBandwidthHoldsAtOnceAndNobodyIsDropped) {
    ShapedWorld world(2 * megabit);
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.quiet = true;
    world.load(peer, 2, 1s);
    world.lines->set_rate(8 * megabit);
    world.sends = 0;
    world.load(peer, 2, 1s);
    const auto expected = static_cast<double>(packets_of(8 * megabit));
    EXPECT_NEAR(static_cast<double>(world.sends), expected, expected / 20);
    EXPECT_EQ(world.shard.clients(), 1U);
}

/// The gateway's only server lets each client have so much.
void limit_clients(ShapedWorld& world, std::uint32_t megabits) {
    bridge::SslServer server = settings();
    server.client_bandwidth_mbit = megabits;
    world.configure({profile(server)});
    world.shard.share_bandwidth({world.lines});
}

TEST(Shaping, AClientsOwnLimitHoldsEachWayAndChangesAtOnce) {
    ShapedWorld world(1000 * megabit);
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.quiet = true;
    for (const std::uint32_t megabits : {2U, 8U, 4U}) {
        limit_clients(world, megabits);
        world.load(peer, 2, 200ms);
        world.deliveries = world.sends = 0;
        world.load(peer, 2, 1s);
        const auto expected = static_cast<double>(packets_of(megabits * megabit));
        EXPECT_NEAR(static_cast<double>(world.deliveries), expected, expected / 20) << megabits;
        EXPECT_NEAR(static_cast<double>(world.sends), expected, expected / 20) << megabits;
    }
    limit_clients(world, 0);
    world.load(peer, 2, 100ms);
    world.sends = 0;
    world.load(peer, 2, 1s);
    EXPECT_EQ(world.sends, 2000U);
    EXPECT_EQ(world.shard.clients(), 1U);
}

TEST(Shaping, DropsOfAClientsOwnLimitAreCountedApartAndAsTheClients) {
    ShapedWorld world(1000 * megabit);
    Peer& greedy = world.connected(1, at("192.0.2.1"));
    Peer& quiet = world.connected(2, at("192.0.2.2"));
    world.quiet = true;
    limit_clients(world, 1);
    world.load(greedy, 4, 1s);
    world.load(quiet, 0, 1ms);
    EXPECT_EQ(world.dropped(), 0U);
    const std::uint64_t own =
        world.shard.drops()[static_cast<std::size_t>(Cause::client_bandwidth_exceeded)];
    EXPECT_GT(own, 1000U);
    std::uint64_t told = 0;
    for (const auto& client : world.shard.traffic().clients)
        told += client.meters[static_cast<std::size_t>(bridge::Meter::dropped_packets)];
    EXPECT_EQ(told, own);
}

TEST(Shaping, WhatIsDroppedIsCountedOfItsServer) {
    ShapedWorld world(1 * megabit);
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.quiet = true;
    world.load(peer, 4, 1s);
    const auto traffic = world.shard.traffic();
    ASSERT_EQ(traffic.servers.size(), 1U);
    EXPECT_EQ(traffic.servers[0].drops[static_cast<std::size_t>(Cause::bandwidth_exceeded)],
              world.dropped());
}

TEST(Shaping, AClientThatGoesLeavesNothingBehind) {
    ShapedWorld world(1 * megabit);
    Peer& goes = world.connected(1, at("192.0.2.1"));
    Peer& stays = world.connected(2, at("192.0.2.2"));
    world.load(goes, 4, 50ms);
    world.shard.disconnect(world.asked.front().session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    Buffer up = world.sealed(stays, udp_packet(stays.address(), target, body_octets));
    world.delivered.clear();
    world.now += 20ms;  // the line is free, and nobody may wait for it
    world.shard.receive(stays.path, {up, up.size()}, world.now, world.wall());
    ASSERT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(source_of(world.delivered[0].second), stays.address());
    world.run(10s);
    EXPECT_EQ(world.shard.clients(), 1U);
}

TEST(Shaping, AGatewayThatGoesWhilePacketsWaitLetsTheNextOnesPass) {
    ShapedWorld world(1 * megabit);
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.load(peer, 4, 50ms);
    world.shard.share_bandwidth({nullptr});
    world.quiet = true;
    world.sends = 0;
    world.load(peer, 4, 100ms);
    EXPECT_EQ(world.sends, 400U);
}

TEST(Shaping, CostsNoHeapWhilePacketsPassOrWait) {
    ShapedWorld fast(1000 * megabit);
    expect_packets_without_heap(fast, fast.connected(1, at("192.0.2.1")), target);
    ShapedWorld slow(1 * megabit);
    Peer& peer = slow.connected(1, at("192.0.2.1"));
    slow.quiet = true;
    slow.load(peer, 1, 20ms);
    Buffer up = slow.sealed(peer, udp_packet(peer.address(), target, body_octets));
    Buffer down = udp_packet(target, peer.address(), body_octets);
    const std::size_t before = testing::allocations;
    slow.shard.receive(peer.path, {up, up.size()}, slow.now, slow.wall());
    slow.shard.from_tunnel(0, down, slow.now);
    for (int i = 0; i < 100; ++i) slow.shard.reach(slow.now += 1ms, slow.wall());
    EXPECT_EQ(testing::allocations, before);
}

}  // namespace
}  // namespace kanmon::shard
