// First packets: what strangers get, what it costs us, and whom it must never disturb.
#include "allocations.h"
#include "world.h"

namespace kanmon::shard {
namespace {

const Buffer hello = from_hex("38 1122334455667788 00 00000000");

Buffer hello_of(std::uint64_t session) {
    BufferWriter out;
    out.u8(0x38);
    out.u64(session);
    out.u8(0);
    out.u32(0);
    return out.finish();
}

wire::SessionId sender_of(Bytes datagram) {
    ByteReader in(datagram);
    in.u8();
    return {in.array<8>()};
}

/// CONTROL_V1 or ACK_V1 that acknowledges `acked` of the session `own`.
Buffer return_with(const wire::SessionId& own, std::uint32_t packet_id = 1, std::uint32_t acked = 0,
                   std::uint8_t first = 0x20) {
    BufferWriter out;
    out.u8(first);
    out.bytes(from_hex("1122334455667788"));
    out.u8(1);
    out.u32(acked);
    out.bytes(own.octets);
    if (first != 0x28) out.u32(packet_id);
    return out.finish();
}

const Path stranger{0, 0, at("192.0.2.1")};

wire::SessionId cookie_for(World& world, const Path& path) {
    world.receive(path, hello);
    const wire::SessionId cookie = sender_of(world.sent.back().octets);
    world.sent.clear();
    return cookie;
}

TEST(Hello, IsAnsweredIn26OctetsAndForgotten) {
    World world;
    world.receive(stranger, hello);
    ASSERT_EQ(world.sent.size(), 1U);
    const std::string answer = to_hex(world.sent[0].octets);
    EXPECT_EQ(answer.size(), 52U);
    EXPECT_EQ(answer.substr(0, 2), "40");
    EXPECT_EQ(answer.substr(18), "0100000000112233445566778800000000");
    EXPECT_EQ(world.sent[0].path, stranger);
    EXPECT_EQ(world.shard.half_open(), 0U);
    EXPECT_EQ(world.shard.clients(), 0U);
    EXPECT_FALSE(world.shard.next_deadline());
}

TEST(Hello, WithAnotherPacketIdOrKeyIsIgnored) {
    World world;
    world.receive(stranger, from_hex("38 1122334455667788 00 00000005"));
    world.receive(stranger, from_hex("39 1122334455667788 00 00000000"));
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(world.drops(Cause::reset_not_first), 2U);
}

TEST(FirstPacket, OfEveryOpcodeAndLengthIsCountedAndHarmless) {
    World world;
    for (unsigned first = 0; first < 256; ++first)
        for (std::size_t length = 1; length <= 64; ++length) {
            Buffer datagram(length, std::byte{0x01});
            datagram[0] = static_cast<std::byte>(first);
            const std::uint64_t before = world.all_drops();
            world.receive(stranger, datagram);
            EXPECT_EQ(world.all_drops(), before + 1) << first << " " << length;
        }
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(world.shard.half_open(), 0U);
}

TEST(Cookie, OfAnotherAddressOrPortOrTimeMakesNoStateAndNoReply) {
    World world;
    const wire::SessionId cookie = cookie_for(world, stranger);
    const auto refused = [&](const Path& path, const wire::SessionId& shown) {
        const std::uint64_t before = world.drops(Cause::cookie_invalid);
        world.receive(path, return_with(shown));
        return world.sent.empty() && world.shard.half_open() == 0 &&
               world.drops(Cause::cookie_invalid) == before + 1;
    };
    wire::SessionId wrong = cookie;
    wrong.octets[3] ^= std::byte{1};
    EXPECT_TRUE(refused(stranger, wrong));
    EXPECT_TRUE(refused({0, 0, at("192.0.2.2")}, cookie));
    EXPECT_TRUE(refused({0, 0, at("192.0.2.1", 40001)}, cookie));
    world.now -= 31s;
    EXPECT_TRUE(refused(stranger, cookie)) << "from the future";
    world.now += 31s + 91s;
    EXPECT_TRUE(refused(stranger, cookie)) << "too old";
    world.now -= 91s;
    EXPECT_FALSE(refused(stranger, cookie)) << "the right one begins a session";
    EXPECT_EQ(world.shard.half_open(), 1U);
}

TEST(Cookie, BeginsNothingForIdsThatAreNotABeginning) {
    World world;
    const wire::SessionId cookie = cookie_for(world, stranger);
    world.receive(stranger, return_with(cookie, 2));
    world.receive(stranger, return_with(cookie, 1, 2));
    world.receive(stranger, return_with(cookie, 1, 0, 0x21));
    world.receive(stranger, return_with(cookie, 0, 0, 0x18));
    EXPECT_EQ(world.shard.half_open(), 0U);
    EXPECT_TRUE(world.sent.empty());
    world.receive(stranger, return_with(cookie, 0, 0, 0x28));
    EXPECT_EQ(world.shard.half_open(), 1U) << "a lone acknowledgement does";
}

TEST(Hello, AMillionSpoofedOnesCostNoHeapAndGetAtMostOneReplyEach) {
    World world;
    world.quiet = true;
    Buffer datagram = hello;
    std::uint64_t seed = 1;
    const std::size_t before = testing::allocations;
    constexpr unsigned hellos = 1'000'000;  // the same tables whatever the number
    for (unsigned i = 0; i < hellos; ++i) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        Path path{0, 0, Endpoint::v4(Ipv4{static_cast<std::uint32_t>(seed >> 32)}, 1)};
        datagram[5] = static_cast<std::byte>(i & 0xff);
        world.now += 10us;
        world.shard.receive(path, {datagram, datagram.size()}, world.now, UnixTime{});
    }
    EXPECT_LE(world.sends, std::size_t{hellos});
    EXPECT_EQ(world.sends + world.drops(Cause::rate_limited), hellos);
    EXPECT_EQ(world.shard.half_open(), 0U);
    // wire::decode_control_packet borrows, the answer is written on the stack.
    EXPECT_EQ(testing::allocations, before);
}

TEST(Hello, AFloodFromOneAddressKeepsNoStockClientElsewhereOut) {
    for (const unsigned per_second : {200U, 20000U}) {
        World world;
        for (std::uint32_t i = 0; i < 20; ++i) {
            for (unsigned k = 0; k < per_second / 20; ++k)
                world.receive({0, 0, at("203.0.113.9", static_cast<std::uint16_t>(1 + k))},
                              hello_of(i * 100000 + k + 1));
            world.sent.clear();
            Peer& peer = world.add(1, at("198.51.100.1", static_cast<std::uint16_t>(2000 + i)),
                                   client::openvpn_2_6);
            world.run(50ms);
            EXPECT_TRUE(peer.connected) << per_second << " " << i;
        }
    }
}

TEST(HalfOpen, OfOneNetworkIsBoundedAndLeavesTheOthersAlone) {
    World world;
    for (std::uint16_t port = 1; port <= 100; ++port) {
        const Path path{0, 0, at("203.0.113.9", port)};
        world.receive(path, return_with(cookie_for(world, path)));
    }
    EXPECT_EQ(world.shard.half_open(), 32U);
    EXPECT_EQ(world.drops(Cause::rate_limited), 68U);
    world.connected(1, at("198.51.100.1"));
    world.run(3s);
    const Path path{0, 0, at("203.0.113.9", 2000)};
    world.receive(path, return_with(cookie_for(world, path)));
    EXPECT_EQ(world.shard.half_open(), 32U) << "the oldest of the network gave way";
    world.run(70s);
    EXPECT_EQ(world.shard.half_open(), 0U) << "and all end by their time limits";
}

// reg/CVE-2020-20813: a crafted or replayed reset leaves the session it aims at alone.
TEST(Reset, WithTheVictimsAddressDisturbsNothing) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"));
    const std::size_t facts = world.facts.size();
    for (unsigned i = 0; i < 50; ++i) world.receive(peer.path, hello_of(100 + i));
    // Also with the victim's own session id, as replayed from the wire.
    BufferWriter same;
    same.u8(0x38);
    same.bytes(peer.engine.session_id().octets);
    same.u8(0);
    same.u32(0);
    world.receive(peer.path, same.finish());
    world.sent.clear();
    world.receive(peer.path,
                  world.sealed(peer, udp_packet(peer.address(), *parse_ipv4("172.20.0.1"))));
    EXPECT_EQ(world.delivered.size(), 1U);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_EQ(world.facts.size(), facts);
    EXPECT_TRUE(world.lefts.empty());
}

