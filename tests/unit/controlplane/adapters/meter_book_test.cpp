#include "contract/meter_book_contract.h"

#include <filesystem>

#include "controlplane/adapters/sqlite_meter_book.h"
#include "temporary_folder.h"

namespace kanmon::usecases {
namespace {

namespace fs = std::filesystem;

struct SqliteMeterMaker {
    std::unique_ptr<MeterBook> make(const MeterLimits& limits) {
        auto book = adapters::open_sqlite_meter_book(folder + "/meters.db", limits);
        EXPECT_TRUE(book);
        return std::move(*book);
    }
    TemporaryFolder temporary;
    const std::string& folder = temporary.path();
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MeterBookContract, SqliteMeterMaker);

std::size_t points(MeterBook& book, const std::string& subject) {
    return book
        .find({.subject = subject,
               .grain = MeterGrain::minute,
               .from = {},
               .to = meter_now + std::chrono::days(1),
               .count = 100'000})
        ->size();
}

TEST(MeterRoom, ClientsPushOutTheOldestOfClientsAndNothingOfServers) {
    SqliteMeterMaker maker;
    const auto book = maker.make({.client_minutes_max = 100});
    UnixTime now = meter_now;
    for (int minute = 0; minute < 20; ++minute, now += std::chrono::minutes(1)) {
        std::vector<MeterWrite> writes{contract_write("vss-1", now, 1)};
        for (int client = 0; client < 10; ++client)
            writes.push_back(contract_write("vss-1/vsc-" + std::to_string(client), now, 1));
        ASSERT_TRUE(book->add(writes, 1, {}, now));
    }
    EXPECT_EQ(points(*book, "vss-1"), 20u);
    for (int client = 0; client < 10; ++client)
        EXPECT_EQ(points(*book, "vss-1/vsc-" + std::to_string(client)), 10u);
}

TEST(MeterRoom, ALimitThatBecameSmallerHoldsAfterAStart) {
    SqliteMeterMaker maker;
    {
        const auto book = maker.make({});
        std::vector<MeterWrite> writes;
        for (int minute = 0; minute < 300; ++minute)
            writes.push_back(contract_write("vss-1", meter_now + std::chrono::minutes(minute), 1));
        ASSERT_TRUE(book->add(writes, 1, {}, meter_now));
    }
    const auto book = maker.make({.server_minutes_max = 50});
    ASSERT_TRUE(book->add({}, 1, {}, meter_now));
    EXPECT_EQ(points(*book, "vss-1"), 50u);
}

TEST(MeterRoom, PointsOfAClockThatWasAheadKeepNoOldOnesAndGoWithWhatCameAfter) {
    SqliteMeterMaker maker;
    const auto book = maker.make({});
    const UnixTime ahead = meter_now + std::chrono::days(400);
    const auto all = [&](const std::string& subject) {
        return book
            ->find({.subject = subject,
                    .grain = MeterGrain::minute,
                    .from = {},
                    .to = ahead + std::chrono::days(400),
                    .count = 100'000})
            ->size();
    };
    std::vector<MeterWrite> writes;
    for (int minute = 0; minute < 1100; ++minute)
        writes.push_back(contract_write("vss-1", ahead + std::chrono::minutes(minute), 1));
    ASSERT_TRUE(book->add(writes, 1, {}, ahead));
    ASSERT_TRUE(book->add({contract_write("vss-2", meter_now, 1)}, 1, {}, meter_now));
    EXPECT_EQ(all("vss-1"), 1100u) << "nothing that came after is old";
    const UnixTime later = meter_now + std::chrono::days(2);
    ASSERT_TRUE(book->add({contract_write("vss-3", later, 1)}, 1, {}, later));
    EXPECT_EQ(all("vss-2"), 0u);
    EXPECT_EQ(all("vss-1"), 100u) << "a thousand go at a time";
    EXPECT_EQ(all("vss-3"), 1u);
}

}  // namespace
}  // namespace kanmon::usecases
