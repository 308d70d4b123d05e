// The session and the client script over real TLS: what the double cannot show is that records,
// packet sizes and exported keys fit together.
#include <gtest/gtest.h>

#include "../crypto/test_authority.h"
#include "conversation.h"
#include "dataplane/crypto/openssl_tls.h"

namespace kanmon::session {
namespace {

using testing::Leaf;
using testing::Purpose;
using testing::TestAuthority;

constexpr UnixTime today = unix_time_of(1'800'000'000);

const TestAuthority& authority() {
    static const TestAuthority ours("Kanmon test authority", true);  // RSA: long flights
    return ours;
}

Conversation::Setting over_openssl(const Leaf& leaf, const TestAuthority& issuer = authority()) {
    const auto wall = [] { return today; };
    const auto gateway =
        authority().issue({.common_names = {"gateway"}, .purpose = Purpose::server, .rsa = true});
    const auto client = issuer.issue(leaf);
    Conversation::Setting setting;
    setting.server_tls =
        *crypto::openssl_server({.ca_certificate_pem = authority().certificate_pem(),
                                 .certificate_pem = gateway.certificate_pem,
                                 .private_key_pem = gateway.key_pem,
                                 .revoked_serials = {}},
                                wall);
    setting.client_tls =
        *crypto::openssl_client({.ca_certificate_pem = authority().certificate_pem(),
                                 .certificate_pem = client.certificate_pem,
                                 .private_key_pem = client.key_pem},
                                wall);
    return setting;
}

TEST(SessionOverOpenssl, ConnectsRenegotiatesAndSaysGoodbye) {
    for (const unsigned loss : {0U, 10U}) {
        Conversation::Setting setting = over_openssl({.rsa = true});
        setting.loss_percent = loss;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect());
        EXPECT_EQ(talk.all<AdmissionRequest>()[0]->certificate->common_name, "alice");

        talk.session.key_limit_near(talk.now);
        ASSERT_TRUE(talk.run_until([&] { return talk.client.has_exchanged(1); }, 30s));
        const auto keys = talk.all<InstallKey>();
        ASSERT_EQ(keys.size(), 2U);
        EXPECT_FALSE(keys[0]->material.block == keys[1]->material.block);

        talk.client.say("EXIT");
        EXPECT_TRUE(talk.run_until([&] { return talk.has<Finished>(); }, 60s));
        EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::client_left);
    }
}

TEST(SessionOverOpenssl, TellsAnExpiredCertificateItsDate) {
    Conversation talk(over_openssl({.not_after = unix_time_of(1'767'312'000)}));
    talk.run(10s);
    EXPECT_TRUE(talk.client.heard("AUTH_FAILED,certificate expired on 2026-01-02 (UTC)"));
    EXPECT_FALSE(talk.has<AdmissionRequest>());
    EXPECT_FALSE(talk.has<InstallKey>());
}

TEST(SessionOverOpenssl, EndsACertificateOfAnotherAuthorityByTheAlert) {
    const TestAuthority stranger("Somebody else");
    Conversation talk(over_openssl({}, stranger));
    talk.run(10s);
    EXPECT_TRUE(talk.client.heard().empty());
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::certificate_foreign);
    EXPECT_EQ(talk.all<Ended>().at(0)->stage, bridge::Stage::tls);
}

}  // namespace
}  // namespace kanmon::session
