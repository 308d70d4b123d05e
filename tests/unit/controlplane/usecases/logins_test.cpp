#include "controlplane/usecases/logins.h"

#include <gmock/gmock.h>

#include "contract/identity_source_contract.h"
#include "controlplane/model/bundle.h"
#include "office.h"

namespace kanmon::usecases {
namespace {

using bridge::LoginVerdict;

struct DirectoryMaker {
    Office office;
    IdentitySource& source() { return office.plane.directory; }
    std::string instance() { return office.instance; }
    UnixTime now() { return office.now; }
    std::string code(int steps) { return office.code(steps); }
    std::string application() { return office.application; }
    void take_away() { office.books.away = true; }
};
INSTANTIATE_TYPED_TEST_SUITE_P(BuiltIn, IdentitySourceContract, DirectoryMaker);

TEST(Directory, ComparesAPasswordForUsersWhoDoNotExistOrMayNotEnter) {
    Office office;
    for (const char* name : {"plain", "nobody", "off"}) {
        const int before = office.hasher.comparisons;
        IdentityQuestion asked;
        asked.instance = office.instance;
        asked.username = name;
        asked.password = SecretBuffer(as_bytes("wrong"));
        office.plane.directory.check(std::move(asked), [](const IdentityAnswer&) {});
        EXPECT_EQ(office.hasher.comparisons, before + 1) << name;
    }
}

TEST(Directory, SaysUnavailableWhenTooManyWait) {
    Office office;
    office.workers.full = true;
    IdentityAnswer said;
    said.verdict = IdentityVerdict::accepted;
    office.plane.directory.check({}, [&](const IdentityAnswer& answer) { said = answer; });
    EXPECT_EQ(said.verdict, IdentityVerdict::unavailable);
}

/// A source that a test answers for.
class WebSource final : public IdentitySource {
public:
    void check(IdentityQuestion, IdentityDone done) override { dones.push_back(std::move(done)); }
    void say(IdentityVerdict verdict, const std::string& username, const std::string& text) {
        IdentityAnswer answer;
        answer.verdict = verdict;
        answer.username = username;
        answer.text = text;
        dones.back()(answer);
    }
    std::vector<IdentityDone> dones;
};

class LoginDesk : public testing::Test {
protected:
    LoginDesk() { logins->hello({.process = 7, .snapshot_number = 0}); }

    bridge::LoginQuestion question(const std::string& username, std::string_view password,
                                   std::string_view code = {}, const std::string& state = {}) {
        bridge::LoginQuestion asked;
        asked.session = 1;
        asked.server_id = office.server;
        asked.common_name = "vsc-1";
        asked.username = username;
        asked.password = SecretBuffer(as_bytes(password));
        asked.code = SecretBuffer(as_bytes(code));
        asked.state = state;
        asked.remote = Endpoint::v4(Ipv4{0xc6336407}, 4711);
        return asked;
    }
    bridge::LoginAnswer ask(const bridge::LoginQuestion& asked) {
        logins->ask(++id, asked, now, office.now);
        const auto ready = logins->take_ready();
        EXPECT_EQ(ready.size(), 1U);
        if (ready.size() != 1) return {};
        EXPECT_EQ(ready[0].id, id);
        return ready[0].answer;
    }
    bridge::LoginAnswer wrong(const std::string& name = "plain") {
        return ask(question(name, "wrong"));
    }
    bridge::LoginAnswer right(const std::string& name = "plain") {
        return ask(question(name, "correct horse"));
    }

