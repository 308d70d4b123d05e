#include "controlplane/adapters/group_sync.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace kanmon::adapters {
namespace {

std::atomic<int> syncs{0};
std::atomic<bool> disk_is_well{true};

int slow_sync(int) {
    ++syncs;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return disk_is_well ? 0 : -1;
}

class GroupSyncTest : public testing::Test {
protected:
    GroupSyncTest() {
        syncs = 0;
        disk_is_well = true;
    }
    GroupSync sync{"/dev/null", &slow_sync};
};

TEST_F(GroupSyncTest, NothingWrittenCostsNothing) {
    EXPECT_TRUE(sync.settle());
    EXPECT_EQ(syncs, 0);
    sync.written();
    EXPECT_TRUE(sync.settle());
    EXPECT_TRUE(sync.settle());
    EXPECT_EQ(syncs, 1);
}

TEST_F(GroupSyncTest, ThoseWhoWaitTogetherShareOne) {
    std::vector<std::jthread> threads;
    std::atomic<int> settled{0};
    for (int i = 0; i < 16; ++i)
        threads.emplace_back([&] {
            for (int round = 0; round < 4; ++round) {
                sync.written();
                settled += sync.settle() ? 1 : 0;
            }
        });
    threads.clear();
    EXPECT_EQ(settled, 64);
    EXPECT_LT(syncs, 20);
}

/// The second thread writes while the first is waiting for the disk: that turn does not cover it.
TEST_F(GroupSyncTest, WhatIsWrittenDuringOneWaitsForTheNext) {
    sync.written();
    std::jthread first([&] { EXPECT_TRUE(sync.settle()); });
    while (syncs == 0) std::this_thread::yield();
    sync.written();
    EXPECT_TRUE(sync.settle());
    EXPECT_EQ(syncs, 2);
}

TEST_F(GroupSyncTest, AfterARefusalNothingIsEverCalledSettled) {
    sync.written();
    disk_is_well = false;
    EXPECT_FALSE(sync.settle());
    disk_is_well = true;
    sync.written();
    EXPECT_FALSE(sync.settle());
    EXPECT_TRUE(sync.failed());
    EXPECT_EQ(syncs, 1);
}

}  // namespace
}  // namespace kanmon::adapters
