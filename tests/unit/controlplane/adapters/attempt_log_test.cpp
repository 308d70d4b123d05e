#include "contract/attempt_log_contract.h"

#include <filesystem>

#include "controlplane/adapters/log_room.h"
#include "controlplane/adapters/sqlite_attempt_log.h"
#include "temporary_folder.h"

namespace kanmon::usecases {
namespace {

namespace fs = std::filesystem;

struct SqliteLogMaker {
    std::unique_ptr<AttemptLog> make(const LogLimits& limits) {
        auto log = adapters::open_sqlite_attempt_log(folder + "/log.db", limits);
        EXPECT_TRUE(log);
        return std::move(*log);
    }
    std::uint64_t file_octets() const { return fs::file_size(folder + "/log.db"); }
    TemporaryFolder temporary;
    const std::string& folder = temporary.path();
};
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AttemptLogContract, SqliteLogMaker);

bridge::AttemptRecord stranger(std::uint32_t address) {
    bridge::AttemptRecord record = contract_record(0, "");
    record.username.clear();
    record.happening = bridge::Happening::refused;
    record.cause = Cause::handshake_timeout;
    record.remote = Endpoint::v4(Ipv4{address}, 1);
    return record;
}

std::size_t count(AttemptLog& log, const AttemptQuery& query) {
    return log.find(query)->size();
}

const AttemptQuery everybody{.server_id = "vss-1", .count = 1'000'000};

TEST(AttemptLogRoom, AFloodOfStrangersPushesOutNoClientAndOnlyTheFlood) {
    SqliteLogMaker maker;
    const auto log = maker.make({.client_octets_max = 100'000, .stranger_octets_max = 100'000});
    std::vector<bridge::AttemptRecord> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(contract_record(i, "vsc-1"));
    ASSERT_TRUE(log->append(clients, log_now));
    ASSERT_TRUE(log->append({stranger(0xc6336401)}, log_now));  // of another network
    const std::vector<bridge::AttemptRecord> flood(500, stranger(0xcb007107));
    for (int turn = 0; turn < 20; ++turn) ASSERT_TRUE(log->append(flood, log_now));
    AttemptQuery of_client = everybody;
    of_client.common_name = "vsc-1";
    EXPECT_EQ(count(*log, of_client), 100u);
    AttemptQuery of_quiet = everybody;
    const Ipv6 quiet = Endpoint::v4(Ipv4{0xc6336401}, 0).address;
    of_quiet.addresses = AddressRange{quiet, quiet};
    EXPECT_EQ(count(*log, of_quiet), 1u);
    EXPECT_LT(count(*log, everybody), 600u);
    EXPECT_GT(count(*log, everybody), 300u);
}

TEST(AttemptLogRoom, AClientThatConnectsWithoutEndPushesOutItsOwnRecords) {
    SqliteLogMaker maker;
    const auto log = maker.make({.client_octets_max = 100'000});
    ASSERT_TRUE(log->append({contract_record(0, "vsc-quiet")}, log_now));
    const std::vector<bridge::AttemptRecord> busy(500, contract_record(1, "vsc-busy"));
    for (int turn = 0; turn < 10; ++turn) ASSERT_TRUE(log->append(busy, log_now));
    AttemptQuery of_quiet = everybody;
    of_quiet.common_name = "vsc-quiet";
    EXPECT_EQ(count(*log, of_quiet), 1u);
}

TEST(AttemptLogRoom, TheFileStopsGrowingAndALimitThatBecameSmallerHoldsAfterAStart) {
    SqliteLogMaker maker;
    auto log = maker.make({.client_octets_max = 1 << 20});
    const std::vector<bridge::AttemptRecord> many(1000, contract_record(1, "vsc-1"));
    for (int turn = 0; turn < 10; ++turn) ASSERT_TRUE(log->append(many, log_now));
    const std::size_t kept = count(*log, everybody);
    EXPECT_LT(kept, 10'000u);
    log.reset();
    EXPECT_LT(maker.file_octets(), std::uint64_t{3} << 20);
    log = maker.make({.client_octets_max = 1 << 16});
    EXPECT_EQ(count(*log, everybody), kept);
    ASSERT_TRUE(log->append({contract_record(2, "vsc-1")}, log_now));
    EXPECT_LT(count(*log, everybody), 300u);
}

TEST(AttemptLogRoom, ANumberIsNeverGivenTwice) {
    SqliteLogMaker maker;
    auto log = maker.make({.age_max = std::chrono::days(1)});
    ASSERT_TRUE(log->append({contract_record(0, "vsc-1")}, log_now));
    const std::uint64_t first = log->find(everybody)->back().number;
    ASSERT_TRUE(log->append({}, log_now + std::chrono::days(3)));
    ASSERT_EQ(count(*log, everybody), 0u);
    log = maker.make({});
    ASSERT_TRUE(log->append({contract_record(0, "vsc-1")}, log_now));
    EXPECT_GT(log->find(everybody)->back().number, first);
}

TEST(LogRoom, WhoHasMostGivesWay) {
    adapters::LogRoom room(100);
    room.add("a", 40);
    room.add("b", 50);
    EXPECT_FALSE(room.overfull());
    room.add("a", 30);
    EXPECT_TRUE(room.overfull());
    EXPECT_EQ(room.largest(), "a");
    room.take("a", 30);
    EXPECT_EQ(room.largest(), "b");
    room.take("b", 50);
    EXPECT_EQ(room.total(), 40u);
}

}  // namespace
}  // namespace kanmon::usecases