    Office office;
    Logins* logins = &office.plane.logins;
    std::uint64_t id = 0;
    Instant now = instant_of(1'000'000'000'000);
};

TEST_F(LoginDesk, AcceptsPasswordAndCodeAndNamesTheUser) {
    EXPECT_EQ(right("PLAIN").verdict, LoginVerdict::accepted);
    const auto said = ask(question("coded", "correct horse", office.code(0)));
    EXPECT_EQ(said.verdict, LoginVerdict::accepted);
    EXPECT_EQ(said.username, "coded");
}

TEST_F(LoginDesk, AsksForTheCodeAndTheStateIsGoodOnce) {
    const auto asked = right("coded");
    EXPECT_EQ(asked.verdict, LoginVerdict::ask_code);
    EXPECT_EQ(asked.state.size(), 32U);
    EXPECT_EQ(asked.wait_seconds, 300U);
    EXPECT_EQ(ask(question("coded", "", office.code(0), asked.state)).verdict,
              LoginVerdict::accepted);
    EXPECT_EQ(ask(question("coded", "", office.code(1), asked.state)).verdict,
              LoginVerdict::refused);
}

// CVE-2026-78619, CVE-2026-34727: what one user or route proved is worth nothing on another.
TEST_F(LoginDesk, AStateIsOfNoUseToAnotherUserCertificateOrServerOrAfterFiveMinutes) {
    const auto refused = [&](bridge::LoginQuestion asked) {
        return ask(asked).verdict == LoginVerdict::refused;
    };
    ASSERT_TRUE(office.plane.idaas.enrol_totp(office.alice, office.plain.id.text));
    EXPECT_TRUE(refused(question("plain", "", office.code(0), right("coded").state)));
    auto other = question("coded", "", office.code(0), right("coded").state);
    other.common_name = "vsc-2";
    EXPECT_TRUE(refused(other));
    EXPECT_TRUE(refused(question("coded", "", office.code(0), std::string(32, '0'))));
    const auto late = question("coded", "", office.code(0), right("coded").state);
    now += 301s;
    EXPECT_TRUE(refused(late));
}

TEST_F(LoginDesk, AStateWithoutACodeIsNoLogin) {
    EXPECT_EQ(ask(question("coded", "", "", right("coded").state)).verdict, LoginVerdict::refused);
    EXPECT_EQ(ask(question("coded", "correct horse", "", right("coded").state)).verdict,
              LoginVerdict::refused);
}

// TOTP reuse: the same code on two connections at the same moment.
TEST_F(LoginDesk, ACodeShownTwiceAtTheSameMomentLetsOneIn) {
    office.workers.waits = true;
    const auto asked = question("coded", "correct horse", office.code(0));
    logins->ask(1, asked, now, office.now);
    logins->ask(2, asked, now, office.now);
    EXPECT_TRUE(logins->take_ready().empty());
    office.workers.run_waiting();
    const auto ready = logins->take_ready();
    ASSERT_EQ(ready.size(), 2U);
    EXPECT_EQ(ready[0].answer.verdict, LoginVerdict::accepted);
    EXPECT_EQ(ready[1].answer.verdict, LoginVerdict::refused);
}

TEST_F(LoginDesk, GivesTheSameAnswerToTheSameQuestion) {
    const auto asked = question("coded", "correct horse", office.code(0));
    logins->ask(9, asked, now, office.now);
    logins->ask(9, asked, now, office.now);
    const auto ready = logins->take_ready();
    ASSERT_EQ(ready.size(), 2U);
    EXPECT_EQ(ready[0].answer, ready[1].answer);
    EXPECT_EQ(ready[1].answer.verdict, LoginVerdict::accepted);
}

TEST_F(LoginDesk, AnswersNobodyOfADataProcessThatIsGone) {
    office.workers.waits = true;
    logins->ask(1, question("plain", "correct horse"), now, office.now);
    logins->hello({.process = 8, .snapshot_number = 0});
    office.workers.run_waiting();
    EXPECT_TRUE(logins->take_ready().empty());
    office.workers.waits = false;
    logins->ask(1, question("plain", "wrong"), now, office.now);
    EXPECT_EQ(logins->take_ready().at(0).answer.verdict, LoginVerdict::refused);
}

TEST_F(LoginDesk, SaysUnavailableWithoutAStoreOrAServer) {
    office.books.away = true;
    EXPECT_EQ(right().cause, Cause::login_unavailable);
    office.books.away = false;
    auto asked = question("plain", "correct horse");
    asked.server_id = "vss-0";
    EXPECT_EQ(ask(asked).cause, Cause::login_unavailable);
}

// --- guessing ---

TEST_F(LoginDesk, FiveWrongOnesLockTheUserForTwiceAsLongEachTime) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong().cause, Cause::login_refused);
    auto said = right();
    EXPECT_EQ(said.cause, Cause::login_locked);
    EXPECT_EQ(said.wait_seconds, 30U);
    now += 30s;
    EXPECT_EQ(wrong().cause, Cause::login_refused);
    said = right();
    EXPECT_EQ(said.cause, Cause::login_locked);
    EXPECT_EQ(said.wait_seconds, 60U);
    EXPECT_EQ(right("coded").verdict, LoginVerdict::ask_code) << "others are not locked";
    now += 60s;
    EXPECT_EQ(right().verdict, LoginVerdict::accepted);
    for (int i = 0; i < 4; ++i) wrong();
    EXPECT_EQ(right().verdict, LoginVerdict::accepted) << "a right one forgives";
}

