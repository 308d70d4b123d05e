#include "dataplane/session/reliability.h"

#include <gtest/gtest.h>

#include <deque>

#include <algorithm>

#include "base/random.h"

namespace kanmon::session {
namespace {

constexpr Instant start = instant_of(1'000'000'000);

Buffer numbered(std::size_t octets) {
    Buffer buffer(octets);
    for (std::size_t i = 0; i < octets; ++i) buffer[i] = static_cast<std::byte>(i * 31 >> 3);
    return buffer;
}

wire::AckList acks(std::initializer_list<std::uint32_t> ids) {
    wire::AckList list;
    for (const std::uint32_t id : ids) list.add(id);
    return list;
}

std::vector<std::uint32_t> due_ids(SendWindow& window, Instant now) {
    std::vector<std::uint32_t> ids;
    while (const auto due = window.next_due(now)) ids.push_back(due->packet_id);
    return ids;
}

using Ids = std::vector<std::uint32_t>;

TEST(SendWindow, FliesFourPacketsUntilThePeerAcknowledgedOneAndThenSix) {
    SendWindow window(1);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(control_payload_octets_max * 12)));

    EXPECT_EQ(due_ids(window, start), (Ids{1, 2, 3, 4}));
    EXPECT_TRUE(window.acknowledge(acks({1}), start));
    EXPECT_EQ(due_ids(window, start), (Ids{5, 6, 7}));
}

TEST(SendWindow, CountsTheWindowFromTheOldestMissingPacket) {
    SendWindow window(0);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(control_payload_octets_max * 12)));
    due_ids(window, start);

    window.acknowledge(acks({2, 3}), start);

    EXPECT_EQ(due_ids(window, start), (Ids{4, 5})) << "0 is missing: the peer buffers 0 to 5";
}

TEST(SendWindow, MeasuresTheRoundTripOfPacketsThatWereSentOnce) {
    SendWindow window(0);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(control_payload_octets_max * 2)));
    due_ids(window, start);
    EXPECT_EQ(window.take_round_trip(), std::nullopt);

    window.acknowledge(acks({0}), start + 30ms);
    EXPECT_EQ(window.take_round_trip(), Duration(30ms));
    EXPECT_EQ(window.take_round_trip(), std::nullopt) << "once";

    ASSERT_EQ(due_ids(window, start + 800ms), (Ids{1}));
    window.acknowledge(acks({1}), start + 810ms);
    EXPECT_EQ(window.take_round_trip(), std::nullopt) << "10 ms, or 810";
}

TEST(SendWindow, RepeatsAfterGrowingPausesWithTheSamePayload) {
    SendWindow window(0);
    ASSERT_TRUE(window.queue(wire::Opcode::hard_reset_server_v2, {}));
    ASSERT_EQ(due_ids(window, start), (Ids{0}));

    std::vector<Duration> pauses;
    Instant last = start;
    for (int i = 0; i < 7; ++i) {
        const Instant at = *window.next_deadline();
        EXPECT_FALSE(window.next_due(at - 1ns));
        const auto due = window.next_due(at);
        ASSERT_TRUE(due);
        EXPECT_EQ(due->opcode, wire::Opcode::hard_reset_server_v2);
        pauses.push_back(at - last);
        last = at;
    }
    EXPECT_EQ(pauses.front(), 750ms);
    EXPECT_EQ(pauses[1], 1125ms);
    EXPECT_EQ(pauses.back(), 4s);
    EXPECT_TRUE(std::ranges::is_sorted(pauses));
}

TEST(SendWindow, RepeatsAtOnceWhenThreeLaterPacketsWereAcknowledged) {
    SendWindow window(1);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(control_payload_octets_max * 4)));
    due_ids(window, start);

    window.acknowledge(acks({3, 2}), start);
    EXPECT_EQ(due_ids(window, start), Ids{});
    window.acknowledge(acks({3, 2}), start);  // repeated acknowledgements prove nothing new
    EXPECT_EQ(due_ids(window, start), Ids{});
    window.acknowledge(acks({4}), start);
    EXPECT_EQ(due_ids(window, start), (Ids{1}));
    EXPECT_EQ(due_ids(window, start), Ids{});
}

TEST(SendWindow, IgnoresAcknowledgementsOfPacketsThatDoNotFly) {
    SendWindow window(1);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(10)));

    EXPECT_FALSE(window.acknowledge(acks({0, 1, 99, 0xffffffff}), start));
    EXPECT_EQ(due_ids(window, start), (Ids{1}));
    EXPECT_TRUE(window.acknowledge(acks({1}), start));
    EXPECT_TRUE(window.idle());
    EXPECT_FALSE(window.next_deadline());
}

TEST(SendWindow, RefusesMoreThanItsBoundAndThenQueuesNothingOfIt) {
    SendWindow window(0);
    ASSERT_TRUE(window.queue(wire::Opcode::control_v1, numbered(waiting_octets_max)));
    EXPECT_FALSE(window.queue(wire::Opcode::control_v1, numbered(1)));
    due_ids(window, start);
    EXPECT_TRUE(window.queue(wire::Opcode::control_v1, numbered(1)));
}

