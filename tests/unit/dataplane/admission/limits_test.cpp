#include <gtest/gtest.h>

#include <random>
#include <set>

#include "dataplane/admission/half_open.h"
#include "dataplane/admission/rate_limit.h"

namespace kanmon::admission {
namespace {

/// mt19937 as 32-bit numbers.
struct Dice {
    std::mt19937 engine;
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine()); }
};

const SipKey key{11, 22};
const Instant start{1000h};
Endpoint v4(std::uint32_t value) {
    return Endpoint::v4(Ipv4{value}, 1194);
}

TEST(RateLimit, OneLoudAddressKeepsNobodyElseOut) {
    RateLimit limit(key);
    unsigned loud = 0;
    for (unsigned i = 0; i < 60000; ++i) {  // 20,000 a second for three seconds
        const Instant now = start + i * 50us;
        loud += limit.allow(v4(0xc0000201), now) ? 1U : 0U;
        if (i % 1000 == 0) {
            EXPECT_TRUE(limit.allow(v4(0xc6336401 + i), now)) << i;
        }
    }
    EXPECT_LE(loud, 300U + 300U);
    EXPECT_GE(loud, 300U);
}

TEST(RateLimit, OneNetworkIsHeldAsAWhole) {
    RateLimit limit(key);
    unsigned passed = 0;
    for (unsigned i = 0; i < 100000; ++i)
        passed += limit.allow(v4(0xc0000200 + i % 256), start) ? 1U : 0U;
    EXPECT_LE(passed, 1200U);
    Endpoint v6;
    v6.address.octets[0] = 0x20;
    passed = 0;
    for (unsigned i = 0; i < 100000; ++i) {
        v6.address.octets[7] = static_cast<std::uint8_t>(i);
        v6.address.octets[15] = static_cast<std::uint8_t>(i >> 8);
        passed += limit.allow(v6, start) ? 1U : 0U;
    }
    EXPECT_LE(passed, 1200U) << "a /48 counts as one neighbourhood";
}

TEST(RateLimit, AThousandClientsBehindOneAddressAreBackWithinSeconds) {
    RateLimit limit(key);
    unsigned waiting = 1000;
    Instant now = start;
    for (; waiting > 0 && now < start + 30s; now += 100ms)
        for (unsigned tries = waiting; tries > 0; --tries)
            if (limit.allow(v4(0xc0000201), now)) {
                limit.give_back(v4(0xc0000201));
                --waiting;
            }
    EXPECT_LT(now - start, 1s) << "honest clients give their tokens back";
}

TEST(RateLimit, AFloodFromEverywhereStillLetsMostStrangersPass) {
    RateLimit limit(key);
    Dice random{std::mt19937(7)};
    unsigned passed = 0;
    for (unsigned i = 0; i < 200000; ++i) {  // 40,000 a second, each from another address
        const Instant now = start + i * 25us;
        limit.allow(v4(random()), now);
        if (i % 1000 == 0) passed += limit.allow(v4(random()), now) ? 1U : 0U;
    }
    EXPECT_GE(passed, 180U);
}

TEST(HalfOpen, TheOldestGivesWayOnceItHadItsTime) {
    HalfOpen half_open(16, 4, 4);
    for (std::uint32_t i = 0; i < 4; ++i)
        EXPECT_TRUE(half_open.enter(i, v4(i << 16), start + i * 1ms).entered);
    EXPECT_FALSE(half_open.enter(9, v4(0x99000000), start + 1s).entered) << "all are too young";
    const auto entry = half_open.enter(9, v4(0x99000000), start + 3s);
    EXPECT_TRUE(entry.entered);
    EXPECT_EQ(entry.evict, 0U);
    EXPECT_EQ(half_open.size(), 4U);
}

TEST(HalfOpen, AFullNetworkDisplacesItsOwnOnly) {
    HalfOpen half_open(64, 32, 2);
    half_open.enter(0, v4(0x0a000001), start);
    half_open.enter(1, v4(0xc0000201), start + 1ms);
    half_open.enter(2, v4(0xc0000202), start + 2ms);
    const auto entry = half_open.enter(3, v4(0xc0000203), start + 10s);
    EXPECT_EQ(entry.evict, 1U);
    half_open.leave(2);
    half_open.leave(2);
    EXPECT_EQ(half_open.enter(4, v4(0xc0000204), start + 10s).evict, std::nullopt);
}

TEST(HalfOpen, WhoShowedACertificateGivesWayAfterAllStrangersOnly) {
    HalfOpen half_open(16, 3, 3);
    for (std::uint32_t i = 0; i < 3; ++i) half_open.enter(i, v4(i << 16), start);
    half_open.prove(0);
    half_open.prove(1);
    half_open.prove(1);
    EXPECT_EQ(half_open.enter(3, v4(0x99000000), start + 3s).evict, 2U);
    half_open.prove(3);
    EXPECT_EQ(half_open.enter(4, v4(0x99000001), start + 3s).evict, 0U) << "nobody else is left";
    EXPECT_EQ(half_open.size(), 3U);
}

TEST(HalfOpen, AnOfficeBehindOneAddressMayBeAtItsPasswordsAllAtOnce) {
    HalfOpen half_open(64, 32, 2);
    for (std::uint32_t i = 0; i < 20; ++i) {
        EXPECT_EQ(half_open.enter(i, v4(0xc0000201), start).evict, std::nullopt);
        half_open.prove(i);
    }
    EXPECT_TRUE(half_open.enter(20, v4(0xc0000202), start).entered);
    EXPECT_TRUE(half_open.enter(21, v4(0xc0000203), start).entered);
    EXPECT_FALSE(half_open.enter(22, v4(0xc0000204), start).entered) << "two strangers are enough";
}

TEST(HalfOpen, CapsHoldThroughAnySequence) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        Dice random{std::mt19937(seed)};
        HalfOpen half_open(64, 10, 3);
        std::map<std::uint32_t, std::uint32_t> present;  // client -> network
        std::set<std::uint32_t> proved;
        Instant now = start;
        for (int step = 0; step < 500; ++step) {
            now += Duration(1ms) * (random() % 1500);
            const std::uint32_t client = random() % 64, network = random() % 6;
            if (present.contains(client) && random() % 2 == 0) {
                half_open.prove(client);
                proved.insert(client);
                continue;
            }
            if (present.contains(client)) {
                half_open.leave(client);
                present.erase(client);
                proved.erase(client);
                continue;
            }
            const auto entry = half_open.enter(client, v4(network << 8 | random() % 256), now);
            if (entry.evict) {
                ASSERT_EQ(present.erase(*entry.evict), 1U);
                proved.erase(*entry.evict);
            }
            if (entry.entered) present[client] = network;
            std::map<std::uint32_t, unsigned> crowds;
            for (const auto& [who, where] : present)
                if (!proved.contains(who)) ++crowds[where];
            for (const auto& [where, size] : crowds) ASSERT_LE(size, 3U);
            ASSERT_LE(present.size(), 10U);
            ASSERT_EQ(half_open.size(), present.size());
        }
    }
}

}  // namespace
}  // namespace kanmon::admission
