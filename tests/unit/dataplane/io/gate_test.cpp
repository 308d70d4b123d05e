#include "dataplane/io/gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/dataplane/io/sample_snapshot.h"

namespace kanmon::io {
namespace {

struct Dismissal {
    std::uint32_t shard = 0;
    std::uint64_t session = 0;
    Cause cause = Cause::client_left;
    friend bool operator==(const Dismissal&, const Dismissal&) = default;
};

class Notes final : public GateOutlet {
public:
    void answer(std::uint32_t, shard::AdmissionAnswer answer) override {
        answers.push_back(std::move(answer));
    }
    void disconnect(std::uint32_t shard, std::uint64_t session, Cause cause) override {
        dismissals.push_back({shard, session, cause});
    }
    void tell_control(bridge::Message message) override { told.push_back(std::move(message)); }
    void own(const bridge::Lease&, const std::optional<Endpoint>&,
             std::optional<std::uint32_t> shard) override {
        owner = shard;
    }

    template <class Body>
    std::vector<Body> bodies() const {
        std::vector<Body> found;
        for (const bridge::Message& message : told)
            if (const auto* body = std::get_if<Body>(&message.body)) found.push_back(*body);
        return found;
    }

    std::vector<shard::AdmissionAnswer> answers;
    std::vector<Dismissal> dismissals;
    std::vector<bridge::Message> told;
    std::optional<std::uint32_t> owner;
};

class Admission : public testing::Test {
protected:
    void SetUp() override {
        gate_.control_connected(now_);
        gate_.control_heard(now_);
        gate_.apply(sample_snapshot(1), now_, wall_);
        notes_.told.clear();
    }

    shard::AdmissionQuestion question(std::uint64_t session, const std::string& holder = "anna",
                                      std::uint16_t port = 5000) const {
        return {.session = session,
                .server = 0,
                .server_id = sample_server_id,
                .holder = holder,
                .common_name = holder,
                .remote = Endpoint::v4(Ipv4{0xc0000201}, port)};
    }

    std::uint64_t ask(std::uint64_t session, std::uint32_t shard = 0,
                      const std::string& holder = "anna", std::uint16_t port = 5000) {
        gate_.ask(shard, question(session, holder, port), now_, wall_);
        return notes_.told.empty() ? 0 : notes_.told.back().id;
    }

    void enter(std::uint64_t session, std::uint32_t shard = 0, const std::string& holder = "anna",
               std::uint16_t port = 5000) {
        gate_.take(ask(session, shard, holder, port), {.granted = true}, now_);
        ASSERT_TRUE(notes_.answers.back().admitted);
    }

    void wait(Duration time) {
        now_ += time;
        gate_.reach(now_);
    }

