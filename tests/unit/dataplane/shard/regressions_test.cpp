// What went wrong elsewhere in the life of a connection must not go wrong here.
#include <algorithm>
#include <array>

#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");

/// One packet each way; true when both arrived.
bool carries(World& world, Peer& peer) {
    world.delivered.clear();
    peer.inner.clear();
    world.receive(peer.path, world.sealed(peer, udp_packet(peer.address(), target)));
    Buffer packet = udp_packet(target, peer.address());
    world.shard.from_tunnel(0, packet, world.now);
    world.run(1ms);
    return world.delivered.size() == 1 && peer.inner.size() == 1;
}

// reg/CVE-2005-2531
TEST(Regression, TwoConnectsOfOneNameAtOnceOverUdpAndTcpHaveOneOutcome) {
    World world;
    Peer& datagrams = world.add(1, at("192.0.2.1"), client::openvpn_2_6, 0);
    Peer& stream = world.add(1, at("192.0.2.1"), client::openvpn_2_6, 1);
    world.run(3s);
    ASSERT_TRUE(datagrams.connected && stream.connected) << "several at once are allowed";
    EXPECT_NE(datagrams.address(), stream.address());
    EXPECT_TRUE(carries(world, datagrams));
    EXPECT_TRUE(carries(world, stream));
}

// reg/CVE-2005-2531: a failed handshake leaves nothing behind that another client could meet.
TEST(Regression, BadHandshakesOfOneClientCostAnotherNoPacket) {
    World world;
    Peer& good = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    for (std::uint16_t i = 0; i < 50; ++i) {
        Peer& bad = world.add(200, at("198.51.100.9", static_cast<std::uint16_t>(2000 + i)));
        for (int step = 0; step < 4; ++step) {
            world.run(50ms);
            ASSERT_TRUE(carries(world, good)) << i;
        }
        EXPECT_FALSE(bad.connected);
    }
    EXPECT_TRUE(good.overs.empty());
}

// reg/CVE-2020-11810
TEST(Regression, DataWithTheVictimsPeerIdFloatsNobodyAtAnyMomentOfAHandshake) {
    const Path attacker{0, 0, at("203.0.113.66")};
    World world;
    Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_6);
    world.keeper_waits = true;
    for (int millisecond = 0; millisecond < 400; ++millisecond) {
        if (millisecond == 200) world.keeper_waits = false;
        for (const unsigned opcode : {0x48U, 0x49U, 0x30U}) {
            BufferWriter data;
            data.u8(static_cast<std::uint8_t>(opcode));
            data.u24(0);  // the first client's
            data.u32(1);
            data.bytes(Buffer(60));
            world.receive(attacker, data.finish());
        }
        world.run(1ms);
    }
    world.run(3s);
    ASSERT_TRUE(peer.connected);
    ASSERT_EQ(*peer.engine.pushed()->peer_id, 0U);
    EXPECT_TRUE(carries(world, peer));
    for (const Sent& datagram : world.stray) EXPECT_NE(datagram.path, attacker);
}

// --- reg/CVE-2026-40215, -12996, -13117, -84471: packets of a session that was replaced ---

enum class Act : std::uint8_t { retransmits, returns, renegotiates, expires };

/// A client with everything that could keep a packet waiting, and then its successor.
class Interleaving {
public:
    Interleaving() {
        world_.watches = [this](const Path& path, Bytes datagram) { watch(path, datagram); };
        world_.configure({profile(settings_)});
        present_ = &add();
        world_.run(3s);
    }

    void act(Act act) {
        switch (act) {
            case Act::retransmits:  // an update is not acknowledged, and is sent again and again
                world_.loses = [](const Path&, Bytes) { return true; };
                settings_.local_networks.push_back({Ipv4{0xac1e0000U + (++networks_ << 8)}, 24});
                world_.configure({profile(settings_)});
                world_.run(2500ms);
                world_.loses = [](const Path&, Bytes) { return false; };
                return;
            case Act::returns:  // from the same address and port; the former one goes on as it was
                present_ = &add();
                return world_.run(40ms);
            case Act::renegotiates:
                present_->engine.renegotiate(world_.now);
                return world_.run(40ms);
            case Act::expires:
                return world_.run(3700s);
        }
    }

