#include "dataplane/session/auth_token.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "conversation.h"

namespace kanmon::session {
namespace {

class AuthToken : public testing::Test {
protected:
    AuthToken() {
        server.login = {.password = true, .token_seconds = 3600, .token_key = key(1)};
        claims = {.session = {std::byte{7}}, .issued = issued, .renewed = issued};
        token = make();
    }
    static SecretBuffer key(std::uint8_t octet) {
        return SecretBuffer(Buffer(32, static_cast<std::byte>(octet)));
    }
    std::string make() const {
        return as_text(make_token({server, "anna", certificate}, claims).view());
    }
    bool holds(std::string_view text, UnixTime now) const {
        return check_token(as_bytes(text), {server, "anna", certificate}, now).has_value();
    }

    const UnixTime issued = unix_time_of(1'760'000'000);
    bridge::SslServer server = server_for_tests();
    std::optional<crypto::PeerCertificate> certificate = certificate_for_tests(good);
    TokenClaims claims;
    std::string token;
};

TEST_F(AuthToken, IsRecognisedForItsWholeLifeAndNotASecondLonger) {
    EXPECT_EQ(token.size(), 91U);
    EXPECT_TRUE(token.starts_with("SESS_ID_AT_"));
    EXPECT_EQ(check_token(as_bytes(token), {server, "anna", certificate}, issued), claims);
    EXPECT_TRUE(holds(token, issued + 3599s));
    EXPECT_FALSE(holds(token, issued + 3600s));
}

TEST_F(AuthToken, RenewingItMakesAnotherTokenButDoesNotProlongItsLife) {
    claims.renewed = issued + 3000s;
    const std::string renewed = make();
    EXPECT_NE(renewed, token);
    EXPECT_TRUE(holds(renewed, issued + 3599s));
    EXPECT_FALSE(holds(renewed, issued + 3600s));
}

TEST_F(AuthToken, IsOfNoUseToAnybodyElseOrAnywhereElse) {
    const auto subject_holds = [&](const TokenSubject& subject) {
        return check_token(as_bytes(token), subject, issued).has_value();
    };
    const std::optional<crypto::PeerCertificate> none, others = certificate_for_tests(other);
    EXPECT_FALSE(subject_holds({server, "anne", certificate}));
    EXPECT_FALSE(subject_holds({server, "", certificate}));
    EXPECT_FALSE(subject_holds({server, "anna", others}));
    EXPECT_FALSE(subject_holds({server, "anna", none}));
    bridge::SslServer elsewhere = server;
    elsewhere.id = "vss-2";
    EXPECT_FALSE(subject_holds({elsewhere, "anna", certificate}));
}

TEST_F(AuthToken, DiesWhenTheServerAsksForOtherFactorsOrHasAnotherKey) {
    for (bool bridge::Login::*factor : {&bridge::Login::certificate, &bridge::Login::password,
                                        &bridge::Login::code, &bridge::Login::web}) {
        server.login.*factor = !(server.login.*factor);
        EXPECT_FALSE(holds(token, issued));
        server.login.*factor = !(server.login.*factor);
    }
    EXPECT_TRUE(holds(token, issued));
    server.login.token_key = key(2);
    EXPECT_FALSE(holds(token, issued));
    server.login.token_key = {};
    EXPECT_FALSE(holds(token, issued));
    server.login.token_key = key(1);
    server.login.token_seconds = 0;
    EXPECT_FALSE(holds(token, issued));
}

TEST_F(AuthToken, FromTheFutureIsNotBelieved) {
    claims.issued = claims.renewed = issued + 601s;
    EXPECT_FALSE(holds(make(), issued));
    claims.renewed = issued;
    EXPECT_FALSE(holds(make(), issued)) << "renewed before it was issued";
}

// CVE-2020-36382, CVE-2026-13122: a token that breaks its form must be refused, not believed.
TEST_F(AuthToken, OfEveryLengthAndWithEveryOctetChangedIsRefused) {
    for (std::size_t length = 0; length < token.size(); ++length)
        EXPECT_FALSE(holds(token.substr(0, length), issued)) << length;
    for (std::size_t more = 1; more < 300; ++more)
        EXPECT_FALSE(holds(token + std::string(more, 'A'), issued)) << more;
    for (std::size_t at = 0; at < token.size(); ++at)
        for (const char changed : {'A', '=', '!', '\0', '\xff'}) {
            std::string forged = token;
            if (forged[at] == changed) continue;
            forged[at] = changed;
            EXPECT_FALSE(holds(forged, issued)) << at;
        }
}

}  // namespace
}  // namespace kanmon::session
