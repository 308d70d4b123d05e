// Clients that an operator sent away and keeps away for a while.
#include <gmock/gmock.h>

#include "office.h"

namespace kanmon::usecases {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class BlockDesk : public testing::Test {
protected:
    Outcome<void> send_away(const std::string& name, std::optional<std::int64_t> minutes) {
        return desk.disconnect(office.alice, {office.server, name, minutes});
    }
    std::vector<std::string> blocked() {
        std::vector<std::string> names;
        const auto page = desk.blocked(office.alice, {.server = office.server, .page = {}});
        for (const model::BlockedClient& row : page->items) names.push_back(row.name);
        return names;
    }
    Enforced composed() { return *office.enforcement.compose(Instant{}, office.now); }
    std::vector<std::string> enforced() {
        std::vector<std::string> names;
        const Enforced all = composed();
        for (const auto& row : all.snapshot.servers.front().access.blocked)
            names.push_back(row.name);
        return names;
    }
    void pass(std::chrono::seconds time) {
        office.now += time;
        office.alice.now = office.now;
    }

    Office office;
    Clients& desk = office.plane.clients;
};

TEST_F(BlockDesk, WhoIsBlockedIsSentAwayAndKeptAwayUntilTheTimePasses) {
    const int before = office.gatekeeper.changes;
    ASSERT_TRUE(send_away("vsc-1", 30));
    ASSERT_EQ(office.gatekeeper.disconnects.size(), 1U);
    EXPECT_EQ(office.gatekeeper.disconnects.front().common_name, "vsc-1");
    EXPECT_GT(office.gatekeeper.changes, before) << "the data process has to learn of it";
    EXPECT_THAT(enforced(), ElementsAre("vsc-1"));
    EXPECT_EQ(composed().snapshot.servers.front().access.blocked.front().until, office.now + 30min);
    EXPECT_EQ(composed().again_at, office.now + 30min) << "when it passes, data is told";
    EXPECT_THAT(blocked(), ElementsAre("vsc-1"));
    const auto record = audit_rows(office.books, 1).front();
    EXPECT_EQ(record.action, "DisconnectSslVpnClient");
    EXPECT_THAT(record.parameters, HasSubstr("BlockMinutes=30"));
    pass(30min - 1s);
    EXPECT_THAT(enforced(), ElementsAre("vsc-1"));
    pass(1s);
    EXPECT_THAT(enforced(), IsEmpty());
    EXPECT_THAT(blocked(), IsEmpty());
}

TEST_F(BlockDesk, WithoutMinutesAClientMayComeBackAtOnce) {
    ASSERT_TRUE(send_away("vsc-1", {}));
    EXPECT_EQ(office.gatekeeper.disconnects.size(), 1U);
    EXPECT_THAT(enforced(), IsEmpty());
    ASSERT_TRUE(send_away("vsc-1", 30));
    ASSERT_TRUE(send_away("vsc-1", {}));
    EXPECT_THAT(enforced(), ElementsAre("vsc-1")) << "sending away lifts no block";
}

TEST_F(BlockDesk, ABlockIsLiftedByHandOrReplacedByAnother) {
    ASSERT_TRUE(send_away("vsc-1", 30));
    ASSERT_TRUE(send_away("vsc-2", 30));
    ASSERT_TRUE(send_away("vsc-1", 60));
    EXPECT_EQ(blocked().size(), 2U);
    pass(31min);
    EXPECT_THAT(enforced(), ElementsAre("vsc-1"));
    const int before = office.gatekeeper.changes;
    ASSERT_TRUE(desk.unblock(office.alice, office.server, "vsc-1"));
    EXPECT_GT(office.gatekeeper.changes, before);
    EXPECT_THAT(enforced(), IsEmpty());
    for (const char* name : {"vsc-1", "vsc-2", "vsc-none"}) {
        const auto again = desk.unblock(office.alice, office.server, name);
        ASSERT_FALSE(again) << name;
        EXPECT_EQ(again.error().code, "InvalidBlockedClient.NotFound");
    }
}

TEST_F(BlockDesk, AUserIsBlockedHoweverTheNameWasWritten) {
    ASSERT_TRUE(send_away("Plain", 30));
    EXPECT_THAT(enforced(), ElementsAre("Plain", "plain"));
}

TEST_F(BlockDesk, BlocksHaveLimitsAndBelongToOneAccount) {
    for (const std::int64_t minutes : {0L, -1L, 10081L}) {
        const auto refused = send_away("vsc-1", minutes);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "IllegalParam.BlockMinutes");
        EXPECT_THAT(refused.error().message, HasSubstr("1 to 10080 minutes"));
    }
    EXPECT_FALSE(send_away("a\nb", 1));
    EXPECT_FALSE(send_away(std::string(65, 'a'), 1));
    EXPECT_TRUE(office.gatekeeper.disconnects.empty()) << "what is refused does nothing";
    for (int number = 0; number < 1000; ++number)
        ASSERT_TRUE(send_away("vsc-" + std::to_string(number), 10));
    const auto full = send_away("one more", 10);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, "Resource.QuotaFull");
    EXPECT_TRUE(send_away("vsc-7", 20)) << "who is blocked already";
    pass(10min);
    EXPECT_TRUE(send_away("one more", 10)) << "those that have passed make room";
    EXPECT_EQ(blocked().size(), 2U);

    const Call bob = office.account("bob");
    EXPECT_EQ(desk.blocked(bob, {.server = office.server, .page = {}}).error().code,
              "InvalidSslVpnServerId.NotFound");
    EXPECT_FALSE(desk.unblock(bob, office.server, "one more"));
    EXPECT_FALSE(desk.disconnect(bob, {office.server, "vsc-1", 10}));
    EXPECT_EQ(blocked().size(), 2U);
}

TEST_F(BlockDesk, ARepeatedTokenNeitherSendsAwayNorBlocksAgain) {
    Call call = office.alice;
    call.client_token = "token";
    ASSERT_TRUE(desk.disconnect(call, {office.server, "vsc-1", 30}));
    ASSERT_TRUE(desk.unblock(office.alice, office.server, "vsc-1"));
    ASSERT_TRUE(desk.disconnect(call, {office.server, "vsc-1", 30}));
    EXPECT_THAT(blocked(), IsEmpty());
    EXPECT_EQ(office.gatekeeper.disconnects.size(), 1U);
}

}  // namespace
}  // namespace kanmon::usecases
