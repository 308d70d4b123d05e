#include "controlplane/api/nonce_book.h"

#include <gtest/gtest.h>

#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

constexpr UnixTime noon = unix_time_of(1795435200);

TEST(NonceBook, ANonceWorksOncePerAccessKey) {
    NonceBook book;

    EXPECT_TRUE(book.use("key-1", "n", noon, noon));
    EXPECT_TRUE(book.use("key-2", "n", noon, noon));
    EXPECT_EQ(book.use("key-1", "n", noon, noon).error().code, "SignatureNonceUsed");
}

TEST(NonceBook, IsRememberedWhileItsTimeIsAcceptedAndForgottenAfter) {
    NonceBook book;
    const UnixTime ahead = noon + 15min;  // as far in the future as is accepted
    ASSERT_TRUE(book.use("key", "n", ahead, noon));

    EXPECT_TRUE(check_signing_time(timestamp_text(ahead), noon + 30min));
    EXPECT_EQ(book.use("key", "n", ahead, noon + 30min).error().code, "SignatureNonceUsed");
    EXPECT_FALSE(check_signing_time(timestamp_text(ahead), noon + 30min + 1s));
    ASSERT_TRUE(book.use("key", "other", noon, noon + 30min + 1s));
    EXPECT_EQ(book.size(), 1U);
}

TEST(NonceBook, AFullBookRefusesInsteadOfForgetting) {
    NonceBook book(4, 3);
    for (const char* nonce : {"a", "b", "c"}) ASSERT_TRUE(book.use("key", nonce, noon, noon));

    const auto refused = book.use("key", "d", noon, noon);

    EXPECT_EQ(refused.error().code, "Throttling.User");
    EXPECT_EQ(refused.error().http_status, 429);
    EXPECT_TRUE(book.use("other", "a", noon, noon));
    EXPECT_EQ(book.use("third", "a", noon, noon).error().code, "Throttling.User");
    EXPECT_EQ(book.use("key", "a", noon, noon).error().code, "SignatureNonceUsed");
}

TEST(SigningTime, MayBeFifteenMinutesOffEitherWay) {
    EXPECT_TRUE(check_signing_time(timestamp_text(noon - 15min), noon));
    EXPECT_TRUE(check_signing_time(timestamp_text(noon + 15min), noon));
    EXPECT_EQ(check_signing_time(timestamp_text(noon - 15min - 1s), noon).error().code,
              "InvalidTimeStamp.Expired");
    EXPECT_EQ(check_signing_time(timestamp_text(noon + 15min + 1s), noon).error().code,
              "InvalidTimeStamp.Expired");
}

TEST(SigningTime, HasOneSpelling) {
    EXPECT_EQ(parse_timestamp("2026-11-23T15:10:48Z"), unix_time_of(1795446648));
    EXPECT_EQ(timestamp_text(unix_time_of(1795446648)), "2026-11-23T15:10:48Z");
    for (const std::string_view bad :
         {"", "2026-11-23", "2026-11-23 15:10:48Z", "2026-13-23T15:10:48Z", "2026-02-30T00:00:00Z",
          "2026-11-23T24:00:00Z", "2026-11-23T15:10:48+00", "2026-11-2xT15:10:48Z"})
        EXPECT_FALSE(parse_timestamp(bad)) << bad;
}

}  // namespace
}  // namespace kanmon::api
