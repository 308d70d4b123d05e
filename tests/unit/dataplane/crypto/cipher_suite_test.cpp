#include "dataplane/crypto/cipher_suite.h"

#include <gtest/gtest.h>

namespace kanmon::crypto {
namespace {

TEST(CipherSuite, EveryNameLeadsBackToItsSuiteInAnyCase) {
    for (const auto suite :
         {CipherSuite::aes_256_gcm, CipherSuite::aes_192_gcm, CipherSuite::aes_128_gcm,
          CipherSuite::chacha20_poly1305, CipherSuite::aes_256_cbc, CipherSuite::aes_192_cbc,
          CipherSuite::aes_128_cbc, CipherSuite::none})
        EXPECT_EQ(cipher_suite_of(name_of(suite)), suite);
    EXPECT_EQ(cipher_suite_of("aes-256-gcm"), CipherSuite::aes_256_gcm);
    EXPECT_EQ(digest_of("sha256"), Digest::sha256);
}

TEST(CipherSuite, OtherNamesAreNotAccepted) {
    for (const char* name : {"", "AES-256-GC", "AES-256-GCMX", "id-aes256-GCM", "BF-CBC", "nones"})
        EXPECT_FALSE(cipher_suite_of(name)) << name;
    EXPECT_FALSE(digest_of("MD5"));
    EXPECT_FALSE(digest_of(""));
}

TEST(CipherSuite, AeadIsWhatCarriesATagOfItsOwn) {
    EXPECT_TRUE(is_aead(CipherSuite::chacha20_poly1305));
    EXPECT_FALSE(is_aead(CipherSuite::aes_256_cbc));
    EXPECT_EQ(key_bits(CipherSuite::aes_192_cbc), 192);
    EXPECT_EQ(digest_octets(Digest::sha512), 64);
}

}  // namespace
}  // namespace kanmon::crypto