TEST_F(LoginDesk, ANameThatDoesNotExistIsLockedLikeOneThatDoes) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(wrong("nobody"), wrong("plain"));
    EXPECT_EQ(wrong("nobody"), wrong("plain"));
    EXPECT_EQ(wrong("nobody").cause, Cause::login_locked);
}

TEST_F(LoginDesk, ALockedUserCostsNoPassword) {
    for (int i = 0; i < 5; ++i) wrong();
    const int before = office.hasher.comparisons;
    for (int i = 0; i < 100; ++i) wrong();
    EXPECT_EQ(office.hasher.comparisons, before);
}

TEST_F(LoginDesk, GuessesAtTheSameMomentCountBeforeTheyAreDecided) {
    office.workers.waits = true;
    for (int i = 1; i <= 20; ++i)
        logins->ask(100U + static_cast<unsigned>(i), question("plain", "wrong"), now, office.now);
    EXPECT_EQ(office.workers.waiting.size(), 5U);
    for (const auto& ready : logins->take_ready())
        EXPECT_EQ(ready.answer.cause, Cause::login_unavailable);
}

TEST_F(LoginDesk, AskingForACodeForgivesNoWrongCodes) {
    for (int i = 0; i < 5; ++i) {
        const auto asked = right("coded");
        ASSERT_EQ(asked.verdict, LoginVerdict::ask_code) << i;
        EXPECT_EQ(ask(question("coded", "", "999999", asked.state)).cause, Cause::login_refused);
    }
    EXPECT_EQ(right("coded").cause, Cause::login_locked);
}

TEST_F(LoginDesk, ANetworkThatGuessesAtManyIsLockedToo) {
    for (int i = 0; i < 50; ++i) wrong("user" + std::to_string(i));
    EXPECT_EQ(right().cause, Cause::login_locked);
    auto elsewhere = question("plain", "correct horse");
    elsewhere.remote = Endpoint::v4(Ipv4{0xcb007107}, 1);
    EXPECT_EQ(ask(elsewhere).verdict, LoginVerdict::accepted);
}

TEST_F(LoginDesk, ARightLoginForgivesItsNetworkNoGuessesAtOthers) {
    const auto guess_at = [&](int first, int count) {
        for (int i = first; i < first + count; ++i) wrong("user" + std::to_string(i));
    };
    guess_at(0, 45);
    for (int i = 0; i < 4; ++i) wrong("coded");
    ASSERT_EQ(right().verdict, LoginVerdict::accepted);
    wrong("user45");
    EXPECT_EQ(right().cause, Cause::login_locked);
}

TEST_F(LoginDesk, ARightLoginForgivesItsNetworkTheUsersOwnWrongOnesAndTimeTheOthers) {
    for (int i = 0; i < 46; ++i) wrong("user" + std::to_string(i));
    for (int i = 0; i < 3; ++i) wrong();
    ASSERT_EQ(right().verdict, LoginVerdict::accepted);
    for (int i = 50; i < 53; ++i) wrong("user" + std::to_string(i));
    EXPECT_EQ(right().verdict, LoginVerdict::accepted) << "49 are left";
    now += 1h;
    for (int i = 60; i < 62; ++i) wrong("user" + std::to_string(i));
    EXPECT_EQ(right().verdict, LoginVerdict::accepted) << "two were forgiven";
    wrong("user63");
    EXPECT_EQ(right().cause, Cause::login_locked);
}

TEST_F(LoginDesk, WhatWasBeingDecidedWhenTheDataProcessEndedKeepsNobodyOut) {
    office.workers.waits = true;
    for (int i = 0; i < 5; ++i)
        logins->ask(100U + static_cast<unsigned>(i), question("plain", "wrong"), now, office.now);
    for (unsigned i = 0; i < 45; ++i)
        logins->ask(200U + i, question("user" + std::to_string(i), "wrong"), now, office.now);
    ASSERT_EQ(office.workers.waiting.size(), 50U);
    logins->hello({.process = 8, .snapshot_number = 0});
    office.workers.run_waiting();
    EXPECT_TRUE(logins->take_ready().empty());
    office.workers.waits = false;
    EXPECT_EQ(right().verdict, LoginVerdict::accepted);
}

