// What was done to other gateways through wrapped control packets, done to this one. The ids are
// those of the public advisories.
#include "allocations.h"
#include "wrapped_world.h"

namespace kanmon::shard {
namespace {

using client::WrappingPair;

const Path stranger{0, 0, at("192.0.2.1")};

constexpr std::array control_opcodes{3U, 4U, 5U, 7U, 8U, 10U, 11U};

bool is_data(unsigned first) {
    return first >> 3 == 6 || first >> 3 == 9;
}

TEST(Cve_2014_8104, EveryLengthOfEveryOpcodeIsCountedAndHarmlessUnderEveryWrapping) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        for (unsigned first = 0; first < 256; ++first)
            for (std::size_t length = 1; length <= 64; ++length) {
                Buffer datagram(length, std::byte{0x01});
                datagram[0] = static_cast<std::byte>(first);
                const std::uint64_t before = world.all_drops();
                world.receive(stranger, datagram);
                EXPECT_EQ(world.all_drops(), before + 1) << first << " " << length;
            }
        EXPECT_TRUE(world.sent.empty()) << name_of(pair);
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

TEST(Cve_2014_8104, EveryLengthThatTheRightKeyHasSealedIsHarmlessBeforeAndInASession) {
    for (const WrappingPair& pair : all_pairs()) {
        World world(pair);
        Peer& peer = world.connected(1, at("192.0.2.2"), client::openvpn_2_6);
        for (const unsigned opcode : control_opcodes)
            for (std::size_t length = 10; length <= 64; ++length) {
                Buffer plain(length, std::byte{0x01});
                plain[0] = static_cast<std::byte>(opcode << 3);
                world.receive(stranger, sealed_by(pair.client(), plain));
                std::ranges::copy(peer.engine.session_id().octets, plain.begin() + 1);
                world.receive(peer.path, sealed_by(pair.client(), plain, 1000));
            }
        EXPECT_EQ(world.shard.half_open(), 0U) << name_of(pair);
        EXPECT_EQ(world.shard.clients(), 1U) << name_of(pair);
        EXPECT_TRUE(world.lefts.empty()) << name_of(pair);
    }
}

/// The client's packets of one whole handshake, each met first by spoiled copies of itself.
void handshake_among(World& world, const std::function<void(const Path&, Bytes)>& spoil) {
    world.loses = [&](const Path& path, Bytes datagram) {
        if (!is_data(std::to_integer<unsigned>(datagram[0]))) spoil(path, datagram);
        return false;
    };
    Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_6);
    world.run(3s);
    EXPECT_TRUE(peer.connected);
    EXPECT_EQ(world.shard.clients(), 1U);
    EXPECT_TRUE(peer.overs.empty());
}

TEST(Cve_2025_2704, EveryHandshakePacketSpoiledAtEveryOctetOrReplayedChangesNothing) {
    for (const WrappingPair& pair : all_pairs()) {
        SCOPED_TRACE(name_of(pair));
        World world(pair);
        handshake_among(world, [&](const Path& path, Bytes datagram) {
            for (std::size_t at = 0; at < datagram.size(); ++at) {
                Buffer spoiled = copy_of(datagram);
                spoiled[at] ^= std::byte{0x41};
                if (!is_data(std::to_integer<unsigned>(spoiled[0])))
                    world.receive(path, std::move(spoiled));
            }
            for (std::size_t length = 1; length < datagram.size(); length += 7)
                world.receive(path, copy_of(datagram.first(length)));
        });
        EXPECT_GT(world.drops(Cause::wrapping_mismatch), 1000U);
    }
}

TEST(Cve_2025_2704, MalformedPacketsOfTheRightKeyAmongTheHandshakeChangeNothing) {
    for (const WrappingPair& pair : all_pairs()) {
        SCOPED_TRACE(name_of(pair));
        World world(pair);
        // Numbers far behind the client's own, but not so far that those are too old.
        client::Envelope envelope(pair.client(), client::openvpn_2_6, 1'700'000'000);
        for (unsigned i = 0; i < 500; ++i) envelope.wrap(0, Buffer(10, std::byte{0x20}));
        handshake_among(world, [&](const Path& path, Bytes datagram) {
            for (const unsigned opcode : control_opcodes)
                for (const std::size_t length : {10U, 13U, 14U, 22U, 26U, 200U}) {
                    Buffer plain(length, std::byte{0x02});
                    std::ranges::copy(datagram.first(9), plain.begin());
                    plain[0] = static_cast<std::byte>(opcode << 3);
                    world.receive(path, envelope.wrap(0, std::move(plain)));
                }
        });
    }
}

TEST(Cve_2026_35058, EveryValueOfTheOctetBesideTheOpcodeIsReadAsWhatItIs) {
    const WrappingPair pair(bridge::Wrapping::tls_crypt_v2);
    World world(pair);
    for (std::uint64_t number = 0; number < 256; ++number) {
        // The wrapped key begins with a tag, of which every first octet comes up among these.
        Buffer metadata(number * 2, static_cast<std::byte>(number));
        world.wrapping = pair.client(number, metadata);
        world.receive(stranger, hello_of(world.wrapping));
        ASSERT_EQ(world.sent.size(), number + 1) << number;
    }
    EXPECT_EQ(world.all_drops(), 0U);
}

TEST(Cve_2026_35058, AWrappedKeyCutAtEveryLengthGetsSilence) {
    const WrappingPair pair(bridge::Wrapping::tls_crypt_v2);
    World world(pair);
    const Buffer hello = hello_of(pair.client());
    for (std::size_t length = 1; length < hello.size(); ++length) {
        world.receive(stranger, copy_of(Bytes(hello).first(length)));
        // Also with an end that says how long the rest is.
        Buffer told = copy_of(Bytes(hello).first(length));
        if (length > 60)
            ByteWriter(MutableBytes(told).last(2)).u16(static_cast<std::uint16_t>(length - 54));
        world.receive(stranger, told);
    }
    EXPECT_TRUE(world.sent.empty());
    EXPECT_EQ(world.shard.half_open(), 0U);
}

TEST(Cve_2026_12932, AMillionResetsWithGoodAndBadKeysTakeNoMemory) {
    const WrappingPair pair(bridge::Wrapping::tls_crypt_v2);
    World world(pair);
    world.quiet = true;
    const Buffer good = hello_of(pair.client(1, from_hex("01000000006b045752")));
    Buffer bad_key = good, bad_packet = good;
    bad_key[100] ^= std::byte{1};
    bad_packet[20] ^= std::byte{1};
    for (unsigned i = 0; i < 20; ++i) world.receive(stranger, bad_key);  // no record is left
    const std::array<const Buffer*, 3> kinds{&good, &bad_key, &bad_packet};
    Buffer datagram = good;
    const std::size_t before = testing::allocations;
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
        std::ranges::copy(*kinds[i % kinds.size()], datagram.begin());
        world.now += 10us;
        world.shard.receive({0, 0, Endpoint::v4(Ipv4{0x0b000000 + i * 11}, 1)},
                            {datagram, datagram.size()}, world.now, world.wall());
    }
    EXPECT_EQ(testing::allocations, before);
    EXPECT_GT(world.sends, 300'000U);
}

TEST(Cve_2025_13086, CookiesOfAnotherAddressOrTimeBeginNothingUnderAnyWrapping) {
    for (const WrappingPair& pair : all_pairs()) {
        SCOPED_TRACE(name_of(pair));
        World world(pair);
        Buffer returned;
        const auto recording = [&](const Path&, Bytes datagram) {
            const unsigned opcode = std::to_integer<unsigned>(datagram[0]) >> 3;
            if (opcode != 7 && opcode != 10 && returned.empty()) returned = copy_of(datagram);
            return !returned.empty();
        };
        world.loses = recording;
        Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_6);
        world.run(10ms);
        ASSERT_FALSE(returned.empty());
        const auto begins = [&](const Path& path) {
            world.receive(path, returned);
            return world.shard.half_open() > 0;
        };
        EXPECT_FALSE(begins({0, 0, at("192.0.2.2")}));
        EXPECT_FALSE(begins({0, 0, at("192.0.2.1", 40001)}));
        world.now -= 31s;
        EXPECT_FALSE(begins(peer.path)) << "from the future";
        world.now += 31s + 91s;
        EXPECT_FALSE(begins(peer.path)) << "too old";
        world.now -= 91s;
        EXPECT_TRUE(begins(peer.path));
    }
}

TEST(Float, ALateWrappedHandshakePacketFromTheOldAddressCreatesNothing) {
    for (const WrappingPair& pair : all_pairs()) {
        SCOPED_TRACE(name_of(pair));
        World world(pair);
        std::vector<Buffer> handshake;
        world.loses = [&](const Path&, Bytes datagram) {
            handshake.push_back(copy_of(datagram));
            return false;
        };
        Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
        const Path old = peer.path;
        const Ipv4 target = *parse_ipv4("172.20.0.1");
        world.receive({0, 0, at("198.51.100.7", 5000)},
                      world.sealed(peer, udp_packet(peer.address(), target)));
        world.sent.clear();
        world.sends = 0;
        const auto records = world.records.size();
        for (const Buffer& datagram : handshake) {
            const unsigned opcode = std::to_integer<unsigned>(datagram[0]) >> 3;
            if (opcode != 7 && opcode != 10) world.receive(old, datagram);
        }
        EXPECT_EQ(world.shard.half_open(), 0U);
        EXPECT_EQ(world.shard.clients(), 1U);
        EXPECT_EQ(world.sends, 0U);
        EXPECT_EQ(world.records.size(), records);
    }
}

TEST(Replay, OfAWholeRecordedHandshakeDisturbsNoLiveSession) {
    for (const WrappingPair& pair : all_pairs()) {
        SCOPED_TRACE(name_of(pair));
        World world(pair);
        std::vector<Buffer> recorded;
        world.loses = [&](const Path&, Bytes datagram) {
            recorded.push_back(copy_of(datagram));
            return false;
        };
        Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
        const std::vector<Buffer> handshake = recorded;
        for (const Buffer& datagram : handshake) world.receive(peer.path, datagram);
        EXPECT_GE(world.drops(Cause::wrapping_replayed), handshake.size() - 1)
            << "only the hello was never seen by the session";
        world.run(60s);
        EXPECT_EQ(world.shard.clients(), 1U);
        EXPECT_TRUE(peer.overs.empty());
    }
}

}  // namespace
}  // namespace kanmon::shard
