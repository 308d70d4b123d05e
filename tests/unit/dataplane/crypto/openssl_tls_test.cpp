#include "dataplane/crypto/openssl_tls.h"

#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/err.h>

#include "test_authority.h"

namespace kanmon::crypto {
namespace {

using testing::Issued;
using testing::Leaf;
using testing::Purpose;
using testing::TestAuthority;

constexpr UnixTime today = unix_time_of(1'800'000'000);
constexpr std::array both_versions{TlsVersion::tls_1_2, TlsVersion::tls_1_3};

UnixTime at_today() {
    return today;
}

const TestAuthority& authority() {
    static const TestAuthority ours("Kanmon test authority");
    return ours;
}

std::shared_ptr<const TlsFactory> server(std::vector<std::string> revoked = {}, bool rsa = false,
                                         bool certificate_required = true) {
    const Issued issued =
        authority().issue({.common_names = {"gateway"}, .purpose = Purpose::server, .rsa = rsa});
    const auto made = openssl_server({.ca_certificate_pem = authority().certificate_pem(),
                                      .certificate_pem = issued.certificate_pem,
                                      .private_key_pem = issued.key_pem,
                                      .revoked_serials = std::move(revoked),
                                      .certificate_required = certificate_required},
                                     at_today);
    EXPECT_TRUE(made) << made.error();
    return *made;
}

std::shared_ptr<const TlsFactory> client(const Issued& issued,
                                         TlsVersion newest = TlsVersion::tls_1_3,
                                         const TestAuthority& trusted = authority()) {
    const auto made = openssl_client({.ca_certificate_pem = trusted.certificate_pem(),
                                      .certificate_pem = issued.certificate_pem,
                                      .private_key_pem = issued.key_pem},
                                     at_today, newest);
    EXPECT_TRUE(made) << made.error();
    return *made;
}

/// What one side saw of a whole conversation.
struct Seen {
    std::optional<PeerCertificate> peer;
    std::optional<KeyBlock> data_keys, dynamic_tls_crypt;
    std::string protocol, detail, plaintext;
    std::optional<Cause> failure;
    bool established = false;

    void take(TlsOutput& output) {
        if (output.peer) peer = output.peer;
        if (output.data_keys) data_keys = output.data_keys;
        if (output.dynamic_tls_crypt) dynamic_tls_crypt = output.dynamic_tls_crypt;
        if (!output.protocol.empty()) protocol = output.protocol;
        if (output.failure && !failure) failure = output.failure, detail = output.detail;
        plaintext += as_text(output.plaintext);
        established = established || output.established;
    }
};

struct Conversation {
    Seen server, client;
};

SecretBuffer secret(std::string_view text) {
    return SecretBuffer(as_bytes(text));
}

Conversation converse(TlsEngine& server, TlsEngine& client, std::size_t chunk = 100'000) {
    Conversation seen;
    TlsOutput from_client = client.advance({.plaintext = secret("hello from the client")});
    TlsOutput from_server = server.advance({.plaintext = secret("hello from the server")});
    seen.client.take(from_client);
    seen.server.take(from_server);
    Buffer to_server = std::move(from_client.ciphertext), to_client;
    while (!to_server.empty() || !to_client.empty()) {
        const auto deliver = [chunk](Buffer& waiting, TlsEngine& to, Seen& by, Buffer& answers) {
            if (waiting.empty()) return;
            const std::size_t octets = std::min(chunk, waiting.size());
            TlsOutput output = to.advance({.ciphertext = copy_of(Bytes(waiting).first(octets))});
            waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(octets));
            append(answers, output.ciphertext);
            by.take(output);
        };
        deliver(to_server, server, seen.server, to_client);
        deliver(to_client, client, seen.client, to_server);
    }
    return seen;
}

Conversation converse(const TlsFactory& server, const TlsFactory& client) {
    return converse(*server.make(), *client.make());
}

TEST(OpensslTls, BothSidesAgreeOnKeysIdentitiesAndWords) {
    for (const TlsVersion version : both_versions) {
        const Conversation seen = converse(*server(), *client(authority().issue({}), version));
        ASSERT_TRUE(seen.server.established && seen.client.established) << seen.server.detail;
        EXPECT_EQ(seen.server.plaintext, "hello from the client");
        EXPECT_EQ(seen.client.plaintext, "hello from the server");
        EXPECT_EQ(seen.server.protocol, version == TlsVersion::tls_1_2
                                            ? "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"
                                            : "TLSv1.3 TLS_AES_256_GCM_SHA384");
        EXPECT_EQ(seen.server.protocol, seen.client.protocol);
        EXPECT_TRUE(*seen.server.data_keys == *seen.client.data_keys);
        EXPECT_TRUE(*seen.server.dynamic_tls_crypt == *seen.client.dynamic_tls_crypt);
        EXPECT_FALSE(*seen.server.data_keys == *seen.server.dynamic_tls_crypt);
        EXPECT_EQ(seen.client.peer->common_name, "gateway");
        EXPECT_EQ(seen.server.peer->common_name, "alice");
        EXPECT_EQ(seen.server.peer->serial, "0abc");
        EXPECT_EQ(seen.server.peer->not_before, unix_time_of(1'700'000'000));
        EXPECT_EQ(seen.server.peer->not_after, unix_time_of(1'900'000'000));
        EXPECT_FALSE(seen.server.peer->objection);
    }
}

TEST(OpensslTls, RecordsMayArriveOctetByOctet) {
    const Conversation seen =
        converse(*server()->make(), *client(authority().issue({}))->make(), 1);
    EXPECT_TRUE(seen.server.established);
    EXPECT_EQ(seen.server.plaintext, "hello from the client");
}

TEST(OpensslTls, AnRsaServerServesOldClientsToo) {
    for (const TlsVersion version : both_versions) {
        const Conversation seen =
            converse(*server({}, true), *client(authority().issue({.rsa = true}), version));
        EXPECT_TRUE(seen.server.established) << seen.server.detail;
        EXPECT_EQ(seen.server.protocol, version == TlsVersion::tls_1_2
                                            ? "TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384"
                                            : "TLSv1.3 TLS_AES_256_GCM_SHA384");
    }
}

TEST(OpensslTls, AClientsKeyMayBeOfEveryKindThatCertificatesUse) {
    for (const char* kind : {"RSA", "RSA-PSS", "ED25519", "ED448"})
        for (const TlsVersion version : both_versions) {
            const Conversation seen =
                converse(*server(), *client(authority().issue({.key_kind = kind}), version));
            EXPECT_TRUE(seen.server.established) << kind << ": " << seen.server.detail;
            EXPECT_EQ(seen.server.plaintext, "hello from the client");
        }
}

TEST(OpensslTls, ExpiredNotYetValidAndRevokedClientsCompleteTlsWithAnObjection) {
    struct Row {
        Leaf leaf;
        std::vector<std::string> revoked;
        Cause objection;
    };
    const Row rows[] = {
        {{.not_after = today - 1s}, {}, Cause::certificate_expired},
        {{.not_before = today + 1s}, {}, Cause::certificate_not_yet_valid},
        {{}, {"0ABC"}, Cause::certificate_revoked},
        {{.not_after = today - 1s}, {"abc"}, Cause::certificate_revoked},
    };
    for (const Row& row : rows)
        for (const TlsVersion version : both_versions) {
            const Conversation seen =
                converse(*server(row.revoked), *client(authority().issue(row.leaf), version));
            ASSERT_TRUE(seen.server.established) << seen.server.detail;
            EXPECT_EQ(seen.server.peer->objection, row.objection);
            EXPECT_EQ(seen.server.plaintext, "hello from the client");
        }
}

TEST(OpensslTls, ACertificateThatWasVerifiedOnceIsStillHeldToTheClock) {
    UnixTime now = today;
    const Issued gateway =
        authority().issue({.common_names = {"gateway"}, .purpose = Purpose::server});
    const auto ours = openssl_server({.ca_certificate_pem = authority().certificate_pem(),
                                      .certificate_pem = gateway.certificate_pem,
                                      .private_key_pem = gateway.key_pem,
                                      .revoked_serials = {}},
                                     [&now] { return now; });
    ASSERT_TRUE(ours);
    const auto theirs =
        client(authority().issue({.not_before = today - 1h, .not_after = today + 1h}));
    const auto objection = [&](Duration later) {
        now = today + std::chrono::floor<std::chrono::seconds>(later);
        const Conversation seen = converse(**ours, *theirs);
        EXPECT_TRUE(seen.server.established) << seen.server.detail;
        return seen.server.peer->objection;
    };
    EXPECT_EQ(objection(0s), std::nullopt);
    EXPECT_EQ(objection(1min), std::nullopt);
    EXPECT_EQ(objection(2h), Cause::certificate_expired);
    EXPECT_EQ(objection(-2h), Cause::certificate_not_yet_valid);
    EXPECT_EQ(objection(0s), std::nullopt);
}

TEST(OpensslTls, EveryOtherFlawOfAClientEndsTheHandshakeByAlert) {
    const TestAuthority foreign("another authority");
    struct Row {
        Issued issued;
        Cause cause;
    };
    const Row rows[] = {
        {{}, Cause::certificate_missing},
        {foreign.issue({}), Cause::certificate_foreign},
        {foreign.issue({.not_after = today - 1s}), Cause::certificate_foreign},
        {TestAuthority("Kanmon test authority").issue({}), Cause::certificate_foreign},
        {authority().issue({.purpose = Purpose::server}), Cause::certificate_purpose},
        {authority().issue({.purpose = Purpose::any}), Cause::certificate_purpose},
        {authority().issue({.purpose = Purpose::none}), Cause::certificate_purpose},
        {authority().issue({.authority = true}), Cause::certificate_purpose},
        {authority().issue({.common_names = {}}), Cause::certificate_malformed},
        {authority().issue({.common_names = {"a", "b"}}), Cause::certificate_malformed},
        {authority().issue({.common_names = {"a", "b"}, .names_in_one_set = true}),
         Cause::certificate_malformed},
        {authority().issue({.common_names = {std::string("a\0b", 3)}}),
         Cause::certificate_malformed},
        {authority().issue({.common_names = {std::string(65, 'a')}}), Cause::certificate_malformed},
        {authority().issue({.common_names = {"zo\xc3\xab"}}), Cause::certificate_malformed},
        {authority().issue({.common_names = {"a\x7f"}}), Cause::certificate_malformed},
        {authority().issue({.name_type = V_ASN1_T61STRING}), Cause::certificate_malformed},
        {authority().issue({.serial = -5}), Cause::certificate_malformed},
        {authority().issue({.common_names = {"a\nb"}, .not_after = today - 1s}),
         Cause::certificate_malformed},
    };
    const auto gateway = server();
    for (std::size_t i = 0; i < std::size(rows); ++i)
        for (const TlsVersion version : both_versions) {
            const Conversation seen = converse(*gateway, *client(rows[i].issued, version));
            EXPECT_EQ(seen.server.failure, rows[i].cause) << i << ' ' << seen.server.detail;
            EXPECT_FALSE(seen.server.established);
            EXPECT_FALSE(seen.server.peer);
            EXPECT_FALSE(seen.server.data_keys);
            EXPECT_NE(seen.server.detail.find("TLS alert sent: "), std::string::npos)
                << seen.server.detail;
            EXPECT_NE(seen.client.detail.find("the server sent TLS alert: "), std::string::npos)
                << seen.client.detail;
            EXPECT_EQ(seen.server.plaintext, "");
        }
}

TEST(OpensslTls, WhereNoCertificateIsRequiredOneThatIsShownIsVerifiedAllTheSame) {
    const auto gateway = server({}, false, false);
    for (const TlsVersion version : both_versions) {
        const Conversation none = converse(*gateway, *client({}, version));
        EXPECT_TRUE(none.server.established) << none.server.detail;
        EXPECT_FALSE(none.server.peer);
        EXPECT_EQ(none.server.data_keys, none.client.data_keys);

        const Conversation shown = converse(*gateway, *client(authority().issue({}), version));
        EXPECT_TRUE(shown.server.peer);

        const TestAuthority foreign("another authority");
        const Conversation refused = converse(*gateway, *client(foreign.issue({}), version));
        EXPECT_EQ(refused.server.failure, Cause::certificate_foreign);
        EXPECT_FALSE(refused.server.established);
    }
}

TEST(OpensslTls, AClientRefusesAServerOfAnotherAuthorityOrPurposeAndTheServerSaysSo) {
    const TestAuthority foreign("another authority");
    for (const TlsVersion version : both_versions) {
        const Conversation seen =
            converse(*server(), *client(authority().issue({}), version, foreign));
        EXPECT_EQ(seen.client.failure, Cause::certificate_foreign);
        EXPECT_EQ(seen.server.failure, Cause::tls_failed);
        EXPECT_EQ(seen.server.detail, "the client sent TLS alert: unknown CA");
    }
}

TEST(OpensslTls, ACertificateOfThirtyTwoKilobytesOrAnEndlessHandshakeIsTooLarge) {
    const auto engine = server()->make();
    // A handshake record that claims 16 kB, again and again: OpenSSL waits for a whole message.
    Buffer record = from_hex("1603014000 01 00fffc 0303");
    record.resize(5 + 0x4000);
    TlsOutput output;
    for (int i = 0; i < 5 && !output.failure; ++i) output = engine->advance({.ciphertext = record});
    EXPECT_TRUE(output.failure == Cause::tls_too_large || output.failure == Cause::tls_failed);

    const auto slow = server()->make();
    const Buffer start = from_hex("1603010200");
    EXPECT_FALSE(slow->advance({.ciphertext = start}).failure);
    TlsOutput last;
    Buffer much(70'000);
    last = slow->advance({.ciphertext = much});
    EXPECT_EQ(last.failure, Cause::tls_too_large);
    EXPECT_EQ(slow->advance({}).failure, Cause::tls_too_large) << "a dead session stays dead";
}

TEST(OpensslTls, TenThousandBadHandshakesLeaveNoErrorBehindAndDisturbNobody) {
    const auto gateway = server();
    const auto good_server = gateway->make();
    const auto good_client = client(authority().issue({}))->make();
    const Conversation seen = converse(*good_server, *good_client);
    ASSERT_TRUE(seen.server.established);
    const Buffer garbage = from_hex("474554202f20485454502f312e310d0a0d0a");
    for (int i = 0; i < 10'000; ++i) {
        Buffer input = garbage;
        input[static_cast<std::size_t>(i) % input.size()] = static_cast<std::byte>(i);
        gateway->make()->advance({.ciphertext = input});
        ASSERT_EQ(ERR_peek_error(), 0U);
    }
    TlsOutput sent = good_client->advance({.plaintext = secret("still here")});
    EXPECT_EQ(as_text(good_server->advance({.ciphertext = sent.ciphertext}).plaintext),
              "still here");
}

TEST(OpensslTls, NoTicketFollowsTheHandshake) {
    const auto engine = server()->make();
    const auto peer = client(authority().issue({}))->make();
    Buffer flight = engine->advance({.ciphertext = peer->advance({}).ciphertext}).ciphertext;
    flight = peer->advance({.ciphertext = flight}).ciphertext;
    const TlsOutput last = engine->advance({.ciphertext = flight});
    EXPECT_TRUE(last.established);
    EXPECT_EQ(last.ciphertext.size(), 0U);
}

TEST(OpensslTls, CredentialsThatCannotWorkAreNamed) {
    const Issued good = authority().issue({.purpose = Purpose::server});
    const Issued other = authority().issue({.purpose = Purpose::server});
    const std::string ca = authority().certificate_pem();
    const auto problem = [](const TlsServerCredentials& credentials) {
        const auto made = openssl_server(credentials, at_today);
        return made ? std::string() : made.error();
    };
    EXPECT_EQ(problem({ca, good.certificate_pem, good.key_pem, {"12zz"}}),
              "the revoked serial '12zz' is not hexadecimal");
    EXPECT_EQ(problem({ca, good.certificate_pem, other.key_pem, {}}),
              "the private key does not belong to the certificate");
    EXPECT_NE(problem({"", good.certificate_pem, good.key_pem, {}}), "");
    EXPECT_NE(problem({good.certificate_pem, good.certificate_pem, good.key_pem, {}}), "");
    EXPECT_NE(problem({ca, "nonsense", good.key_pem, {}}), "");
    EXPECT_NE(problem({ca, good.certificate_pem, SecretBuffer(), {}}), "");
    const Issued for_client = authority().issue({});
    EXPECT_EQ(problem({ca, for_client.certificate_pem, for_client.key_pem, {}}),
              "the certificate is not for TLS servers");
    EXPECT_EQ(ERR_peek_error(), 0U);
}

}  // namespace
}  // namespace kanmon::crypto
