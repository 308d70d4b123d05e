// Packets that the client engine moves without copies, against a whole gateway in memory.
#include <gtest/gtest.h>

#include "unit/dataplane/shard/world.h"

namespace kanmon::swarm {
namespace {

constexpr Ipv4 host{0xac140005};

struct InPlace : ::testing::Test {
    InPlace() : peer(world.connected(1, shard::at("192.0.2.1"))) {
        world.delivered.clear();
        world.sent.clear();
    }

    Buffer packet(std::size_t body) const { return shard::udp_packet(peer.address(), host, body); }

    /// The packet in a room that is just large enough.
    std::optional<MutableBytes> seal(Bytes inner) {
        room = Buffer(peer.engine.front_octets() + inner.size() + peer.engine.back_octets());
        std::ranges::copy(inner,
                          room.begin() + static_cast<std::ptrdiff_t>(peer.engine.front_octets()));
        return peer.engine.seal(room, inner.size(), world.now);
    }

    shard::World world;
    shard::Peer& peer;
    Buffer room;
};

TEST_F(InPlace, what_is_sealed_where_it_lies_the_gateway_opens) {
    for (const std::size_t body : {0U, 1U, 1400U}) {
        const auto datagram = seal(packet(body));
        ASSERT_TRUE(datagram);
        EXPECT_EQ(datagram->data(), room.data());
        world.receive(peer.path, copy_of(*datagram));
        ASSERT_FALSE(world.delivered.empty());
        EXPECT_EQ(world.delivered.back().second, packet(body));
    }
}

TEST_F(InPlace, what_the_gateway_seals_is_opened_where_it_lies_and_not_kept) {
    Buffer inner = shard::udp_packet(host, peer.address(), 700);
    world.shard.from_tunnel(0, inner, world.now);
    ASSERT_EQ(world.sent.size(), 1U);
    Buffer& datagram = world.sent.front().octets;
    const auto opened = peer.engine.receive_in_place(datagram, world.now);
    ASSERT_TRUE(opened);
    EXPECT_GE(opened->data(), datagram.data());
    EXPECT_LE(opened->data() + opened->size(), datagram.data() + datagram.size());
    EXPECT_EQ(copy_of(*opened), inner);
    EXPECT_FALSE(peer.engine.next_inner());
    EXPECT_FALSE(peer.engine.receive_in_place(datagram, world.now)) << "the same once more";
}

TEST_F(InPlace, nothing_is_sealed_any_more_for_a_client_that_leaves) {
    peer.engine.leave(world.now);
    EXPECT_FALSE(seal(packet(10)));
}

}  // namespace
}  // namespace kanmon::swarm
