#include "controlplane/model/identity.h"

#include <gtest/gtest.h>

#include "controlplane/model/login_throttle.h"

namespace kanmon::model {
namespace {

TEST(Identity, UserNamesAreFoldedAndBounded) {
    EXPECT_EQ(*check_user_name("Anna.Smith+vpn@Example.org"), "anna.smith+vpn@example.org");
    for (const std::string& name :
         {std::string(""), std::string(".anna"), std::string("anna smith"), std::string("an\nna"),
          std::string("anna\0", 5), std::string("*"), std::string("\xc3\xa4nna"),
          std::string(65, 'a')})
        EXPECT_FALSE(check_user_name(name)) << name;
}

TEST(Identity, PasswordsAreNothingThatAClientSendsForOtherPurposes) {
    EXPECT_TRUE(check_password("12345678"));
    EXPECT_TRUE(check_password("p\xc3\xa4ssw\xc3\xb6rter"));
    for (const std::string& password :
         {std::string(""), std::string("1234567"), std::string(129, 'x'),
          std::string("SCRV1:abcdefg"), std::string("CRV1::abcdefg"), std::string("SESS_ID_AT_abc"),
          std::string("pass\0word", 9), std::string("pass\nword")})
        EXPECT_FALSE(check_password(password)) << password;
}

TEST(Identity, SpellsSecretsAsAuthenticatorAppsReadThem) {
    EXPECT_EQ(base32({}), "");
    EXPECT_EQ(base32(as_bytes("f")), "MY");
    EXPECT_EQ(base32(as_bytes("fooba")), "MZXW6YTB");
    EXPECT_EQ(base32(as_bytes("foobar")), "MZXW6YTBOI");
    EXPECT_EQ(otpauth_uri("My Office", "anna", as_bytes("12345678901234567890")),
              "otpauth://totp/My%20Office:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
              "&issuer=My%20Office&algorithm=SHA1&digits=6&period=30");
}

TEST(LoginThrottle, PausesGrowToAnHourAndAreForgottenAfterADay) {
    LoginThrottle throttle{{}};
    Instant now = instant_of(1);
    Duration longest{};
    for (int i = 0; i < 30; ++i) {
        const auto entry = throttle.begin("anna", now);
        if (entry.entry == LoginThrottle::Entry::locked) {
            longest = std::max(longest, entry.wait);
            now += entry.wait;
            ASSERT_EQ(throttle.begin("anna", now).entry, LoginThrottle::Entry::open);
        }
        throttle.conclude("anna", LoginThrottle::Ending::wrong, now);
    }
    EXPECT_EQ(longest, 1h);
    now += 25h;
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(throttle.begin("anna", now).entry, LoginThrottle::Entry::open);
        throttle.conclude("anna", LoginThrottle::Ending::wrong, now);
    }
    EXPECT_EQ(throttle.begin("anna", now).entry, LoginThrottle::Entry::open);
}

TEST(LoginThrottle, KeepsABoundedNumberOfNames) {
    LoginThrottle throttle{{.keys_max = 100}};
    for (int i = 0; i < 1000; ++i) {
        const std::string name = std::to_string(i);
        throttle.begin(name, instant_of(i));
        throttle.conclude(name, LoginThrottle::Ending::wrong, instant_of(i));
    }
    EXPECT_LE(throttle.size(), 100U);
}

TEST(LoginThrottle, RemembersNobodyWhoDidNothingWrong) {
    LoginThrottle throttle{{}};
    throttle.begin("anna", {});
    throttle.conclude("anna", LoginThrottle::Ending::right, {});
    EXPECT_EQ(throttle.size(), 0U);
}

}  // namespace
}  // namespace kanmon::model
