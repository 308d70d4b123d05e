// Tunnelled packets through a whole shard: IPv6 beside IPv4, answers to the VPC, paths that drop
// large packets.
#include "allocations.h"
#include "dataplane/routing/checksum.h"
#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/tcp_segment.h"
#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");
const Ipv6 target6 = *parse_ipv6("fd20::1");

Ipv6 address6(const Peer& peer) {
    return bridge::tunnel_address6(*parse_cidr("10.8.0.0/24"), *parse_cidr6("fd00:8::/64"),
                                   peer.address());
}

struct WorldWithIpv6 : World {
    WorldWithIpv6() { configure({profile(settings_with_ipv6())}); }
};

std::optional<Cause> cause_of(World& world, const std::function<void()>& deed) {
    const auto before = world.shard.drops();
    deed();
    for (std::size_t i = 0; i < cause_count; ++i)
        if (world.shard.drops()[i] != before[i]) return cause_table[i].cause;
    return std::nullopt;
}

// --- IPv6 ----------------------------------------------------------------------------------------

TEST(InnerPath, Ipv6PassesBothWaysAtTheAddressThatFollowsFromTheIpv4One) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Ipv6 own = address6(peer);
    EXPECT_EQ(to_string(own), "fd00:8::6");
    const Buffer up = udp6_packet(own, target6);
    world.receive(peer.path, world.sealed(peer, up));
    ASSERT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.delivered[0].second, up);
    Buffer down = udp6_packet(target6, own);
    world.shard.from_tunnel(0, down, world.now);
    world.run(1s);
    ASSERT_EQ(peer.inner.size(), 1U);
    EXPECT_EQ(peer.inner[0], down);
}

TEST(InnerPath, Ipv6IsJudgedByTheSameRulesAndCountedByCause) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Peer& other = world.connected(2, at("192.0.2.2"));
    const auto up = [&](const Ipv6& from, const Ipv6& to) {
        return cause_of(
            world, [&] { world.receive(peer.path, world.sealed(peer, udp6_packet(from, to))); });
    };
    const Ipv6 own = address6(peer);
    EXPECT_EQ(up(own, target6), std::nullopt);
    EXPECT_EQ(up(address6(other), target6), Cause::spoofed_source);
    EXPECT_EQ(up(own, address6(other)), Cause::client_to_client);
    EXPECT_EQ(up(own, *parse_ipv6("ff02::fb")), Cause::multicast);
    EXPECT_EQ(up(*parse_ipv6("fe80::1"), *parse_ipv6("ff02::2")), Cause::link_local);
    world.shard.report_all(world.wall());
    EXPECT_EQ(world.facts[world.facts.size() - 2].refused_packets, 3U)
        << "per client, without what systems send by themselves";
    EXPECT_EQ(world.facts.back().refused_packets, 0U);
}

TEST(InnerPath, WithoutIpv6InsideItIsNotCarried) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    EXPECT_EQ(
        cause_of(
            world,
            [&] { world.receive(peer.path, world.sealed(peer, udp6_packet(target6, target6))); }),
        Cause::ipv6_off);
    Buffer down = udp6_packet(target6, *parse_ipv6("fd00:8::6"));
    EXPECT_EQ(cause_of(world, [&] { world.shard.from_tunnel(0, down, world.now); }),
              Cause::ipv6_off);
}

TEST(InnerPath, AnotherIpv6PoolSendsClientsForANewAddress) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    bridge::SslServer moved = settings_with_ipv6();
    moved.inner6->client_pool = *parse_cidr6("fd00:9::/64");
    world.configure({profile(moved)});
    world.run(5s);
    ASSERT_EQ(peer.overs.size(), 1U);
}

TEST(InnerPath, Ipv6NeitherAllocatesNorDoesAnAnswer) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    std::vector<Buffer> datagrams;
    for (int i = 0; i < 16; ++i)
        datagrams.push_back(world.sealed(peer, udp6_packet(address6(peer), target6, 1000)));
    world.receive(peer.path, datagrams[0]);
    Buffer packet = udp6_packet(target6, address6(peer), 1000);
    Buffer lost = udp6_packet(target6, *parse_ipv6("fd00:8::f0"), 1000);
    world.quiet = true;
    world.deliveries = world.sends = 0;
    const std::size_t before = testing::allocations;
    for (std::size_t i = 1; i < datagrams.size(); ++i) {
        world.shard.receive(peer.path, {datagrams[i], datagrams[i].size()}, world.now, UnixTime{});
        world.shard.from_tunnel(0, packet, world.now);
        world.shard.from_tunnel(0, lost, world.now);
    }
    EXPECT_EQ(testing::allocations, before);
    EXPECT_EQ(world.deliveries, 30U);
    EXPECT_EQ(world.sends, 15U);
}

