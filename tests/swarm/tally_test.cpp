#include "swarm/tally.h"

#include <gtest/gtest.h>

namespace kanmon::swarm {
namespace {

TEST(Tally, a_quantile_is_the_value_below_which_that_part_lies) {
    std::vector<double> values{5, 1, 4, 2, 3};
    EXPECT_EQ(quantile(values, 0.5), 3);
    EXPECT_EQ(quantile(values, 1), 5);
    EXPECT_EQ(quantile(values, 0), 1);
    std::vector<double> none;
    EXPECT_EQ(quantile(none, 0.99), 0);
}

TEST(Tally, fairness_is_one_for_equal_shares_and_one_nth_when_one_takes_all) {
    EXPECT_DOUBLE_EQ(fairness(std::vector<double>{7, 7, 7, 7}), 1);
    EXPECT_DOUBLE_EQ(fairness(std::vector<double>{9, 0, 0}), 1.0 / 3);
    EXPECT_DOUBLE_EQ(fairness(std::vector<double>{0, 0}), 1);
}

TEST(Tally, only_so_many_reasons_are_told_apart_and_none_is_lost) {
    Reasons reasons;
    for (unsigned i = 0; i < 100; ++i) reasons.count("reason " + std::to_string(i));
    reasons.count("reason 1");
    EXPECT_EQ(reasons.total(), 101U);
    EXPECT_EQ(reasons.by_reason().size(), Reasons::reasons_max + 1);
    EXPECT_EQ(reasons.by_reason().at("reason 1"), 2U);
    EXPECT_EQ(reasons.by_reason().at("other reasons"), 80U);
}

TEST(Tally, connects_a_second_count_from_the_first_start_to_the_last_connect) {
    Tally tally;
    EXPECT_EQ(tally.connects_per_second(), 0);
    tally.first_start = instant_of(0);
    tally.last_connect = instant_of(2'000'000'000);
    tally.latencies_ms = {1, 2, 3, 4, 5, 6};
    EXPECT_DOUBLE_EQ(tally.connects_per_second(), 3);
}

}  // namespace
}  // namespace kanmon::swarm
