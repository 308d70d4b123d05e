#include "controlplane/api/nonce_book.h"

#include <gtest/gtest.h>

#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

constexpr UnixTime noon = unix_time_of(1795435200);
const Secret<32> hash_key(std::array<std::byte, 32>{std::byte{7}});

TEST(NonceBook, ANonceWorksOncePerAccessKey) {
    NonceBook book(hash_key);

    EXPECT_TRUE(book.use("key-1", "n", noon, noon));
    EXPECT_TRUE(book.use("key-2", "n", noon, noon));
    EXPECT_EQ(book.use("key-1", "n", noon, noon).error().code, "SignatureNonceUsed");
}

TEST(NonceBook, IsRememberedWhileItsTimeIsAcceptedAndForgottenAfter) {
    NonceBook book(hash_key);
    const UnixTime ahead = noon + 15min;  // as far in the future as is accepted
    ASSERT_TRUE(book.use("key", "n", ahead, noon));

    EXPECT_TRUE(check_signing_time(timestamp_text(ahead), noon + 30min));
    EXPECT_EQ(book.use("key", "n", ahead, noon + 30min).error().code, "SignatureNonceUsed");
    EXPECT_FALSE(check_signing_time(timestamp_text(ahead), noon + 30min + 1s));
    ASSERT_TRUE(book.use("key", "other", noon + 31min, noon + 31min));
    EXPECT_EQ(book.size(), 1U);
}

TEST(NonceBook, RemembersTheLastSecondOfAMinuteAsLongAsItsFirst) {
    NonceBook book(hash_key);
    ASSERT_TRUE(book.use("key", "n", noon + 59s, noon));
    EXPECT_FALSE(book.use("key", "n", noon + 59s, noon + 59s + 15min));
}

TEST(NonceBook, KnowsANonceThatIsSignedAnewAtAnotherTime) {
    NonceBook book(hash_key);
    ASSERT_TRUE(book.use("key", "n", noon, noon));
    EXPECT_FALSE(book.use("key", "n", noon + 5min, noon + 5min));
}

TEST(NonceBook, AFullBookRefusesInsteadOfForgetting) {
    NonceBook book(hash_key, 8);
    for (char nonce = 'a'; nonce < 'h'; ++nonce)
        ASSERT_TRUE(book.use("key", {nonce}, noon, noon)) << nonce;

    const auto refused = book.use("key", "h", noon, noon);

    EXPECT_EQ(refused.error().code, "Throttling.User");
    EXPECT_EQ(refused.error().http_status, 429);
    EXPECT_TRUE(book.use("other", "a", noon, noon)) << "an eighth is for the others";
    EXPECT_EQ(book.use("third", "a", noon, noon).error().code, "Throttling.User");
    EXPECT_EQ(book.use("key", "a", noon, noon).error().code, "SignatureNonceUsed");
    EXPECT_TRUE(book.use("key", "h", noon + 16min, noon + 16min));
    EXPECT_EQ(book.size(), 1U);
}

TEST(NumberSet, HoldsWhatWasInsertedAndNothingElse) {
    NumberSet set;
    EXPECT_FALSE(set.contains(1));
    // All belong to the first place, and the search runs on.
    for (std::uint64_t i = 1; i <= 2'000; ++i) set.insert(i << 12 | 5);
    set.insert(1 << 12 | 5);
    EXPECT_EQ(set.size(), 2'000U);
    for (std::uint64_t i = 1; i <= 2'000; ++i) {
        EXPECT_TRUE(set.contains(i << 12 | 5));
        EXPECT_FALSE(set.contains(i << 12 | 6));
    }
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
