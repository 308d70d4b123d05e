// Recovery codes, and counts of wrong logins that outlive the process.
#include <gmock/gmock.h>

#include <set>

#include "office.h"

namespace kanmon::usecases {
namespace {

using bridge::LoginVerdict;
using testing::HasSubstr;

class RecoveryDesk : public testing::Test {
protected:
    bridge::LoginAnswer ask(ControlPlane& plane, const std::string& name, std::string_view password,
                            std::string_view code = {}) {
        bridge::LoginQuestion asked;
        asked.server_id = office.server;
        asked.username = name;
        asked.password = SecretBuffer(as_bytes(password));
        asked.code = SecretBuffer(as_bytes(code));
        asked.remote = Endpoint::v4(Ipv4{0xc6336407}, 4711);
        plane.logins.hello({.process = 7, .snapshot_number = 0});
        plane.logins.ask(++questions, asked, now, office.now);
        const auto ready = plane.logins.take_ready();
        return ready.empty() ? bridge::LoginAnswer{} : ready.front().answer;
    }
    bool enters(const std::string& name, std::string_view code) {
        return ask(office.plane, name, "correct horse", code).verdict == LoginVerdict::accepted;
    }
    std::vector<std::string> codes_of(const model::IdaasUser& user) {
        const auto made = office.plane.idaas.make_recovery_codes(office.alice, user.id.text);
        EXPECT_TRUE(made);
        std::vector<std::string> codes;
        if (made)
            for (const SecretBuffer& code : *made) codes.push_back(as_text(code.view()));
        return codes;
    }
    void pass(std::chrono::seconds time) {
        now += time;
        office.now += time;
    }

    Office office;
    Instant now = instant_of(1'000'000'000'000);
    std::uint64_t questions = 0;
};

TEST_F(RecoveryDesk, TenCodesLetInOnceEachHoweverTheyAreTyped) {
    const auto codes = codes_of(office.coded);
    ASSERT_EQ(codes.size(), 10U);
    EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), 10U);
    EXPECT_EQ(codes[0].size(), 19U);
    EXPECT_TRUE(enters("coded", codes[0]));
    EXPECT_FALSE(enters("coded", codes[0]));
    std::string shouted;
    for (const char c : codes[1])
        shouted += c == '-' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    EXPECT_TRUE(enters("coded", shouted));
    EXPECT_FALSE(enters("coded", codes[1]));
    EXPECT_TRUE(enters("coded", office.code(0))) << "the app goes on as before";
    const auto users = office.plane.idaas.list_users(office.alice, office.instance, {});
    for (const IdaasUserView& one : users->items)
        EXPECT_EQ(one.recovery_codes_left, one.user.name == "coded" ? 8U : 0U);
}

// CVE-2026-78619: a recovery code that was matched across users.
TEST_F(RecoveryDesk, ACodeOfOneUserLetsNoOtherIn) {
    const auto enrolled = office.plane.idaas.enrol_totp(office.alice, office.plain.id.text);
    ASSERT_TRUE(enrolled);
    const auto codes = codes_of(office.coded);
    const auto others = codes_of(office.plain);
    EXPECT_FALSE(enters("plain", codes[0]));
    EXPECT_FALSE(enters("coded", others[0]));
    EXPECT_TRUE(enters("coded", codes[0])) << "somebody else's attempt did not use it up";
    EXPECT_TRUE(enters("plain", others[0]));
}

TEST_F(RecoveryDesk, ACodeIsNoPasswordAndAWrongOneIsCounted) {
    const auto codes = codes_of(office.coded);
    EXPECT_EQ(ask(office.plane, "coded", codes[0]).verdict, LoginVerdict::refused);
    EXPECT_EQ(ask(office.plane, "coded", "wrong", codes[0]).verdict, LoginVerdict::refused);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(enters("coded", "aaaa-aaaa-aaaa-aaaa"));
    EXPECT_EQ(ask(office.plane, "coded", "correct horse", codes[0]).cause, Cause::login_locked);
    pass(31s);
    EXPECT_TRUE(enters("coded", codes[0]));
}

TEST_F(RecoveryDesk, NewCodesAndANewEnrolmentVoidTheOldOnes) {
    const auto first = codes_of(office.coded);
    const auto second = codes_of(office.coded);
    EXPECT_FALSE(enters("coded", first[0]));
    EXPECT_TRUE(enters("coded", second[0]));
    ASSERT_TRUE(office.plane.idaas.enrol_totp(office.alice, office.coded.id.text));
    EXPECT_FALSE(enters("coded", second[1]));
}

TEST_F(RecoveryDesk, AreKeptAsHashesAndShownOnce) {
    Call call = office.alice;
    call.client_token = "token";
    const auto made = office.plane.idaas.make_recovery_codes(call, office.coded.id.text);
    ASSERT_TRUE(made);
    const std::string first = as_text(made->front().view());
    ASSERT_TRUE(office.books.look([&](Ledger& ledger) {
        for (const model::RecoveryCode& code : ledger.recovery_codes().all())
            EXPECT_EQ(code.hash.find(first), std::string::npos);
    }));
    for (const AuditRow& row : audit_rows(office.books, 1000))
        EXPECT_EQ(row.parameters.find(first), std::string::npos);
    const auto again = office.plane.idaas.make_recovery_codes(call, office.coded.id.text);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, "IllegalParam.ClientToken");
    EXPECT_TRUE(enters("coded", first)) << "the repeated call has changed nothing";
}

