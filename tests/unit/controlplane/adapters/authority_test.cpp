#include "controlplane/adapters/openssl_authority.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "controlplane/adapters/openssl_owned.h"

namespace kanmon::adapters {
namespace {

using usecases::Issued;
using usecases::Issuer;

Certificate read(const std::string& pem) {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

/// What `openssl verify -purpose … -attime …` says.
int verify(const std::string& authority, const std::string& certificate, int purpose, UnixTime at) {
    const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store(X509_STORE_new());
    const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
    const Certificate root = read(authority);
    const Certificate leaf = read(certificate);
    X509_STORE_add_cert(store.get(), root.get());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    X509_STORE_CTX_set_purpose(context.get(), purpose);
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context.get(), 0, seconds_of(at));
    X509_verify_cert(context.get());
    return X509_STORE_CTX_get_error(context.get());
}

class Certificates : public testing::Test {
protected:
    SeededRandom random{3};
    std::unique_ptr<usecases::Authority> authority = make_openssl_authority(random);
    UnixTime now = unix_time_of(1'790'000'000);
    Issued root = *authority->make_authority("vss-km0000", now);
    Issuer issuer{root.certificate_pem, root.private_key_pem};
    Issued server = *authority->issue_server(issuer, "gateway.vss-km0000", now);
    Issued client = *authority->issue_client(issuer, "vsc-km0000", now);
};

TEST_F(Certificates, AreGoodForTheirPurposeOnly) {
    const std::string& ca = root.certificate_pem;
    EXPECT_EQ(verify(ca, server.certificate_pem, X509_PURPOSE_SSL_SERVER, now), X509_V_OK);
    EXPECT_EQ(verify(ca, client.certificate_pem, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    EXPECT_EQ(verify(ca, client.certificate_pem, X509_PURPOSE_SSL_SERVER, now),
              X509_V_ERR_INVALID_PURPOSE);
    EXPECT_EQ(verify(ca, server.certificate_pem, X509_PURPOSE_SSL_CLIENT, now),
              X509_V_ERR_INVALID_PURPOSE);
}

TEST_F(Certificates, OfServersHaveTheUsagesThatOpenVpn23AsksFor) {
    const Certificate read_back = read(server.certificate_pem);
    const std::uint32_t usage = X509_get_key_usage(read_back.get());
    EXPECT_EQ(usage, std::uint32_t{KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT});
}

TEST_F(Certificates, HoldTheirTimes) {
    const auto at = [&](UnixTime time) {
        return verify(root.certificate_pem, client.certificate_pem, X509_PURPOSE_SSL_CLIENT, time);
    };
    EXPECT_EQ(client.not_after, now + std::chrono::days(1095));
    EXPECT_EQ(at(now - 10min), X509_V_OK);
    EXPECT_EQ(at(now - 10min - 1s), X509_V_ERR_CERT_NOT_YET_VALID);
    EXPECT_EQ(at(client.not_after - 1s), X509_V_OK);
    EXPECT_EQ(at(client.not_after + 1s), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(Certificates, OfAnotherServersAuthorityDoNotVerify) {
    const Issued other = *authority->make_authority("vss-km1111", now);
    EXPECT_NE(verify(other.certificate_pem, client.certificate_pem, X509_PURPOSE_SSL_CLIENT, now),
              X509_V_OK);
}

TEST_F(Certificates, CarryTheNameAndTheSerialThatAreTold) {
    const Certificate read_back = read(client.certificate_pem);
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(read_back.get()), NID_commonName, name, 64);
    EXPECT_STREQ(name, "vsc-km0000");
    const BigNumber serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(read_back.get()), nullptr));
    char* text = BN_bn2hex(serial.get());
    std::string lower(text);
    OPENSSL_free(text);
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(lower, client.serial);
    EXPECT_EQ(client.serial.size(), 32u);
    EXPECT_NE(client.serial, server.serial);
    EXPECT_EQ(X509_get_version(read_back.get()), X509_VERSION_3);
}

TEST_F(Certificates, KeysAreP256AndFit) {
    const Bio bio(BIO_new_mem_buf(client.private_key_pem.view().data(),
                                  static_cast<int>(client.private_key_pem.view().size())));
    const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    ASSERT_TRUE(key);
    EXPECT_EQ(X509_check_private_key(read(client.certificate_pem).get(), key.get()), 1);
    EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 256);
}

TEST_F(Certificates, NeverOutliveTheirAuthority) {
    const UnixTime late = root.not_after - std::chrono::days(10);
    EXPECT_EQ(authority->issue_client(issuer, "vsc-km2222", late)->not_after, root.not_after);
}

TEST_F(Certificates, AnAuthorityThatHasEndedSignsNothing) {
    EXPECT_TRUE(authority->issue_client(issuer, "vsc-km2222", root.not_after - 1s));
    for (const auto& late : {authority->issue_client(issuer, "vsc-km2222", root.not_after),
                             authority->issue_server(issuer, "gateway", root.not_after)}) {
        ASSERT_FALSE(late);
        EXPECT_EQ(late.error().code, "DependencyViolation");
        EXPECT_NE(late.error().message.find("ImportSslVpnServerCa"), std::string::npos);
    }
}

TEST_F(Certificates, AnIssuerThatCannotBeReadIsRefused) {
    EXPECT_FALSE(authority->issue_client({"x", SecretBuffer(as_bytes("y"))}, "vsc", now));
    EXPECT_EQ(authority->digest("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace kanmon::adapters
