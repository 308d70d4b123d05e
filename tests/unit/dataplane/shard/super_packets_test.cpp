// Several packets of the VPC that come as one: what leaves is what would have left one by one.
#include "allocations.h"
#include "dataplane/routing/super_packet.h"
#include "unit/dataplane/routing/packets.h"
#include "world.h"

namespace kanmon::shard {
namespace {

using routing::numbered;
using routing::Offload;

constexpr std::uint16_t segment_octets = 1328;
constexpr Offload tcp4{Offload::Segments::tcp4, true, 0, segment_octets, 20, 16};

/// Of the VPC, to the first client (10.8.0.6).
Buffer super_packet(std::size_t payload = 20000, std::uint32_t sequence = 1) {
    return routing::tcp_packet({.sequence = sequence,
                                .acknowledged = 0,
                                .flags = 0x18,
                                .options = {},
                                .payload = numbered(payload)},
                               false, true);
}

std::vector<Buffer> segments_of(Buffer packet, const Offload& offload = tcp4) {
    const auto read = routing::read_super_packet(offload, packet);
    routing::PacketPieces pieces = read->segments();
    std::vector<Buffer> made;
    Buffer room(pieces.octets_max());
    while (const auto piece = pieces.next(room)) made.push_back(copy_of(*piece));
    return made;
}

/// Offers the room that it sends from, as the io floor does.
struct WorldWithRoom : World {
    MutableBytes room(const Path& path, std::size_t octets) override {
        if (path.is_stream()) return {};
        if (arena.size() < at + octets) at = 0;
        present = MutableBytes(arena).subspan(at);
        return present;
    }
    void send(const Path& path, Bytes datagram) override {
        in_place += datagram.data() == present.data();
        World::send(path, datagram);
        std::ranges::copy(datagram, arena.begin() + static_cast<std::ptrdiff_t>(at));
        at += datagram.size();
    }

    Buffer arena = Buffer(256 << 10);
    std::size_t at = 0, in_place = 0;
    MutableBytes present;
};

std::vector<Buffer> octets_of(const std::vector<Sent>& sent) {
    std::vector<Buffer> octets;
    for (const Sent& each : sent) octets.push_back(each.octets);
    return octets;
}

/// A gateway and its only client, twice the same: one gets super-packets, one their segments.
struct Twins {
    WorldWithRoom batched;
    World single;
    Peer* one = nullptr;
    Peer* other = nullptr;

    explicit Twins(const client::Personality& who = client::openvpn_2_5, std::uint32_t stream = 0) {
        one = add(batched, who, stream);
        other = add(single, who, stream);
    }
    static Peer* add(World& world, const client::Personality& who, std::uint32_t stream) {
        Peer& peer = world.add(1, at("192.0.2.1"), who, stream == 0 ? 0 : 1, stream);
        world.run(3s);
        EXPECT_TRUE(peer.connected);
        return &peer;
    }

