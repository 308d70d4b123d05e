// The table of flows: bounded, shared out, forgetful in the right order.
#include "dataplane/routing/flow_table.h"

#include <map>
#include <random>

#include "access_packets.h"

namespace kanmon::routing {
namespace {

Flow udp(std::uint16_t port) {
    return {.remote = Endpoint::v4(host, 0).address, .client_port = port, .protocol = protocol_udp};
}
Flow tcp(std::uint16_t port) {
    Flow made = udp(port);
    made.protocol = protocol_tcp;
    return made;
}

struct KeptFlows : testing::Test {
    FlowTable table{8, {0x1234567890abcdef, 0xfedcba0987654321}, 64};
    Instant now{1000h};

    FlowEntry* add(std::uint32_t client, const Flow& flow) {
        return table.add(client, flow, now += 1ms);
    }
    bool knows(std::uint32_t client, const Flow& flow) {
        return table.find(client, flow, now) != nullptr;
    }
};

TEST_F(KeptFlows, FindsAFlowOfThatClientAndThoseEndsOnly) {
    add(1, udp(5));
    EXPECT_TRUE(knows(1, udp(5)));
    EXPECT_FALSE(knows(2, udp(5)));
    EXPECT_FALSE(knows(1, udp(6)));
    EXPECT_FALSE(knows(1, tcp(5)));
    Flow other = udp(5);
    other.remote_port = 1;
    EXPECT_FALSE(knows(1, other));
    other = udp(5);
    other.v6 = true;
    EXPECT_FALSE(knows(1, other));
    other = udp(5);
    other.kind = FlowKind::fragments;
    EXPECT_FALSE(knows(1, other));
    table.forget(1);
    EXPECT_FALSE(knows(1, udp(5)));
    EXPECT_EQ(table.size(), 0U);
}

TEST_F(KeptFlows, AFullShareLosesTheFlowThatWasSilentForLongestAndNobodyElsesDo) {
    table.share_among(8, now);
    ASSERT_EQ(table.share(), 8U);
    add(2, udp(1));
    for (std::uint16_t port = 0; port < 8; ++port) add(1, udp(port));
    now += 2s;
    EXPECT_TRUE(knows(1, udp(0))) << "heard again";
    add(1, udp(8));
    EXPECT_FALSE(knows(1, udp(1)));
    EXPECT_TRUE(knows(1, udp(0)));
    for (std::uint16_t port = 9; port < 1000; ++port) {
        add(1, udp(port));
        ASSERT_EQ(table.size(1), 8U);
    }
    EXPECT_FALSE(knows(1, udp(0)));
    EXPECT_TRUE(knows(2, udp(1)));
}

TEST_F(KeptFlows, TheShareFollowsTheNumberOfClients) {
    table.share_among(0, now);
    EXPECT_EQ(table.share(), 64U);
    for (std::uint16_t port = 0; port < 64; ++port) ASSERT_NE(add(1, udp(port)), nullptr);
    table.share_among(3, now);
    EXPECT_EQ(table.share(), 16U);
    EXPECT_EQ(table.size(1), 16U) << "what is too much is given back";
    EXPECT_TRUE(knows(1, udp(63)));
    EXPECT_FALSE(knows(1, udp(47)));
    for (const std::uint32_t client : {2U, 3U, 4U})
        for (std::uint16_t port = 0; port < 32; ++port) ASSERT_NE(add(client, udp(port)), nullptr);
    EXPECT_EQ(table.size(), 64U);
    table.share_among(1000, now);
    EXPECT_EQ(table.share(), 1U);
    FlowTable large(1, {});
    EXPECT_EQ(large.share(), flows_of_client_max);
}

TEST_F(KeptFlows, ASmallerShareForgetsNoFlowThatWasCut) {
    table.share_among(0, now);
    for (std::uint16_t port = 0; port < 64; ++port) {
        FlowEntry* entry = add(1, udp(port));
        ASSERT_NE(entry, nullptr);
        if (port < 20) table.set_state(*entry, FlowState::cut);
    }
    table.share_among(3, now);
    EXPECT_EQ(table.size(1), 20U) << "more than its share";
    EXPECT_TRUE(knows(1, udp(0)));
}

TEST_F(KeptFlows, AFlowIsOverAfterTheSilenceOfItsProtocol) {
    const auto lasts = [&](const Flow& flow, bool answered, bool closing, Duration silence) {
        FlowEntry* entry = add(1, flow);
        entry->answered = answered;
        entry->closing = closing;
        now += silence;
        EXPECT_TRUE(knows(1, flow));
        now += silence + 1s;
        EXPECT_FALSE(knows(1, flow));
    };
    lasts(tcp(1), false, false, 4min);
    lasts(tcp(1), true, false, 2h + 4min);
    lasts(tcp(1), true, true, 4min);
    lasts(udp(1), false, false, 5min);
    Flow flow = udp(1);
    flow.protocol = protocol_icmp;
    lasts(flow, true, false, 1min);
    flow.protocol = protocol_icmp6;
    lasts(flow, true, false, 1min);
    flow.protocol = 47;
    lasts(flow, true, false, 10min);
    flow.kind = FlowKind::fragments;
    lasts(flow, true, false, 1min);
    EXPECT_EQ(table.size(), 0U);
}

TEST_F(KeptFlows, AFlowThatWasCutIsNotDisplacedByOthersOfItsClient) {
    table.share_among(8, now);
    for (std::uint16_t port = 0; port < 3; ++port)
        table.set_state(*add(1, udp(port)), FlowState::cut);
    for (std::uint16_t port = 3; port < 1000; ++port) ASSERT_NE(add(1, udp(port)), nullptr);
    for (std::uint16_t port = 0; port < 3; ++port) EXPECT_TRUE(knows(1, udp(port))) << port;
    for (std::uint16_t port = 995; port < 1000; ++port)
        table.set_state(*table.find(1, udp(port), now), FlowState::cut);
    EXPECT_EQ(add(1, udp(3)), nullptr) << "nothing else is left to forget";
    EXPECT_EQ(table.size(1), 8U);
    now += udp_flow_silence + 1s;
    EXPECT_NE(add(1, udp(3)), nullptr) << "unless it is over";
    table.forget(1);
    EXPECT_EQ(table.size(1), 0U);
    EXPECT_NE(add(1, udp(3)), nullptr);
}

TEST_F(KeptFlows, AgreesWithAMapThroughRandomLife) {
    using Key = std::pair<std::uint32_t, std::uint16_t>;
    std::mt19937 engine(7);
    std::map<Key, FlowEntry*> known;
    FlowTable large(8, {3, 5}, 4096);
    for (int step = 0; step < 200'000; ++step) {
        const Key key{engine() % 8, static_cast<std::uint16_t>(engine() % 300)};
        const auto expected = known.find(key);
        FlowEntry* entry = large.find(key.first, udp(key.second), now);
        ASSERT_EQ(entry, expected == known.end() ? nullptr : expected->second);
        if (entry == nullptr) known[key] = large.add(key.first, udp(key.second), now);
        if (engine() % 500 != 0) continue;
        large.forget(key.first);
        std::erase_if(known, [&](const auto& each) { return each.first.first == key.first; });
        ASSERT_EQ(large.size(), known.size());
    }
}

}  // namespace
}  // namespace kanmon::routing
