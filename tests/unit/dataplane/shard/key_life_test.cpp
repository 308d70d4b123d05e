// Keys that reach their limits while packets flow, and packets that come twice.
#include <set>

#include "packets_without_heap.h"
#include "world.h"

namespace kanmon::shard {
namespace {

const Ipv4 target = *parse_ipv4("172.20.0.1");

/// Every (key, packet id) that left in one direction. A key is told by its generation: the same key
/// id comes back after seven renegotiations.
class IdBook {
public:
    void note(const client::ClientEngine& engine, Bytes datagram) {
        const auto first = wire::peek(datagram);
        if (!first || !wire::is_data(first->opcode)) return;
        const crypto::KeyMaterial* key = engine.tunnel().material(first->key_id);
        ASSERT_NE(key, nullptr);
        if (!crypto::is_aead(key->suite)) return;  // the id is sealed there
        ByteReader in(datagram.subspan(4));
        const std::uint64_t id =
            key->format == crypto::DataFormat::epoch ? in.u64() : std::uint64_t{in.u32()};
        const std::uint64_t which = ByteReader(key->block.view()).u64();
        EXPECT_TRUE(seen_.emplace(which, id).second) << "packet id " << id << " came twice";
        keys_.insert(which);
    }
    std::size_t keys() const { return keys_.size(); }

private:
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;
    std::set<std::uint64_t> keys_;
};

/// A stream of packets in both directions through a shard whose keys end early.
struct Stream {
    Stream(const client::Personality& who, crypto::KeyLimits limits,
           const bridge::SslServer& server = settings()) {
        auto made = std::make_shared<session::ServerProfile>(*profile(server));
        made->key_limits = limits;
        world.configure({made});
        client::ClientSettings program;
        program.key_limits = limits;
        peer = &world.connected(1, at("192.0.2.1"), who, std::move(program));
        world.loses = [this](const Path&, Bytes datagram) {
            up.note(peer->engine, datagram);
            return false;
        };
    }

    void run(unsigned packets) {
        for (unsigned i = 0; i < packets; ++i) {
            peer->engine.from_tunnel(udp_packet(peer->address(), target), world.now);
            Buffer packet = udp_packet(target, peer->address());
            world.shard.from_tunnel(0, packet, world.now);
            for (const Sent& each : world.sent) down.note(peer->engine, each.octets);
            world.run(3ms);
        }
        sent += packets;
        EXPECT_EQ(world.delivered.size(), sent) << "packets from the client";
        EXPECT_EQ(peer->inner.size(), sent) << "packets to the client";
        EXPECT_EQ(world.all_drops(), 0U);
        EXPECT_TRUE(peer->overs.empty());
    }

