// Who may use which server: applications, groups, and what happens to those who may no longer.
#include <gmock/gmock.h>

#include "office.h"

namespace kanmon::usecases {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

class AssignmentDesk : public testing::Test {
protected:
    AssignmentDesk() {
        ModifySslServer change;
        change.id = office.server;
        change.idaas_application = office.application;
        EXPECT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
        office.plane.logins.hello({.process = 7, .snapshot_number = 0});
    }

    bridge::LoginAnswer log_in(const std::string& name) {
        bridge::LoginQuestion asked;
        asked.server_id = office.server;
        asked.username = name;
        asked.password = SecretBuffer(as_bytes("correct horse"));
        asked.remote = Endpoint::v4(Ipv4{0xc6336407}, 4711);
        office.plane.logins.ask(++questions, asked, Instant{}, office.now);
        const auto ready = office.plane.logins.take_ready();
        return ready.empty() ? bridge::LoginAnswer{} : ready.front().answer;
    }
    bool enters(const std::string& name) {
        return log_in(name).verdict == bridge::LoginVerdict::accepted;
    }
    void connect(std::uint64_t session, const std::string& name) {
        bridge::ClientFact fact;
        fact.session = session;
        fact.server_id = office.server;
        fact.username = name;
        office.plane.clients.learn(fact);
    }
    /// Sessions that were told to go since the last call, and why.
    std::vector<std::string> told_to_go() {
        std::vector<std::string> told;
        for (const bridge::Disconnect& order : std::exchange(office.gatekeeper.disconnects, {}))
            told.push_back(std::to_string(order.session) + " " +
                           std::string(row_of(order.cause).code));
        return told;
    }
    std::string refused(const auto& outcome) {
        return outcome ? std::string("it worked") : outcome.error().code;
    }
    std::string group() {
        return desk.list_groups(office.alice, {.instance = office.instance, .id = {}, .page = {}})
            ->items.front()
            .id.text;
    }

    Office office;
    Assignments& desk = office.plane.assignments;
    std::uint64_t questions = 0;
};

TEST_F(AssignmentDesk, ARightPasswordOfSomebodyElseIsRefusedByName) {
    EXPECT_TRUE(enters("plain"));
    EXPECT_EQ(log_in("coded").verdict, bridge::LoginVerdict::ask_code);
    const auto said = log_in("outside");
    EXPECT_EQ(said.verdict, bridge::LoginVerdict::refused);
    EXPECT_EQ(said.cause, Cause::login_unassigned);
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(log_in("outside").cause, Cause::login_unassigned) << "it is no guess";
}

TEST_F(AssignmentDesk, WhoeverLosesTheRightIsToldToGoAndNobodyElse) {
    ASSERT_TRUE(desk.assign(office.alice, {office.application, {office.outside.id.text}, {}}));
    connect(1, "plain");
    connect(2, "coded");
    connect(3, "outside");
    EXPECT_TRUE(told_to_go().empty());

    ASSERT_TRUE(desk.unassign(office.alice, {office.application, {office.outside.id.text}, {}}));
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("3 login_unassigned"));
    EXPECT_FALSE(enters("outside"));
    office.plane.clients.learn([] {
        bridge::ClientFact gone;
        gone.session = 3;
        gone.status = bridge::ClientStatus::ended;
        return gone;
    }());

    ASSERT_TRUE(desk.remove_from_group(office.alice, {group(), {office.plain.id.text}}));
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("1 login_unassigned"));
    EXPECT_FALSE(enters("plain"));
    ASSERT_TRUE(desk.add_to_group(office.alice, {group(), {office.plain.id.text}}));
    EXPECT_TRUE(enters("plain"));

    ASSERT_TRUE(office.plane.idaas.remove_user(office.alice, office.coded.id.text));
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("2 login_expired"));
    ASSERT_TRUE(desk.remove_group(office.alice, group()));
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("1 login_unassigned", "2 login_expired"));
}

TEST_F(AssignmentDesk, AnotherApplicationOfTheServerEndsWhomItDoesNotName) {
    connect(1, "plain");
    const auto empty = desk.create_application(office.alice, {office.instance, "nobody's"});
    ModifySslServer change;
    change.id = office.server;
    change.idaas_application = empty->id.text;
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("1 login_unassigned"));
    change.idaas_application = "";
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    EXPECT_TRUE(enters("outside")) << "without an application everybody of the source enters";
}

TEST_F(AssignmentDesk, AClientLetInAMomentBeforeIsToldToGoWhenItAppears) {
    bridge::ClientFact late;
    late.session = 14;
    late.server_id = office.server;
    late.username = "outside";
    office.plane.user_sessions.watch(late, {});
    EXPECT_THAT(told_to_go(), UnorderedElementsAre("14 login_unassigned"));
    late.username = "plain";
    office.plane.user_sessions.watch(late, {});
    EXPECT_TRUE(told_to_go().empty());
}

