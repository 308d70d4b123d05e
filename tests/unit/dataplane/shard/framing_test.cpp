// Clients that were configured for compression: understood, answered in kind, never compressed.
#include "allocations.h"
#include "world.h"

namespace kanmon::shard {
namespace {

using wire::Framing;

const Ipv4 target = *parse_ipv4("172.20.0.1");

/// A client that does as its profile says, whatever it is pushed.
client::ClientSettings stubborn() {
    client::ClientSettings program;
    program.ignores_pushed_framing = true;
    return program;
}

/// One that sends the payloads it is given as they are: a compressing client in the hands of a
/// test.
const client::Personality& bare_with(bool named_in_options) {
    static const client::Personality named = [] {
        client::Personality program = client::openvpn_2_4_comp_lzo;
        program.framing = Framing::none;
        return program;
    }();
    return named_in_options ? named : client::openvpn_2_4;
}

void expect_traffic_both_ways(World& world, Peer& peer) {
    const std::size_t delivered = world.delivered.size(), received = peer.inner.size();
    const Buffer up = udp_packet(peer.address(), target, 700);
    peer.engine.from_tunnel(up, world.now);
    world.run(1ms);
    ASSERT_EQ(world.delivered.size(), delivered + 1);
    EXPECT_EQ(world.delivered.back().second, up);
    Buffer down = udp_packet(target, peer.address(), 700);
    world.shard.from_tunnel(0, down, world.now);
    world.run(1ms);
    ASSERT_EQ(peer.inner.size(), received + 1);
    EXPECT_EQ(peer.inner.back(), udp_packet(target, peer.address(), 700));
}

const std::array framed_programs{&client::openvpn_2_3_comp_lzo, &client::openvpn_2_4_comp_lzo,
                                 &client::openvpn_2_4_compress};

TEST(Framing, EveryClientConfiguredForItHasTrafficWhetherItObeysItsPushOrNot) {
    for (const auto* who : framed_programs)
        for (const bool obeys : {true, false}) {
            SCOPED_TRACE(std::string(who->name) + (obeys ? "" : ", stubborn"));
            World world;
            Peer& peer = world.connected(1, at("192.0.2.1"), *who,
                                         obeys ? client::ClientSettings{} : stubborn());
            expect_traffic_both_ways(world, peer);
            world.run(10min);
            EXPECT_TRUE(peer.overs.empty()) << "pings are framed in both directions";
            expect_traffic_both_ways(world, peer);
            peer.engine.renegotiate(world.now);
            world.run(70s);
            expect_traffic_both_ways(world, peer);
            EXPECT_EQ(world.all_drops(), 0U);
            peer.engine.leave(world.now);
            world.run(5s);
            EXPECT_EQ(world.lefts.size(), 1U) << "so are goodbyes";
        }
}

TEST(Framing, AClientThatHidesItsOptionsIsAnsweredInKind) {
    static const client::Personality hidden = [] {
        client::Personality program = client::openvpn_2_4_comp_lzo;
        program.options = "";  // disable-occ
        return program;
    }();
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), hidden);
    EXPECT_FALSE(peer.engine.pushed()->framing);
    expect_traffic_both_ways(world, peer);
}

// VORACLE: compressed packets tell their length; nobody here makes or takes any.
TEST(Framing, NothingIsEverCompressed) {
    for (const auto* who : framed_programs) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        std::size_t octets = 0;
        for (const std::uint8_t filling : {std::uint8_t{0}, std::uint8_t{'A'}}) {
            Buffer packet = udp_packet(target, peer.address(), 1200);
            std::fill(packet.begin() + 28, packet.end(), static_cast<std::byte>(filling));
            world.shard.from_tunnel(0, packet, world.now);
            EXPECT_GT(world.last_sent_octets, 1220U);
            EXPECT_TRUE(octets == 0 || world.last_sent_octets == octets);
            octets = world.last_sent_octets;
        }
    }
}

Buffer compressed(std::uint8_t first, std::uint8_t second = 0x45) {
    Buffer packet(200, static_cast<std::byte>(second));
    packet[0] = static_cast<std::byte>(first);
    return packet;
}

