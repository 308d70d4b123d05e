// What every log of connection attempts promises. An instance gives a Maker with `make(limits)`.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "controlplane/usecases/attempt_log.h"

namespace kanmon::usecases {

inline const UnixTime log_now = unix_time_of(1'700'000'000);

inline bridge::AttemptRecord contract_record(int second, const std::string& common_name) {
    bridge::AttemptRecord record;
    record.at = log_now + std::chrono::seconds(second);
    record.server_id = "vss-1";
    record.remote = Endpoint::v4(Ipv4{0xcb007107}, 4711);
    record.transport = bridge::Transport::tcp;
    record.session = 0xffffffffffffffff;
    record.happening = bridge::Happening::ended;
    record.stage = bridge::Stage::ended;
    record.cause = Cause::keepalive_timeout;
    record.known = !common_name.empty();
    record.common_name = common_name;
    record.username = "anna";
    record.tunnel_address = Ipv4{0xc0a80006};
    record.cipher = "AES-256-GCM";
    record.version = "2.6.14";
    record.platform = "linux";
    record.former = Endpoint::v4(Ipv4{0xcb007108}, 4712);
    record.received_octets = 0xfffffffffff;
    record.sent_octets = 5;
    record.detail = "detail";
    return record;
}

template <class Maker>
class AttemptLogContract : public testing::Test {
protected:
    std::vector<bridge::AttemptRecord> find(const AttemptQuery& query) {
        std::vector<bridge::AttemptRecord> records;
        const auto found = log->find(query);
        for (const StoredAttempt& row : *found) records.push_back(row.record);
        return records;
    }

    Maker maker;
    std::unique_ptr<AttemptLog> log = maker.make({});
};
TYPED_TEST_SUITE_P(AttemptLogContract);

TYPED_TEST_P(AttemptLogContract, KeepsWhatARecordSaysAndFindsItByEachFilter) {
    bridge::AttemptRecord other = contract_record(1, "vsc-2");
    other.remote = Endpoint::v4(Ipv4{0xcb007207}, 1);
    other.username = "berta";
    other.happening = bridge::Happening::moved;
    bridge::AttemptRecord elsewhere = contract_record(2, "vsc-1");
    elsewhere.server_id = "vss-2";
    const bridge::AttemptRecord first = contract_record(0, "vsc-1");
    ASSERT_TRUE(this->log->append({first, other, elsewhere}, log_now));
    const std::vector only_first{first};
    const Ipv6 low = Endpoint::v4(Ipv4{0xcb007100}, 0).address;
    const Ipv6 high = Endpoint::v4(Ipv4{0xcb0071ff}, 0).address;
    EXPECT_EQ(this->find({.server_id = "vss-1"}), (std::vector{first, other}));
    EXPECT_EQ(this->find({.server_id = "vss-1", .common_name = "vsc-1"}), only_first);
    EXPECT_EQ(this->find({.server_id = "vss-1", .username = "anna"}), only_first);
    EXPECT_EQ(this->find({.server_id = "vss-1", .addresses = AddressRange{low, high}}), only_first);
    EXPECT_EQ(this->find({.server_id = "vss-1", .happening = bridge::Happening::ended}),
              only_first);
    EXPECT_EQ(this->find({.server_id = "vss-1", .cause = "keepalive_timeout"}), only_first);
    EXPECT_EQ(this->find({.server_id = "vss-1", .from = log_now, .to = log_now}), only_first);
    EXPECT_TRUE(this->find({.server_id = "vss-3"}).empty());
}

TYPED_TEST_P(AttemptLogContract, PagesByTimeAndFollowsByNumber) {
    std::vector<bridge::AttemptRecord> records;
    for (const int second : {3, 1, 2, 0}) records.push_back(contract_record(second, "vsc-1"));
    ASSERT_TRUE(this->log->append(records, log_now));
    EXPECT_EQ(this->find({.server_id = "vss-1", .skipped = 1, .count = 2}),
              (std::vector{records[1], records[2]}));
    const auto newest =
        this->log->find({.server_id = "vss-1", .order = AttemptOrder::newest, .count = 2});
    ASSERT_EQ(newest->size(), 2u);
    EXPECT_EQ(newest->front().record, records[2]);
    EXPECT_EQ(newest->back().record, records[3]);
    const AttemptQuery further{
        .server_id = "vss-1", .after = newest->back().number, .order = AttemptOrder::arrival};
    EXPECT_TRUE(this->find(further).empty());
    ASSERT_TRUE(this->log->append({contract_record(9, "vsc-9")}, log_now));
    EXPECT_EQ(this->find(further), std::vector{contract_record(9, "vsc-9")});
}

TYPED_TEST_P(AttemptLogContract, LetsRecordsGoWhenTheyAreOld) {
    this->log = this->maker.make({.age_max = std::chrono::days(2)});
    ASSERT_TRUE(this->log->append({contract_record(0, "vsc-1")}, log_now));
    ASSERT_TRUE(this->log->append({contract_record(60, "vsc-2")}, log_now + std::chrono::days(2)));
    EXPECT_EQ(this->find({.server_id = "vss-1"}).size(), 2u);
    ASSERT_TRUE(this->log->append({}, log_now + std::chrono::days(2) + 1s));
    EXPECT_EQ(this->find({.server_id = "vss-1"}), std::vector{contract_record(60, "vsc-2")});
}

TYPED_TEST_P(AttemptLogContract, RecordsOfAClockThatWasAheadKeepNoOldOnesAndGoWithWhatCameAfter) {
    using std::chrono::days;
    const auto query = AttemptQuery{.server_id = "vss-1", .count = 1000};
    this->log = this->maker.make({.age_max = days(2)});
    const int year = 365 * 86400;
    const std::vector<bridge::AttemptRecord> ahead(300, contract_record(year, "vsc-ahead"));
    ASSERT_TRUE(this->log->append(ahead, log_now));
    ASSERT_TRUE(this->log->append({contract_record(0, "vsc-1")}, log_now));
    ASSERT_TRUE(this->log->append({contract_record(86400, "vsc-2")}, log_now + days(1)));
    EXPECT_EQ(this->find(query).size(), 302u);
    ASSERT_TRUE(this->log->append({contract_record(year, "vsc-new")}, log_now + days(2) + 1s));
    EXPECT_TRUE(this->find({.server_id = "vss-1", .common_name = "vsc-1"}).empty());
    ASSERT_TRUE(this->log->append({}, log_now + days(3) + 1s));
    const auto left = this->find(query);
    ASSERT_EQ(left.size(), 1u) << "what came after is not old yet";
    EXPECT_EQ(left.front().common_name, "vsc-new");
}

REGISTER_TYPED_TEST_SUITE_P(AttemptLogContract, KeepsWhatARecordSaysAndFindsItByEachFilter,
                            PagesByTimeAndFollowsByNumber, LetsRecordsGoWhenTheyAreOld,
                            RecordsOfAClockThatWasAheadKeepNoOldOnesAndGoWithWhatCameAfter);

}  // namespace kanmon::usecases
