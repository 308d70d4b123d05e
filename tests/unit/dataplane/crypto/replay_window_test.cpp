#include "dataplane/crypto/replay_window.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace kanmon::crypto {
namespace {

/// The plainest thing that can be right: every id ever marked, and the highest.
class NaiveWindow {
public:
    bool is_fresh(std::uint64_t id) const {
        if (id == 0 || seen_.contains(id)) return false;
        return id > highest_ || highest_ - id < replay_window_ids;
    }
    void mark(std::uint64_t id) {
        seen_.insert(id);
        highest_ = std::max(highest_, id);
    }

private:
    std::set<std::uint64_t> seen_;
    std::uint64_t highest_ = 0;
};

TEST(ReplayWindow, ZeroIsNeverFresh) {
    EXPECT_FALSE(ReplayWindow().is_fresh(0));
}

TEST(ReplayWindow, HoldsExactlyItsNumberOfIds) {
    ReplayWindow window;
    window.mark(10'000);
    EXPECT_TRUE(window.is_fresh(10'000 - replay_window_ids + 1));
    EXPECT_FALSE(window.is_fresh(10'000 - replay_window_ids));
    EXPECT_FALSE(window.is_fresh(10'000));
    EXPECT_EQ(window.highest(), 10'000U);
}

TEST(ReplayWindow, AgreesWithASetOfAllIdsUnderReorderingAndJumps) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::mt19937_64 random(seed);
        ReplayWindow window;
        NaiveWindow naive;
        std::uint64_t centre = 1;
        for (int step = 0; step < 20'000; ++step) {
            centre += random() % 3;
            if (random() % 500 == 0) centre += random() % (3 * replay_window_ids);
            const std::uint64_t back = random() % (random() % 4 == 0 ? 6000 : 80);
            const std::uint64_t id = centre > back ? centre - back : 0;
            ASSERT_EQ(window.is_fresh(id), naive.is_fresh(id)) << seed << ' ' << step;
            if (naive.is_fresh(id)) {
                window.mark(id);
                naive.mark(id);
            }
        }
    }
}

TEST(ReplayWindow, WorksUpToTheLastIdOfThirtyTwoBits) {
    ReplayWindow window;
    window.mark(0xfffffffe);
    EXPECT_TRUE(window.is_fresh(0xffffffff));
    window.mark(0xffffffff);
    EXPECT_FALSE(window.is_fresh(0xfffffffe));
    EXPECT_TRUE(window.is_fresh(0xfffffffd));
}

}  // namespace
}  // namespace kanmon::crypto
