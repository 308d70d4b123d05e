// The waits of a process that keeps dying.
#include "apps/restart_delay.h"

#include <gtest/gtest.h>

#include "apps/child_process.h"

namespace kanmon::apps {
namespace {

TEST(RestartDelay, DoublesFromFiftyMillisecondsToFiveSeconds) {
    RestartDelay delay;
    for (const Duration expected :
         {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms})
        EXPECT_EQ(delay.after(10ms), expected);
}

TEST(RestartDelay, StartsAnewAfterThirtySecondsOfLife) {
    RestartDelay delay;
    for (int i = 0; i < 20; ++i) delay.after(0ms);
    EXPECT_EQ(delay.after(29s), RestartDelay::longest);
    EXPECT_EQ(delay.after(30s), RestartDelay::first);
    EXPECT_EQ(delay.after(1s), 2 * RestartDelay::first);
}

TEST(ChildProcess, EndsAreSaidInWords) {
    EXPECT_EQ(words_of_end(9), "signal 9 (Killed)");
    EXPECT_EQ(words_of_end(2 << 8), "exit code 2");
}

}  // namespace
}  // namespace kanmon::apps
