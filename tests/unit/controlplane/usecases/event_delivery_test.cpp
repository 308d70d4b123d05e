// Events on their way to a place that may be away, in a process that may end at any moment.
#include "controlplane/usecases/event_delivery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace kanmon::usecases {
namespace {

class Log final : public EventLog {
public:
    Expected<std::vector<model::Event>, std::string> after(std::uint64_t number,
                                                           std::size_t count) override {
        if (away) return unexpected(std::string("the store is away"));
        std::vector<model::Event> found;
        for (const model::Event& event : events)
            if (event.number > number && found.size() < count) found.push_back(event);
        return found;
    }
    Expected<std::uint64_t, std::string> newest() override {
        if (away) return unexpected(std::string("the store is away"));
        return events.empty() ? 0 : events.back().number;
    }
    void add(int count) {
        for (int i = 0; i < count; ++i) {
            model::Event event;
            event.number = ++last;
            events.push_back(event);
        }
    }

    std::vector<model::Event> events;
    std::uint64_t last = 0;
    bool away = false;
};

class Mark final : public DeliveryMark {
public:
    Expected<std::optional<std::uint64_t>, std::string> read() override { return kept; }
    Expected<void, std::string> write(std::uint64_t number) override {
        if (full) return unexpected(std::string("the disk is full"));
        kept = number;
        return {};
    }
    std::optional<std::uint64_t> kept;
    bool full = false;
};

class Place final : public EventPlace {
public:
    Expected<void, std::string> deliver(const EventBatch& batch, UnixTime) override {
        EXPECT_FALSE(batch.events.empty());
        EXPECT_LE(batch.events.size(), EventDelivery::batch_max);
        if (away) return unexpected(std::string("nobody there"));
        for (const model::Event& event : batch.events) had.push_back(event.number);
        lost += batch.lost;
        return {};
    }
    std::vector<std::uint64_t> had;
    std::uint64_t lost = 0;
    bool away = false;
};

class Delivery : public testing::Test {
protected:
    EventDelivery::Step step() {
        now = std::max(now, delivery->next());
        return delivery->step(now, unix_time_of(1'795'000'000));
    }
    void restart() { delivery.emplace(log, mark, place); }

    Log log;
    Mark mark;
    Place place;
    std::optional<EventDelivery> delivery{std::in_place, log, mark, place};
    Instant now = instant_of(1);
};

TEST_F(Delivery, OfANewPlaceBeginsWithWhatHappensNext) {
    log.add(5);
    EXPECT_EQ(step().delivered, 0u);
    log.add(2);
    restart();
    EXPECT_EQ(step().delivered, 2u);
    EXPECT_EQ(place.had, (std::vector<std::uint64_t>{6, 7}));
    EXPECT_EQ(step().delivered, 0u);
}

TEST_F(Delivery, OfEveryEventHappensInOrderThroughFailuresAndRestarts) {
    std::mt19937 chance(7);
    const auto one_in = [&](unsigned n) { return chance() % n == 0; };
    step();
    for (int i = 0; i < 5000; ++i) {
        log.add(static_cast<int>(chance() % 4));
        place.away = one_in(3);
        log.away = one_in(10);
        mark.full = one_in(10);
        step();
        if (one_in(20)) restart();
    }
    place.away = log.away = mark.full = false;
    while (step().delivered > 0 || place.had.empty() || place.had.back() != log.last) {
    }
    std::uint64_t next = 1;
    for (const std::uint64_t number : place.had) {
        ASSERT_LE(number, next) << "one was left out";
        next = std::max(next, number + 1);
    }
    EXPECT_EQ(next, log.last + 1);
    EXPECT_LT(place.had.size(), 2 * log.last) << "repeated only after a restart without a mark";
    EXPECT_EQ(place.lost, 0u);
}

TEST_F(Delivery, ThatFailsIsTriedAgainAfterLongerAndLongerPausesUpToFifteenMinutes) {
    step();
    log.add(1);
    place.away = true;
    std::vector<std::int64_t> pauses;
    for (int i = 0; i < 13; ++i) {
        EXPECT_EQ(step().problem, "nobody there");
        pauses.push_back((delivery->next() - now) / 1s);
        EXPECT_EQ(delivery->step(delivery->next() - 1ns, {}).problem, "") << "not before its time";
    }
    EXPECT_EQ(pauses,
              (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900}));
    place.away = false;
    EXPECT_EQ(step().delivered, 1u);
    place.away = true;
    log.add(1);
    step();
    EXPECT_EQ((delivery->next() - now) / 1s, 1) << "a success makes patience short again";
}

TEST_F(Delivery, CountsWhatWasPushedOutBeforeItCouldBeTold) {
    step();
    log.add(300);
    log.events.erase(log.events.begin(), log.events.begin() + 120);      // the oldest
    log.events.erase(log.events.begin() + 10, log.events.begin() + 13);  // of another account
    std::size_t delivered = 0;
    for (int i = 0; i < 3; ++i) delivered += step().delivered;
    EXPECT_EQ(delivered, 177u);
    EXPECT_EQ(place.lost, 123u);
}

TEST_F(Delivery, FromAnOlderStoreBeginsWithWhatHappensNext) {
    mark.kept = 1000;
    log.add(3);
    EXPECT_EQ(step().delivered, 0u);
    EXPECT_EQ(mark.kept, 3u);
    log.add(1);
    EXPECT_EQ(step().delivered, 1u);
}

TEST_F(Delivery, ThatCannotBeMarkedIsNotRepeatedInThisLife) {
    step();
    log.add(1);
    mark.full = true;
    EXPECT_EQ(step().problem, "the disk is full");
    step();
    EXPECT_EQ(place.had.size(), 1u);
}

TEST_F(Delivery, OfManyGoesOnAtOnce) {
    step();
    log.add(250);
    EXPECT_EQ(step().delivered, 100u);
    EXPECT_EQ(delivery->next(), now);
    EXPECT_EQ(step().delivered, 100u);
    EXPECT_EQ(step().delivered, 50u);
    EXPECT_EQ(delivery->next(), now + EventDelivery::look_every);
}

}  // namespace
}  // namespace kanmon::usecases
