#include "dataplane/wire/login_form.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace kanmon::wire {
namespace {

std::string text(const SecretBuffer& secret) {
    return as_text(secret.view());
}

std::string static_response(std::string_view password, std::string_view code) {
    return "SCRV1:" + to_base64(as_bytes(password)) + ":" + to_base64(as_bytes(code));
}

TEST(LoginForm, KnowsWhatAPasswordFieldHolds) {
    EXPECT_EQ(form_of(as_bytes("secret")), PasswordForm::plain);
    EXPECT_EQ(form_of({}), PasswordForm::plain);
    EXPECT_EQ(form_of(as_bytes("SCRV1:YQ==:Yg==")), PasswordForm::static_response);
    EXPECT_EQ(form_of(as_bytes("CRV1::state::123456")), PasswordForm::dynamic_response);
    EXPECT_EQ(form_of(as_bytes("SESS_ID_AT_x")), PasswordForm::token);
    EXPECT_EQ(form_of(as_bytes("SESS_ID_A")), PasswordForm::plain);
}

TEST(LoginForm, ReadsPasswordAndCodeOfAStaticChallenge) {
    const auto read = decode_static_response(as_bytes(static_response("pa:ss\xc3\xa9", "123456")));
    ASSERT_TRUE(read);
    EXPECT_EQ(text(read->password), "pa:ss\xc3\xa9");
    EXPECT_EQ(text(read->code), "123456");
}

TEST(LoginForm, ReadsTheAnswerToADynamicChallenge) {
    const auto read = decode_dynamic_response(as_bytes("CRV1::a1b2::12::34"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, "a1b2");
    EXPECT_EQ(text(read->code), "12::34");
    EXPECT_EQ(text(*decode_challenge_response(to_base64(as_bytes("654321")))), "654321");
}

TEST(LoginForm, RefusesWhatIsNotExactlyTheForm) {
    for (const std::string_view field :
         {"SCRV1:", "SCRV1::", "SCRV1:YQ==", "SCRV1:YQ:Yg==", "SCRV1:YQ==:Yg==:", "SCRV1:YQ==:!",
          "SCRV1:YWE=\n:Yg==", "scrv1:YQ==:Yg=="}) {
        const auto read = decode_static_response(as_bytes(field));
        EXPECT_TRUE(!read || read->password.empty()) << field;
    }
    for (const std::string_view field : {"CRV1::", "CRV1::::1", "CRV1::state", "CRV1::state:1"})
        EXPECT_FALSE(decode_dynamic_response(as_bytes(field))) << field;
    for (const std::string_view argument : {"MQ", "M===", "MTIz NA==", "MQ==,MQ=="})
        EXPECT_FALSE(decode_challenge_response(argument)) << argument;
}

TEST(LoginForm, RefusesANulInsideAPasswordOrCode) {
    const std::string nul("pass\0word", 9);
    EXPECT_EQ(decode_static_response(as_bytes(static_response(nul, "1"))).error(),
              Cause::malformed);
    EXPECT_EQ(decode_challenge_response(to_base64(as_bytes(nul))).error(), Cause::malformed);
}

TEST(LoginForm, BoundsEveryFieldAt128Octets) {
    const std::string longest(128, 'x'), longer(129, 'x');
    EXPECT_TRUE(decode_static_response(as_bytes(static_response(longest, longest))));
    EXPECT_EQ(decode_static_response(as_bytes(static_response(longer, "1"))).error(),
              Cause::oversize);
    EXPECT_EQ(decode_static_response(as_bytes(static_response("1", longer))).error(),
              Cause::oversize);
    EXPECT_TRUE(decode_dynamic_response(as_bytes("CRV1::s::" + longest)));
    EXPECT_EQ(decode_dynamic_response(as_bytes("CRV1::s::" + longer)).error(), Cause::oversize);
    EXPECT_EQ(decode_dynamic_response(as_bytes("CRV1::" + std::string(65, 's') + "::1")).error(),
              Cause::oversize);
}

TEST(LoginForm, WritesTheMessagesThatClientsKnow) {
    EXPECT_EQ(dynamic_challenge("a1", "anna", "Code:"), "AUTH_FAILED,CRV1:R,E:a1:YW5uYQ==:Code:");
    EXPECT_EQ(text_challenge("Your code"), "INFO_PRE,CR_TEXT:R,E:Your code");
    EXPECT_EQ(auth_pending(300), "AUTH_PENDING,timeout 300");
    EXPECT_EQ(auth_pending({}), "AUTH_PENDING");
    EXPECT_EQ(*page_message(PageForm::web_auth, "https://a.example/x"),
              "INFO_PRE,WEB_AUTH::https://a.example/x");
    EXPECT_EQ(*page_message(PageForm::open_url, "https://a.example/x"),
              "INFO_PRE,OPEN_URL:https://a.example/x");
}

TEST(LoginForm, LetsNoTextEndAMessageOrStartAnother) {
    EXPECT_EQ(text_challenge(std::string("a\0b\nPUSH_REPLY\x7f", 15)),
              "INFO_PRE,CR_TEXT:R,E:a b PUSH_REPLY ");
    EXPECT_EQ(text_challenge(std::string(1000, 'x')).size(), 21U + 256U);
}

TEST(LoginForm, SendsNoPageThatIsNoAddressOrThatClientsWouldCut) {
    for (const std::string_view address :
         {"", "http://a.example", "javascript:alert(1)", "https://a b", "https://a\nb"})
        EXPECT_EQ(page_message(PageForm::web_auth, address).error(), Cause::malformed) << address;
    EXPECT_EQ(page_message(PageForm::web_auth, "https://" + std::string(240, 'a')).error(),
              Cause::oversize);
}

}  // namespace
}  // namespace kanmon::wire
