// Clients on connections: what the shard knows of a stream, and what it never does with one.
#include "unit/dataplane/shard/wrapped_world.h"

namespace kanmon::shard {
namespace {

constexpr std::uint32_t by_tcp = 1;  // the listener of `settings`

Peer& on_stream(World& world, std::uint8_t number, const char* address, std::uint32_t stream,
                const client::Personality& who = client::openvpn_2_6) {
    Peer& peer = world.add(number, at(address), who, by_tcp, stream);
    world.run(3s);
    EXPECT_TRUE(peer.connected);
    return peer;
}

/// A packet of the VPC for this client.
void from_vpc(World& world, const Peer& peer) {
    Buffer packet = udp_packet(Ipv4{0xac140001}, peer.address());
    world.shard.from_tunnel(0, packet, world.now);
}

TEST(Streams, BeginWithoutACookieAndEndWhenTheyHangUp) {
    World world;
    Peer& peer = on_stream(world, 1, "192.0.2.1", 7);
    EXPECT_EQ(world.facts.back().transport, bridge::Transport::tcp);
    EXPECT_TRUE(world.shard.serves(peer.path));
    world.shard.hang_up(peer.path, Cause::connection_broken, "it was reset", world.now,
                        world.wall());
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0].second, Cause::connection_broken);
    EXPECT_EQ(world.records.back().cause, Cause::connection_broken);
    EXPECT_EQ(world.records.back().detail.substr(0, 12), "it was reset");
    EXPECT_EQ(world.shard.clients(), 0U);
    EXPECT_FALSE(world.shard.serves(peer.path));
}

TEST(Streams, SayOnceThatTheirClientIsInAndHowLongItsFramesMayBe) {
    World world;
    world.add(1, at("192.0.2.1"), client::openvpn_2_6, by_tcp, 7);
    world.keeper_waits = true;
    world.run(3s);
    EXPECT_TRUE(world.entries.empty());
    world.keeper_waits = false;
    world.run(3s);
    ASSERT_EQ(world.entries.size(), 1U);
    EXPECT_EQ(world.entries[0].first.stream, 7U);
    EXPECT_EQ(world.entries[0].second, 1500U + 256U);
}

