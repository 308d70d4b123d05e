// "Ping works, SSH hangs": paths that drop large packets, and paths that only lose some.
#include "dataplane/routing/path_limit.h"

#include <gtest/gtest.h>

#include <random>

#include "packets.h"

namespace kanmon::routing {
namespace {

constexpr std::uint16_t full = 1420;

TcpSegment data(std::uint32_t sequence, std::uint32_t flow = 1) {
    return {.flow = flow,
            .sequence = sequence,
            .flags = tcp_ack,
            .header_octets = 20,
            .payload_octets = 1328};
}
TcpSegment ack_of(std::uint32_t sequence, std::uint32_t flow = 1) {
    return {.flow = flow, .acknowledged = sequence + 1328, .flags = tcp_ack, .header_octets = 20};
}

/// A sender with one segment under way and a path that takes at most `takes` octets.
struct Transfer {
    PathLimit limit{full};
    Instant now{1000h};
    std::uint16_t takes = 1500;
    std::uint32_t sequence = 1;
    unsigned sent = 0;

    /// One segment until it is acknowledged; returns how often it was sent.
    unsigned one(std::uint16_t outer = full) {
        Duration timeout = 200ms;
        for (unsigned tries = 1;; ++tries) {
            ++sent;
            const std::uint16_t as = limit.leaving(data(sequence), outer, now);
            if (std::min(as, outer) <= takes) {
                now += 20ms;
                limit.acknowledged(ack_of(sequence));
                sequence += 1328;
                return tries;
            }
            if (tries == 20) return tries;
            now += timeout;
            timeout *= 2;
        }
    }
};

TEST(PathLimit, StaysOffOnAPathThatTakesEverything) {
    Transfer transfer;
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(transfer.one(), 1U);
    EXPECT_EQ(transfer.limit.octets(), PathLimit::unlimited);
    EXPECT_TRUE(transfer.limit.settled());
}

TEST(PathLimit, FindsTheLargestStepThatEveryPathTakesWithinTenSeconds) {
    for (std::uint16_t takes = 1280; takes < 1500; takes = static_cast<std::uint16_t>(takes + 10)) {
        Transfer transfer;
        transfer.takes = takes;
        EXPECT_LE(transfer.one(), 4U) << takes;
        EXPECT_LT(transfer.now, Instant{1000h} + 2s) << takes;
        for (int i = 0; i < 6; ++i) transfer.one();
        std::uint16_t expected = takes >= full ? PathLimit::unlimited : outer_octets_least;
        for (const std::uint16_t step : outer_steps)
            if (step <= takes && takes < full) expected = step;
        EXPECT_EQ(transfer.limit.octets(), expected) << takes;
        EXPECT_TRUE(transfer.limit.settled()) << takes;
        EXPECT_LT(transfer.now, Instant{1000h} + 10s) << takes;
        EXPECT_EQ(transfer.one(), 1U) << takes;
    }
}

TEST(PathLimit, LargerThanOurOwnMaximumMayFailWhereTheMaximumPasses) {
    Transfer transfer;
    transfer.takes = 1450;
    for (int i = 0; i < 8; ++i) transfer.one(1552);
    EXPECT_EQ(transfer.limit.octets(), full);
    EXPECT_TRUE(transfer.limit.settled());
    EXPECT_EQ(transfer.one(1552), 1U);
}

TEST(PathLimit, AClientThatSleepsProvesNothing) {
    PathLimit limit(full);
    Instant now{1000h};
    for (int i = 0; i < 12; ++i) limit.leaving(data(1), full, now += 1s);
    EXPECT_EQ(limit.octets(), PathLimit::unlimited);
}

TEST(PathLimit, ALossThatIsMendedByAWholeCopyProvesNothing) {
    Transfer transfer;
    for (int i = 0; i < 100; ++i) {
        transfer.limit.leaving(data(transfer.sequence), full, transfer.now);
        transfer.now += 200ms;
        transfer.one();
    }
    EXPECT_EQ(transfer.limit.octets(), PathLimit::unlimited);
}

TEST(PathLimit, AWrongVerdictHealsItself) {
    Transfer transfer;
    for (int i = 0; i < 3; ++i) transfer.limit.leaving(data(1), full, transfer.now += 200ms);
    EXPECT_EQ(transfer.one(), 1U);
    EXPECT_EQ(transfer.limit.octets(), outer_octets_least);
    EXPECT_FALSE(transfer.limit.settled());
    for (int i = 0; i < 4; ++i) transfer.one();
    EXPECT_EQ(transfer.limit.octets(), full);
    EXPECT_TRUE(transfer.limit.settled());
}

TEST(PathLimit, AStepThatFailedIsTriedAgainMuchLater) {
    Transfer transfer;
    transfer.takes = 1300;
    for (int i = 0; i < 4; ++i) transfer.one();
    EXPECT_EQ(transfer.limit.octets(), 1280);
    transfer.takes = 1500;
    for (int i = 0; i < 10; ++i) transfer.one();
    EXPECT_EQ(transfer.limit.octets(), 1280);
    transfer.now += PathLimit::retry_after;
    for (int i = 0; i < 10; ++i) transfer.one();
    EXPECT_EQ(transfer.limit.octets(), full);
}

TEST(PathLimit, AnotherPathIsAnotherMatter) {
    Transfer transfer;
    transfer.takes = 1300;
    for (int i = 0; i < 4; ++i) transfer.one();
    transfer.limit.forget(full);
    EXPECT_EQ(transfer.limit.octets(), PathLimit::unlimited);
    EXPECT_FALSE(transfer.limit.watching());
}

TEST(PathLimit, ForeignAndOldAcknowledgementsDoNotCount) {
    PathLimit limit(full);
    Instant now{1000h};
    for (int i = 0; i < 4; ++i) limit.leaving(data(5000), full, now += 200ms);
    EXPECT_FALSE(limit.acknowledged(ack_of(5000, 2)));
    EXPECT_FALSE(limit.acknowledged(ack_of(4999)));
    TcpSegment without_flag = ack_of(5000);
    without_flag.flags = tcp_rst;
    EXPECT_FALSE(limit.acknowledged(without_flag));
    EXPECT_TRUE(limit.watching());
    EXPECT_TRUE(limit.acknowledged(ack_of(9000)));
}

TEST(PathLimit, SequenceNumbersMayWrap) {
    Transfer transfer;
    transfer.takes = 1300;
    transfer.sequence = 0xfffffe00;
    EXPECT_EQ(transfer.one(), 4U);
    EXPECT_EQ(transfer.limit.octets(), 1280);
}

TEST(PathLimit, AFlowThatDiedDoesNotKeepTheOthersFromBeingWatched) {
    PathLimit limit(full);
    Instant now{1000h};
    limit.leaving(data(1, 7), full, now);
    now += PathLimit::patience;
    for (int i = 0; i < 4; ++i) limit.leaving(data(1, 8), full, now += 200ms);
    EXPECT_TRUE(limit.acknowledged(ack_of(1, 8)));
    EXPECT_EQ(limit.octets(), outer_octets_least);
}

TEST(PathLimit, SmallPacketsAndPureAcknowledgementsAreLeftAlone) {
    PathLimit limit(full);
    EXPECT_EQ(limit.leaving(data(1), 1280, Instant{1h}), 1280);
    TcpSegment empty = data(1);
    empty.payload_octets = 0;
    limit.leaving(empty, full, Instant{1h});
    EXPECT_FALSE(limit.watching());
}

TEST(TcpSegment, HasTheSameFlowInBothDirectionsAndOthersElsewhere) {
    for (const bool v6 : {false, true}) {
        Buffer there = tcp_packet({.options = {}, .payload = {}}, v6);
        Buffer back = tcp_packet({.options = {}, .payload = {}}, v6, true);
        Buffer other = tcp_packet({.options = {}, .payload = {}, .from_port = 0x303a}, v6);
        const auto flow = [](Buffer& packet) {
            return read_tcp_segment(*read_inner_packet(packet))->flow;
        };
        EXPECT_EQ(flow(there), flow(back));
        EXPECT_NE(flow(there), flow(other));
    }
}

}  // namespace
}  // namespace kanmon::routing
