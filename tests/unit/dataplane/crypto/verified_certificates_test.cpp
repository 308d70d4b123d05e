#include "dataplane/crypto/verified_certificates.h"

#include <gtest/gtest.h>

namespace kanmon::crypto {
namespace {

PeerCertificate certificate(std::size_t number) {
    PeerCertificate peer;
    peer.common_name = "vsc-" + std::to_string(number);
    ByteWriter(MutableBytes(peer.sha256)).u64(number);
    return peer;
}

constexpr ChainValidity always{unix_time_of(0), unix_time_of(1'000'000)};
constexpr UnixTime now = unix_time_of(500);

TEST(VerifiedCertificates, KnowWhatWasAddedWhileItsChainIsValid) {
    VerifiedCertificates verified;
    EXPECT_FALSE(verified.find(certificate(1).sha256, now));
    verified.add(certificate(1), {unix_time_of(400), unix_time_of(600)});
    EXPECT_EQ(verified.find(certificate(1).sha256, now), certificate(1));
    EXPECT_TRUE(verified.find(certificate(1).sha256, unix_time_of(400)));
    EXPECT_TRUE(verified.find(certificate(1).sha256, unix_time_of(600)));
    EXPECT_FALSE(verified.find(certificate(1).sha256, unix_time_of(399)));
    EXPECT_FALSE(verified.find(certificate(1).sha256, unix_time_of(601)));
    EXPECT_FALSE(verified.find(certificate(2).sha256, now));
}

TEST(VerifiedCertificates, TheOldestMakesRoom) {
    VerifiedCertificates verified;
    for (std::size_t i = 0; i <= VerifiedCertificates::certificates_max; ++i) {
        verified.add(certificate(i), always);
        verified.add(certificate(i), always);  // once more changes nothing
    }
    EXPECT_FALSE(verified.find(certificate(0).sha256, now));
    EXPECT_TRUE(verified.find(certificate(1).sha256, now));
    EXPECT_TRUE(verified.find(certificate(VerifiedCertificates::certificates_max).sha256, now));
}

}  // namespace
}  // namespace kanmon::crypto