TEST(Return, FromTheSameAddressReplacesTheFormerSessionAndKeepsItsTunnelAddress) {
    World world;
    Peer& former = world.connected(1, at("192.0.2.1"));
    const Ipv4 address = former.address();
    former.path.remote = at("192.0.2.99");  // the program died; nothing reaches it any more
    Peer& later = world.connected(1, at("192.0.2.1"));
    EXPECT_EQ(later.address(), address);
    EXPECT_NE(world.asked.back().replaces, 0U);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_TRUE(world.lefts.empty()) << "its lease lives on";
    EXPECT_TRUE(world.shard.owns(0, address));
    Buffer packet = udp_packet(*parse_ipv4("172.20.0.1"), address);
    world.shard.from_tunnel(0, packet, world.now);
    world.run(1ms);
    EXPECT_EQ(later.inner.size(), 1U);
}

TEST(Return, OfAnotherCertificateAtTheSameAddressReplacesNobody) {
    World world;
    Peer& former = world.connected(1, at("192.0.2.1"));
    former.path.remote = at("192.0.2.99");
    world.connected(2, at("192.0.2.1"));
    EXPECT_EQ(world.asked.back().replaces, 0U);
    EXPECT_EQ(world.shard.clients(), 2U);
}

TEST(OldClient, WhoseLoneAcknowledgementWasLostIsBackInSeconds) {
    for (const auto* who : {&client::openvpn_2_3, &client::openvpn_2_4, &client::openvpn_2_5}) {
        World world;
        unsigned lost = 0;
        world.loses = [&](const Path&, Bytes datagram) {
            return datagram[0] == std::byte{0x28} && lost++ == 0;
        };
        Peer& peer = world.add(1, at("192.0.2.1"), *who);
        world.run(8s);
        EXPECT_TRUE(peer.connected) << who->name;
        EXPECT_GE(lost, 1U) << who->name;
    }
}