    void settle() {
        world_.run(10s);
        EXPECT_TRUE(present_->connected);
        EXPECT_TRUE(present_->overs.empty());
        EXPECT_TRUE(carries(world_, *present_));
        EXPECT_EQ(world_.shard.clients(), 1U);
        EXPECT_EQ(world_.shard.half_open(), 0U);
        EXPECT_GT(watched_, 10U);
    }

private:
    Peer& add() { return world_.add(1, at("192.0.2.1"), client::openvpn_2_7); }

    /// What is sent belongs to a session that the address has, and was not made of another's.
    void watch(const Path& path, Bytes datagram) {
        const auto packet = wire::decode_control_packet(datagram);
        if (!packet || packet->opcode == wire::Opcode::hard_reset_server_v2) return;
        ++watched_;
        const bool known = std::ranges::any_of(world_.peers, [&](const auto& peer) {
            const bool sender = peer->engine.server_session_id() == packet->sender;
            const bool receiver =
                packet->acks.count == 0 || peer->engine.session_id() == packet->receiver;
            return peer->path == path && sender && receiver;
        });
        EXPECT_TRUE(known);
    }

    World world_;
    bridge::SslServer settings_ = settings();
    std::uint32_t networks_ = 0;
    std::size_t watched_ = 0;
    Peer* present_ = nullptr;
};

TEST(Regression, PacketsThatWaitOutliveNoSessionInAnyOrderOfItsEnds) {
    std::array order{Act::retransmits, Act::returns, Act::renegotiates, Act::expires};
    std::ranges::sort(order);
    do {
        Interleaving story;
        for (const Act act : order) story.act(act);
        story.settle();
        if (HasFailure())
            FAIL() << "order " << static_cast<int>(order[0]) << static_cast<int>(order[1])
                   << static_cast<int>(order[2]) << static_cast<int>(order[3]);
    } while (std::ranges::next_permutation(order).found);
}

/// A packet of a client's session, with zeros behind its header up to this length.
Buffer control_of_length(const Peer& peer, std::size_t octets) {
    BufferWriter out;
    out.u8(4 << 3);
    out.bytes(peer.engine.session_id().octets);
    out.u8(0);
    out.u32(11);  // in the window, but not the next one
    out.bytes(Buffer(octets - 14));
    return out.finish();
}

// reg/CVE-2017-7478: whatever its length, a control packet costs its own session at most.
TEST(Regression, ControlPacketsOfEveryLengthUpTo64KilobytesDisturbNobody) {
    World world;
    Peer& datagrams = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    Peer& stream = world.add(2, at("192.0.2.2"), client::openvpn_2_6, 1, 7);
    world.run(3s);
    Peer& greeted = world.add(3, at("192.0.2.3"), client::openvpn_2_6);
    world.keeper_waits = true;
    world.run(1s);
    ASSERT_EQ(world.shard.half_open(), 1U);
    constexpr std::size_t shortest = 14, taken_max = 2048, longest = 65535;
    std::vector<Buffer> packets;
    for (const Peer* peer : {&datagrams, &stream, &greeted})
        packets.push_back(control_of_length(*peer, longest));
    for (std::size_t octets = shortest; octets <= longest; ++octets) {
        for (std::size_t i = 0; i < packets.size(); ++i)
            world.shard.receive(std::array{&datagrams, &stream, &greeted}[i]->path,
                                {MutableBytes(packets[i]).first(octets), octets}, world.now,
                                world.wall());
        if (octets > taken_max + 1 && octets % 997 != 0 && octets != longest) continue;
        ASSERT_TRUE(carries(world, datagrams)) << octets;
        ASSERT_TRUE(carries(world, stream)) << octets;
    }
    EXPECT_EQ(world.drops(Cause::malformed), 3U * (longest - taken_max));
    EXPECT_TRUE(world.lefts.empty());
}

}  // namespace
}  // namespace kanmon::shard
