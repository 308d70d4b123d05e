#include "dataplane/shaper/delay_target.h"

#include <gtest/gtest.h>

namespace kanmon::shaper {
namespace {

int drops_in(DelayTarget& delay, Instant begin, Duration time, Duration waited) {
    int drops = 0;
    for (Instant now = begin; now < begin + time; now += 1ms)
        drops += delay.drops(waited, false, now) ? 1 : 0;
    return drops;
}

TEST(DelayTarget, LeavesAQueueAloneThatIsEmptiedInTime) {
    DelayTarget delay;
    EXPECT_EQ(drops_in(delay, instant_of(0), 10s, 9ms), 0);
}

TEST(DelayTarget, LeavesABurstAlone) {
    DelayTarget delay;
    EXPECT_EQ(drops_in(delay, instant_of(0), 99ms, 80ms), 0);
    EXPECT_FALSE(delay.drops(1ms, false, instant_of(0) + 99ms));
    EXPECT_EQ(drops_in(delay, instant_of(0) + 100ms, 99ms, 80ms), 0);
}

TEST(DelayTarget, DropsMoreAndMoreOftenWhileAQueueStaysLate) {
    DelayTarget delay;
    const int first = drops_in(delay, instant_of(0), 500ms, 50ms);
    const int second = drops_in(delay, instant_of(0) + 500ms, 500ms, 50ms);
    const int third = drops_in(delay, instant_of(0) + 1s, 500ms, 50ms);
    EXPECT_GE(first, 4);
    EXPECT_GT(second, first);
    EXPECT_GT(third, second);
}

TEST(DelayTarget, NeverDropsTheLastPacketOfAQueue) {
    DelayTarget delay;
    for (Instant now = instant_of(0); now < instant_of(0) + 10s; now += 1ms)
        EXPECT_FALSE(delay.drops(5s, true, now));
}

}  // namespace
}  // namespace kanmon::shaper
