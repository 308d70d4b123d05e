#include "base/short_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace kanmon {
namespace {

TEST(ShortQueue, GivesItemsInTheirOrder) {
    ShortQueue<std::unique_ptr<int>> queue;
    for (int i = 0; i < 5; ++i) queue.push_back(std::make_unique<int>(i));
    EXPECT_EQ(queue.size(), 5U);
    EXPECT_EQ(*queue.back(), 4);
    queue.erase(queue.begin() + 2);
    for (int wanted : {0, 1, 3, 4}) {
        EXPECT_EQ(*queue.front(), wanted);
        queue.pop_front();
    }
    EXPECT_TRUE(queue.empty());
}

TEST(ShortQueue, TakesItemsWhileOthersLeave) {
    ShortQueue<int> queue;
    int taken = 0;
    for (int i = 0; i < 100; ++i) {
        queue.push_back(i);
        if (i % 3 != 2) continue;
        EXPECT_EQ(queue.front(), taken++);
        queue.pop_front();
    }
    EXPECT_EQ(queue.size(), 67U);
    EXPECT_TRUE(std::ranges::is_sorted(queue));
    queue.clear();
    EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace kanmon
