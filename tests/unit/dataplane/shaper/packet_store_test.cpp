#include "dataplane/shaper/packet_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace kanmon::shaper {
namespace {

Buffer packet_of(std::size_t octets, unsigned seed) {
    Buffer packet(octets);
    for (std::size_t i = 0; i < octets; ++i)
        packet[i] = static_cast<std::byte>((i * 7 + seed) & 0xff);
    return packet;
}

TEST(PacketStore, GivesBackWhatWasPutInWhateverIsPutAndDiscardedBetween) {
    PacketStore store(256);
    std::mt19937 engine(7);
    std::map<PacketNumber, Buffer> kept;
    Buffer room(65536);
    for (unsigned turn = 0; turn < 20000; ++turn) {
        if (engine() % 2 == 0) {
            Buffer packet = packet_of(engine() % 3 == 0 ? engine() % 20000 : engine() % 1600, turn);
            const auto number = store.put(packet, instant_of(turn));
            if (number) {
                EXPECT_EQ(store.octets(*number), packet.size());
                EXPECT_EQ(store.put_at(*number), instant_of(turn));
                ASSERT_TRUE(kept.emplace(*number, std::move(packet)).second);
            }
        } else if (!kept.empty()) {
            const auto chosen = std::next(kept.begin(), static_cast<long>(engine() % kept.size()));
            const Bytes copied = store.copy(chosen->first, room);
            ASSERT_EQ(Buffer(copied.begin(), copied.end()), chosen->second);
            store.discard(chosen->first);
            kept.erase(chosen);
        }
    }
    for (const auto& [number, packet] : kept) store.discard(number);
    EXPECT_EQ(store.free_blocks(), 256U);
}

TEST(PacketStore, TakesWhatFitsAndNotAnOctetMore) {
    PacketStore store(4);
    EXPECT_FALSE(store.put(Buffer(4 * PacketStore::block_octets + 1), {}));
    const auto whole = store.put(Buffer(4 * PacketStore::block_octets), {});
    ASSERT_TRUE(whole);
    EXPECT_FALSE(store.put(Buffer(1), {}));
    store.discard(*whole);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(store.put(Buffer(1), {}));
    EXPECT_FALSE(store.put(Buffer(), {}));
}

}  // namespace
}  // namespace kanmon::shaper
