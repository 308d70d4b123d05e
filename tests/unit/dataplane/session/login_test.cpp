// Conversations in which the server wants more than a certificate.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "conversation.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {
namespace {

using Setting = Conversation::Setting;
using Verdict = bridge::LoginVerdict;

Setting asking(std::string username = "anna", std::string password = "secret") {
    Setting setting;
    setting.personality.username = std::move(username);
    setting.personality.password = std::move(password);
    setting.server.login.password = true;
    return setting;
}

Setting with_tokens(Setting setting) {
    setting.server.login.token_seconds = 43200;
    setting.server.login.token_key = SecretBuffer(Buffer(32, std::byte{1}));
    return setting;
}

bridge::LoginAnswer answer_of(Verdict verdict, std::string text = {}) {
    bridge::LoginAnswer answer;
    answer.verdict = verdict;
    answer.text = std::move(text);
    return answer;
}
bridge::LoginAnswer accepted(const std::string& username = "anna") {
    bridge::LoginAnswer answer = answer_of(Verdict::accepted);
    answer.username = username;
    return answer;
}
bridge::LoginAnswer refused(Cause cause = Cause::login_refused, std::string text = {},
                            std::uint32_t wait = 0) {
    bridge::LoginAnswer answer = answer_of(Verdict::refused, std::move(text));
    answer.cause = cause;
    answer.wait_seconds = wait;
    return answer;
}
bridge::LoginAnswer asks_code() {
    bridge::LoginAnswer answer = answer_of(Verdict::ask_code, "One-time code");
    answer.state = "st4te";
    return answer;
}
bridge::LoginAnswer opens_page(std::string url) {
    return answer_of(Verdict::open_page, std::move(url));
}

class Login : public testing::Test {
protected:
    void begin(Setting setting) { talk.emplace(std::move(setting)); }
    std::vector<const LoginRequest*> questions() const { return talk->all<LoginRequest>(); }
    bool asked(std::size_t count = 1) {
        return talk->run_until([&] { return questions().size() == count; }, 70s);
    }
    void answer(const bridge::LoginAnswer& said) {
        talk->session.take_login(questions().back()->number, said, talk->now);
    }
    bool hears(std::string_view beginning, Duration limit = 5s) {
        return talk->run_until([&] { return talk->client.heard(beginning); }, limit);
    }
    /// Everything from the login to the tunnel.
    void enter(const bridge::LoginAnswer& said = accepted()) {
        ASSERT_TRUE(asked());
        answer(said);
        ASSERT_TRUE(talk->connect());
    }
    std::string pushed_token() const {
        std::string token;
        for (const std::string& text : talk->client.heard()) {
            const std::size_t at = text.find("auth-token ");
            if (at != std::string::npos) token = text.substr(at + 11, 91);
        }
        return token;
    }
    std::string text(const SecretBuffer& secret) const { return as_text(secret.view()); }