TEST_F(LoginDesk, ATokenIsNotLockedOutBySomebodyWhoGuesses) {
    for (int i = 0; i < 5; ++i) wrong();
    auto asked = question("plain", "");
    asked.proof = bridge::LoginProof::token;
    asked.proven_at = office.now;
    EXPECT_EQ(ask(asked).verdict, LoginVerdict::accepted);
    asked.proven_at = {};
    EXPECT_EQ(ask(asked).cause, Cause::login_expired);
}

TEST_F(LoginDesk, ARenegotiationAsksForNoCode) {
    auto asked = question("coded", "correct horse");
    asked.proof = bridge::LoginProof::same_session;
    EXPECT_EQ(ask(asked).verdict, LoginVerdict::accepted);
    asked.password = SecretBuffer(as_bytes("wrong"));
    EXPECT_EQ(ask(asked).verdict, LoginVerdict::refused);
}

// --- pages ---

TEST_F(LoginDesk, APageIsOpenedAndTheLastWordComesLater) {
    WebSource web;
    Logins desk(office.ports, web);
    desk.hello({.process = 7, .snapshot_number = 0});
    desk.ask(5, question("", ""), now, office.now);
    EXPECT_TRUE(desk.take_ready().empty());
    web.say(IdentityVerdict::page, {}, "https://login.example/1");
    const auto first = desk.take_ready();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].answer.verdict, LoginVerdict::open_page);
    EXPECT_EQ(first[0].answer.text, "https://login.example/1");
    web.say(IdentityVerdict::accepted, "anna", {});
    const auto last = desk.take_ready();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].id, 5U);
    EXPECT_EQ(last[0].answer.username, "anna");
    web.say(IdentityVerdict::accepted, "berta", {});
    EXPECT_TRUE(desk.take_ready().empty()) << "the last word was said";
}

TEST_F(LoginDesk, AYesWithoutANameIsNoYes) {
    WebSource web;
    Logins desk(office.ports, web);
    desk.ask(5, question("", ""), now, office.now);
    web.say(IdentityVerdict::accepted, {}, {});
    EXPECT_EQ(desk.take_ready().at(0).answer.verdict, LoginVerdict::refused);
}

// --- users and servers ---

using testing::HasSubstr;

// 2FA-ACCOUNT: an identity source of another account.
TEST_F(LoginDesk, AnotherAccountsSourceIsRefusedLikeOneThatDoesNotExist) {
    const Call bob = office.account("bob");
    const std::string bobs = office.plane.idaas.create(bob, "bobs")->id.text;
    const auto refusal = [&](const std::string& source) {
        ModifySslServer change;
        change.id = office.server;
        change.idaas_instance = source;
        auto refused = office.plane.ssl_servers.modify(office.alice, change).error();
        const std::size_t at = refused.message.find(source);
        if (at != std::string::npos) refused.message.replace(at, source.size(), "ID");
        return refused;
    };
    EXPECT_EQ(refusal(bobs), refusal("idaas-0"));
    EXPECT_EQ(refusal(bobs).code, "InvalidIDaaSInstanceId.NotFound");
    CreateSslServer request = office.server_request(
        office.gateway(office.alice, office.vpc(office.alice, "second", "10.16.0.0/16")));
    request.client_pool = "192.168.8.0/24";
    request.local_subnet = "10.16.0.0/16";
    request.enable_multi_factor_auth = true;
    request.idaas_instance = bobs;
    EXPECT_EQ(office.plane.ssl_servers.create(office.alice, request).error().code,
              "InvalidIDaaSInstanceId.NotFound");
}

TEST_F(LoginDesk, ASecondFactorReachesTheSnapshotWithTokensUnlessSaidOtherwise) {
    const auto login = [&] {
        return office.enforcement.compose(now, office.now)->snapshot.servers.at(0).login;
    };
    EXPECT_TRUE(login().certificate);
    EXPECT_TRUE(login().password);
    EXPECT_FALSE(login().code);
    EXPECT_EQ(login().token_seconds, 43200U);
    EXPECT_EQ(login().token_key.view().size(), 32U);
    ModifySslServer change;
    change.id = office.server;
    change.enable_multi_factor_auth = false;
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    EXPECT_FALSE(login().password);
    EXPECT_EQ(login().token_seconds, 0U);
}

