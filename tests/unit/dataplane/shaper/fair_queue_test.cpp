#include "dataplane/shaper/fair_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <numeric>
#include <random>

namespace kanmon::shaper {
namespace {

constexpr std::uint64_t megabit = 1'000'000;
constexpr std::size_t full_octets = 1400;

/// Jain's index: 1 when all have the same, 1/n when one has everything.
double fairness(const std::vector<double>& shares) {
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    const double squares = std::inner_product(shares.begin(), shares.end(), shares.begin(), 0.0);
    return sum * sum / (static_cast<double>(shares.size()) * squares);
}

struct CountedDrops final : DropCounter {
    void dropped(std::uint32_t client, Limit limit) override {
        ++of[client];
        if (limit == Limit::clients_own) ++by_own_limits;
    }
    std::map<std::uint32_t, std::uint64_t> of;
    std::uint64_t by_own_limits = 0;
};

/// One shard: its queue, and the clients that send through it.
struct TestShard {
    explicit TestShard(SharedLine& line) : queue(store, queues, line, drops) {}

    PacketStore store{2048};
    ClientQueues queues{100};
    CountedDrops drops;
    FairQueue queue;
    Buffer room = Buffer(65536);
};

struct TestClient {
    TestShard* shard = nullptr;
    Ticket ticket{};
    std::uint64_t received = 0;  // octets that left

    bool offer(std::size_t octets, Instant now) {
        const Buffer packet(octets);
        if (shard->queue.passes(ticket, octets, now)) {
            received += octets;
            return true;
        }
        return shard->queue.push(ticket, packet, now);
    }
};

/// Clients by their numbers, so that what leaves can be booked.
struct TestGateway {
    TestGateway(std::uint64_t rate, std::vector<std::size_t> clients_of_shards) : line(rate) {
        for (const std::size_t count : clients_of_shards) {
            shards.push_back(std::make_unique<TestShard>(line));
            for (std::size_t i = 0; i < count; ++i) {
                clients.push_back(std::make_unique<TestClient>());
                clients.back()->shard = shards.back().get();
                clients.back()->ticket.client = static_cast<std::uint32_t>(clients.size() - 1);
            }
        }
    }
    ~TestGateway() {
        for (auto& client : clients) client->shard->queue.forget(client->ticket);
    }

    template <class Booked>
    void drain(Instant now, Booked booked) {
        for (auto& shard : shards)
            while (const auto leaving = shard->queue.next(shard->room, now)) {
                clients[leaving->client]->received += leaving->packet.size();
                booked(leaving->client, leaving->packet);
            }
    }
    void drain(Instant now) {
        drain(now, [](std::uint32_t, Bytes) {});
    }

    std::vector<double> megabits(Duration time) const {
        std::vector<double> shares;
        for (const auto& client : clients)
            shares.push_back(static_cast<double>(client->received) * 8 / 1e6 /
                             std::chrono::duration<double>(time).count());
        return shares;
    }

