// First packets under tls-auth, tls-crypt and tls-crypt-v2: silence for strangers, and no memory.
#include "allocations.h"
#include "wrapped_world.h"

namespace kanmon::shard {
namespace {

using client::KnownWrapping;
using client::WrappingPair;

const Path stranger{0, 0, at("192.0.2.1")};

TEST(WrappedHello, OfEveryKindConnectsEveryPersonalityThatKnowsItAndBothDirectionsCarryPackets) {
    for (const WrappingPair& pair : all_pairs())
        for (const auto* who : client::personalities()) {
            if (!knows(*who, pair.client().kind)) continue;
            SCOPED_TRACE(name_of(pair) + ", " + std::string(who->name));
            World world(pair);
            Peer& peer = world.connected(1, at("192.0.2.1"), *who);
            world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(),
                                                                   *parse_ipv4("172.20.0.1"))));
            EXPECT_EQ(world.delivered.size(), 1U);
            peer.engine.renegotiate(world.now);
            world.run(130s);
            EXPECT_EQ(peer.renegotiations, 1U);
            Buffer packet = udp_packet(*parse_ipv4("172.20.0.1"), peer.address());
            world.shard.from_tunnel(0, packet, world.now);
            world.run(1ms);
            EXPECT_EQ(peer.inner.size(), 1U);
            peer.engine.leave(world.now);
            world.run(10s);
            EXPECT_EQ(world.lefts.size(), 1U);
            EXPECT_EQ(world.lefts.back().second, Cause::client_left);
            EXPECT_EQ(peer.engine.replays(), 0U) << "our counter or our time ran back";
            EXPECT_EQ(world.drops(Cause::wrapping_mismatch), 0U);
            EXPECT_EQ(world.drops(Cause::wrapping_replayed), 0U);
        }
}

TEST(WrappedHello, OfEveryKindBeginsAStreamToo) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_6, 1);
        world.run(3s);
        EXPECT_TRUE(peer.connected) << name_of(pair);
        EXPECT_EQ(world.all_drops(), 0U) << name_of(pair);
    }
}

TEST(WrappedHello, IsAnsweredUnderCounterOneAndForgotten) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        const Buffer hello = hello_of(pair.client());
        world.receive(stranger, hello);
        ASSERT_EQ(world.sent.size(), 1U) << name_of(pair);
        EXPECT_LE(world.sent[0].octets.size(), 2 * hello.size());
        EXPECT_EQ(world.shard.half_open(), 0U);
        EXPECT_FALSE(world.shard.next_deadline());

        const auto wrap = client::wrap_of(pair.client());
        Buffer room(100);
        const auto answer = wrap->unwrap(world.sent[0].octets, room);
        ASSERT_TRUE(answer) << name_of(pair);
        EXPECT_EQ(answer->replay.id, 1U);
        EXPECT_EQ(answer->replay.time, seconds_of(world.wall()));
        const std::string text = to_hex(answer->packet);
        const bool v2 = pair.server().kind == bridge::Wrapping::tls_crypt_v2;
        EXPECT_EQ(text.substr(0, 2), "40");
        EXPECT_EQ(text.substr(52), v2 ? "000100020001" : "") << "it asks for the key again";
    }
}

TEST(WrappedHello, TimeOfAnAnswerNeverGoesBackWhenTheClockDoes) {
    const WrappingPair pair(bridge::Wrapping::tls_crypt);
    World world(pair);
    Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_5);
    Buffer hello = *peer.engine.next_datagram();
    world.receive(peer.path, hello);
    peer.engine.receive(world.sent.back().octets, world.now);
    world.sent.clear();
    world.clock_set_back = 3600;
    world.run(3s);
    EXPECT_TRUE(peer.connected);
    EXPECT_EQ(peer.engine.replays(), 0U);
}

TEST(WrappedHello, OfAnotherKeyKindDirectionOrDigestGetsSilence) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        unsigned refused = 0;
        const auto say = [&](const client::ClientWrapping& wrapping) {
            world.receive(stranger, hello_of(wrapping));
            ++refused;
        };
        say({});
        for (const WrappingPair& other : all_pairs())
            if (name_of(other) != name_of(pair)) say(other.client());
        say(WrappingPair(pair.server().kind, 99, pair.server().digest, pair.server().directed)
                .client());
        client::ClientWrapping turned = pair.client();
        turned.direction =
            pair.server().directed ? crypto::KeyDirection::normal : crypto::KeyDirection::inverse;
        if (turned.kind == KnownWrapping::tls_auth) say(turned);
        EXPECT_TRUE(world.sent.empty()) << name_of(pair);
        EXPECT_EQ(world.drops(Cause::wrapping_mismatch) + world.drops(Cause::truncated), refused)
            << name_of(pair);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

TEST(WrappedHello, WithEveryBitFlippedGetsSilence) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        const Buffer hello = hello_of(pair.client());
        for (std::size_t bit = 0; bit < hello.size() * 8; ++bit) {
            Buffer changed = hello;
            changed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
            if ((std::to_integer<unsigned>(changed[0]) >> 3) == 6 ||
                (std::to_integer<unsigned>(changed[0]) >> 3) == 9)
                continue;  // a data packet
            world.receive(stranger, changed);
        }
        EXPECT_TRUE(world.sent.empty()) << name_of(pair);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

TEST(WrappedHello, AFloodOfThemCostsNoHeapWhetherTheKeyIsRightOrWrong) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        world.quiet = true;
        const Buffer right = hello_of(pair.client());
        const Buffer old = hello_of(pair.client(), client::openvpn_2_5);
        Buffer wrong = right;
        wrong[30] ^= std::byte{1};
        for (unsigned i = 0; i < 20; ++i) world.receive(stranger, wrong);  // no record is left
        Buffer datagram = right;
        const std::size_t before = testing::allocations;
        for (std::uint32_t i = 0; i < 20000; ++i) {
            std::ranges::copy(i % 3 == 0 ? right : i % 3 == 1 ? old : wrong, datagram.begin());
            world.now += 1ms;
            world.shard.receive({0, 0, Endpoint::v4(Ipv4{0x0b000000 + i * 7}, 1)},
                                {datagram, datagram.size()}, world.now, world.wall());
        }
        EXPECT_EQ(testing::allocations - before, 0U) << name_of(pair);
        EXPECT_GT(world.sends, 10000U);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

}  // namespace
}  // namespace kanmon::shard
