#include "dataplane/crypto/hmac.h"

#include <gtest/gtest.h>

namespace kanmon::crypto {
namespace {

TEST(Hmac, GivesTheValuesOfItsStandards) {
    // RFC 2202, case 2, and RFC 4231, case 2.
    const Bytes key = as_bytes("Jefe");
    const Bytes text = as_bytes("what do ya want for nothing?");
    EXPECT_EQ(to_hex(hmac_of(Digest::sha1, key, {text})),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(to_hex(hmac_of(Digest::sha256, key, {text.first(5), text.subspan(5)})),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_of(Digest::sha512, key, {text})),
              "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(Hmac, AnotherMessageStartsAfreshEvenWhenTheOneBeforeWasLeftUnfinished) {
    Hmac hmac(Digest::sha256, as_bytes("Jefe"));
    hmac.start();
    hmac.add(as_bytes("something else"));
    hmac.start();
    hmac.add(as_bytes("what do ya want for nothing?"));
    Buffer digest(32);
    hmac.finish(digest);
    EXPECT_EQ(to_hex(digest), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace kanmon::crypto