TEST(Framing, AClientThatInsistsOnCompressionIsToldAndEnded) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), bare_with(true), stubborn());
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(peer.overs.empty()) << i;
        peer.engine.from_tunnel(compressed(0x50, 0x01), world.now);
        world.run(100ms);
    }
    EXPECT_EQ(world.drops(Cause::unsupported_framing), 8U);
    ASSERT_EQ(peer.overs.size(), 1U);
    EXPECT_EQ(peer.overs[0].why, client::Why::refused);
    EXPECT_EQ(peer.overs[0].text,
              "the client sends compressed packets, which this gateway never does");
    EXPECT_EQ(world.lefts.at(0).second, Cause::compression_required);
    EXPECT_EQ(world.records.back().cause, Cause::compression_required);
}

TEST(Framing, CompressedPacketsNowAndThenAreOnlyDropped) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), bare_with(true), stubborn());
    for (int i = 0; i < 40; ++i) {
        peer.engine.from_tunnel(compressed(0x50, 0x03), world.now);
        world.run(100ms);
        if (i % 7 != 6) continue;
        peer.engine.from_tunnel(udp_packet(peer.address(), target), world.now);
        world.run(1ms);
    }
    peer.engine.from_tunnel(udp_packet(peer.address(), target), world.now);
    for (int i = 0; i < 20; ++i) {
        peer.engine.from_tunnel(compressed(0x50, 0x01), world.now);
        world.run(1500ms);
    }
    EXPECT_TRUE(peer.overs.empty());
    EXPECT_EQ(world.drops(Cause::unsupported_framing), 60U);
    EXPECT_EQ(world.delivered.size(), 6U);
}

TEST(Framing, LzoAndLz4AreKnownForWhatTheyAre) {
    for (const auto& [profile_framing, first] :
         {std::pair{Framing::lzo, 0x66}, std::pair{Framing::swap, 0x69}}) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), bare_with(true), stubborn());
        // Its first plain frame shows how this one frames.
        Buffer plain = udp_packet(peer.address(), target);
        Buffer frame(plain.size() + wire::framing_octets_max);
        frame.resize(wire::put_frame(profile_framing, plain, frame));
        peer.engine.from_tunnel(frame, world.now);
        world.run(1ms);
        ASSERT_EQ(world.delivered.size(), 1U);
        for (int i = 0; i < 8; ++i)
            peer.engine.from_tunnel(compressed(static_cast<std::uint8_t>(first)), world.now);
        world.run(1ms);
        EXPECT_EQ(world.drops(Cause::unsupported_framing), 8U);
        EXPECT_EQ(peer.overs.size(), 1U);
    }
}

TEST(Framing, FramesInsideFramesAreNoPackets) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), bare_with(false));
    Buffer nested(1000, std::byte{0xfa});
    for (std::size_t i = 0; i < nested.size(); i += 2) nested[i] = std::byte{0xfb};
    for (int i = 0; i < 20; ++i) peer.engine.from_tunnel(nested, world.now);
    world.run(1ms);
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.all_drops(), 20U);
    EXPECT_TRUE(peer.overs.empty());
}

TEST(Framing, NeitherDirectionAllocates) {
    for (const auto* who : framed_programs) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who, stubborn());
        std::vector<Buffer> datagrams;
        for (int i = 0; i < 32; ++i)
            datagrams.push_back(world.sealed(peer, udp_packet(peer.address(), target, 1000)));
        world.receive(peer.path, datagrams[0]);
        Buffer packet = udp_packet(target, peer.address(), 1000);
        world.shard.from_tunnel(0, packet, world.now);  // the generator of IVs comes to be
        world.quiet = true;
        const std::size_t before = testing::allocations;
        for (std::size_t i = 1; i < datagrams.size(); ++i) {
            world.shard.receive(peer.path, {datagrams[i], datagrams[i].size()}, world.now,
                                UnixTime{});
            world.shard.from_tunnel(0, packet, world.now);
        }
        EXPECT_EQ(testing::allocations, before) << who->name;
    }
}

TEST(Framing, AFrameCountsAgainstTheSegmentSize) {
    World world;
    Peer& plain = world.connected(1, at("192.0.2.1"), client::openvpn_2_3);
    Peer& framed = world.connected(2, at("192.0.2.2"), client::openvpn_2_3_comp_lzo);
    world.shard.report_all(world.wall());
    std::map<std::uint32_t, unsigned> limits;
    for (const auto& fact : world.facts) limits[fact.tunnel_address.value] = fact.segment_limit;
    EXPECT_EQ(limits.at(plain.address().value), limits.at(framed.address().value) + 1);
}

}  // namespace
}  // namespace kanmon::shard
