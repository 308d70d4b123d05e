#include "dataplane/session/login_plan.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "conversation.h"

namespace kanmon::session {
namespace {

struct Row {
    const char* settings;  // p: password, c: code, w: web, t: tokens
    const char* announces;
    const char* username;
    const char* password;
    const char* plan;  // nothing, token, "ask PASSWORD/CODE/STATE", or the cause of a refusal
};

const UnixTime now = unix_time_of(1'760'000'000);

bridge::SslServer server_of(std::string_view settings) {
    bridge::SslServer server = server_for_tests();
    server.login.password = settings.find('p') != std::string_view::npos;
    server.login.code = settings.find('c') != std::string_view::npos;
    server.login.web = settings.find('w') != std::string_view::npos;
    server.login.token_seconds = settings.find('t') != std::string_view::npos ? 3600 : 0;
    server.login.token_key = SecretBuffer(Buffer(32, std::byte{1}));
    return server;
}

std::string text(const SecretBuffer& secret) {
    return as_text(secret.view());
}

std::string name_of(const LoginPlan& plan) {
    if (std::holds_alternative<NothingToProve>(plan)) return "nothing";
    if (std::holds_alternative<TokenHolds>(plan)) return "token";
    if (const auto* refused = std::get_if<LoginRefused>(&plan))
        return std::string(row_of(refused->cause).code);
    const auto& request = std::get<LoginRequest>(plan);
    return "ask " + text(request.password) + "/" + text(request.code) + "/" + request.state;
}

LoginPlan plan_of(const bridge::SslServer& server, std::string_view announces,
                  std::string_view username, std::string_view password) {
    const std::optional<crypto::PeerCertificate> certificate = certificate_for_tests(good);
    wire::PeerInfo peer;
    peer.sso = announces;
    return plan_login({server, certificate, peer, username, as_bytes(password), now});
}

TEST(LoginPlan, FollowsItsTable) {
    const Row table[] = {
        {"", "", "", "", "nothing"},
        {"", "", "anna", "secret", "nothing"},
        {"t", "", "anna", "SESS_ID_AT_x", "nothing"},

        {"p", "", "anna", "secret", "ask secret//"},
        {"p", "", "", "secret", "login_missing"},
        {"p", "", "anna", "", "login_missing"},
        {"p", "webauth", "", "", "login_missing"},
        {"c", "", "anna", "", "login_missing"},
        {"c", "", "anna", "secret", "ask secret//"},

        {"pc", "", "anna", "SCRV1:c2VjcmV0:MTIzNDU2", "ask secret/123456/"},
        {"pc", "", "anna", "SCRV1:c2VjcmV0:", "ask secret//"},
        {"pc", "", "anna", "SCRV1::MTIzNDU2", "login_missing"},
        {"pc", "", "anna", "SCRV1:!:!", "login_refused"},
        {"p", "", "anna", "CRV1::s1::123456", "ask /123456/s1"},
        {"p", "", "", "CRV1::s1::123456", "login_missing"},
        {"p", "", "anna", "CRV1::::123456", "login_refused"},
        {"p", "", "anna", "CRV1::s1::", "ask //s1"},

        {"pt", "", "anna", "SESS_ID_AT_", "login_expired"},
        {"p", "", "anna", "SESS_ID_AT_x", "login_expired"},

        {"w", "webauth", "", "", "ask //"},
        {"w", "openurl", "", "", "ask //"},
        {"w", "crtext", "", "", "login_missing"},
        {"w", "webauthn", "", "", "login_missing"},
        {"w", "", "", "", "login_missing"},
        {"pw", "", "anna", "secret", "ask secret//"},
    };
    for (const Row& row : table)
        EXPECT_EQ(
            name_of(plan_of(server_of(row.settings), row.announces, row.username, row.password)),
            row.plan)
            << row.settings << " | " << row.announces << " | " << row.username << " | "
            << row.password;
}

TEST(LoginPlan, BelievesATokenOfThisUserOnly) {
    const bridge::SslServer server = server_of("pt");
    const std::optional<crypto::PeerCertificate> certificate = certificate_for_tests(good);
    const std::string token =
        text(make_token({server, "anna", certificate}, {.issued = now, .renewed = now}));
    EXPECT_EQ(name_of(plan_of(server, "", "anna", token)), "token");
    EXPECT_EQ(name_of(plan_of(server, "", "berta", token)), "login_expired");
    EXPECT_EQ(name_of(plan_of(server, "", "", token)), "login_expired");
}

TEST(LoginPlan, RefusesFieldsLongerThan128OctetsInsteadOfCuttingThem) {
    const bridge::SslServer server = server_of("p");
    const std::string longest(128, 'x'), longer(129, 'x');
    EXPECT_EQ(name_of(plan_of(server, "", longest, longest)), "ask " + longest + "//");
    EXPECT_EQ(name_of(plan_of(server, "", longer, "secret")), "login_refused");
    EXPECT_EQ(name_of(plan_of(server, "", "anna", longer)), "login_refused");
    EXPECT_EQ(name_of(plan_of(server, "", "anna", "SCRV1:" + to_base64(as_bytes(longer)) + ":")),
              "login_refused");
}

TEST(LoginPlan, AsksForACodeInTheWayThatTheClientAnnounces) {
    wire::PeerInfo peer;
    EXPECT_EQ(challenge_form(peer), ChallengeForm::dynamic);
    EXPECT_FALSE(page_form(peer));
    peer.sso = "openurl,crtext";
    EXPECT_EQ(challenge_form(peer), ChallengeForm::connected_text);
    EXPECT_EQ(page_form(peer), wire::PageForm::open_url);
    peer.sso = "webauth,openurl";
    EXPECT_EQ(page_form(peer), wire::PageForm::web_auth);
    EXPECT_EQ(challenge_form(peer), ChallengeForm::dynamic);
}

TEST(LoginPlan, PassesOnOnlyTheMethodsItKnows) {
    std::string sso = "crtext,\x1b[2J,webauth,crtext,";
    for (int i = 0; i < 100; ++i) sso += "x,";
    const auto plan = plan_of(server_of("p"), sso, "anna", "secret");
    EXPECT_EQ(std::get<LoginRequest>(plan).methods,
              (std::vector<std::string>{"crtext", "webauth"}));
}

}  // namespace
}  // namespace kanmon::session
