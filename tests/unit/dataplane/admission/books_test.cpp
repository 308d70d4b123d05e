// The small memories of the gate: how long to wait, and who fights.
#include <gtest/gtest.h>

#include <set>

#include "dataplane/admission/contest_book.h"
#include "dataplane/admission/patience_book.h"

namespace kanmon::admission {
namespace {

const Instant start{1000h};

TEST(Patience, GrowsWithEveryRefusalInARowUpToItsBound) {
    PatienceBook book;
    const std::array expected{10, 20, 40, 60, 60, 60};
    std::uint64_t salt = 0;
    for (const int seconds : expected) {
        const auto wait = book.refused("vss-1", "alice", ++salt, start).count();
        EXPECT_GE(wait, seconds * 4 / 5);
        EXPECT_LE(wait, seconds * 6 / 5);
    }
}

TEST(Patience, DiffersBetweenClientsThatAreRefusedTogether) {
    PatienceBook book;
    std::set<std::int64_t> waits;
    for (std::uint64_t i = 0; i < 100; ++i)
        waits.insert(book.refused("vss-1", "client-" + std::to_string(i), i, start).count());
    EXPECT_EQ(waits.size(), 5U) << "8 to 12 seconds";
}

TEST(Patience, BeginsAnewForWhoeverEntersOrStaysAway) {
    PatienceBook book;
    book.refused("vss-1", "alice", 1, start);
    book.refused("vss-1", "alice", 2, start);
    book.admitted("vss-1", "alice");
    EXPECT_LE(book.refused("vss-1", "alice", 3, start).count(), 12);
    book.refused("vss-1", "alice", 4, start);
    EXPECT_LE(book.refused("vss-1", "alice", 5, start + PatienceBook::memory).count(), 12);
    book.sweep(start + 2 * PatienceBook::memory);
    EXPECT_EQ(book.size(), 0U);
}

TEST(Patience, RemembersABoundedNumberOfHolders) {
    PatienceBook book;
    for (std::uint64_t i = 0; i < PatienceBook::holders_max + 10; ++i)
        book.refused("vss-1", std::to_string(i), i, start);
    EXPECT_EQ(book.size(), PatienceBook::holders_max);
}

TEST(Contest, IsTheFourthReplacementInTenMinutes) {
    ContestBook book;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(book.replaced("vss-1", "alice", start + i * 60s));
    EXPECT_FALSE(book.replaced("vss-1", "bob", start + 3min)) << "each holder for itself";
    EXPECT_TRUE(book.replaced("vss-1", "alice", start + 4min));
    EXPECT_FALSE(book.replaced("vss-1", "alice", start + 5min)) << "and begins anew";
}

TEST(Contest, IsNotAUserWhoChangesMachinesNowAndThen) {
    ContestBook book;
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(book.replaced("vss-1", "alice", start + i * 4min));
    book.sweep(start + 24h);
    EXPECT_EQ(book.size(), 0U);
}

}  // namespace
}  // namespace kanmon::admission