TEST(IssuedCookie, IsAHintAndMakesNoStateByItself) {
    World world;
    cookie_for(world, stranger);
    world.receive(stranger, from_hex("20 1122334455667788 00 00000001 160301"));
    ASSERT_EQ(world.sent.size(), 1U);
    EXPECT_EQ(world.sent[0].octets.size(), 26U) << "the same answer again, nothing larger";
    EXPECT_EQ(world.shard.half_open(), 0U);
    world.receive({0, 0, at("192.0.2.2")}, from_hex("20 1122334455667788 00 00000001 160301"));
    EXPECT_EQ(world.sent.size(), 1U);
}

TEST(EveryPersonality, ConnectsAndBothDirectionsCarryPackets) {
    for (const auto* who : client::personalities()) {
        World world;
        Peer& peer = world.add(1, at("192.0.2.1"), *who);
        world.run(5s);
        ASSERT_TRUE(peer.connected) << who->name;
        world.receive(peer.path,
                      world.sealed(peer, udp_packet(peer.address(), *parse_ipv4("172.20.0.1"))));
        EXPECT_EQ(world.delivered.size(), 1U) << who->name;
        Buffer packet = udp_packet(*parse_ipv4("172.20.0.1"), peer.address());
        world.shard.from_tunnel(0, packet, world.now);
        world.run(1ms);
        ASSERT_EQ(peer.inner.size(), 1U) << who->name;
        EXPECT_EQ(peer.inner[0], packet);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

unsigned opcode_of(Bytes datagram) {
    return std::to_integer<unsigned>(datagram[0]) >> 3;
}

/// A packet each way; both are of the form that knows no peer ids.
void expect_packets_without_peer_ids(World& world, Peer& peer, wire::KeyId key_id) {
    const Ipv4 target = *parse_ipv4("172.20.0.1");
    world.delivered.clear();
    peer.inner.clear();
    const Buffer up = world.sealed(peer, udp_packet(peer.address(), target));
    EXPECT_EQ(std::to_integer<unsigned>(up[0]), crypto::opcode_data_v1 << 3 | key_id);
    world.receive(peer.path, up);
    EXPECT_EQ(world.delivered.size(), 1U);
    Buffer packet = udp_packet(target, peer.address());
    world.shard.from_tunnel(0, packet, world.now);
    ASSERT_FALSE(world.sent.empty());
    EXPECT_EQ(opcode_of(world.sent.back().octets), crypto::opcode_data_v1);
    world.run(1ms);
    EXPECT_EQ(peer.inner.size(), 1U);
}

TEST(ClientWithoutPeerIds, IsKnownByItsAddressAlsoAfterARenegotiation) {
    World world;
    std::vector<Peer*> peers;
    for (std::uint16_t number = 1; number <= 3; ++number)
        peers.push_back(&world.connected(static_cast<std::uint8_t>(number),
                                         at("192.0.2.1", static_cast<std::uint16_t>(number)),
                                         client::openvpn_2_3_without_peer_ids));
    for (Peer* peer : peers) {
        EXPECT_FALSE(peer->engine.pushed()->peer_id);
        expect_packets_without_peer_ids(world, *peer, 0);
        peer->engine.renegotiate(world.now);
    }
    world.run(130s);
    for (Peer* peer : peers) {
        EXPECT_EQ(peer->renegotiations, 1U);
        expect_packets_without_peer_ids(world, *peer, 1);
    }
    EXPECT_EQ(world.all_drops(), 0U);
}

TEST(ClientWithoutPeerIds, ThatComesBackToItsAddressIsHeardUnderItsNewKeys) {
    World world;
    Peer& former = world.connected(1, at("192.0.2.1"), client::openvpn_2_3_without_peer_ids);
    const Buffer late = world.sealed(former, udp_packet(former.address(), Ipv4{0xac140001}));
    former.path.remote = at("192.0.2.99");  // the program died; nothing reaches it any more
    Peer& later = world.connected(1, at("192.0.2.1"), client::openvpn_2_3_without_peer_ids);
    expect_packets_without_peer_ids(world, later, 0);
    world.delivered.clear();
    world.receive(later.path, late);
    EXPECT_TRUE(world.delivered.empty()) << "of the keys that died with the program";
}

TEST(ClientWithoutPeerIds, IsHeardWhileSomebodyElseAtItsAddressHasNoKeysYet) {
    World world;
    Peer& former = world.connected(1, at("192.0.2.1"), client::openvpn_2_3_without_peer_ids);
    const Buffer late = world.sealed(former, udp_packet(former.address(), Ipv4{0xac140001}));
    world.keeper_waits = true;
    world.add(2, at("192.0.2.1"), client::openvpn_2_3_without_peer_ids);
    world.run(1s);
    ASSERT_EQ(world.shard.half_open(), 1U);
    world.receive(former.path, late);
    EXPECT_EQ(world.delivered.size(), 1U);
}

TEST(ClientWithoutPeerIds, CannotBeFollowedToAnotherAddress) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_3_without_peer_ids);
    const Buffer up = world.sealed(peer, udp_packet(peer.address(), *parse_ipv4("172.20.0.1")));
    world.receive({0, 0, at("192.0.2.2")}, up);
    EXPECT_TRUE(world.delivered.empty());
    EXPECT_EQ(world.drops(Cause::unknown_client), 1U);
}

}  // namespace
}  // namespace kanmon::shard