    SharedLine line;
    std::vector<std::unique_ptr<TestShard>> shards;
    std::vector<std::unique_ptr<TestClient>> clients;
};

double sum(const std::vector<double>& shares) {
    return std::accumulate(shares.begin(), shares.end(), 0.0);
}

TEST(FairQueue, TenGreedyClientsOnTwoShardsHaveATenthEach) {
    for (const std::uint64_t rate : {10 * megabit, 100 * megabit, 1000 * megabit}) {
        TestGateway gateway(rate, {7, 3});
        for (Instant now = instant_of(0); now < instant_of(0) + 10s; now += 1ms) {
            for (auto& client : gateway.clients)
                for (std::uint64_t i = 0; i <= rate / (50 * megabit); ++i)
                    client->offer(full_octets, now);
            gateway.drain(now);
        }
        const auto shares = gateway.megabits(10s);
        EXPECT_NEAR(sum(shares), static_cast<double>(rate) / 1e6, static_cast<double>(rate) / 5e7);
        EXPECT_GE(fairness(shares), 0.98) << rate;
    }
}

TEST(FairQueue, ClientsThatAskForLessGetAllOfItAndTheOthersShareTheRest) {
    TestGateway gateway(100 * megabit, {2, 2});
    for (int turn = 0; turn < 10000; ++turn) {
        const Instant now = instant_of(0) + turn * 1ms;
        if (turn % 2 == 0) gateway.clients[0]->offer(625, now);   // 2.5 Mbit/s
        if (turn % 2 == 0) gateway.clients[2]->offer(1250, now);  // 5 Mbit/s
        for (int i = 0; i < 12; ++i) {
            gateway.clients[1]->offer(full_octets, now);
            gateway.clients[3]->offer(full_octets, now);
        }
        gateway.drain(now);
    }
    const auto shares = gateway.megabits(10s);
    EXPECT_NEAR(shares[0], 2.5, 0.05);
    EXPECT_NEAR(shares[2], 5, 0.1);
    EXPECT_NEAR(sum(shares), 100, 2);
    EXPECT_GE(fairness({shares[1], shares[3]}), 0.98);
}

TEST(FairQueue, APingWaitsForNoDownloadOfAnotherClient) {
    for (const std::uint64_t rate : {10 * megabit, 100 * megabit}) {
        TestGateway gateway(rate, {2});
        const auto download = [&](Instant now) {
            for (int i = 0; i < 12; ++i) gateway.clients[0]->offer(full_octets, now);
        };
        for (int second = 0; second < 20; ++second) {
            const Instant begin = instant_of(0) + second * 1s;
            Instant now = begin;
            for (; now < begin + 900ms; now += 1ms) download(now), gateway.drain(now);
            const std::uint64_t before = gateway.clients[1]->received;
            gateway.clients[1]->offer(84, now);
            const Instant asked = now;
            while (gateway.clients[1]->received == before) {
                gateway.drain(now);
                now += 100us;
                ASSERT_LT(now - asked, 5ms) << rate;
            }
        }
    }
}

/// A sender as TCP is: a window that grows by a packet a round trip and halves after a loss.
struct TestSender {
    double window = 10;
    int in_flight = 0;
    Instant cut_at{};
    std::deque<Instant> acknowledged_at;  // of packets that left the queue
    std::uint64_t dropped_seen = 0;

