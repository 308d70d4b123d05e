#include "swarm/flow.h"

#include <gtest/gtest.h>

#include <vector>

namespace kanmon::swarm {
namespace {

constexpr Instant start = instant_of(1'000'000'000'000);

std::vector<Flow::Request> all_of(Flow& flow, Instant now) {
    std::vector<Flow::Request> requests;
    while (const auto request = flow.next(now)) requests.push_back(*request);
    return requests;
}

EchoMessage answer_to(const Flow::Request& request, std::uint64_t received) {
    EchoMessage answer = request.message;
    answer.received = received;
    return answer;
}

TEST(Flow, no_more_than_the_window_is_under_way_until_answers_come) {
    Flow flow({.window = 20}, 7, 3, start);
    const auto requests = all_of(flow, start);
    ASSERT_EQ(requests.size(), 20U);
    EXPECT_EQ(requests[0].inner_octets, 1350U);
    EXPECT_EQ(requests[0].message.answer_octets, 1350 - 28);
    EXPECT_EQ(requests[0].message.answers, 1);
    flow.answered(answer_to(requests[0], 1), start);
    flow.answered(answer_to(requests[1], 2), start);
    EXPECT_EQ(all_of(flow, start).size(), 2U);
    EXPECT_EQ(flow.counts().arrived, 2U);
}

TEST(Flow, an_upload_asks_for_a_small_answer_to_every_sixteenth_packet) {
    Flow flow({.direction = Direction::up, .window = 32}, 7, 3, start);
    const auto requests = all_of(flow, start);
    ASSERT_EQ(requests.size(), 32U);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        EXPECT_EQ(requests[i].message.answers, i % 16 == 15 ? 1 : 0) << i;
        EXPECT_EQ(requests[i].message.answer_octets, message_octets);
    }
    flow.answered(answer_to(requests[15], 16), start);
    EXPECT_EQ(flow.counts().arrived, 16U);
    EXPECT_EQ(all_of(flow, start).size(), 16U);
}

TEST(Flow, what_of_an_upload_the_echo_did_not_receive_is_lost) {
    Flow flow({.direction = Direction::up, .window = 32}, 7, 3, start);
    const auto requests = all_of(flow, start);
    flow.answered(answer_to(requests[31], 29), start);
    EXPECT_EQ(flow.counts().arrived, 29U);
    EXPECT_EQ(flow.counts().lost, 3U);
}

TEST(Flow, a_download_asks_small_for_sixteen_large_answers) {
    Flow flow({.direction = Direction::down, .window = 32}, 7, 3, start);
    const auto requests = all_of(flow, start);
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].inner_octets, 28 + message_octets);
    EXPECT_EQ(requests[0].message.answers, 16);
    EXPECT_EQ(requests[0].message.answer_octets, 1350 - 28);
    for (unsigned i = 0; i < 16; ++i) flow.answered(answer_to(requests[0], 1), start);
    EXPECT_EQ(flow.counts().arrived, 16U);
    EXPECT_EQ(all_of(flow, start).size(), 1U);
}

TEST(Flow, what_is_not_answered_in_time_is_lost_and_the_flow_goes_on) {
    for (const Direction direction : {Direction::echo, Direction::up, Direction::down}) {
        Flow flow({.direction = direction, .window = 32}, 7, 3, start);
        const std::size_t first = all_of(flow, start).size();
        EXPECT_TRUE(all_of(flow, start + Flow::patience - 1ms).empty());
        EXPECT_EQ(all_of(flow, start + Flow::patience).size(), first);
        EXPECT_EQ(flow.counts().lost, 32U);
    }
}

TEST(Flow, a_rate_bounds_what_is_sent) {
    Flow flow({.window = 4096, .packets_per_second = 100}, 7, 3, start);
    EXPECT_EQ(all_of(flow, start + 100ms).size(), 10U);
    EXPECT_EQ(all_of(flow, start + 200ms).size(), 10U);
}

TEST(Flow, answers_of_another_run_or_client_do_not_count) {
    Flow flow({}, 7, 3, start);
    const auto requests = all_of(flow, start);
    EchoMessage foreign = answer_to(requests[0], 1);
    foreign.run = 8;
    flow.answered(foreign, start);
    foreign = answer_to(requests[0], 1);
    foreign.client = 4;
    flow.answered(foreign, start);
    EXPECT_EQ(flow.counts().arrived, 0U);
}

}  // namespace
}  // namespace kanmon::swarm