    World world;
    Peer* peer = nullptr;
    std::size_t sent = 0;
    IdBook up, down;
};

// A packet of 128 octets in its tunnel counts nine units; 90 of them are near the end at 7/8.
constexpr crypto::KeyLimits hundred_packets{.units_max = 900};

TEST(KeyLimits, AStreamLosesNothingAcrossTheRenegotiationsThatUsageForces) {
    for (const auto* who : {&client::openvpn_2_4, &client::openvpn_2_5, &client::openvpn_2_6}) {
        Stream stream(*who, hundred_packets);
        stream.run(2000);
        EXPECT_GE(stream.up.keys(), 15U) << who->name;
        EXPECT_GE(stream.down.keys(), 15U) << who->name;
    }
}

// CVE-2017-7479: near the end of the packet ids a stock server ended its process.
TEST(KeyLimits, PacketIdsThatRunOutForceANewKeyInTimeForEverySuite) {
    const crypto::KeyLimits limits{.packet_id_first = 0xfefffff0};
    for (const auto* who : {&client::openvpn_2_3, &client::openvpn_2_4_without_negotiation,
                            &client::openvpn_2_4, &client::openvpn_2_6}) {
        Stream stream(*who, limits);
        stream.run(16 + 50);
        stream.world.run(70s);
        stream.run(50);
        EXPECT_EQ(stream.peer->engine.tunnel().installs(), 3U) << "once for each half";
    }
}

TEST(KeyLimits, ClientsThatCountFromTheEndOfThePacketIdsLoseNothing) {
    const crypto::KeyLimits limits{
        .packet_id_first = 0xffffff00, .packet_id_soft = 0xffffffd0, .packet_id_last = 0xffffffff};
    for (const auto* who : {&client::openvpn_2_3, &client::openvpn_2_4, &client::openvpn_2_6,
                            &client::openvpn_2_3_comp_lzo}) {
        Stream stream(*who, limits);
        stream.run(2000);
    }
}

TEST(KeyLimits, EpochsFollowEachOtherWithoutAnyRenegotiation) {
    for (const auto* who : {&client::openvpn_2_7, &client::openvpn_3}) {
        Stream stream(*who, hundred_packets);
        ASSERT_TRUE(stream.peer->engine.pushed()->data_epoch);
        stream.run(2000);
        EXPECT_EQ(stream.down.keys(), 1U);
    }
}

TEST(KeyLimits, TheLastEpochsForceANewKeyInTime) {
    crypto::KeyLimits limits = hundred_packets;
    limits.epoch_soft = 3;
    limits.epoch_last = 5;
    Stream stream(client::openvpn_2_7, limits);
    stream.run(3000);
    EXPECT_GE(stream.down.keys(), 5U);
}

TEST(KeyLimits, AServerWithoutACipherCountsItsPacketIdsToo) {
    static const client::Personality bare = [] {
        client::Personality program = client::openvpn_2_4_without_negotiation;
        program.options =
            "V4,dev-type tun,cipher [null-cipher],auth SHA512,key-method 2,tls-client";
        program.own_cipher = "none";
        return program;
    }();
    bridge::SslServer server = settings();
    server.fallback_cipher = "none";
    const crypto::KeyLimits limits{
        .packet_id_first = 0xffffff00, .packet_id_soft = 0xffffffd0, .packet_id_last = 0xffffffff};
    Stream stream(bare, limits, server);
    stream.run(1000);
    EXPECT_EQ(stream.peer->engine.cipher(), crypto::CipherSuite::none);
    EXPECT_TRUE(std::ranges::any_of(stream.world.records, [](const auto& record) {
        return record.detail.find("cipher 'none' (WARNING") != std::string::npos;
    }));
}

TEST(KeyLimits, AKeyWhoseSuccessorNeverComesStopsInsteadOfRepeatingItself) {
    Stream stream(client::openvpn_2_4,
                  {.packet_id_first = 0xffffffe0, .packet_id_soft = 0xfffffff0});
    bool cut = true;
    stream.world.loses = [&](const Path&, Bytes datagram) {
        const auto first = wire::peek(datagram);
        return cut && !wire::is_data(first->opcode);
    };
    for (unsigned i = 0; i < 100; ++i) {
        Buffer packet = udp_packet(target, stream.peer->address());
        stream.world.shard.from_tunnel(0, packet, stream.world.now);
        stream.world.run(1ms);
    }
    EXPECT_EQ(stream.peer->inner.size(), 0x20U);
    EXPECT_EQ(stream.world.drops(Cause::key_exhausted), 100U - 0x20U);
    cut = false;
    stream.world.run(70s);
    Buffer packet = udp_packet(target, stream.peer->address());
    stream.world.shard.from_tunnel(0, packet, stream.world.now);
    stream.world.run(1ms);
    EXPECT_EQ(stream.peer->inner.size(), 0x21U) << "the lost renegotiation was made up for";
}

TEST(Epochs, NeitherDirectionAllocates) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_7);
    expect_packets_without_heap(world, peer, target);
}

// --- replay --------------------------------------------------------------------------------------

const std::array formats{&client::openvpn_2_3, &client::openvpn_2_4, &client::openvpn_2_7,
                         &client::openvpn_2_4_comp_lzo};