// --- answers to the VPC --------------------------------------------------------------------------

TEST(InnerPath, TheVpcIsToldThatAClientIsGone) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const Ipv4 address = peer.address();
    const Ipv6 own6 = address6(peer);
    Buffer packet = udp_packet(target, address);
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_TRUE(world.delivered.empty()) << "while it is there, nobody is told anything";
    peer.engine.leave(world.now);
    world.run(1s);
    world.shard.from_tunnel(0, packet, world.now);
    Buffer packet6 = udp6_packet(target6, own6);
    world.shard.from_tunnel(0, packet6, world.now);
    ASSERT_EQ(world.delivered.size(), 2U);
    const auto answer = routing::read_inner_packet(world.delivered[0].second);
    EXPECT_EQ(answer->protocol, 1);
    EXPECT_EQ(answer->destination, target);
    EXPECT_EQ(to_hex(answer->transport().first(2)), "0301");
    const auto answer6 = routing::read_inner_packet(world.delivered[1].second);
    EXPECT_EQ(answer6->destination6, target6);
    EXPECT_EQ(to_hex(answer6->transport().first(2)), "0103");
    EXPECT_EQ(world.drops(Cause::no_client_for_address), 2U);
}

TEST(InnerPath, AnswersAreLimitedAndWhatWasHeldBackIsCounted) {
    World world;
    Buffer packet = udp_packet(target, *parse_ipv4("10.8.0.6"));
    for (int i = 0; i < 250; ++i) world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.delivered.size(), 100U);
    EXPECT_EQ(world.drops(Cause::answer_limited), 150U);
    world.now += 1s;
    for (int i = 0; i < 250; ++i) world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.delivered.size(), 200U);
}

TEST(InnerPath, MulticastFromTheVpcIsDroppedWithoutAnAnswer) {
    WorldWithIpv6 world;
    for (const char* to : {"224.0.0.1", "10.8.0.255", "255.255.255.255"}) {
        Buffer packet = udp_packet(target, *parse_ipv4(to));
        world.shard.from_tunnel(0, packet, world.now);
    }
    Buffer packet = udp6_packet(target6, *parse_ipv6("ff02::1"));
    world.shard.from_tunnel(0, packet, world.now);
    EXPECT_EQ(world.drops(Cause::multicast), 4U);
    EXPECT_TRUE(world.delivered.empty());
}

TEST(InnerPath, TunnelInTunnelIsDropped) {
    World world;
    world.own_outer = Endpoint::v4(*parse_ipv4("198.51.100.1"), 0).address;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const auto up = [&](const char* to) {
        return cause_of(world, [&] {
            const Buffer packet = udp_packet(peer.address(), *parse_ipv4(to));
            world.receive(peer.path, world.sealed(peer, packet));
        });
    };
    EXPECT_EQ(up("198.51.100.1"), Cause::tunnel_in_tunnel);
    EXPECT_EQ(up("198.51.100.2"), std::nullopt);
}

// --- what fits -----------------------------------------------------------------------------------

/// A TCP segment of the VPC with this sequence number, or the client's acknowledgement of it.
Buffer tcp(Ipv4 from, Ipv4 to, std::uint32_t sequence, std::uint32_t acknowledged,
           std::size_t payload, bool back) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(40 + payload));
    out.u32(0x00014000);  // DF
    out.u32(0x40060000);
    out.u32(from.value);
    out.u32(to.value);
    out.u16(back ? 5000 : 80);
    out.u16(back ? 80 : 5000);
    out.u32(sequence);
    out.u32(acknowledged);
    out.u32(0x5010ffff);
    out.u32(0);
    for (std::size_t i = 0; i < payload; ++i) out.u8(static_cast<std::uint8_t>(i));
    Buffer packet = out.finish();
    const auto inner = routing::read_inner_packet(packet);
    ByteWriter(inner->transport().subspan(16))
        .u16(routing::transport_checksum(*inner, inner->transport()));
    return packet;
}

/// A server in the VPC that sends one segment at a time to a client over a path that drops outer
/// packets of more than `takes` octets without a word.
struct Download {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    std::size_t takes = 1300;
    std::uint32_t next = 1;
    Buffer received;
    std::size_t largest = 0;