    std::optional<Conversation> talk;
};

TEST_F(Login, IsAskedOfControlAndOnlyThenAdmissionIsAsked) {
    begin(asking());
    ASSERT_TRUE(asked());
    EXPECT_EQ(questions()[0]->username, "anna");
    EXPECT_EQ(text(questions()[0]->password), "secret");
    EXPECT_EQ(questions()[0]->proof, bridge::LoginProof::full);
    talk->run(3s);
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    answer(accepted("Anna"));
    ASSERT_TRUE(talk->connect());
    EXPECT_EQ(talk->all<AdmissionRequest>()[0]->username, "Anna");
    EXPECT_EQ(talk->session.certificate()->common_name, "vsc-1");
}

TEST_F(Login, IsNotAskedWhereACertificateIsEnough) {
    begin({});
    ASSERT_TRUE(talk->connect());
    EXPECT_TRUE(questions().empty());
    EXPECT_TRUE(talk->all<AdmissionRequest>()[0]->username.empty());
}

TEST_F(Login, WithoutAUserNameIsRefusedWithoutAskingAnybody) {
    for (const auto& [username, password] :
         {std::pair("", ""), std::pair("anna", ""), std::pair("", "secret")}) {
        begin(asking(username, password));
        EXPECT_TRUE(hears("AUTH_FAILED,this gateway asks for a user name and password"));
        EXPECT_TRUE(questions().empty());
        EXPECT_EQ(talk->all<Ended>().at(0)->cause, Cause::login_missing);
    }
}

// CVE-2026-41070: a denial in any shape must end as a denial.
TEST_F(Login, ThatControlRefusesEndsWithTheReasonInTheClientsWindow) {
    begin(asking());
    ASSERT_TRUE(asked());
    answer(refused(Cause::login_refused, "user name, password or code wrong"));
    EXPECT_TRUE(hears("AUTH_FAILED,user name, password or code not accepted: user name, passw"));
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    EXPECT_FALSE(talk->has<InstallKey>());
}

TEST_F(Login, WithAnAnswerThatMakesNoSenseIsRefused) {
    begin(asking());
    ASSERT_TRUE(asked());
    answer(accepted(""));
    talk->run(10s);
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    EXPECT_EQ(talk->all<Ended>().at(0)->cause, Cause::login_unavailable);

    begin(asking());
    ASSERT_TRUE(asked());
    answer(refused(Cause::client_left));  // not a reason to refuse
    EXPECT_TRUE(hears("AUTH_FAILED,user name"));
}

TEST_F(Login, LockedTellsWhenToComeBack) {
    begin(asking());
    ASSERT_TRUE(asked());
    answer(refused(Cause::login_locked, {}, 60));
    EXPECT_TRUE(hears("AUTH_FAILED,TEMP[backoff 60,advance no]:too many wrong attempts"));

    Setting older = asking();
    older.personality.peer_info = peer_info_2_4;
    begin(older);
    ASSERT_TRUE(asked());
    answer(refused(Cause::login_locked, {}, 60));
    EXPECT_TRUE(hears("AUTH_FAILED,too many wrong attempts"))
        << "a client that came back by itself would offer the same password";
}

TEST_F(Login, AnsweredAfterMinutesStillConnectsAndTheClientIsKeptWaiting) {
    begin(asking());
    ASSERT_TRUE(asked());
    EXPECT_FALSE(talk->client.heard("AUTH_PENDING"));
    talk->run(290s);
    EXPECT_TRUE(talk->client.heard("AUTH_PENDING,timeout 300"));
    std::size_t reminders = 0;
    for (const std::string& heard : talk->client.heard())
        reminders += heard == "AUTH_PENDING,timeout 300";
    EXPECT_GE(reminders, 9U);
    EXPECT_FALSE(talk->has<Ended>());
    answer(accepted());
    EXPECT_TRUE(hears("PUSH_REPLY"));
    EXPECT_TRUE(talk->has<Connected>());
}

TEST_F(Login, SaysAuthPendingWithoutANumberToClientsThatKnowNone) {
    Setting setting = asking();
    setting.personality.peer_info = peer_info_2_5;
    begin(setting);
    ASSERT_TRUE(asked());
    EXPECT_TRUE(hears("AUTH_PENDING", 10s));
    EXPECT_EQ(talk->client.heard().front(), "AUTH_PENDING");
}

TEST_F(Login, ThatIsNeverAnsweredEndsAfterFiveMinutes) {
    begin(asking());
    ASSERT_TRUE(asked());
    EXPECT_TRUE(talk->run_until([&] { return talk->has<Ended>(); }, 310s));
    EXPECT_EQ(talk->all<Ended>()[0]->cause, Cause::login_timeout);
    EXPECT_TRUE(hears("AUTH_FAILED,TEMP[backoff 10,advance no]:the login was not finished"));
    answer(accepted());
    talk->run(10s);
    EXPECT_FALSE(talk->has<AdmissionRequest>());
}

TEST_F(Login, AnswersOfOldQuestionsAreNotHeard) {
    Setting setting = asking();
    setting.personality.peer_info = peer_info_2_6 + "IV_SSO=crtext\n";
    begin(setting);
    ASSERT_TRUE(asked());
    answer(asks_code());
    talk->run(1s);
    talk->client.say("CR_RESPONSE," + to_base64(as_bytes("123456")));
    ASSERT_TRUE(asked(2));
    talk->session.take_login(questions()[0]->number, accepted(), talk->now);
    talk->run(1s);
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    answer(accepted());
    EXPECT_TRUE(talk->connect());
}

// --- codes ---

TEST_F(Login, TakesPasswordAndCodeOfAStaticChallenge) {
    begin(asking("anna", "SCRV1:c2VjcmV0:MTIzNDU2"));
    ASSERT_TRUE(asked());
    EXPECT_EQ(text(questions()[0]->password), "secret");
    EXPECT_EQ(text(questions()[0]->code), "123456");
    enter();
}

TEST_F(Login, AsksOlderClientsForACodeByRefusingThemWithAQuestion) {
    begin(asking());
    ASSERT_TRUE(asked());
    answer(asks_code());
    EXPECT_TRUE(hears("AUTH_FAILED,CRV1:R,E:st4te:YW5uYQ==:One-time code"));
    EXPECT_EQ(talk->all<Ended>().at(0)->cause, Cause::login_code_asked);
    EXPECT_FALSE(talk->has<AdmissionRequest>());

    begin(asking("anna", "CRV1::st4te::123456"));
    ASSERT_TRUE(asked());
    EXPECT_EQ(questions()[0]->state, "st4te");
    EXPECT_EQ(text(questions()[0]->code), "123456");
    EXPECT_TRUE(questions()[0]->password.empty());
    enter();
}

TEST_F(Login, AsksClientsThatAnnounceItWhileTheyWait) {
    Setting setting = asking();
    setting.personality.peer_info = peer_info_2_6 + "IV_SSO=webauth,crtext\n";
    begin(setting);
    ASSERT_TRUE(asked());
    answer(asks_code());
    EXPECT_TRUE(hears("INFO_PRE,CR_TEXT:R,E:One-time code"));
    EXPECT_EQ(talk->client.heard().front(), "AUTH_PENDING,timeout 300");
    talk->run(100s);
    talk->client.say("CR_RESPONSE," + to_base64(as_bytes("123456")));
    ASSERT_TRUE(asked(2));
    EXPECT_EQ(questions()[1]->state, "st4te");
    EXPECT_EQ(text(questions()[1]->code), "123456");
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    answer(accepted());
    EXPECT_TRUE(hears("PUSH_REPLY"));
}

TEST_F(Login, HearsAResponseOnlyWhenItAskedForOne) {
    begin(asking());
    ASSERT_TRUE(asked());
    for (int i = 0; i < 3; ++i) talk->client.say("CR_RESPONSE,MTIzNDU2");
    talk->run(3s);
    EXPECT_EQ(questions().size(), 1U);

    Setting setting = asking();
    setting.personality.peer_info = peer_info_2_6 + "IV_SSO=crtext\n";
    begin(setting);
    ASSERT_TRUE(asked());
    answer(asks_code());
    talk->run(1s);
    talk->client.say("CR_RESPONSE,no base64");
    EXPECT_TRUE(hears("AUTH_FAILED,user name, password or code not accepted"));
}

// --- pages ---

TEST_F(Login, OpensAPageAndTheLastWordComesLater) {
    Setting setting;
    setting.server.login.web = true;
    setting.personality.peer_info = peer_info_2_6 + "IV_SSO=openurl,webauth,crtext\n";
    begin(with_tokens(setting));
    ASSERT_TRUE(asked());
    EXPECT_EQ(questions()[0]->methods, (std::vector<std::string>{"crtext", "openurl", "webauth"}));
    answer(opens_page("https://login.example/1"));
    EXPECT_TRUE(hears("INFO_PRE,WEB_AUTH::https://login.example/1"));
    talk->run(60s);
    EXPECT_FALSE(talk->has<AdmissionRequest>());
    answer(accepted("anna@example.org"));
    EXPECT_TRUE(hears("PUSH_REPLY"));
    const std::string user = "auth-token-user " + to_base64(as_bytes("anna@example.org"));
    EXPECT_NE(talk->client.heard().back().find(user), std::string::npos);
}

TEST_F(Login, SendsNobodyToAPageThatIsNoWebAddress) {
    Setting setting;
    setting.server.login.web = true;
    setting.personality.peer_info = peer_info_2_6 + "IV_SSO=webauth\n";
    begin(setting);
    ASSERT_TRUE(asked());
    answer(opens_page("javascript:alert(1)"));
    talk->run(3s);
    EXPECT_EQ(talk->all<Ended>().at(0)->cause, Cause::login_unavailable);
    EXPECT_FALSE(talk->client.heard("INFO_PRE"));
}

// --- without a certificate ---

TEST_F(Login, AloneIsEnoughWhereTheServerSaysSo) {
    Setting setting = asking();
    setting.client_tls = ScriptedTls::client(no_certificate);
    begin(setting);
    EXPECT_TRUE(hears("AUTH_FAILED,the client showed no certificate"));
    EXPECT_TRUE(questions().empty());

    setting.server.login.certificate = false;
    begin(setting);
    enter();
    EXPECT_FALSE(talk->all<AdmissionRequest>()[0]->certificate);
}

TEST_F(Login, OfNothingAtAllIsRefusedWhateverTheSettingsSay) {
    Setting setting;
    setting.client_tls = ScriptedTls::client(no_certificate);
    setting.server.login.certificate = false;
    begin(setting);
    EXPECT_TRUE(hears("AUTH_FAILED,the client showed no certificate"));
    EXPECT_FALSE(talk->has<AdmissionRequest>());
}

TEST_F(Login, DoesNotRescueACertificateThatIsNoLongerGood) {
    Setting setting = asking();
    setting.server.login.certificate = false;
    setting.client_tls = ScriptedTls::client(expired);
    begin(setting);
    EXPECT_TRUE(hears("AUTH_FAILED,certificate expired"));
    EXPECT_TRUE(questions().empty());
}

// --- tokens ---

TEST_F(Login, PushesATokenThatStandsForItAtTheNextConnection) {
    begin(with_tokens(asking()));
    enter();
    const std::string token = pushed_token();
    ASSERT_EQ(token.size(), 91U);
    EXPECT_FALSE(talk->client.heard("PUSH_REPLY,auth-token-user"));

    begin(with_tokens(asking("anna", token)));
    ASSERT_TRUE(asked());
    EXPECT_EQ(questions()[0]->proof, bridge::LoginProof::token);
    EXPECT_TRUE(questions()[0]->password.empty());
    EXPECT_EQ(seconds_of(questions()[0]->proven_at), 1'760'000'000);
    EXPECT_FALSE(talk->has<AdmissionRequest>()) << "its user may have been switched off since";
    answer(accepted());
    EXPECT_TRUE(talk->connect());
}

TEST_F(Login, WithAnExpiredTokenFallsBackToThePassword) {
    begin(with_tokens(asking()));
    enter();
    Setting later = with_tokens(asking("anna", pushed_token()));
    later.began += 43201s;
    begin(later);
    EXPECT_TRUE(hears("AUTH_FAILED,SESSION: the login has expired"));
    EXPECT_TRUE(questions().empty());
}

TEST_F(Login, PushesNoTokenWhereNobodyLoggedInOrNoneAreGiven) {
    begin(with_tokens({}));
    ASSERT_TRUE(talk->connect());
    EXPECT_TRUE(pushed_token().empty());
    begin(asking());
    enter();
    EXPECT_TRUE(pushed_token().empty());
}

TEST_F(Login, ByTokenRenewsTheKeyWithoutAskingAnybodyAndGivesANewToken) {
    begin(with_tokens(asking()));
    enter();
    const std::string first = pushed_token();
    talk->client.use_password(first);
    talk->run(60s);
    talk->session.key_limit_near(talk->now);
    ASSERT_TRUE(talk->run_until([&] { return talk->installed().size() == 2; }, 30s));
    talk->run(2s);
    EXPECT_EQ(questions().size(), 1U);
    const std::string second = pushed_token();
    EXPECT_EQ(second.size(), 91U);
    EXPECT_NE(second, first);
    talk->client.use_password(second);
    talk->run(hurried_switch_delay);
    talk->session.key_limit_near(talk->now);
    EXPECT_TRUE(talk->run_until([&] { return talk->installed().size() == 3; }, 30s));
}

TEST_F(Login, AtARenegotiationAsksForThePasswordAgainButForNoCode) {
    begin(asking("anna", "SCRV1:c2VjcmV0:MTIzNDU2"));
    enter();
    talk->session.key_limit_near(talk->now);
    ASSERT_TRUE(asked(2));
    EXPECT_EQ(questions()[1]->proof, bridge::LoginProof::same_session);
    EXPECT_EQ(text(questions()[1]->password), "secret");
    EXPECT_TRUE(questions()[1]->code.empty());
    talk->run(10s);
    EXPECT_EQ(talk->installed().size(), 1U) << "the old key stays in force meanwhile";
    EXPECT_FALSE(talk->client.has_exchanged(1));
    answer(accepted());
    EXPECT_TRUE(talk->run_until([&] { return talk->client.has_exchanged(1); }, 5s));
    EXPECT_EQ(talk->installed(), (std::vector<wire::KeyId>{0, 1}));
}

TEST_F(Login, RefusedAtARenegotiationEndsTheConnection) {
    begin(asking());
    enter();
    talk->session.key_limit_near(talk->now);
    ASSERT_TRUE(asked(2));
    answer(refused());
    EXPECT_TRUE(hears("AUTH_FAILED,user name"));
    EXPECT_EQ(talk->installed().size(), 1U);
    EXPECT_EQ(talk->all<Ended>().at(0)->cause, Cause::login_refused);
}

TEST_F(Login, OfSomebodyElseAtARenegotiationEndsTheConnection) {
    begin(asking());
    enter();
    talk->session.key_limit_near(talk->now);
    ASSERT_TRUE(asked(2));
    answer(accepted("berta"));
    EXPECT_TRUE(talk->run_until([&] { return talk->has<Ended>(); }, 5s));
    EXPECT_EQ(talk->all<Ended>()[0]->cause, Cause::identity_changed);
}

TEST_F(Login, UnansweredAtARenegotiationKeepsTheOldKeyAndTriesAgain) {
    begin(asking());
    enter();
    talk->session.key_limit_near(talk->now);
    ASSERT_TRUE(asked(2));
    talk->run(62s);
    EXPECT_FALSE(talk->has<Ended>());
    const auto late = questions().back()->number;
    talk->session.take_login(late, accepted(), talk->now);
    EXPECT_EQ(talk->installed().size(), 1U) << "its negotiation is gone";
}

TEST_F(Login, ByAUsedChallengeAtARenegotiationHasToBeDoneAnew) {
    begin(asking("anna", "CRV1::st4te::123456"));
    enter();
    talk->session.key_limit_near(talk->now);
    EXPECT_TRUE(hears("AUTH_FAILED,SESSION: the login has expired", 20s));
}

}  // namespace
}  // namespace kanmon::session
