// 63 packets each way of a connected client, and not one call of `operator new`.
#pragma once

#include <gtest/gtest.h>

#include "allocations.h"
#include "world.h"

namespace kanmon::shard {

inline void expect_packets_without_heap(World& world, Peer& peer, Ipv4 target) {
    std::vector<Buffer> datagrams;
    for (int i = 0; i < 64; ++i)
        datagrams.push_back(world.sealed(peer, udp_packet(peer.address(), target, 1000)));
    world.receive(peer.path, datagrams[0]);
    Buffer packet = udp_packet(target, peer.address(), 1000);
    world.quiet = true;
    world.deliveries = world.sends = 0;
    const std::size_t before = testing::allocations;
    for (std::size_t i = 1; i < datagrams.size(); ++i) {
        world.shard.receive(peer.path, {datagrams[i], datagrams[i].size()}, world.now, UnixTime{});
        world.shard.from_tunnel(0, packet, world.now);
    }
    EXPECT_EQ(testing::allocations, before);
    EXPECT_EQ(world.deliveries, 63U);
    EXPECT_EQ(world.sends, 63U);
}

}  // namespace kanmon::shard