TEST_F(AssignmentDesk, AServerNamesAnApplicationOfItsOwnSourceOnly) {
    const auto second = office.plane.idaas.create(office.alice, "second");
    const auto theirs = desk.create_application(office.alice, {second->id.text, "vpn"});
    const Call bob = office.account("bob");
    const auto bobs_source = office.plane.idaas.create(bob, "bobs");
    const auto bobs = desk.create_application(bob, {bobs_source->id.text, "vpn"});
    const auto named = [&](const std::string& application) {
        ModifySslServer change;
        change.id = office.server;
        change.idaas_application = application;
        return office.plane.ssl_servers.modify(office.alice, change);
    };
    EXPECT_EQ(refused(named(theirs->id.text)), "IllegalParam.IDaaSApplicationId");
    EXPECT_THAT(named(theirs->id.text).error().message, HasSubstr(second->id.text));
    EXPECT_EQ(refused(named(bobs->id.text)), "InvalidIDaaSApplicationId.NotFound");
    EXPECT_EQ(refused(named("app_none")), "InvalidIDaaSApplicationId.NotFound");
    ModifySslServer moved;
    moved.id = office.server;
    moved.idaas_instance = second->id.text;
    EXPECT_EQ(refused(office.plane.ssl_servers.modify(office.alice, moved)),
              "IllegalParam.IDaaSApplicationId");
    moved.idaas_application = theirs->id.text;
    EXPECT_TRUE(office.plane.ssl_servers.modify(office.alice, moved));
    EXPECT_EQ(refused(desk.remove_application(office.alice, theirs->id.text)),
              "DependencyViolation");
    EXPECT_TRUE(desk.remove_application(office.alice, office.application));
}

TEST_F(AssignmentDesk, TheRegionOfTheOriginalIsKeptAndHasAShape) {
    ModifySslServer change;
    change.id = office.server;
    change.idaas_region = "cn-hangzhou";
    const auto view = office.plane.ssl_servers.modify(office.alice, change);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->server.idaas_region, "cn-hangzhou");
    change.idaas_region = "CN Hangzhou";
    EXPECT_EQ(refused(office.plane.ssl_servers.modify(office.alice, change)),
              "IllegalParam.IDaaSRegionId");
}

TEST_F(AssignmentDesk, UsersGroupsAndApplicationsMeetWithinOneSource) {
    const auto second = office.plane.idaas.create(office.alice, "second");
    const auto stranger = office.plane.idaas.create_user(
        office.alice, {second->id.text, "plain", SecretBuffer(as_bytes("correct horse"))});
    const auto theirs = desk.create_group(office.alice, {second->id.text, "desk"});
    EXPECT_EQ(refused(desk.add_to_group(office.alice, {group(), {stranger->id.text}})),
              "IllegalParam.UserId");
    EXPECT_EQ(refused(desk.assign(office.alice, {office.application, {stranger->id.text}, {}})),
              "IllegalParam.UserId");
    EXPECT_EQ(refused(desk.assign(office.alice, {office.application, {}, {theirs->id.text}})),
              "IllegalParam.GroupId");
    const Call bob = office.account("bob");
    EXPECT_EQ(refused(desk.add_to_group(bob, {group(), {office.plain.id.text}})),
              "InvalidIDaaSGroupId.NotFound");
}

TEST_F(AssignmentDesk, NamesAndCountsHaveLimitsThatRefusalsTell) {
    EXPECT_EQ(refused(desk.create_group(office.alice, {office.instance, "desk"})),
              "IllegalParam.Name");
    EXPECT_EQ(refused(desk.create_group(office.alice, {office.instance, ""})), "MissingName");
    EXPECT_EQ(refused(desk.add_to_group(office.alice, {group(), {}})), "MissingUserId");
    EXPECT_EQ(
        refused(desk.add_to_group(office.alice, {group(), std::vector<std::string>(51, "user-x")})),
        "IllegalParam.UserId");
    for (int i = 1; i < 100; ++i)
        ASSERT_TRUE(desk.create_group(office.alice, {office.instance, std::to_string(i)}));
    EXPECT_EQ(refused(desk.create_group(office.alice, {office.instance, "one more"})),
              "Resource.QuotaFull");
}

TEST_F(AssignmentDesk, TellsWhoIsWhere) {
    const auto users = desk.users_of_group(office.alice, group(), {});
    ASSERT_EQ(users->total, 1u);
    EXPECT_EQ(users->items.front().name, "plain");
    const auto assigned = desk.assigned(office.alice, office.application, {});
    ASSERT_EQ(assigned->total, 2u);
    EXPECT_EQ(assigned->items[0].name, "coded");
    EXPECT_EQ(assigned->items[1].name, "desk");
}

TEST_F(AssignmentDesk, ASourceThatGoesTakesItsGroupsAndApplicationsWithIt) {
    const auto second = office.plane.idaas.create(office.alice, "second");
    const auto group = desk.create_group(office.alice, {second->id.text, "desk"});
    const auto application = desk.create_application(office.alice, {second->id.text, "vpn"});
    ASSERT_TRUE(desk.assign(office.alice, {application->id.text, {}, {group->id.text}}));
    ASSERT_TRUE(office.plane.idaas.remove(office.alice, second->id.text));
    ASSERT_TRUE(office.books.look([&](Ledger& ledger) {
        EXPECT_FALSE(ledger.idaas_groups().find(group->id.text));
        EXPECT_FALSE(ledger.idaas_applications().find(application->id.text));
        EXPECT_TRUE(ledger.assignments().below(application->id.text).empty());
    }));
}

}  // namespace
}  // namespace kanmon::usecases
