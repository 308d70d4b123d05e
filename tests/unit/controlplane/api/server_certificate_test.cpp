#include "controlplane/api/server_certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/listen_address.h"

namespace kanmon::api {
namespace {

constexpr UnixTime now = unix_time_of(1'795'000'000);

class ServerCertificateTest : public testing::Test {
protected:
    ServerCertificateTest()
        : folder(std::filesystem::temp_directory_path() /
                 ("kanmon-api-" + std::to_string(::getpid()))) {
        std::filesystem::create_directory(folder);
    }
    ~ServerCertificateTest() override { std::filesystem::remove_all(folder); }

    std::filesystem::path folder;
};

TEST_F(ServerCertificateTest, IsMadeOnceAndKept) {
    const auto first = load_server_certificate(folder, {}, now);
    const auto second = load_server_certificate(folder, {}, now + 24h);

    ASSERT_TRUE(first) << first.error();
    ASSERT_TRUE(second) << second.error();
    EXPECT_EQ(first->certificate_pem, second->certificate_pem);
    EXPECT_EQ(first->private_key_pem, second->private_key_pem);
    struct stat key {};
    ASSERT_EQ(::stat((folder / "api.key").c_str(), &key), 0);
    EXPECT_EQ(key.st_mode & 0777U, 0600U);
}

TEST_F(ServerCertificateTest, NamesLoopbackAndTheGivenAddressesOfBothFamilies) {
    CertificateAddresses addresses{.v4 = {Ipv4{0xcb007101}}, .v6 = {*parse_ipv6("2001:db8::7")}};
    for (const char* listen : {"[2001:db8::8]:8443", "198.51.100.4:443", "[::]:8443", "0.0.0.0:443",
                               "127.0.0.1:8443", "[::1]:8443"})
        addresses.add(*parse_listen_address(listen));
    EXPECT_EQ(addresses.v4.size(), 2u);
    EXPECT_EQ(addresses.v6.size(), 2u);
    const auto made = make_server_certificate(addresses, now);
    ASSERT_TRUE(made);

    BIO* text = BIO_new_mem_buf(made->certificate_pem.data(),
                                static_cast<int>(made->certificate_pem.size()));
    X509* certificate = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    ASSERT_NE(certificate, nullptr);
    for (const char* named : {"127.0.0.1", "::1", "203.0.113.1", "198.51.100.4", "2001:db8::7",
                              "2001:db8:0:0::8"})
        EXPECT_EQ(X509_check_ip_asc(certificate, named, 0), 1) << named;
    for (const char* other : {"203.0.113.2", "2001:db8::9", "0.0.0.0", "::"})
        EXPECT_EQ(X509_check_ip_asc(certificate, other, 0), 0) << other;
    EXPECT_EQ(X509_check_host(certificate, "localhost", 0, 0, nullptr), 1);
    EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)), 256);
    X509_free(certificate);
    BIO_free(text);
}

TEST_F(ServerCertificateTest, ACertificateWithoutItsKeyNeedsAPerson) {
    ASSERT_TRUE(load_server_certificate(folder, {}, now));
    std::filesystem::remove(folder / "api.key");

    const auto refused = load_server_certificate(folder, {}, now);

    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("api.key"), std::string::npos);
}

TEST_F(ServerCertificateTest, AFolderThatCannotBeWrittenIsNamed) {
    const auto refused = load_server_certificate("/proc/nowhere", {}, now);

    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("/proc/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace kanmon::api