    void send_whole_segment(std::size_t payload = 1328) {
        Buffer packet = tcp(target, peer.address(), next, 0, payload, false);
        world.sent.clear();
        world.shard.from_tunnel(0, packet, world.now);
        for (Sent& datagram : std::exchange(world.sent, {})) {
            largest = std::max(largest, datagram.octets.size() + 28);
            if (datagram.octets.size() + 28 <= takes)
                peer.engine.receive(datagram.octets, world.now);
        }
        std::vector<Buffer> arrived;
        while (const auto inner = peer.engine.next_inner()) arrived.push_back(copy_of(*inner));
        for (Buffer& inner : arrived) take(inner);
    }

    void take(Buffer& inner) {
        const auto packet = routing::read_inner_packet(inner);
        const auto segment = routing::read_tcp_segment(*packet);
        ASSERT_EQ(routing::transport_checksum(*packet, packet->transport()), 0);
        if (segment->sequence != next) return;
        append(received, packet->transport().subspan(segment->header_octets));
        next += segment->payload_octets;
        world.receive(peer.path, world.sealed(peer, tcp(peer.address(), target, 1, next, 0, true)));
    }

    /// Until the segment has arrived; false after ten tries.
    bool one_segment() {
        const std::uint32_t before = next;
        Duration timeout = 200ms;
        for (int i = 0; i < 10; ++i) {
            send_whole_segment();
            if (next == before + 1328) return true;
            world.now += timeout;
            timeout *= 2;
        }
        return false;
    }

    bridge::ClientFact fact() {
        world.shard.report_all(world.wall());
        return world.facts.back();
    }
};

TEST(BlackHole, ARunningDownloadGoesOnWithinSecondsAndItsSenderIsTold) {
    Download download;
    const Instant began = download.world.now;
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(download.one_segment()) << i;
    EXPECT_LT(download.world.now - began, 10s);
    EXPECT_EQ(download.received.size(), 10U * 1328);
    for (std::size_t i = 0; i < download.received.size(); ++i)
        ASSERT_EQ(download.received[i], static_cast<std::byte>(i % 1328)) << i;
    ASSERT_FALSE(download.world.delivered.empty());
    bool told = false;
    for (auto& [server, packet] : download.world.delivered) {
        const auto inner = routing::read_inner_packet(packet);
        if (inner->protocol != protocol_icmp) continue;
        told = true;
        EXPECT_EQ(to_hex(inner->transport().first(2)), "0304");
        EXPECT_EQ(ByteReader(inner->transport().subspan(6)).u16(), 1280 - 52);
    }
    EXPECT_TRUE(told);
    const bridge::ClientFact fact = download.fact();
    EXPECT_EQ(fact.segment_limit, 1280 - 52 - 40);
    EXPECT_GT(fact.fragmented_packets, 0U);
}

TEST(BlackHole, NewConnectionsAreClampedToWhatPasses) {
    Download download;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(download.one_segment());
    EXPECT_EQ(download.fact().segment_limit, 1188);
}

TEST(BlackHole, OnlyTheClientBehindItIsLowered) {
    Download download;
    Peer& other = download.world.connected(2, at("192.0.2.2"));
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(download.one_segment());
    download.world.shard.report_all(download.world.wall());
    for (const bridge::ClientFact& fact : download.world.facts)
        EXPECT_TRUE(fact.tunnel_address != other.address() || fact.segment_limit == 1328);
}

TEST(BlackHole, AClientThatRoamsStartsAnew) {
    Download download;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(download.one_segment());
    World& world = download.world;
    Peer& peer = download.peer;
    world.receive({0, 0, at("198.51.100.7")},
                  world.sealed(peer, udp_packet(peer.address(), target)));
    EXPECT_EQ(download.fact().segment_limit, 1328);
}