TEST(Replay, OfTheSamePacketFromAnywhereDeliversNothing) {
    for (const auto* who : formats) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        std::vector<Buffer> recorded;
        for (int i = 0; i < 100; ++i)
            recorded.push_back(world.sealed(peer, udp_packet(peer.address(), target)));
        for (const Buffer& datagram : recorded) world.receive(peer.path, datagram);
        EXPECT_EQ(world.delivered.size(), 100U) << who->name;
        for (const std::size_t back : {0U, 1U, 64U, 99U}) {
            world.receive(peer.path, recorded[99 - back]);
            world.receive({0, 0, at("203.0.113.66")}, recorded[99 - back]);
        }
        EXPECT_EQ(world.delivered.size(), 100U);
        EXPECT_EQ(world.drops(Cause::replayed), 8U);
        Buffer packet = udp_packet(target, peer.address());
        world.sent.clear();
        world.shard.from_tunnel(0, packet, world.now);
        EXPECT_EQ(world.sent.back().path, peer.path) << "nor does a replay move the client";
    }
}

TEST(Replay, AtTheEdgeOfTheWindowLateOnesPassOnceAndOlderOnesNever) {
    for (const auto* who : formats) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        constexpr std::size_t window = 4096;
        std::vector<Buffer> recorded;
        for (std::size_t i = 0; i < window + 1; ++i)
            recorded.push_back(world.sealed(peer, udp_packet(peer.address(), target)));
        world.receive(peer.path, recorded[window]);
        world.receive(peer.path, recorded[1]);
        EXPECT_EQ(world.delivered.size(), 2U) << "4095 late";
        world.receive(peer.path, recorded[0]);
        world.receive(peer.path, recorded[1]);
        EXPECT_EQ(world.delivered.size(), 2U);
        EXPECT_EQ(world.drops(Cause::replayed), 2U);
    }
}

TEST(Replay, AfterARenegotiationStillDeliversNothing) {
    for (const auto* who : formats) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        const Buffer recorded = world.sealed(peer, udp_packet(peer.address(), target));
        world.receive(peer.path, recorded);
        ASSERT_EQ(world.delivered.size(), 1U);
        for (int renewals = 0; renewals < 9; ++renewals) {
            peer.engine.renegotiate(world.now);
            world.run(61s);
            world.receive(peer.path, recorded);
            ASSERT_EQ(world.delivered.size(), 1U) << who->name << " after " << renewals;
        }
    }
}

TEST(Replay, FivePercentReorderingLosesNothing) {
    for (const auto* who : formats) {
        World world;
        Peer& peer = world.connected(1, at("192.0.2.1"), *who);
        SeededRandom chance(5);
        std::vector<Buffer> path;
        for (int i = 0; i < 2000; ++i)
            path.push_back(world.sealed(peer, udp_packet(peer.address(), target)));
        for (std::size_t i = 0; i + 600 < path.size(); ++i)
            if (chance.u64() % 20 == 0) std::swap(path[i], path[i + 1 + chance.u64() % 500]);
        for (const Buffer& datagram : path) world.receive(peer.path, datagram);
        EXPECT_EQ(world.delivered.size(), path.size()) << who->name;
    }
}

// --- a peer that jumps ahead ---------------------------------------------------------------------

// CVE-2025-15497: whatever epoch a packet names, only its own session notices.
TEST(Epochs, AJumpThatCannotBeFollowedIsADropOfThisClientAlone) {
    World world;
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_7);
    Peer& other = world.connected(2, at("192.0.2.2"), client::openvpn_2_7);
    for (unsigned epoch = 0; epoch <= 0xffff; ++epoch) {
        if (epoch == 1) continue;
        Buffer datagram = world.sealed(peer, udp_packet(peer.address(), target));
        datagram[4] = static_cast<std::byte>(epoch >> 8);
        datagram[5] = static_cast<std::byte>(epoch & 0xff);
        world.receive(peer.path, std::move(datagram));
    }
    EXPECT_EQ(world.drops(Cause::bad_tag), 16U) << "only the sixteen coming keys were tried";
    EXPECT_EQ(world.drops(Cause::epoch_unknown), 0x10000U - 17);
    for (Peer* each : {&peer, &other})
        world.receive(each->path, world.sealed(*each, udp_packet(each->address(), target)));
    EXPECT_EQ(world.delivered.size(), 2U);
    EXPECT_EQ(world.shard.clients(), 2U);
}

}  // namespace
}  // namespace kanmon::shard
