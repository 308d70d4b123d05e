// Loss and reordering from ids alone.
#include "dataplane/flows/packet_gaps.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace kanmon::flows {
namespace {

PacketGaps after(std::initializer_list<std::uint64_t> ids, std::uint8_t key = 0) {
    PacketGaps gaps;
    for (const std::uint64_t id : ids) gaps.take(key, id);
    return gaps;
}

TEST(PacketGaps, CountsWhatWasPassedOver) {
    EXPECT_EQ(after({1, 2, 3}).lost(), 0U);
    EXPECT_EQ(after({1, 2, 5, 6, 8}).lost(), 3U);
    EXPECT_EQ(after({1, 2, 5, 6, 8}).reordered(), 0U);
}

TEST(PacketGaps, TakesBackWhatComesLate) {
    const PacketGaps gaps = after({1, 4, 2, 3, 5});
    EXPECT_EQ(gaps.lost(), 0U);
    EXPECT_EQ(gaps.reordered(), 2U);
    EXPECT_TRUE(gaps.is_late(0, 4));
    EXPECT_FALSE(gaps.is_late(0, 6));
    EXPECT_FALSE(gaps.is_late(1, 4));
}

TEST(PacketGaps, BeginAgainWithANewKey) {
    PacketGaps gaps = after({1, 2, 900});
    EXPECT_EQ(gaps.lost(), 897U);
    gaps.take(1, 1);
    gaps.take(1, 3);
    EXPECT_EQ(gaps.lost(), 898U);
}

TEST(PacketGaps, AreNotMadeOfTheLeapToAnotherEpoch) {
    PacketGaps gaps = after({1, 2});
    gaps.take(0, (std::uint64_t{1} << 48) + 1);
    gaps.take(0, (std::uint64_t{1} << 48) + 2);
    EXPECT_EQ(gaps.lost(), 0U);
    EXPECT_EQ(gaps.reordered(), 0U);
}

}  // namespace
}  // namespace kanmon::flows
