// Data packets: who may send what, from where, and at what cost.
#include "packets_without_heap.h"
#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");

TEST(DataPath, NeitherDirectionAllocates) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    expect_packets_without_heap(world, peer, target);
}

TEST(DataPath, ARunIsTakenSegmentBySegment) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Buffer run;
    for (int i = 0; i < 5; ++i)
        append(run, world.sealed(peer, udp_packet(peer.address(), target, 500)));
    append(run, world.sealed(peer, udp_packet(peer.address(), target, 10)));
    const std::size_t segment = 20 + 500 + 24;
    world.shard.receive(peer.path, {run, segment}, world.now, world.wall());
    EXPECT_EQ(world.delivered.size(), 6U);
    world.shard.report_all(world.wall());
    EXPECT_EQ(world.facts.back().received_packets, 6U);
    EXPECT_EQ(world.facts.back().received_octets, 5U * 520 + 30);
}

TEST(DataPath, DropsWhatTheClientMayNotSend) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Peer& other = world.connected(2, at("192.0.2.2"));
    const auto dropped = [&](Ipv4 from, Ipv4 to) {
        const auto before = world.shard.drops();
        world.receive(peer.path, world.sealed(peer, udp_packet(from, to)));
        for (std::size_t i = 0; i < cause_count; ++i)
            if (world.shard.drops()[i] != before[i]) return std::optional(cause_table[i].cause);
        return std::optional<Cause>();
    };
    EXPECT_EQ(dropped(other.address(), target), Cause::spoofed_source);
    EXPECT_EQ(dropped(peer.address(), other.address()), Cause::client_to_client);
    EXPECT_EQ(dropped(peer.address(), *parse_ipv4("239.1.1.1")), Cause::multicast);
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(dropped(peer.address(), *parse_ipv4("10.8.0.1")), std::nullopt);
    EXPECT_EQ(dropped(peer.address(), target), std::nullopt);
    EXPECT_EQ(world.delivered.size(), 2U);
}

TEST(DataPath, PacketsForNobodyAreCounted) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.sends = 0;
    Buffer packet = udp_packet(target, Ipv4{peer.address().value + 4});
    world.shard.from_tunnel(0, packet, world.now);
    world.shard.from_tunnel(7, packet, world.now);
    EXPECT_EQ(world.drops(Cause::no_client_for_address), 2U);
    Buffer other_version(40, std::byte{0x70});
    world.shard.from_tunnel(0, other_version, world.now);
    EXPECT_EQ(world.drops(Cause::not_ip), 1U);
    EXPECT_EQ(world.sends, 0U);
}

TEST(DataPath, ReplaysAndForgeriesDeliverNothing) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Buffer datagram = world.sealed(peer, udp_packet(peer.address(), target));
    Buffer forged = datagram;
    forged.back() ^= std::byte{1};
    world.receive(peer.path, forged);
    world.receive(peer.path, datagram);
    world.receive(peer.path, datagram);
    world.receive({0, 0, at("203.0.113.66")}, datagram);
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.drops(Cause::bad_tag), 1U);
    EXPECT_EQ(world.drops(Cause::replayed), 2U);
}

TEST(Float, AnAuthenticatedPacketMovesTheClientAndNothingElseDoes) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Path elsewhere{0, 0, at("198.51.100.7", 5000)};
    Buffer forged = world.sealed(peer, udp_packet(peer.address(), target));
    const Buffer late = forged;
    forged[12] ^= std::byte{1};
    world.receive(elsewhere, forged);
    Buffer packet = udp_packet(target, peer.address());
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.sent.back().path, peer.path) << "a forged packet moves nobody";

    world.receive(elsewhere, world.sealed(peer, udp_packet(peer.address(), target)));
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.sent.back().path, elsewhere);
    EXPECT_EQ(world.facts.back().remote, elsewhere.remote);

    world.receive(peer.path, late);
    EXPECT_EQ(world.delivered.size(), 2U) << "an overtaken packet is still good";
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.sent.back().path, elsewhere) << "but does not move the client back";
}

TEST(Float, BeforeKeysExistIsNoFloat) {
    World world;
    Peer& peer = world.add(1, at("192.0.2.1"));
    world.keeper_waits = true;
    world.run(3s);
    ASSERT_EQ(world.questions.size(), 1U);
    BufferWriter data;
    data.u8(0x48);
    data.u24(static_cast<std::uint32_t>(world.questions[0].session & 0xffffff));
    data.u32(1);
    data.bytes(Buffer(40));
    world.receive({0, 0, at("203.0.113.66")}, data.finish());
    world.keeper_waits = false;
    world.run(3s);
    EXPECT_TRUE(peer.connected) << "the answer went to the client, not to the stranger";
    EXPECT_TRUE(world.stray.empty());
}

TEST(Float, ToTheAddressOfAnotherCertificateIsRefused) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Peer& other = world.connected(2, at("192.0.2.2"));
    world.receive(other.path, world.sealed(peer, udp_packet(peer.address(), target)));
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.shard.clients(), 2U);
    world.receive(other.path, world.sealed(other, udp_packet(other.address(), target)));
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(Float, ToTheAddressOfTheSameCertificateClosesTheFormerSession) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Peer& twin = world.connected(1, at("192.0.2.2"));
    world.receive(twin.path, world.sealed(peer, udp_packet(peer.address(), target)));
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.shard.clients(), 1U);
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0].second, Cause::replaced);
}

// reg/float and late control packet (2.6.15)
TEST(Float, ALateHandshakePacketFromTheOldAddressCreatesNothing) {
    World world;
    std::vector<Buffer> handshake;
    world.loses = [&](const Path&, Bytes datagram) {
        handshake.push_back(copy_of(datagram));
        return false;
    };
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    const Path old = peer.path;
    const Path elsewhere{0, 0, at("198.51.100.7", 5000)};
    world.receive(elsewhere, world.sealed(peer, udp_packet(peer.address(), target)));
    world.sent.clear();
    world.sends = 0;
    const auto records = world.records.size();
    for (const Buffer& datagram : handshake)
        if (datagram[0] != std::byte{0x38}) world.receive(old, datagram);
    EXPECT_EQ(world.shard.half_open(), 0U);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_EQ(world.sends, 0U);
    EXPECT_EQ(world.records.size(), records);
}

TEST(Mss, IsClampedInBothDirections) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    const auto syn = [](Ipv4 from, Ipv4 to) {
        Buffer packet = udp_packet(from, to, 24);
        packet[9] = std::byte{6};
        packet[20 + 12] = std::byte{0x60};
        packet[20 + 13] = std::byte{0x02};
        const Buffer option = from_hex("020405b4");
        std::ranges::copy(option, packet.begin() + 40);
        return packet;
    };
    world.receive(peer.path, world.sealed(peer, syn(peer.address(), target)));
    EXPECT_EQ(to_hex(Bytes(world.delivered.at(0).second).subspan(40)), "02040530");
    Buffer down = syn(target, peer.address());
    world.shard.from_tunnel(0, down, world.now);
    world.run(1ms);
    EXPECT_EQ(to_hex(Bytes(peer.inner.at(0)).subspan(40)), "02040530");
}

TEST(Keepalive, DataKeepsASilentControlChannelAlive) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    world.run(10min);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_TRUE(peer.overs.empty());
}

}  // namespace
}  // namespace kanmon::shard
