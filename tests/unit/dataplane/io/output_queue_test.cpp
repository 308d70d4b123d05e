#include "dataplane/io/output_queue.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace kanmon::io {
namespace {

Buffer packet_of(std::size_t octets, std::uint8_t mark) {
    return Buffer(octets, std::byte{mark});
}

void append_frame(Buffer& stream, Bytes packet) {
    std::array<std::byte, 2> prefix{};
    ByteWriter(prefix).u16(static_cast<std::uint16_t>(packet.size()));
    append(stream, prefix);
    append(stream, packet);
}

TEST(OutputQueue, LetsFramesOutWholeAndInOrderHoweverLittleTheSocketTakes) {
    for (const std::size_t step : {1U, 7U, 1000U, 65535U, 65536U, 1000000U}) {
        ChunkPool pool;
        OutputQueue queue;
        Buffer pushed, left;
        std::uint8_t mark = 0;
        for (int round = 0; round < 40; ++round) {
            for (const std::size_t octets : {1U, 100U, 1400U, 65U}) {
                const Buffer packet = packet_of(octets, ++mark);
                ASSERT_TRUE(queue.push(pool, packet));
                append_frame(pushed, packet);
            }
            const Bytes front = queue.front();
            const std::size_t taken = std::min(step, front.size());
            append(left, front.first(taken));
            queue.sent(pool, taken);
        }
        while (!queue.empty()) {
            const Bytes front = queue.front();
            const std::size_t taken = std::min(step, front.size());
            append(left, front.first(taken));
            queue.sent(pool, taken);
        }
        EXPECT_EQ(left, pushed) << step;
        EXPECT_EQ(pool.in_use(), 0U);
    }
}

TEST(OutputQueue, SaysNoToTunnelledPacketsBeforeItSaysNoToControlPackets) {
    ChunkPool pool;
    OutputQueue queue;
    std::size_t tunnelled = 0;
    while (queue.has_room(pool, 1400)) {
        ASSERT_TRUE(queue.push(pool, packet_of(1400, 1)));  // a promise is kept
        ++tunnelled;
    }
    EXPECT_EQ(tunnelled, OutputQueue::tunnelled_octets_max / 1402);

    std::size_t control = 0;
    while (queue.push(pool, packet_of(1200, 2))) ++control;
    EXPECT_GE(control, OutputQueue::control_octets_max / 1202);
    EXPECT_LE(queue.octets(), OutputQueue::tunnelled_octets_max + OutputQueue::control_octets_max);
    const std::size_t before = queue.octets();
    EXPECT_FALSE(queue.push(pool, packet_of(1200, 3)));
    EXPECT_EQ(queue.octets(), before);
}

TEST(OutputQueue, HasRoomForEveryLengthThatItSaysItHas) {
    SeededRandom random(7);
    ChunkPool pool;
    OutputQueue queue;
    for (int i = 0; i < 20000; ++i) {
        const std::size_t octets = 1 + random.u64() % 9000;
        if (queue.has_room(pool, octets)) {
            ASSERT_TRUE(queue.push(pool, packet_of(octets, 1)));
        }
        if (random.u64() % 3 == 0 && !queue.empty())
            queue.sent(pool, 1 + random.u64() % queue.front().size());
    }
    EXPECT_GT(queue.octets(), 0U);
}

TEST(OutputQueue, TunnelledPacketsLeaveChunksForControlPacketsOfOthers) {
    ChunkPool pool(16);
    std::array<OutputQueue, 8> slow;
    for (OutputQueue& queue : slow)
        while (queue.has_room(pool, 1400)) ASSERT_TRUE(queue.push(pool, packet_of(1400, 1)));
    EXPECT_EQ(pool.in_use(), 14U);
    OutputQueue idle;
    EXPECT_FALSE(idle.has_room(pool, 100));
    EXPECT_TRUE(idle.push(pool, packet_of(100, 1))) << "a ping, say";
}

TEST(OutputQueue, TakesNoMoreChunksThanThePoolHas) {
    ChunkPool pool(3);
    OutputQueue first, second;
    while (first.has_room(pool, 1400)) ASSERT_TRUE(first.push(pool, packet_of(1400, 1)));
    EXPECT_EQ(pool.in_use(), 3U);
    EXPECT_FALSE(second.has_room(pool, 1));
    EXPECT_FALSE(second.push(pool, packet_of(1, 1)));
    first.clear(pool);
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_TRUE(second.push(pool, packet_of(1, 1)));
}

}  // namespace
}  // namespace kanmon::io