TEST(Streams, AreToBeClosedAfterTheGoodbyeHasLeft) {
    World world;
    Peer& peer = on_stream(world, 1, "192.0.2.1", 7);
    world.shard.disconnect(world.facts.back().session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    world.run(1s);
    ASSERT_EQ(peer.overs.size(), 1U);  // it has heard why
    world.run(10s);
    ASSERT_EQ(world.finishes.size(), 1U);
    EXPECT_EQ(world.finishes[0], peer.path);
}

TEST(Streams, WhoseHelloIsOfAnotherKeyEndAsTheyDoForNoise) {
    for (const client::WrappingPair& pair : all_pairs()) {
        World world(pair);
        const Path path{0, by_tcp, at("192.0.2.1"), 7};
        for (const client::WrappingPair& other : all_pairs()) {
            if (name_of(other) == name_of(pair)) continue;
            world.finishes.clear();
            world.receive(path, hello_of(other.client()));
            EXPECT_EQ(world.finishes, std::vector{path}) << name_of(other);
        }
        EXPECT_TRUE(world.sent.empty()) << name_of(pair);
    }
}

TEST(Streams, GoOnWhenAPacketInASessionIsNotUnderstood) {
    World world(all_pairs().front());
    Peer& peer = on_stream(world, 1, "192.0.2.1", 7);
    world.receive(peer.path, hello_of(all_pairs().back().client()));
    world.receive(peer.path, from_hex("f8 9c6afff88fadef11 00 00000000"));
    EXPECT_TRUE(world.finishes.empty());
    EXPECT_TRUE(world.shard.serves(peer.path));
}

TEST(Streams, OfOneRemoteAddressAreNeverMixedUp) {
    World world;
    Peer& datagrams = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    Peer& first = on_stream(world, 1, "192.0.2.1", 7);
    Peer& second = on_stream(world, 1, "192.0.2.1", 0x10007);
    EXPECT_EQ(world.shard.clients(), 3U);
    world.shard.hang_up(first.path, Cause::client_left, {}, world.now, world.wall());
    EXPECT_EQ(world.shard.clients(), 2U);
    EXPECT_TRUE(world.shard.owns(0, datagrams.address()));
    EXPECT_TRUE(world.shard.owns(0, second.address()));
    EXPECT_FALSE(world.shard.owns(0, first.address()));
}

TEST(Streams, NeverFloat) {
    World world;
    Peer& stream = on_stream(world, 1, "192.0.2.1", 7);
    Peer& datagrams = world.connected(2, at("192.0.2.2"), client::openvpn_2_6);
    const auto try_from = [&](Peer& peer, const Path& elsewhere) {
        const std::size_t before = world.deliveries;
        const std::uint64_t dropped = world.drops(Cause::unknown_client);
        world.receive(elsewhere, world.sealed(peer, udp_packet(peer.address(), Ipv4{0xac140001})));
        EXPECT_EQ(world.deliveries, before);
        EXPECT_EQ(world.drops(Cause::unknown_client), dropped + 1);
    };

    try_from(stream, Path{0, 0, at("198.51.100.7")});          // from a connection to datagrams
    try_from(stream, Path{0, by_tcp, at("198.51.100.7"), 8});  // to another connection
    try_from(datagrams, Path{0, by_tcp, at("192.0.2.2"), 9});  // from datagrams to a connection

    world.sent.clear();
    from_vpc(world, stream);
    ASSERT_EQ(world.sent.size(), 1U);
    EXPECT_EQ(world.sent[0].path, stream.path);
}

TEST(Streams, DropTunnelledPacketsBeforeTheyAreSealedSoThatPacketIdsHaveNoGap) {
    World world;
    Peer& peer = on_stream(world, 1, "192.0.2.1", 7);
    const auto id_of = [](const Buffer& sealed) {
        return ByteReader(Bytes(sealed).subspan(4)).u32();  // DATA_V2
    };
    world.sent.clear();
    from_vpc(world, peer);
    std::size_t asked_octets = 0;
    world.room_left = [&](const Path& path, std::size_t octets) {
        EXPECT_EQ(path, peer.path);
        asked_octets = octets;
        return false;
    };
    for (int i = 0; i < 5; ++i) from_vpc(world, peer);
    world.room_left = {};
    from_vpc(world, peer);

    EXPECT_EQ(world.drops(Cause::queue_full), 5U);
    ASSERT_EQ(world.sent.size(), 2U);
    EXPECT_GE(asked_octets, world.sent[0].octets.size());
    EXPECT_EQ(id_of(world.sent[1].octets), id_of(world.sent[0].octets) + 1);
}

TEST(Streams, TakeManyPacketsAtOnceWithoutAllocating) {
    World world;
    Peer& peer = on_stream(world, 1, "192.0.2.1", 7);
    std::vector<Buffer> sealed;
    for (int i = 0; i < 40; ++i)
        sealed.push_back(world.sealed(
            peer, udp_packet(peer.address(), Ipv4{0xac140001}, 100 + static_cast<std::size_t>(i))));
    std::vector<MutableBytes> packets(sealed.begin(), sealed.end());
    world.shard.receive(peer.path, packets, world.now, world.wall());
    EXPECT_EQ(world.deliveries, 40U);
}

TEST(Streams, HearTheGoodbyeAlsoWhenTheirListenerIsGone) {
    World world;
    Peer& datagrams = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    Peer& stream = on_stream(world, 2, "192.0.2.2", 7);
    bridge::SslServer without = settings();
    without.listeners.pop_back();
    world.configure({profile(without)});
    world.run(1s);

    EXPECT_TRUE(datagrams.overs.empty());  // its listener is where it was
    ASSERT_EQ(stream.overs.size(), 1U);
    EXPECT_EQ(stream.overs[0].why, client::Why::told_to_restart);
}

TEST(Snapshot, ListenersThatComeOrMoveDisturbNobodyWhoHasAnother) {
    World world;
    Peer& datagrams = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    Peer& stream = on_stream(world, 2, "192.0.2.2", 7);
    for (const std::uint16_t port : {std::uint16_t{1195}, std::uint16_t{1196}}) {
        bridge::SslServer more = settings();
        more.listeners.insert(more.listeners.begin(),
                              {bridge::Transport::udp, Endpoint{Ipv6{}, port}});
        world.configure({profile(more)});
        datagrams.path.listener = 1;  // the same socket, at its new place in the list
        world.run(1s);

        EXPECT_TRUE(world.lefts.empty());
        for (Peer* peer : {&datagrams, &stream}) {
            peer->inner.clear();
            from_vpc(world, *peer);
            world.run(1ms);
            EXPECT_EQ(peer->inner.size(), 1U) << port;
        }
    }
}

}  // namespace
}  // namespace kanmon::shard
