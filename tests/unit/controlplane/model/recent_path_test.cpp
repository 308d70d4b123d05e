#include "controlplane/model/recent_path.h"

#include <gtest/gtest.h>

namespace kanmon::model {
namespace {

const UnixTime begin = unix_time_of(1'700'000'000);

bridge::ClientFact fact(std::uint64_t received, std::uint64_t lost, UnixTime connected = begin) {
    bridge::ClientFact made;
    made.connected_at = connected;
    made.received_packets = received;
    made.path.lost_packets = lost;
    return made;
}

TEST(RecentPath, CountsFromTheBeginningOfASessionThatIsYoung) {
    PathMarks marks;
    marks.note(fact(100, 5), begin + 6s);
    EXPECT_EQ(marks.recent().received_packets, 100U);
    EXPECT_EQ(marks.recent().lost_packets, 5U);
    EXPECT_EQ(marks.recent().since, begin);
}

TEST(RecentPath, SaysNothingOfWhatAnOldSessionHadCountedBeforeItWasSeen) {
    PathMarks marks;
    marks.note(fact(1'000'000, 90'000), begin + std::chrono::hours(9));
    EXPECT_EQ(marks.recent().lost_packets, 0U);
    marks.note(fact(1'000'100, 90'001), begin + std::chrono::hours(9) + 6s);
    EXPECT_EQ(marks.recent().received_packets, 100U);
    EXPECT_EQ(marks.recent().lost_packets, 1U);
}

TEST(RecentPath, ForgetsWhatIsTenMinutesAgo) {
    PathMarks marks;
    marks.note(fact(0, 0), begin);
    for (int minute = 1; minute <= 30; ++minute)
        marks.note(fact(1000U * static_cast<unsigned>(minute), minute < 10 ? 0U : 700U),
                   begin + std::chrono::minutes(minute));
    EXPECT_EQ(marks.recent().lost_packets, 0U);
    EXPECT_EQ(marks.recent().since, begin + std::chrono::minutes(25));
    EXPECT_EQ(marks.recent().received_packets, 5000U);
}

}  // namespace
}  // namespace kanmon::model
