#include "dataplane/shaper/shared_line.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace kanmon::shaper {
namespace {

constexpr std::uint64_t megabit = 1'000'000;
constexpr std::size_t packet_octets = 1500;

/// What greedy shares send in this time when each is asked once every `step`, in turn.
std::vector<std::uint64_t> sent_by(std::vector<LineShare*> shares, Duration time, Duration step,
                                   Instant begin = instant_of(0)) {
    std::vector<std::uint64_t> octets(shares.size());
    for (Instant now = begin; now < begin + time; now += step)
        for (std::size_t i = 0; i < shares.size(); ++i)
            while (shares[i]->take(packet_octets, now)) octets[i] += packet_octets;
    return octets;
}

double megabits_of(std::uint64_t octets, Duration time) {
    return static_cast<double>(octets) * 8 / 1e6 / std::chrono::duration<double>(time).count();
}

TEST(SharedLine, CarriesItsRateWhetherItIsAskedOftenOrEveryFewMilliseconds) {
    for (const std::uint64_t rate : {2 * megabit, 10 * megabit, 100 * megabit, 5000 * megabit})
        for (const Duration step : {Duration(20us), Duration(1ms), Duration(3ms)}) {
            SharedLine line(rate);
            LineShare share(line);
            share.wait(1);
            const double carried = megabits_of(sent_by({&share}, 10s, step)[0], 10s);
            EXPECT_NEAR(carried, static_cast<double>(rate) / 1e6, static_cast<double>(rate) / 1e8)
                << rate << " asked every " << step.count() << " ns";
        }
}

TEST(SharedLine, GivesEachShardAPartByTheNumberOfItsWaitingClients) {
    SharedLine line(100 * megabit);
    LineShare seven(line), three(line);
    seven.wait(7);
    three.wait(3);
    const auto octets = sent_by({&seven, &three}, 10s, 1ms);
    EXPECT_NEAR(megabits_of(octets[0] + octets[1], 10s), 100, 1);
    EXPECT_NEAR(megabits_of(octets[0], 10s), 70, 1);
    EXPECT_NEAR(megabits_of(octets[1], 10s), 30, 1);
}

TEST(SharedLine, WhatAShardLeavesUnusedTheOthersTake) {
    SharedLine line(100 * megabit);
    LineShare waits_for_a_socket(line), greedy(line);
    waits_for_a_socket.wait(9);
    greedy.wait(1);
    EXPECT_GE(megabits_of(sent_by({&greedy}, 10s, 1ms)[0], 10s), 95);
    waits_for_a_socket.wait(0);
    EXPECT_NEAR(megabits_of(sent_by({&greedy}, 10s, 1ms, instant_of(0) + 10s)[0], 10s), 100, 1);
}

TEST(SharedLine, AShardThatEndsIsNoLongerWaitedFor) {
    SharedLine line(100 * megabit);
    LineShare stays(line);
    stays.wait(1);
    {
        LineShare goes(line);
        goes.wait(1);
    }
    const Instant now = instant_of(0) + 1s;
    std::size_t octets = 0;
    while (stays.take(packet_octets, now)) octets += packet_octets;
    EXPECT_GE(line.cost(octets), SharedLine::burst);  // all that a free line has
}

TEST(SharedLine, ANewRateHoldsFromTheNextPacketOn) {
    SharedLine line(10 * megabit);
    LineShare share(line);
    share.wait(1);
    EXPECT_NEAR(megabits_of(sent_by({&share}, 1s, 1ms)[0], 1s), 10, 0.2);
    line.set_rate(50 * megabit);
    EXPECT_NEAR(megabits_of(sent_by({&share}, 1s, 1ms, instant_of(0) + 1s)[0], 1s), 50, 1);
    line.set_rate(5 * megabit);
    EXPECT_NEAR(megabits_of(sent_by({&share}, 1s, 1ms, instant_of(0) + 2s)[0], 1s), 5, 0.2);
}

TEST(SharedLine, AfterAPauseSendsABurstAndNoMore) {
    SharedLine line(100 * megabit);
    LineShare share(line);
    std::size_t octets = 0;
    while (share.take(packet_octets, instant_of(0) + 1h)) octets += packet_octets;
    EXPECT_LE(octets, 100 * megabit / 8 / 250 + packet_octets);
    EXPECT_GT(share.next(), instant_of(0) + 1h);
}

TEST(SharedLine, WithoutARateNeverEnds) {
    SharedLine line(0);
    LineShare share(line);
    for (int i = 0; i < 100000; ++i) ASSERT_TRUE(share.take(65535, instant_of(1)));
}

TEST(SharedLine, ThreadsThatTakeAtOnceNeverTakeMoreThanThereIs) {
    SharedLine line(1000 * megabit);
    std::vector<std::uint64_t> octets(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < octets.size(); ++i)
        threads.emplace_back([&, i] {
            LineShare share(line);
            for (Instant now = instant_of(0); now < instant_of(0) + 1s; now += 10us)
                while (share.take(packet_octets, now)) octets[i] += packet_octets;
        });
    for (std::thread& thread : threads) thread.join();
    std::uint64_t all = 0;
    for (const std::uint64_t own : octets) all += own;
    // A thread whose clock lags behind the others' finds the line taken.
    EXPECT_LE(megabits_of(all, 1s), 1005);
}

}  // namespace
}  // namespace kanmon::shaper
