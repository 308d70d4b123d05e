// What every store of traffic promises. An instance gives a Maker with `make()`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "controlplane/usecases/meter_book.h"

namespace kanmon::usecases {

inline const UnixTime meter_now = unix_time_of(1'700'000'000);  // 22:13:20

inline MeterWrite contract_write(const std::string& subject, UnixTime at, std::uint64_t octets) {
    MeterPoint point{.at = beginning_of(at, MeterGrain::minute)};
    point.meters[0] = octets;
    point.online_most = static_cast<std::uint32_t>(octets);
    point.received_most = octets;
    point.drops["bad_tag"] = octets;
    return {subject, point};
}

template <class Maker>
class MeterBookContract : public testing::Test {
protected:
    std::vector<MeterPoint> find(const std::string& subject, MeterGrain grain) {
        const auto found = book->find({.subject = subject,
                                       .grain = grain,
                                       .from = meter_now - std::chrono::days(400),
                                       .to = meter_now + std::chrono::days(400),
                                       .count = 1000});
        EXPECT_TRUE(found);
        return *found;
    }

    Maker maker;
    std::unique_ptr<MeterBook> book = maker.make({});
};
TYPED_TEST_SUITE_P(MeterBookContract);

TYPED_TEST_P(MeterBookContract, AddsUpWithinAMinuteAndItsHour) {
    const UnixTime next = meter_now + std::chrono::minutes(1);
    ASSERT_TRUE(this->book->add({contract_write("vss-1", meter_now, 5)}, 1, {}, meter_now));
    ASSERT_TRUE(
        this->book->add({contract_write("vss-1", meter_now, 2), contract_write("vss-1", next, 3),
                         contract_write("vss-1/vsc-1", next, 4)},
                        1, {}, next));
    const auto minutes = this->find("vss-1", MeterGrain::minute);
    ASSERT_EQ(minutes.size(), 2u);
    EXPECT_EQ(minutes[0].meters[0], 7u);
    EXPECT_EQ(minutes[0].online_most, 5u);
    EXPECT_EQ(minutes[0].drops.at("bad_tag"), 7u);
    EXPECT_EQ(minutes[1].at, beginning_of(next, MeterGrain::minute));
    const auto hours = this->find("vss-1", MeterGrain::hour);
    ASSERT_EQ(hours.size(), 1u);
    EXPECT_EQ(hours[0].at, beginning_of(meter_now, MeterGrain::hour));
    EXPECT_EQ(hours[0].meters[0], 10u);
    EXPECT_EQ(this->find("vss-1/vsc-1", MeterGrain::hour).size(), 1u);
    EXPECT_TRUE(this->find("vss-2", MeterGrain::hour).empty());
}

TYPED_TEST_P(MeterBookContract, KeepsMinutesForADayAndHoursForAYear) {
    ASSERT_TRUE(this->book->add({contract_write("vss-1", meter_now, 5)}, 1, {}, meter_now));
    ASSERT_TRUE(this->book->add({}, 1, {}, meter_now + std::chrono::hours(25)));
    EXPECT_TRUE(this->find("vss-1", MeterGrain::minute).empty());
    EXPECT_EQ(this->find("vss-1", MeterGrain::hour).size(), 1u);
    ASSERT_TRUE(this->book->add({}, 1, {}, meter_now + std::chrono::days(367)));
    EXPECT_TRUE(this->find("vss-1", MeterGrain::hour).empty());
}

TYPED_TEST_P(MeterBookContract, KeepsTheBaselinesOfThePresentProcessOnly) {
    const Baseline one{.key = "7", .meters = {1, 2, 3}};
    ASSERT_TRUE(this->book->add({}, 1, {one, {.key = "8"}}, meter_now));
    ASSERT_TRUE(this->book->add({}, 1, {{.key = "8", .meters = {}, .gone = true}}, meter_now));
    EXPECT_EQ(*this->book->baselines(1), std::vector{one});
    EXPECT_TRUE(this->book->baselines(2)->empty());
    ASSERT_TRUE(this->book->add({}, 0xffffffffffffffff, {one}, meter_now));
    EXPECT_TRUE(this->book->baselines(1)->empty());
    EXPECT_EQ(*this->book->baselines(0xffffffffffffffff), std::vector{one});
}

REGISTER_TYPED_TEST_SUITE_P(MeterBookContract, AddsUpWithinAMinuteAndItsHour,
                            KeepsMinutesForADayAndHoursForAYear,
                            KeepsTheBaselinesOfThePresentProcessOnly);

}  // namespace kanmon::usecases