TEST(ReceiveWindow, DeliversInOrderWhateverOrderPacketsArriveIn) {
    ReceiveWindow window(1);

    EXPECT_EQ(window.accept(3, numbered(3)), Receipt::fresh);
    EXPECT_EQ(window.accept(1, numbered(1)), Receipt::fresh);
    EXPECT_EQ(window.next_in_order(), numbered(1));
    EXPECT_FALSE(window.next_in_order());
    EXPECT_EQ(window.accept(2, numbered(2)), Receipt::fresh);
    EXPECT_EQ(window.next_in_order(), numbered(2));
    EXPECT_EQ(window.next_in_order(), numbered(3));
}

TEST(ReceiveWindow, AcknowledgesDuplicatesAgainButNothingItCouldNotStore) {
    ReceiveWindow window(1);
    EXPECT_EQ(window.accept(1, numbered(1)), Receipt::fresh);
    window.take_acks(acks_alone);

    EXPECT_EQ(window.accept(1, numbered(1)), Receipt::duplicate);
    EXPECT_TRUE(window.owes_acks());
    EXPECT_EQ(window.take_acks(acks_alone), acks({1}));

    EXPECT_EQ(window.accept(1 + receive_window, numbered(1)), Receipt::outside);
    for (const std::uint32_t id : {0x80000000U, 0x80000002U, 0xffffffffU})
        EXPECT_EQ(window.accept(id, numbered(1)), Receipt::outside);
    EXPECT_FALSE(window.owes_acks());
    EXPECT_EQ(window.accept(receive_window, numbered(1)), Receipt::fresh);
    EXPECT_EQ(window.accept(0, {}), Receipt::duplicate) << "the hello, sent again";
}

TEST(ReceiveWindow, RepeatsTheLatestAcknowledgementsNewestFirst) {
    ReceiveWindow window(0);
    for (std::uint32_t id = 0; id < 3; ++id) {
        window.accept(id, {});
        window.take_acks(acks_alone);
    }
    window.accept(3, {});

    EXPECT_EQ(window.take_acks(acks_on_control), acks({3, 2, 1, 0}));
    EXPECT_FALSE(window.owes_acks());
    EXPECT_EQ(window.take_acks(acks_on_control), acks({3, 2, 1, 0}));
}

TEST(ReceiveWindow, SendsWhatIsOwedBeforeWhatIsRepeated) {
    ReceiveWindow window(0);
    for (std::uint32_t id = 0; id < 6; ++id) window.accept(id, {});

    EXPECT_EQ(window.take_acks(acks_on_control), acks({5, 4, 3, 2}));
    EXPECT_TRUE(window.owes_acks());
    EXPECT_EQ(window.take_acks(acks_on_control), acks({1, 0, 5, 4}));
    EXPECT_FALSE(window.owes_acks());
}

// --- both halves over a lossy, reordering, duplicating pipe ---

struct Datagram {
    Instant arrives{};
    std::optional<std::uint32_t> packet_id;
    Buffer payload;
    wire::AckList acks;
};

/// One direction carries payloads, the other acknowledgements.
class Pipe {
public:
    Pipe(std::uint64_t seed, unsigned loss_percent) : random_(seed), loss_(loss_percent) {}

    /// The time at which everything was delivered and acknowledged, if that comes before `limit`.
    std::optional<Duration> carry(const Buffer& stream, Duration limit) {
        Buffer received;
        if (!sender_.queue(wire::Opcode::control_v1, stream)) return std::nullopt;
        for (Instant now = start; now < start + limit; now += 10ms) {
            while (const auto due = sender_.next_due(now))
                launch({now, due->packet_id, copy_of(due->payload), {}}, now);
            deliver(now, received);
            if (sender_.idle()) {
                EXPECT_EQ(received, stream);
                return now - start;
            }
        }
        return std::nullopt;
    }

private:
    void launch(Datagram datagram, Instant now) {
        const unsigned copies = random_.u64() % 20 == 0 ? 2 : 1;
        for (unsigned i = 0; i < copies; ++i) {
            if (random_.u64() % 100 < loss_) continue;
            datagram.arrives = now + std::chrono::milliseconds(20 + random_.u64() % 60);
            air_.push_back(datagram);
        }
    }

    void deliver(Instant now, Buffer& received) {
        std::vector<Datagram> landed;
        std::erase_if(air_, [&](Datagram& datagram) {
            if (datagram.arrives > now) return false;
            landed.push_back(std::move(datagram));
            return true;
        });
        for (const Datagram& datagram : landed) {
            if (!datagram.packet_id) {
                sender_.acknowledge(datagram.acks, now);
                continue;
            }
            EXPECT_NE(receiver_.accept(*datagram.packet_id, datagram.payload), Receipt::outside);
            while (const auto payload = receiver_.next_in_order()) append(received, *payload);
            if (receiver_.owes_acks())
                launch({now, std::nullopt, {}, receiver_.take_acks(acks_alone)}, now);
        }
    }

    SeededRandom random_;
    unsigned loss_;
    SendWindow sender_{0};
    ReceiveWindow receiver_{0};
    std::deque<Datagram> air_;
};

TEST(Reliability, CarriesEveryStreamUnharmedThroughLossReorderingAndDuplication) {
    const Buffer stream = numbered(9000);
    for (const unsigned loss : {0U, 1U, 10U, 20U, 40U})
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const auto took = Pipe(seed, loss).carry(stream, 120s);
            ASSERT_TRUE(took) << "loss " << loss << " % seed " << seed;
            if (loss <= 20) {
                EXPECT_LT(*took, 45s) << "loss " << loss << " % seed " << seed;
            }
        }
}

}  // namespace
}  // namespace kanmon::session