TEST_F(RecoveryDesk, AreForUsersWithOneTimeCodesOnly) {
    const auto refused = office.plane.idaas.make_recovery_codes(office.alice, office.plain.id.text);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("EnrolIDaaSUserTotp"));
}

TEST_F(RecoveryDesk, TheAccountIsToldThatOneWasUsed) {
    EXPECT_TRUE(enters("coded", codes_of(office.coded)[0]));
    const auto events = office.books.events({.account = office.alice.actor.account,
                                             .kind = "RecoveryCodeUsed",
                                             .resource = office.coded.id.text,
                                             .server = {}});
    ASSERT_EQ(events->size(), 1U);
}

TEST_F(RecoveryDesk, ALockedUserStaysLockedAcrossARestartForTheRestOfThePause) {
    for (int i = 0; i < 5; ++i) ask(office.plane, "plain", "wrong");
    pass(10s);
    const Instant before_boot = std::exchange(now, instant_of(5'000'000'000));
    ControlPlane restarted{office.ports};
    const auto locked = ask(restarted, "plain", "correct horse");
    EXPECT_EQ(locked.cause, Cause::login_locked);
    EXPECT_EQ(locked.wait_seconds, 20U);
    EXPECT_NE(before_boot, now);
    pass(20s);
    EXPECT_EQ(ask(restarted, "plain", "correct horse").verdict, LoginVerdict::accepted);
    ControlPlane again{office.ports};
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(ask(again, "plain", "wrong").cause, Cause::login_refused) << "it was forgiven";
}

TEST_F(RecoveryDesk, AnUnlockedUserEntersAtOnceAndAgainAfterARestart) {
    for (int i = 0; i < 5; ++i) ask(office.plane, "plain", "wrong");
    for (int i = 0; i < 5; ++i) ask(office.plane, "outside", "wrong");
    EXPECT_EQ(ask(office.plane, "plain", "correct horse").cause, Cause::login_locked);
    const auto pause = office.plane.logins.pause_of(office.plain, now, office.now);
    EXPECT_EQ(pause.wrong, 5U);
    EXPECT_EQ(pause.left, 30s);
    ASSERT_TRUE(office.plane.logins.unlock(office.alice, office.plain.id.text));
    EXPECT_EQ(audit_rows(office.books, 1).front().action, "UnlockIDaaSUser");
    EXPECT_EQ(office.plane.logins.pause_of(office.plain, now, office.now).left, Duration{});
    ControlPlane restarted{office.ports};
    EXPECT_EQ(ask(restarted, "plain", "correct horse").verdict, LoginVerdict::accepted);
    EXPECT_EQ(ask(restarted, "outside", "correct horse").cause, Cause::login_locked)
        << "another user is unlocked as well";
    EXPECT_EQ(ask(office.plane, "plain", "correct horse").verdict, LoginVerdict::accepted);
}

TEST_F(RecoveryDesk, AfterARestartAnUnlockNeedsNoQuestionBefore) {
    for (int i = 0; i < 5; ++i) ask(office.plane, "plain", "wrong");
    ControlPlane restarted{office.ports};
    ASSERT_TRUE(restarted.logins.unlock(office.alice, office.plain.id.text));
    EXPECT_EQ(ask(restarted, "plain", "correct horse").verdict, LoginVerdict::accepted);
}

TEST_F(RecoveryDesk, UnlockingIsForOnesOwnUsersAndARepeatedTokenForgivesNothingNew) {
    Call call = office.alice;
    call.client_token = "token";
    ASSERT_TRUE(office.plane.logins.unlock(call, office.plain.id.text));
    for (int i = 0; i < 5; ++i) ask(office.plane, "plain", "wrong");
    ASSERT_TRUE(office.plane.logins.unlock(call, office.plain.id.text));
    EXPECT_EQ(ask(office.plane, "plain", "correct horse").cause, Cause::login_locked);
    const auto foreign = office.plane.logins.unlock(office.account("bob"), office.plain.id.text);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, "InvalidIDaaSUserId.NotFound");
    EXPECT_EQ(ask(office.plane, "plain", "correct horse").cause, Cause::login_locked);
}

TEST_F(RecoveryDesk, TheBackOffGoesOnAfterARestartAndOthersAreLeftAlone) {
    for (int i = 0; i < 5; ++i) ask(office.plane, "plain", "wrong");
    pass(31s);
    ControlPlane restarted{office.ports};
    EXPECT_EQ(ask(restarted, "plain", "wrong").cause, Cause::login_refused);
    EXPECT_EQ(ask(restarted, "plain", "correct horse").wait_seconds, 60U);
    EXPECT_EQ(ask(restarted, "outside", "correct horse").verdict, LoginVerdict::accepted);
}

TEST_F(RecoveryDesk, WhatWasTypedForANameIsStoredAsAHash) {
    ask(office.plane, "my password by mistake", "wrong");
    const auto rows = office.books.login_failures();
    ASSERT_EQ(rows->size(), 2U);
    for (const LoginFailures& row : *rows) EXPECT_EQ(row.key.find("mistake"), std::string::npos);
}

TEST_F(RecoveryDesk, WithoutTheStoreTheCountsOfThisProcessStand) {
    for (int i = 0; i < 4; ++i) ask(office.plane, "plain", "wrong");
    office.books.away = true;
    ask(office.plane, "plain", "wrong");
    office.books.away = false;
    EXPECT_EQ(ask(office.plane, "plain", "wrong").cause, Cause::login_refused);
    EXPECT_EQ(ask(office.plane, "plain", "wrong").cause, Cause::login_locked);
}

}  // namespace
}  // namespace kanmon::usecases