// CVE-2026-34727: a second factor that was asked for on one way in and not on another.
TEST_F(LoginDesk, EveryWayInWantsTheCodeThatTheServerWants) {
    ModifySslServer change;
    change.id = office.server;
    change.options = {{"LoginCode", "true"}};
    ASSERT_TRUE(office.plane.ssl_servers.modify(office.alice, change));
    EXPECT_EQ(right("plain").verdict, LoginVerdict::refused) << "without codes nobody enters";
    for (const char* name : {"coded", "plain"})
        for (const std::string& code : {std::string(), std::string("000000")})
            for (const std::string& state : {std::string(), right("coded").state}) {
                const auto said =
                    ask(question(name, state.empty() ? "correct horse" : "", code, state));
                EXPECT_NE(said.verdict, LoginVerdict::accepted) << name << code << state;
                now += 2h;
            }
    EXPECT_EQ(ask(question("coded", "correct horse", office.code(0))).verdict,
              LoginVerdict::accepted);
}

TEST_F(LoginDesk, ABundleOfASecondFactorAsksForTheUser) {
    const auto page = office.plane.ssl_servers.list(
        office.alice, {.id = office.server, .gateway = {}, .name = {}, .page = {}});
    model::SslServer server = page->items.at(0).server;
    const auto lines = [&] {
        return model::effective_lines(model::bundle_facts(server, Ipv4{0xcb007101}, {}));
    };
    EXPECT_THAT(lines(), HasSubstr("auth-user-pass\n"));
    EXPECT_THAT(lines(), HasSubstr("auth-retry interact\n"));
    EXPECT_THAT(lines(), testing::Not(HasSubstr("static-challenge")));
    server.options.login_code = true;
    EXPECT_THAT(lines(), HasSubstr("static-challenge"));
    server.multi_factor = server.options.login_code = false;
    EXPECT_THAT(lines(), testing::Not(HasSubstr("auth-user-pass")));
}

TEST_F(LoginDesk, ASourceThatAServerAsksIsNotDeleted) {
    EXPECT_THAT(office.plane.idaas.remove(office.alice, office.instance).error().message,
                HasSubstr(office.server));
}

TEST_F(LoginDesk, SwitchingAUserOffDisconnectsEverySessionOfTheUser) {
    for (const auto& [session, name] :
         {std::pair(11U, "plain"), std::pair(12U, "coded"), std::pair(13U, "plain")}) {
        bridge::ClientFact fact;
        fact.session = session;
        fact.server_id = office.server;
        fact.username = name;
        EXPECT_TRUE(office.plane.clients.learn(fact));
    }
    ASSERT_TRUE(office.plane.idaas.modify_user(office.alice,
                                               {.id = office.plain.id.text, .enabled = false}));
    ASSERT_EQ(office.gatekeeper.disconnects.size(), 2U);
    EXPECT_EQ(office.gatekeeper.disconnects[0].session, 11U);
    EXPECT_EQ(office.gatekeeper.disconnects[1].session, 13U);
    EXPECT_EQ(right().verdict, LoginVerdict::refused);

    bridge::ClientFact late;  // let in a moment before
    late.session = 14;
    late.server_id = office.server;
    late.username = "plain";
    office.plane.user_sessions.watch(late, {});
    EXPECT_EQ(office.gatekeeper.disconnects.back().session, 14U);
}

TEST_F(LoginDesk, AChangeThatChangesNothingSendsNobodyAwayAndVoidsNoToken) {
    const auto stored = [&] {
        return office.plane.idaas.list_users(office.alice, office.instance, {})->items.front().user;
    };
    bridge::ClientFact fact;
    fact.session = 11;
    fact.server_id = office.server;
    fact.username = "plain";
    ASSERT_TRUE(office.plane.clients.learn(fact));
    const model::IdaasUser before = stored();
    office.alice.now += 60s;
    ASSERT_TRUE(office.plane.idaas.modify_user(office.alice, {.id = office.plain.id.text}));
    ASSERT_TRUE(office.plane.idaas.modify_user(office.alice,
                                               {.id = office.plain.id.text, .enabled = true}));
    EXPECT_EQ(stored(), before);
    Call once = office.alice;
    once.client_token = "once";
    const auto change_password = [&] {
        return office.plane.idaas.modify_user(
            once, {.id = office.plain.id.text, .password = SecretBuffer(as_bytes("new horse"))});
    };
    ASSERT_TRUE(change_password());
    EXPECT_EQ(office.gatekeeper.disconnects.size(), 1U);
    ASSERT_TRUE(change_password());
    EXPECT_EQ(office.gatekeeper.disconnects.size(), 1U) << "the first call did it";
    EXPECT_EQ(stored().changed_at, office.alice.now);
}