    Notes notes_;
    Gate gate_{notes_};
    Instant now_ = instant_of(1'000'000'000'000);
    UnixTime wall_ = unix_time_of(1'750'000'000);
};

TEST_F(Admission, TheClientLearnsItsAddressOnlyAfterControlStoredTheLease) {
    const std::uint64_t id = ask(7);
    ASSERT_EQ(notes_.bodies<bridge::LeaseQuestion>().size(), 1u);
    EXPECT_TRUE(notes_.answers.empty());

    gate_.take(id, {.granted = true}, now_);
    ASSERT_EQ(notes_.answers.size(), 1u);
    EXPECT_TRUE(notes_.answers[0].admitted);
    EXPECT_EQ(notes_.answers[0].session, 7u);
    EXPECT_EQ(notes_.answers[0].tunnel_address,
              notes_.bodies<bridge::LeaseQuestion>()[0].lease.address);
    EXPECT_EQ(notes_.owner, 0u);
}

/// A session that took the lease over from an older one of its shard, and what becomes of both.
class Takeover : public Admission {
protected:
    void SetUp() override {
        Admission::SetUp();
        enter(7);
        auto newer = question(8);
        newer.replaces = 7;
        gate_.ask(0, newer, now_, wall_);
        id_ = notes_.told.back().id;
    }
    bool older_is_sent_away() const {
        return std::ranges::find(notes_.dismissals, Dismissal{0, 7, Cause::replaced}) !=
               notes_.dismissals.end();
    }
    std::uint64_t id_ = 0;
};

TEST_F(Takeover, EndsTheOlderSessionAlsoWhenTheNewerLeavesBeforeItsAnswer) {
    gate_.take(id_, {.granted = true}, now_);
    gate_.left(8, Cause::client_left,
               now_);  // the shard had ended it already and never came to end the older one
    EXPECT_TRUE(older_is_sent_away());
}

TEST_F(Takeover, EndsTheOlderSessionAlsoWhenTheNewerLeavesWhileControlThinks) {
    gate_.left(8, Cause::client_left, now_);
    EXPECT_TRUE(older_is_sent_away());
    EXPECT_EQ(gate_.clients(), 0u);
}

TEST_F(Takeover, EndsTheOlderSessionAlsoWhenTheNewerIsRefused) {
    gate_.take(id_, {.granted = false, .cause = Cause::connections_exhausted}, now_);
    EXPECT_TRUE(older_is_sent_away());
}

TEST_F(Admission, AConnectionNeverReplacesWhoeverSpeaksFromThatAddressByDatagrams) {
    enter(7);
    auto other = question(8);
    other.stream = true;
    gate_.ask(1, other, now_, wall_);
    gate_.take(notes_.told.back().id, {.granted = true}, now_);
    EXPECT_TRUE(notes_.dismissals.empty());
    EXPECT_EQ(gate_.clients(), 2u);

    enter(9);  // the program with the datagrams comes back: that one, not the connection
    ASSERT_EQ(gate_.clients(), 2u);
    ASSERT_EQ(notes_.dismissals.size(), 1u);
    EXPECT_EQ(notes_.dismissals[0].session, 7u);
}

TEST_F(Admission, ControlsRefusalReachesTheClientAndFreesTheAddress) {
    gate_.take(ask(7), {.granted = false, .cause = Cause::connections_exhausted}, now_);
    EXPECT_EQ(notes_.answers.back().cause, Cause::connections_exhausted);
    EXPECT_EQ(gate_.clients(), 0u);
    EXPECT_TRUE(notes_.bodies<bridge::LeaseFact>().back().gone);
}

TEST_F(Admission, BeforeTheFirstSnapshotEverybodyIsToldToComeBack) {
    Notes notes;
    Gate fresh(notes);
    fresh.ask(0, question(7), now_, wall_);
    EXPECT_EQ(notes.answers.back().cause, Cause::gateway_not_ready);
}

TEST_F(Admission, WhileControlIsAwayARecentSnapshotAdmits) {
    gate_.control_lost(now_);
    wait(9min);
    ask(7);
    EXPECT_TRUE(notes_.answers.back().admitted);

    notes_.told.clear();
    gate_.control_connected(now_);
    const auto facts = notes_.bodies<bridge::LeaseFact>();
    ASSERT_EQ(facts.size(), 1u);
    EXPECT_EQ(facts[0].lease.session, 7u);
    EXPECT_FALSE(facts[0].gone);
}

TEST_F(Admission, WhileControlIsAwayAnOldSnapshotRefuses) {
    gate_.control_lost(now_);
    wait(11min);
    ask(7);
    EXPECT_FALSE(notes_.answers.back().admitted);
    EXPECT_EQ(notes_.answers.back().cause, Cause::gateway_not_ready);
    EXPECT_EQ(gate_.clients(), 0u);
}

TEST_F(Admission, ASilentControlDelaysAClientThreeSeconds) {
    const std::uint64_t id = ask(7);
    wait(2900ms);
    EXPECT_TRUE(notes_.answers.empty());
    wait(200ms);
    ASSERT_EQ(notes_.answers.size(), 1u);
    EXPECT_TRUE(notes_.answers[0].admitted);

    gate_.take(id, {.granted = false, .cause = Cause::connections_exhausted}, now_);
    EXPECT_EQ(notes_.dismissals, (std::vector{Dismissal{0, 7, Cause::connections_exhausted}}));
}

TEST_F(Admission, ALeaverHoldsItsSlotUntilTheHoldIsOver) {
    enter(7);
    gate_.left(7, Cause::client_left, now_);
    const bridge::LeaseFact held = notes_.bodies<bridge::LeaseFact>().back();
    EXPECT_EQ(held.lease.session, 0u);
    EXPECT_EQ(held.lease.held_until, now_ + 300s);
    EXPECT_EQ(notes_.owner, std::nullopt);

    wait(299s);
    EXPECT_FALSE(notes_.bodies<bridge::LeaseFact>().back().gone);
    wait(2s);
    EXPECT_TRUE(notes_.bodies<bridge::LeaseFact>().back().gone);
}

TEST_F(Admission, AClientThatItsShardCouldNotServeHoldsNothing) {
    enter(7);
    gate_.left(7, Cause::connections_exhausted, now_);
    EXPECT_TRUE(notes_.bodies<bridge::LeaseFact>().back().gone);
    EXPECT_EQ(gate_.clients(), 0u);
}

TEST_F(Admission, AReconnectedControlHearsEveryLeaseAndOpenQuestionsAgain) {
    enter(7);
    const std::uint64_t open = ask(8, 1, "berta", 6000);
    gate_.control_lost(now_);
    notes_.told.clear();

    gate_.control_connected(now_);
    ASSERT_EQ(notes_.bodies<bridge::LeaseFact>().size(), 1u);
    EXPECT_EQ(notes_.bodies<bridge::LeaseFact>()[0].lease.session, 7u);
    ASSERT_EQ(notes_.bodies<bridge::LeaseQuestion>().size(), 1u);
    EXPECT_EQ(notes_.told.back().id, open);

    gate_.take(open, {.granted = true}, now_);
    EXPECT_EQ(notes_.answers.back().session, 8u);
    EXPECT_TRUE(notes_.answers.back().admitted);
}

TEST_F(Admission, TheSameProgramStartedAgainTakesItsOwnAddressOverFromAnotherShard) {
    enter(7, 0);
    const Ipv4 address = notes_.answers.back().tunnel_address;
    enter(8, 1);
    EXPECT_EQ(notes_.answers.back().tunnel_address, address);
    EXPECT_EQ(notes_.dismissals, (std::vector{Dismissal{0, 7, Cause::replaced}}));

    gate_.left(7, Cause::client_left, now_);
    EXPECT_EQ(notes_.owner, 1u);
    EXPECT_EQ(gate_.clients(), 1u);
}

TEST_F(Admission, AClientThatGivesUpWhileControlThinksLeavesNothingBehind) {
    const std::uint64_t id = ask(7);
    gate_.left(7, Cause::client_left, now_);
    EXPECT_TRUE(notes_.bodies<bridge::LeaseFact>().back().gone);
    gate_.take(id, {.granted = true}, now_);
    EXPECT_TRUE(notes_.answers.empty());
    EXPECT_EQ(gate_.clients(), 0u);
}

TEST_F(Admission, AnOperatorEndsOneSessionOrAllOfAName) {
    enter(7, 0, "anna", 5000);
    enter(8, 1, "anna", 5001);
    enter(9, 0, "berta", 5002);
    gate_.take(bridge::Disconnect{.session = 9, .server_id = {}, .common_name = {}});
    EXPECT_EQ(notes_.dismissals.size(), 1u);
    gate_.take(
        bridge::Disconnect{.session = 0, .server_id = sample_server_id, .common_name = "anna"});
    EXPECT_EQ(notes_.dismissals.size(), 3u);
}

class Replacing : public Admission {
protected:
    void SetUp() override {
        Admission::SetUp();
        bridge::Snapshot snapshot = sample_snapshot(2);
        snapshot.servers[0].same_holder = bridge::SameHolder::replace_older;
        gate_.apply(snapshot, now_, wall_);
    }
};

// reg/CVE-2005-2531: two sessions of one name at once have one outcome.
TEST_F(Replacing, TheNewerSessionTakesTheAddressAndTheOlderOneIsDroppedWithoutAWord) {
    enter(7, 0, "anna", 5000);
    const Ipv4 address = notes_.answers.back().tunnel_address;
    enter(8, 1, "anna", 6000);
    EXPECT_EQ(notes_.answers.back().tunnel_address, address);
    EXPECT_EQ(notes_.dismissals, (std::vector{Dismissal{0, 7, Cause::replaced}}));
    gate_.left(7, Cause::client_left, now_);  // the shard's report comes later
    EXPECT_EQ(notes_.owner, 1u);
    EXPECT_EQ(gate_.clients(), 1u);
}

TEST_F(Replacing, TwoThatAskAtOnceLeaveOneConnected) {
    const std::uint64_t first = ask(7, 0, "anna", 5000);
    const std::uint64_t second = ask(8, 1, "anna", 6000);
    gate_.take(first, {.granted = true}, now_);
    gate_.take(second, {.granted = true}, now_);
    ASSERT_EQ(notes_.answers.size(), 1u);
    EXPECT_EQ(notes_.answers[0].session, 8u);
    EXPECT_EQ(gate_.clients(), 1u);
}

TEST_F(Replacing, LeavesTheSessionsOfOthersAlone) {
    enter(7, 0, "anna", 5000);
    enter(8, 0, "berta", 6000);
    EXPECT_TRUE(notes_.dismissals.empty());
}

TEST_F(Replacing, EndsTwoProgramsThatTakeTurnsAndNamesTheCause) {
    for (std::uint64_t session = 1; session <= 5; ++session) {
        enter(session, 0, "anna", static_cast<std::uint16_t>(5000 + session % 2));
        wait(60s);
    }
    ASSERT_EQ(notes_.dismissals.size(), 4u);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(notes_.dismissals[i].cause, Cause::replaced);
    EXPECT_EQ(notes_.dismissals[3], (Dismissal{0, 4, Cause::certificate_shared}));
}

TEST_F(Admission, AHolderOfAFixedAddressGetsItWhoeverHadItBefore) {
    enter(7, 0, "berta", 5000);
    bridge::Snapshot snapshot = sample_snapshot(2);
    snapshot.servers[0].static_addresses = {{"anna", notes_.answers.back().tunnel_address}};
    gate_.apply(snapshot, now_, wall_);
    enter(8, 1, "anna", 6000);
    EXPECT_EQ(notes_.answers.back().tunnel_address,
              snapshot.servers[0].static_addresses[0].address);
    EXPECT_EQ(notes_.dismissals, (std::vector{Dismissal{0, 7, Cause::server_changed}}));
}

TEST_F(Admission, AsksClientsThatAreRefusedAgainAndAgainForLongerWaits) {
    bridge::Snapshot snapshot = sample_snapshot(2);
    snapshot.gateways[0].connections_max = 0;
    gate_.apply(snapshot, now_, wall_);
    for (std::uint64_t session = 1; session <= 4; ++session) ask(session);
    ASSERT_EQ(notes_.answers.size(), 4u);
    EXPECT_LE(notes_.answers.front().wait, 12s);
    EXPECT_GE(notes_.answers.back().wait, 48s);
    snapshot.number = 3;
    snapshot.gateways[0].connections_max = 5;
    gate_.apply(snapshot, now_, wall_);
    enter(5);
    EXPECT_EQ(notes_.answers.back().wait, 0s);
}

TEST_F(Admission, AnOperatorFreesAHeldSlotAtOnce) {
    enter(7);
    const Ipv4 address = notes_.answers.back().tunnel_address;
    gate_.left(7, Cause::client_left, now_);
    gate_.take(bridge::ReleaseSlot{sample_server_id, address}, now_);
    EXPECT_TRUE(notes_.bodies<bridge::LeaseFact>().back().gone);
    EXPECT_EQ(notes_.bodies<bridge::LeaseFact>().back().lease.address, address);
}

// --- who is blocked -----------------------------------------------------------------------------

class Blocked : public Admission {
protected:
    /// By a new snapshot, for ten minutes.
    void block(const std::string& name) {
        bridge::Snapshot snapshot = sample_snapshot(2);
        snapshot.servers[0].access.blocked = {{name, wall_ + 1min}, {name, wall_ + 10min}};
        gate_.apply(snapshot, now_, wall_);
    }
};

TEST_F(Blocked, ClientsAreSentAwayAndTheOthersStay) {
    enter(7, 0, "anna");
    enter(8, 1, "bert", 5001);
    ask(9, 0, "anna", 5002);  // waits for control's word
    block("anna");
    ASSERT_EQ(notes_.dismissals.size(), 2u);
    EXPECT_EQ(notes_.dismissals[0], (Dismissal{0, 7, Cause::disconnected_by_operator}));
    EXPECT_EQ(notes_.dismissals[1], (Dismissal{0, 9, Cause::disconnected_by_operator}));
}

TEST_F(Blocked, ClientsAreRefusedUntilThenThoughControlSaysNoMore) {
    block("anna");
    ask(7);
    ASSERT_EQ(notes_.answers.size(), 1u);
    EXPECT_FALSE(notes_.answers[0].admitted);
    EXPECT_EQ(notes_.answers[0].cause, Cause::blocked_by_operator);
    EXPECT_EQ(notes_.answers[0].detail, "until 2025-06-15 15:16:40 (UTC)");
    EXPECT_EQ(notes_.answers[0].wait, 300s) << "the block may be lifted earlier";
    EXPECT_EQ(gate_.clients(), 0u) << "it takes no address";
    wall_ += 9min + 59s;
    ask(8);
    EXPECT_EQ(notes_.answers.back().wait, 1s);
    wall_ += 1s;
    enter(9);
}

TEST_F(Blocked, AreTheCertificateAndTheUserOfThatServer) {
    block("vsc-1");
    auto asked = question(7, "anna");
    asked.common_name = "vsc-1";
    gate_.ask(0, asked, now_, wall_);
    EXPECT_EQ(notes_.answers.back().cause, Cause::blocked_by_operator) << "by its certificate";
    asked.common_name = "vsc-2";
    gate_.ask(0, asked, now_, wall_);
    EXPECT_EQ(notes_.answers.size(), 1u);
    block("anna");
    EXPECT_EQ(notes_.dismissals.size(), 1u);
    gate_.ask(0, asked, now_, wall_);
    EXPECT_EQ(notes_.answers.size(), 2u) << "by its user";
    bridge::Snapshot other = sample_snapshot(3);
    other.servers.push_back(other.servers[0]);
    other.servers[1].id = "vss-other";
    other.servers[1].client_pool = Cidr{Ipv4{0xc0a80100}, 24};
    other.servers[1].access.blocked = {{"bert", wall_ + 10min}};
    gate_.apply(other, now_, wall_);
    enter(9, 0, "bert", 5009);
}

}  // namespace
}  // namespace kanmon::io