    void run(TestClient& client, Duration round_trip, Instant now) {
        while (!acknowledged_at.empty() && acknowledged_at.front() <= now) {
            acknowledged_at.pop_front();
            --in_flight;
            window += 1 / window;
        }
        const std::uint64_t lost = client.ticket.dropped - dropped_seen;
        dropped_seen = client.ticket.dropped;
        in_flight -= static_cast<int>(lost);
        if (lost > 0 && now - cut_at > round_trip) {
            window = std::max(2.0, window / 2);
            cut_at = now;
        }
        while (in_flight < static_cast<int>(window)) {
            ++in_flight;
            const std::uint64_t before = client.received;
            client.offer(full_octets, now);
            if (client.received != before) acknowledged_at.push_back(now + round_trip);
        }
    }
};

TEST(FairQueue, SendersThatSlowDownAfterALossFillTheLineAndShareIt) {
    for (const Duration round_trip : {Duration(2ms), Duration(30ms)}) {
        TestGateway gateway(100 * megabit, {7, 3});
        std::vector<TestSender> senders(10);
        Duration longest{};
        const auto run_until = [&](Instant begin, Instant end) {
            for (Instant now = begin; now < end; now += 500us) {
                for (std::size_t i = 0; i < senders.size(); ++i)
                    senders[i].run(*gateway.clients[i], round_trip, now);
                gateway.drain(now, [&](std::uint32_t client, Bytes) {
                    senders[client].acknowledged_at.push_back(now + round_trip);
                });
            }
        };
        run_until(instant_of(0), instant_of(0) + 5s);  // they find their places
        for (auto& client : gateway.clients) client->received = 0;
        run_until(instant_of(0) + 5s, instant_of(0) + 25s);
        const auto shares = gateway.megabits(20s);
        EXPECT_GE(sum(shares), 95) << round_trip.count();
        EXPECT_LE(sum(shares), 100.5) << round_trip.count();
        EXPECT_GE(fairness(shares), 0.98) << round_trip.count();
    }
}

TEST(FairQueue, PacketsOfAClientKeepTheirOrder) {
    std::mt19937 engine(5);
    TestGateway gateway(20 * megabit, {5});
    std::vector<std::uint32_t> sent(5), seen(5);
    for (Instant now = instant_of(0); now < instant_of(0) + 5s; now += 700us) {
        for (int i = 0; i < 4; ++i) {
            const auto who = static_cast<std::uint32_t>(engine() % 5);
            TestClient& client = *gateway.clients[who];
            Buffer packet(20 + engine() % 3000);
            const std::uint32_t number = ++sent[who];
            std::memcpy(packet.data(), &number, sizeof number);
            if (client.shard->queue.passes(client.ticket, packet.size(), now)) {
                EXPECT_GT(number, seen[who]);
                seen[who] = number;
            } else {
                client.shard->queue.push(client.ticket, packet, now);
            }
        }
        gateway.drain(now, [&](std::uint32_t client, Bytes packet) {
            std::uint32_t number = 0;
            std::memcpy(&number, packet.data(), sizeof number);
            EXPECT_GT(number, seen[client]);
            seen[client] = number;
        });
    }
    for (const std::uint32_t number : seen) EXPECT_GT(number, 100U);
}

TEST(FairQueue, AClientsOwnLimitHoldsAndTheOthersHaveTheRest) {
    TestGateway gateway(100 * megabit, {3});
    gateway.clients[0]->ticket.bits_per_second = 5 * megabit;
    gateway.clients[1]->ticket.bits_per_second = 90 * megabit;
    for (Instant now = instant_of(0); now < instant_of(0) + 10s; now += 1ms) {
        for (auto& client : gateway.clients)
            for (int i = 0; i < 12; ++i) client->offer(full_octets, now);
        gateway.drain(now);
    }
    const auto shares = gateway.megabits(10s);
    EXPECT_NEAR(shares[0], 5, 0.1);
    EXPECT_NEAR(sum(shares), 100, 2);
    EXPECT_GE(fairness({shares[1], shares[2]}), 0.98);
}

TEST(FairQueue, SaysWhenClientsWithinTheirOwnLimitsMaySendAgain) {
    TestGateway gateway(100 * megabit, {1});
    TestClient& client = *gateway.clients[0];
    client.ticket.bits_per_second = 1 * megabit;
    FairQueue& queue = gateway.shards[0]->queue;
    EXPECT_FALSE(queue.due());
    for (int i = 0; i < 3; ++i) client.offer(full_octets, instant_of(0));
    Instant now = instant_of(0);
    int calls = 0;
    for (; client.received < 2 * full_octets; ++calls) {
        ASSERT_TRUE(queue.due());
        now = std::max(now, *queue.due());
        gateway.drain(now);
    }
    EXPECT_LT(calls, 5);
    EXPECT_GE(now, instant_of(0) + 5ms);
    EXPECT_LE(now, instant_of(0) + 12ms);
}

TEST(FairQueue, WhoIsBeyondItsOwnLimitHoldsNobodyUp) {
    TestGateway gateway(1000 * megabit, {2, 1});
    TestClient &slow = *gateway.clients[0], &other = *gateway.clients[1];
    gateway.shards[0]->queue.limit(slow.ticket, 1 * megabit);
    Instant now = instant_of(0) + 1s;
    for (int i = 0; i < 20; ++i) slow.offer(full_octets, now);
    gateway.drain(now);
    FairQueue& queue = gateway.shards[0]->queue;
    EXPECT_EQ(queue.waiting_clients(), 1U);
    // A whole super-packet, at once: nobody is before it.
    EXPECT_TRUE(queue.passes(other.ticket, 40000, now));
    EXPECT_EQ(queue.due(), slow.ticket.free_at);
    // Nor has it a part of the line that another shard would have to leave.
    std::size_t sent = 0;
    for (const Instant end = now + 100ms; now < end; now += 100us) {
        for (int i = 0; i < 9; ++i) gateway.clients[2]->offer(full_octets, now);
        gateway.drain(now);
        sent = gateway.clients[2]->received;
    }
    EXPECT_GT(sent, 11'000'000U);
}

TEST(FairQueue, WhatAClientsOwnLimitMakesWaitIsDroppedInItsNameAndBoundedByItsTime) {
    TestGateway gateway(1000 * megabit, {1});
    TestClient& client = *gateway.clients[0];
    FairQueue& queue = gateway.shards[0]->queue;
    queue.limit(client.ticket, 8 * megabit);
    for (int i = 0; i < 1000; ++i) client.offer(full_octets, instant_of(0));
    EXPECT_LE(queue.waiting_octets(), 100'000U);  // 100 ms
    EXPECT_GT(client.ticket.dropped, 900U);
    EXPECT_EQ(gateway.shards[0]->drops.by_own_limits, client.ticket.dropped);
}

TEST(FairQueue, ANewLimitHoldsForWhatWaitsToo) {
    TestGateway gateway(1000 * megabit, {1});
    TestClient& client = *gateway.clients[0];
    FairQueue& queue = gateway.shards[0]->queue;
    queue.limit(client.ticket, 1 * megabit);
    Instant now = instant_of(0);
    for (int i = 0; i < 20; ++i) client.offer(full_octets, now);
    gateway.drain(now);
    ASSERT_EQ(queue.waiting_clients(), 1U);
    queue.limit(client.ticket, 0);
    for (int i = 0; i < 5; ++i) gateway.drain(now += 1ms);
    EXPECT_EQ(queue.waiting_clients(), 0U);
    EXPECT_TRUE(queue.passes(client.ticket, full_octets, now));
}

TEST(FairQueue, AStreamOfASlowClientFillsItsOwnLimit) {
    for (const std::uint64_t limit : {1 * megabit, 10 * megabit}) {
        TestGateway gateway(1000 * megabit, {1});
        TestClient& client = *gateway.clients[0];
        gateway.shards[0]->queue.limit(client.ticket, limit);
        for (Instant now = instant_of(0); now < instant_of(0) + 10s; now += 1ms) {
            // Two packets under way: what a sender after losses has.
            if (gateway.shards[0]->queue.waiting_octets() < 2 * full_octets)
                client.offer(full_octets, now);
            gateway.drain(now);
        }
        EXPECT_NEAR(gateway.megabits(10s)[0], static_cast<double>(limit) / 1e6,
                    static_cast<double>(limit) / 1e6 * 0.03);
        EXPECT_EQ(client.ticket.dropped, 0U);
    }
}

TEST(FairQueue, TheLongestQueuePaysWhenThereIsNoRoom) {
    TestGateway gateway(10 * megabit, {2});
    const Instant now = instant_of(0);
    for (int i = 0; i < 2000; ++i) gateway.clients[0]->offer(full_octets, now);
    EXPECT_LE(gateway.shards[0]->queue.waiting_octets(), 125000U + full_octets);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(gateway.clients[1]->offer(full_octets, now));
    EXPECT_EQ(gateway.clients[1]->ticket.dropped, 0U);
    EXPECT_GT(gateway.clients[0]->ticket.dropped, 1800U);
}

TEST(FairQueue, WithinAFullStoreDropsAndCountsAndGoesOn) {
    SharedLine line(1000 * megabit);
    PacketStore store(4);
    CountedDrops drops;
    ClientQueues queues(10);
    FairQueue queue(store, queues, line, drops);
    Ticket ticket;
    std::uint64_t pushed = 0;
    for (int i = 0; i < 100; ++i) pushed += queue.push(ticket, Buffer(2000), instant_of(0));
    EXPECT_GE(pushed, 4U);
    EXPECT_GE(ticket.dropped, 90U);
    EXPECT_EQ(drops.of[0], ticket.dropped);
    EXPECT_FALSE(queue.push(ticket, Buffer(5 * PacketStore::block_octets), instant_of(0)));
    queue.forget(ticket);
    EXPECT_EQ(store.free_blocks(), 4U);
    EXPECT_EQ(queue.waiting_octets(), 0U);
    EXPECT_EQ(queue.waiting_clients(), 0U);
}

TEST(FairQueue, WithoutAQueueLeftDropsAndCountsAndTakesTheNextOneThatIsFree) {
    SharedLine line(1 * megabit);
    PacketStore store(64);
    ClientQueues queues(2);
    CountedDrops drops;
    std::array<Ticket, 3> tickets;
    for (std::uint32_t i = 0; i < 3; ++i) tickets[i].client = i;
    {
        FairQueue first(store, queues, line, drops), second(store, queues, line, drops);
        EXPECT_TRUE(first.push(tickets[0], Buffer(100), instant_of(0)));
        EXPECT_TRUE(second.push(tickets[1], Buffer(100), instant_of(0)));
        EXPECT_FALSE(first.push(tickets[2], Buffer(100), instant_of(0)));
        EXPECT_EQ(drops.of[2], 1U);
        first.forget(tickets[0]);
        EXPECT_TRUE(second.push(tickets[2], Buffer(100), instant_of(0)));
    }
    EXPECT_EQ(store.free_blocks(), 64U);
    FairQueue third(store, queues, line, drops);
    EXPECT_TRUE(third.push(tickets[0], Buffer(100), instant_of(0)));
    EXPECT_TRUE(third.push(tickets[1], Buffer(100), instant_of(0)));
    for (Ticket& ticket : tickets) third.forget(ticket);
}

TEST(FairQueue, WhoGoesTakesItsPacketsAlong) {
    TestGateway gateway(10 * megabit, {3});
    for (int i = 0; i < 20; ++i)
        for (auto& client : gateway.clients) client->offer(full_octets, instant_of(0));
    FairQueue& queue = gateway.shards[0]->queue;
    queue.forget(gateway.clients[1]->ticket);
    EXPECT_EQ(queue.waiting_clients(), 2U);
    const std::uint64_t before = gateway.clients[1]->received;
    for (Instant now = instant_of(0); now < instant_of(0) + 1s; now += 1ms) gateway.drain(now);
    EXPECT_EQ(gateway.clients[1]->received, before);
    EXPECT_EQ(queue.waiting_octets(), 0U);
    EXPECT_FALSE(queue.due());
}

TEST(FairQueue, WithoutALimitEverythingPasses) {
    TestGateway gateway(0, {1});
    for (int i = 0; i < 100000; ++i)
        ASSERT_TRUE(
            gateway.shards[0]->queue.passes(gateway.clients[0]->ticket, 65535, instant_of(1)));
}

TEST(FairQueue, ALargePacketPassesWholeOnlyWhereTheLineIsFast) {
    TestGateway slow(10 * megabit, {1}), fast(1000 * megabit, {1});
    EXPECT_FALSE(slow.shards[0]->queue.passes(slow.clients[0]->ticket, 60000, instant_of(1)));
    EXPECT_TRUE(fast.shards[0]->queue.passes(fast.clients[0]->ticket, 60000, instant_of(1)));

    TestGateway limited(1000 * megabit, {1});
    limited.shards[0]->queue.limit(limited.clients[0]->ticket, 10 * megabit);
    EXPECT_FALSE(limited.shards[0]->queue.passes(limited.clients[0]->ticket, 60000, instant_of(1)));
}

TEST(FairQueue, ANewRateHoldsForWhatWaitsAlready) {
    TestGateway gateway(1 * megabit, {1});
    const auto run = [&](Instant begin) {
        const std::uint64_t before = gateway.clients[0]->received;
        for (Instant now = begin; now < begin + 1s; now += 1ms) {
            for (int i = 0; i < 12; ++i) gateway.clients[0]->offer(full_octets, now);
            gateway.drain(now);
        }
        return static_cast<double>(gateway.clients[0]->received - before) * 8 / 1e6;
    };
    EXPECT_NEAR(run(instant_of(0)), 1, 0.1);
    gateway.line.set_rate(50 * megabit);
    EXPECT_NEAR(run(instant_of(0) + 1s), 50, 2);
    gateway.line.set_rate(2 * megabit);
    EXPECT_NEAR(run(instant_of(0) + 2s), 2, 0.2);
}

}  // namespace
}  // namespace kanmon::shaper
