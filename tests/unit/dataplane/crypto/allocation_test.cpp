#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "counted_heap.h"
#include "dataplane/crypto/key_slots.h"

namespace kanmon::crypto {
namespace {

TEST(KeySlots, OpenAndSealAllocateNothingWhateverTheyMeet) {
    ASSERT_TRUE(testing::heap_is_counted());
    SeededRandom random(1);
    const KeyBlock block(random.array<256>());
    for (const auto suite :
         {CipherSuite::aes_256_gcm, CipherSuite::chacha20_poly1305, CipherSuite::aes_128_cbc}) {
        KeySlots server, client;
        for (KeySlots* slots : {&server, &client}) {
            slots->set_peer_id(1);
            slots->install(0, {.suite = suite,
                               .block = block,
                               .side = slots == &server ? Side::server : Side::client});
            slots->send_with(0);
        }
        std::array<std::byte, 1600> room{}, copy{};
        const auto pass = [&](std::size_t octets) {
            const auto sealed = client.seal(room, octets);
            ASSERT_TRUE(sealed);
            std::ranges::copy(*sealed, copy.begin());
            const MutableBytes datagram = MutableBytes(copy).first(sealed->size());
            datagram.back() ^= std::byte{1};
            EXPECT_FALSE(server.open(datagram));
            EXPECT_TRUE(server.open(*sealed));
            EXPECT_FALSE(server.open(*sealed));
        };
        pass(100);  // the random generator of this thread comes to be with its first IV
        const std::uint64_t before = testing::heap_allocations();
        for (std::size_t octets = 1; octets < 200; ++octets) pass(octets);
        EXPECT_EQ(testing::heap_allocations() - before, 0U) << name_of(suite);
    }
}

}  // namespace
}  // namespace kanmon::crypto