    /// Returns how many datagrams left.
    std::size_t send(Buffer packet, const Offload& offload = tcp4) {
        batched.sent.clear();
        single.sent.clear();
        for (Buffer& segment : segments_of(packet, offload))
            single.shard.from_tunnel(0, segment, single.now);
        batched.shard.from_tunnel(0, offload, packet, batched.now);
        EXPECT_TRUE(octets_of(batched.sent) == octets_of(single.sent));
        EXPECT_EQ(batched.shard.drops(), single.shard.drops());
        return batched.sent.size();
    }
};

TEST(SuperPackets, LeaveAsTheSameDatagramsAsTheirSegmentsOneByOne) {
    Twins twins;
    EXPECT_EQ(twins.send(super_packet()), 16U);
    EXPECT_GE(twins.batched.in_place, 16U) << "made where they are sent from";
    EXPECT_EQ(twins.send(super_packet(1329, 20001)), 2U);
    const Offload udp{Offload::Segments::udp, true, 0, 1200, 20, 6};
    Buffer datagrams = routing::udp_packet(numbered(5000));
    std::swap_ranges(datagrams.begin() + 12, datagrams.begin() + 16, datagrams.begin() + 16);
    EXPECT_EQ(twins.send(datagrams, udp), 5U);
}

TEST(SuperPackets, LeaveTheSameOnAStream) {
    Twins twins(client::openvpn_2_5, 7);
    EXPECT_EQ(twins.send(super_packet()), 16U);
}

TEST(SuperPackets, LeaveTheSameForAClientThatFramesItsPackets) {
    for (const auto* who : {&client::openvpn_2_4_comp_lzo, &client::openvpn_2_4_compress}) {
        Twins twins(*who);
        EXPECT_EQ(twins.send(super_packet()), 16U);
    }
}

TEST(SuperPackets, WhoseSegmentsDoNotFitAreCutAsTheseWouldBe) {
    Twins twins;
    Offload wide = tcp4;
    wide.segment_octets = 3000;
    EXPECT_GT(twins.send(super_packet(9000), wide), 6U);
}

TEST(SuperPackets, OnAPathThatEatsLargePacketsAreLearnedFromAsTheirSegmentsAre) {
    Twins twins;
    for (int i = 0; i < 12; ++i) {  // sent again and again: never acknowledged
        twins.send(super_packet(5000));
        twins.batched.now += 300ms;
        twins.single.now += 300ms;
    }
    EXPECT_GT(twins.batched.sent.size(), 4U) << "the watched segment leaves in pieces";
}

TEST(SuperPackets, OfWhichOnlyAPartHasRoomLeaveGaplessly) {
    Twins twins(client::openvpn_2_5, 7);
    std::size_t left = 5, right = 5;
    twins.batched.room_left = [&](const Path&, std::size_t) { return left-- > 0; };
    twins.single.room_left = [&](const Path&, std::size_t) { return right-- > 0; };
    EXPECT_EQ(twins.send(super_packet(6 * segment_octets)), 5U);
    EXPECT_EQ(twins.batched.drops(Cause::queue_full), 1U);
}

TEST(SuperPackets, ThatNobodyMayHaveCountAsManyAndAreAnsweredOnce) {
    World world;
    world.connected(1, at("192.0.2.1"));
    Buffer packet = super_packet();
    packet[19] = std::byte{77};  // a client that there is not
    world.shard.from_tunnel(0, tcp4, packet, world.now);
    EXPECT_EQ(world.drops(Cause::no_client_for_address), 16U);
    ASSERT_EQ(world.delivered.size(), 1U);
    // It quotes the first segment.
    const Bytes quoted = Bytes(world.delivered[0].second).subspan(28);
    EXPECT_EQ(ByteReader(quoted.subspan(2)).u16(), 40 + segment_octets);
    world.shard.from_tunnel(9, tcp4, packet, world.now);
    EXPECT_EQ(world.drops(Cause::no_client_for_address), 32U);
}

TEST(SuperPackets, ThatRulesRefuseCountAsMany) {
    World world;
    bridge::SslServer server = settings();
    server.access.otherwise = bridge::AccessVerdict::deny;
    world.configure({profile(server)});
    world.connected(1, at("192.0.2.1"));
    world.sent.clear();
    Buffer packet = super_packet();
    world.shard.from_tunnel(0, tcp4, packet, world.now);
    EXPECT_EQ(world.all_drops(), 16U);
    EXPECT_TRUE(world.sent.empty());
    world.shard.report_all(world.wall());
    EXPECT_EQ(world.facts.back().refused_packets, 16U);
}

TEST(SuperPackets, ThatContradictThemselvesAreDroppedAndCounted) {
    World world;
    world.connected(1, at("192.0.2.1"));
    world.sent.clear();
    Buffer packet = super_packet();
    Offload lie = tcp4;
    lie.segments = Offload::Segments::tcp6;
    world.shard.from_tunnel(0, lie, packet, world.now);
    EXPECT_EQ(world.drops(Cause::malformed), 1U);
    EXPECT_TRUE(world.sent.empty());
}

TEST(SuperPackets, SurviveAKeyThatEndsInTheirMidst) {
    const crypto::KeyLimits limits{.packet_id_first = 0xffffffff - 5};
    auto made = std::make_shared<session::ServerProfile>(*profile());
    made->key_limits = limits;
    WorldWithRoom world;
    world.configure({made});
    client::ClientSettings program;
    program.key_limits = limits;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_5, std::move(program));
    peer.inner.clear();
    const std::vector<Buffer> expected = segments_of(super_packet());
    Buffer packet = super_packet();
    world.shard.from_tunnel(0, tcp4, packet, world.now);
    world.run(3s);
    EXPECT_FALSE(peer.inner.empty());
    for (const Buffer& inner : peer.inner)
        EXPECT_NE(std::ranges::find(expected, inner), expected.end()) << "none is spoiled";
}

TEST(SuperPackets, TakeNoHeap) {
    WorldWithRoom world;
    world.connected(1, at("192.0.2.1"));
    std::vector<Buffer> packets;
    for (std::uint32_t i = 0; i < 5; ++i) packets.push_back(super_packet(20000, 1 + i * 20000));
    world.quiet = true;
    world.sends = 0;
    const std::size_t before = testing::allocations;
    for (Buffer& packet : packets) world.shard.from_tunnel(0, tcp4, packet, world.now);
    EXPECT_EQ(testing::allocations, before);
    EXPECT_EQ(world.sends, 80U);
}

}  // namespace
}  // namespace kanmon::shard