TEST(BlackHole, AnUploadThatHangsIsToldAndGoesOnAndThenTheClientIsKnown) {
    Download download;
    World& world = download.world;
    Peer& peer = download.peer;
    const auto answer = [&](std::uint32_t acknowledged, bool hole) {
        Buffer packet = tcp(target, peer.address(), 1, acknowledged, 12, false);
        if (hole) {  // the payload becomes options: one block, selectively acknowledged
            packet[32] = std::byte{0x80};
            ByteWriter(MutableBytes(packet).subspan(40)).u32(0x0101050a);
            ByteWriter(MutableBytes(packet).subspan(44)).u32(acknowledged + 1328);
        }
        world.shard.from_tunnel(0, packet, world.now);
    };
    answer(5000, true);
    world.run(1s);
    const std::size_t before = peer.inner.size();
    world.run(1s);
    ASSERT_EQ(peer.inner.size(), before + 1) << "after a second and a half";
    Buffer error = copy_of(peer.inner.back());
    const auto read = routing::read_inner_packet(error);
    EXPECT_EQ(read->protocol, protocol_icmp);
    EXPECT_EQ(to_hex(read->transport().first(2)), "0304");
    EXPECT_EQ(download.fact().segment_limit, 1328) << "not yet proven";
    answer(6568, false);
    EXPECT_EQ(download.fact().segment_limit, 1188);
}

TEST(BlackHole, OtherProtocolsAreCutWhereTheyAllowItAndTheirSendersToldWhereTheyDoNot) {
    Download download;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(download.one_segment());
    World& world = download.world;
    world.now += 1s;
    world.sent.clear();
    world.delivered.clear();
    Buffer allowed = udp_packet(target, download.peer.address(), 1450);
    world.shard.from_tunnel(0, allowed, world.now);
    EXPECT_EQ(world.sent.size(), 2U);
    EXPECT_TRUE(world.delivered.empty());
    world.sent.clear();
    Buffer forbidden = allowed;
    forbidden[6] = std::byte{0x40};
    EXPECT_EQ(cause_of(world, [&] { world.shard.from_tunnel(0, forbidden, world.now); }),
              Cause::oversize);
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(world.delivered.size(), 1U);
    Buffer forbidden6 = udp6_packet(target6, address6(download.peer), 1300);
    world.now += 1s;
    EXPECT_EQ(cause_of(world, [&] { world.shard.from_tunnel(0, forbidden6, world.now); }),
              Cause::oversize);
    EXPECT_EQ(world.delivered.size(), 2U);
    Buffer smallest6 = udp6_packet(target6, address6(download.peer), 1240);
    world.shard.from_tunnel(0, smallest6, world.now);
    EXPECT_EQ(world.sent.size(), 1U) << "IPv6 knows no smaller packets than 1,280";
}

TEST(Oversize, PacketsOf1500OctetsPassWholeAndAreCounted) {
    WorldWithIpv6 world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    Buffer down = udp_packet(target, peer.address(), 1480);
    world.shard.from_tunnel(0, down, world.now);
    world.run(100ms);
    ASSERT_EQ(peer.inner.size(), 1U);
    EXPECT_EQ(peer.inner[0], down);
    const Buffer up = udp_packet(peer.address(), target, 1480);
    world.receive(peer.path, world.sealed(peer, up));
    EXPECT_EQ(world.delivered.back().second, up);
    world.shard.report_all(world.wall());
    EXPECT_EQ(world.facts.back().oversize_packets, 1U);
    EXPECT_EQ(world.facts.back().fragmented_packets, 1U);
}

TEST(Oversize, LargerThanTheClientsDeviceIsNotSent) {
    WorldWithIpv6 world;
    bridge::SslServer jumbo = settings_with_ipv6();
    jumbo.tun_mtu = 9000;
    world.configure({profile(jumbo)});
    Peer& old = world.connected(1, at("192.0.2.1"), client::openvpn_2_5);
    Buffer down = udp_packet(target, old.address(), 2000);
    down[6] = std::byte{0x40};
    world.sent.clear();
    EXPECT_EQ(cause_of(world, [&] { world.shard.from_tunnel(0, down, world.now); }),
              Cause::oversize);
    ASSERT_EQ(world.delivered.size(), 1U);
    const auto answer = routing::read_inner_packet(world.delivered[0].second);
    EXPECT_EQ(ByteReader(answer->transport().subspan(6)).u16(), 1500);
}

TEST(SegmentLimit, FollowsTheServersOuterMaximumAlsoWhenItChanges) {
    WorldWithIpv6 world;
    world.connected(1, at("192.0.2.1"));
    const auto limit = [&] {
        world.shard.report_all(world.wall());
        return world.facts.back().segment_limit;
    };
    EXPECT_EQ(limit(), 1420 - 52 - 40);
    bridge::SslServer smaller = settings_with_ipv6();
    smaller.outer_octets_max = 1380;
    world.configure({profile(smaller)});
    EXPECT_EQ(limit(), 1380 - 52 - 40);
}

}  // namespace
}  // namespace kanmon::shard