TEST_F(LoginDesk, APasswordIsHashedOnlyForACallThatMaySucceed) {
    const auto create = [&](const Call& call, const std::string& instance, const char* name) {
        return office.plane.idaas.create_user(
            call, {instance, name, SecretBuffer(as_bytes("correct horse"))});
    };
    const Call bob = office.account("bob");
    const int before = office.hasher.hashes;
    EXPECT_FALSE(create(office.alice, office.instance, "PLAIN"));
    EXPECT_FALSE(create(bob, office.instance, "bob"));
    EXPECT_FALSE(office.plane.idaas.modify_user(
        bob, {.id = office.plain.id.text, .password = SecretBuffer(as_bytes("bobs horse"))}));
    EXPECT_EQ(office.hasher.hashes, before);
    Call once = office.alice;
    once.client_token = "once";
    const auto first = create(once, office.instance, "anna");
    const auto again = create(once, office.instance, "anna");
    ASSERT_TRUE(first && again);
    EXPECT_EQ(*again, *first);
    EXPECT_EQ(office.hasher.hashes, before + 1);
    EXPECT_EQ(first->password_hash, "hash of correct horse");
}

TEST_F(LoginDesk, WhoLoggedInBeforeThePasswordChangedAndAppearsAfterwardsIsToldToGo) {
    ASSERT_EQ(right().verdict, LoginVerdict::accepted);
    office.alice.now = office.now += 1s;
    ASSERT_TRUE(office.plane.idaas.modify_user(
        office.alice,
        {.id = office.plain.id.text, .password = SecretBuffer(as_bytes("another horse"))}));
    bridge::ClientFact late;
    late.session = 1;
    late.server_id = office.server;
    late.username = "plain";
    office.plane.user_sessions.watch(late, logins->take_proof(late.session));
    ASSERT_EQ(office.gatekeeper.disconnects.size(), 1U);
    EXPECT_EQ(office.gatekeeper.disconnects[0].cause, Cause::login_expired);
    EXPECT_EQ(logins->take_proof(late.session), std::nullopt) << "it is looked at once";

    ASSERT_EQ(ask(question("plain", "another horse")).verdict, LoginVerdict::accepted);
    office.plane.user_sessions.watch(late, logins->take_proof(late.session));
    EXPECT_EQ(office.gatekeeper.disconnects.size(), 1U);
}

TEST_F(LoginDesk, ACodeIsNoUseToWhoShowedAPasswordThatHasChangedSince) {
    const auto first = ask(question("coded", "correct horse"));
    ASSERT_EQ(first.verdict, LoginVerdict::ask_code);
    office.alice.now = office.now += 1s;
    ASSERT_TRUE(office.plane.idaas.modify_user(
        office.alice,
        {.id = office.coded.id.text, .password = SecretBuffer(as_bytes("another horse"))}));
    const auto second = ask(question("coded", "", "287082", first.state));
    EXPECT_EQ(second.verdict, LoginVerdict::refused);
    EXPECT_EQ(second.cause, Cause::login_expired);
}

TEST_F(LoginDesk, NoUserIsCalledLikeAnother) {
    EXPECT_EQ(office.plane.idaas
                  .create_user(office.alice,
                               {office.instance, "PLAIN", SecretBuffer(as_bytes("correct horse"))})
                  .error()
                  .code,
              "IllegalParam.UserName");
}

TEST_F(LoginDesk, TheAuditLogKnowsNoPasswordAndNoSecret) {
    ASSERT_TRUE(office.plane.idaas.modify_user(
        office.alice,
        {.id = office.plain.id.text, .password = SecretBuffer(as_bytes("a canary!"))}));
    for (const AuditRow& row : audit_rows(office.books, 1000)) {
        EXPECT_EQ(row.parameters.find("canary"), std::string::npos);
        EXPECT_EQ(row.parameters.find("horse"), std::string::npos);
        EXPECT_EQ(row.parameters.find("secret="), std::string::npos);
    }
}

}  // namespace
}  // namespace kanmon::usecases
