#include "dataplane/io/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <vector>

namespace kanmon::io {
namespace {

bool awake(const Wakeup& wakeup) {
    pollfd watched{wakeup.fd(), POLLIN, 0};
    return ::poll(&watched, 1, 0) == 1;
}

TEST(Mailbox, DeliversInTheOrderOfPosting) {
    Wakeup wakeup;
    Mailbox<int> mailbox(8, wakeup);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(mailbox.post(int{i}));

    std::vector<int> taken;
    EXPECT_FALSE(mailbox.drain([&](int message) { taken.push_back(message); }));
    EXPECT_EQ(taken, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Mailbox, RefusesWhenFullAndLeavesTheMessageToThePoster) {
    Wakeup wakeup;
    Mailbox<std::unique_ptr<int>> mailbox(2, wakeup);
    ASSERT_TRUE(mailbox.post(std::make_unique<int>(1)));
    ASSERT_TRUE(mailbox.post(std::make_unique<int>(2)));

    auto third = std::make_unique<int>(3);
    EXPECT_FALSE(mailbox.post(std::move(third)));
    ASSERT_TRUE(third);
    EXPECT_EQ(*third, 3);
}

TEST(Mailbox, WakesItsOwnerOncePerSleep) {
    Wakeup wakeup;
    Mailbox<int> mailbox(8, wakeup);
    EXPECT_FALSE(awake(wakeup));

    ASSERT_TRUE(mailbox.post(1));
    ASSERT_TRUE(mailbox.post(2));
    EXPECT_TRUE(awake(wakeup));

    wakeup.clear();
    EXPECT_FALSE(awake(wakeup));
    ASSERT_TRUE(mailbox.post(3));
    EXPECT_TRUE(awake(wakeup));
}

TEST(Mailbox, LosesNothingOfManyPosters) {
    constexpr int posters = 4;
    constexpr int messages = 20000;
    Wakeup wakeup;
    Mailbox<int> mailbox(64, wakeup);
    std::vector<std::thread> threads;
    for (int poster = 0; poster < posters; ++poster)
        threads.emplace_back([&mailbox, poster] {
            for (int i = 0; i < messages; ++i)
                while (!mailbox.post(poster * messages + i)) std::this_thread::yield();
        });

    std::vector<int> last(posters, -1);
    for (int taken = 0; taken < posters * messages;) {
        pollfd watched{wakeup.fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&watched, 1, 10000), 1) << "lost wake-up after " << taken;
        wakeup.clear();
        const bool more = mailbox.drain([&](int message) {
            ++taken;
            int& before = last[static_cast<std::size_t>(message / messages)];
            EXPECT_LT(before, message % messages);
            before = message % messages;
        });
        if (more) wakeup.signal();
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(last, std::vector<int>(posters, messages - 1));
}

}  // namespace
}  // namespace kanmon::io
