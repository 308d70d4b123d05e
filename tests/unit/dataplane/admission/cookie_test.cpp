#include "dataplane/admission/cookie.h"

#include <gtest/gtest.h>

#include "dataplane/admission/issued_cookies.h"

namespace kanmon::admission {
namespace {

const SipKey key = sip_key(from_hex("000102030405060708090a0b0c0d0e0f"));
const Instant start{1000h};

Greeter greeter() {
    Greeter who{1, 2, Endpoint::v4(*parse_ipv4("192.0.2.7"), 40000), {}};
    who.session.octets.fill(std::byte{0x11});
    return who;
}

/// The published vectors: key 00..0f, input 00, 01, … of each length; octets in output order.
TEST(SipHash, ComputesThePublishedVectors) {
    const std::vector<std::string> vectors{
        "310e0edd47db6f72", "fd67dc93c539f874", "5a4fa9d909806c0d",
        "2d7efbd796666785", "b7877127e09427cf", "8da699cd64557618",
        "cee3fe586e46c9cb", "37d1018bf50002ab", "6224939a79f5f593"};
    Buffer input;
    for (const std::string& expected : vectors) {
        Buffer octets(8);
        std::uint64_t hash = sip_hash(key, input);
        for (std::byte& octet : octets) {
            octet = static_cast<std::byte>(hash & 0xff);
            hash >>= 8;
        }
        EXPECT_EQ(to_hex(octets), expected) << input.size();
        input.push_back(static_cast<std::byte>(input.size()));
    }
    EXPECT_EQ(sip_hash(key, from_hex("000102030405060708090a0b0c0d0e")), 0xa129ca6149be45e5U);
}

TEST(Cookie, IsGoodFor60To90SecondsAndNeverBeforeItsTime) {
    const CookieMaker maker(key);
    const auto cookie = maker.issue(greeter(), start);
    EXPECT_FALSE(cookie.is_zero());
    EXPECT_TRUE(maker.is_ours(cookie, greeter(), start));
    EXPECT_TRUE(maker.is_ours(cookie, greeter(), start + 60s));
    EXPECT_FALSE(maker.is_ours(cookie, greeter(), start + 90s));
    EXPECT_FALSE(maker.is_ours(cookie, greeter(), start - 1s)) << "of a future slot";
    EXPECT_TRUE(maker.is_ours(maker.issue(greeter(), Instant{}), greeter(), Instant{} + 5s));
}

TEST(Cookie, IsBoundToEverythingThatTheGreeterIs) {
    const CookieMaker maker(key);
    const auto cookie = maker.issue(greeter(), start);
    const auto refused = [&](auto change) {
        Greeter other = greeter();
        change(other);
        return !maker.is_ours(cookie, other, start);
    };
    EXPECT_TRUE(refused([](Greeter& other) { other.server = 0; }));
    EXPECT_TRUE(refused([](Greeter& other) { other.listener = 1; }));
    EXPECT_TRUE(refused([](Greeter& other) { other.remote.port = 40001; }));
    EXPECT_TRUE(refused([](Greeter& other) { other.remote.address.octets[15] = 8; }));
    EXPECT_TRUE(refused([](Greeter& other) { other.session.octets[7] = std::byte{0x12}; }));
    EXPECT_FALSE(CookieMaker(SipKey{1, 2}).is_ours(cookie, greeter(), start));
}

TEST(Cookie, EveryFlippedBitIsRefused) {
    const CookieMaker maker(key);
    for (unsigned bit = 0; bit < 64; ++bit) {
        auto cookie = maker.issue(greeter(), start);
        cookie.octets[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        EXPECT_FALSE(maker.is_ours(cookie, greeter(), start)) << bit;
    }
    EXPECT_FALSE(maker.is_ours({}, greeter(), start));
}

TEST(IssuedCookies, RemembersTheLastOneForAMinute) {
    IssuedCookies issued(key);
    const CookieMaker maker(key);
    const auto cookie = maker.issue(greeter(), start);
    issued.remember(greeter(), {{std::byte{9}}}, start - 1s);
    issued.remember(greeter(), cookie, start);
    EXPECT_EQ(issued.find(greeter(), start + 59s), cookie);
    EXPECT_TRUE(issued.find(greeter(), start + 60s).is_zero());
    Greeter other = greeter();
    other.remote.port = 1;
    EXPECT_TRUE(issued.find(other, start).is_zero());
}

TEST(IssuedCookies, AFewThousandOthersDoNotPushOutTheNewest) {
    IssuedCookies issued(key);
    const CookieMaker maker(key);
    unsigned lost = 0;
    for (std::uint32_t i = 0; i < 100000; ++i) {
        Greeter other = greeter();
        other.remote = Endpoint::v4(Ipv4{i}, 5);
        issued.remember(other, maker.issue(other, start), start + Duration(i));
        lost += issued.find(other, start + Duration(i)).is_zero() ? 1U : 0U;
    }
    EXPECT_EQ(lost, 0U);
}

}  // namespace
}  // namespace kanmon::admission
