// When a shard's thread rests between two turns.
#include "dataplane/io/gathering.h"

#include <gtest/gtest.h>

namespace kanmon::io {
namespace {

/// Turns of `packets` packets, one every `interval`, for 20 ms; how many were followed by a rest.
int rests(Gathering& gathering, std::size_t packets, Duration interval) {
    int count = 0;
    for (Instant now = instant_of(1'000'000'000); now < instant_of(1'020'000'000); now += interval)
        count += gathering.after(packets, now) > Duration{} ? 1 : 0;
    return count;
}

TEST(Gathering, NobodyWaitsWhoSendsLessThanTwentyThousandPacketsASecond) {
    for (const Duration interval : {60us, 100us, 1000us, 5000us}) {
        Gathering gathering;
        EXPECT_EQ(rests(gathering, 1, interval), 0) << interval.count();
    }
}

TEST(Gathering, AFastStreamOfSinglePacketsIsGathered) {
    Gathering gathering;
    EXPECT_GT(rests(gathering, 1, 12us), 1500);  // of 1,667 turns; the first window decides nothing
    Gathering gathered;
    EXPECT_GT(rests(gathered, 5, 60us), 300) << "and goes on being so in turns of several";
}

TEST(Gathering, WhatComesInBatchesIsNotHeldUp) {
    Gathering gathering;
    EXPECT_EQ(rests(gathering, 16, 50us), 0);
    Gathering of_the_tunnel;
    EXPECT_EQ(rests(of_the_tunnel, 0, 10us), 0);
}

TEST(Gathering, EndsWithinAMillisecondAfterTheStream) {
    Gathering gathering;
    rests(gathering, 1, 12us);
    const Instant later = instant_of(1'030'000'000);
    EXPECT_EQ(gathering.after(1, later), Duration{});
}

}  // namespace
}  // namespace kanmon::io
