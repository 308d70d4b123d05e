#include "base/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/address.h"
#include "base/escape.h"
#include "base/secret.h"

namespace kanmon {
namespace {

TEST(ByteReader, YieldsZerosAndStaysFailedAfterAShortRead) {
    const Buffer three = from_hex("010203");
    ByteReader in(three);
    EXPECT_EQ(in.u16(), 0x0102);
    EXPECT_EQ(in.u32(), 0U);
    EXPECT_EQ(in.u8(), 0U);
    EXPECT_FALSE(in.ok());
}

TEST(ByteWriter, WritesNothingBeyondItsRoom) {
    std::array<std::byte, 3> room{};
    ByteWriter out(room);
    out.u16(0xabcd);
    out.u32(1);
    EXPECT_FALSE(out.ok());
    EXPECT_EQ(to_hex(room), "abcd00");
}

TEST(Hex, RefusesOddAndForeignDigits) {
    EXPECT_TRUE(from_hex("abc").empty());
    EXPECT_TRUE(from_hex("zz").empty());
    EXPECT_EQ(to_hex(from_hex("00 fF\n10")), "00ff10");
}

TEST(Cidr, RefusesHostBitsAndForeignText) {
    EXPECT_TRUE(parse_cidr("192.168.0.0/24"));
    EXPECT_FALSE(parse_cidr("192.168.0.1/24"));
    EXPECT_FALSE(parse_cidr("192.168.0.0"));
    EXPECT_FALSE(parse_cidr("192.168.0.0/33"));
    EXPECT_FALSE(parse_cidr("192.168.0.0/+8"));
}

TEST(Cidr, OverlapIsSymmetricAndCountsContainment) {
    const Cidr wide = *parse_cidr("10.0.0.0/8");
    const Cidr inside = *parse_cidr("10.1.0.0/16");
    const Cidr other = *parse_cidr("172.16.0.0/12");
    EXPECT_TRUE(wide.overlaps(inside));
    EXPECT_TRUE(inside.overlaps(wide));
    EXPECT_FALSE(wide.overlaps(other));
    EXPECT_TRUE(parse_cidr("0.0.0.0/0")->overlaps(other));
}

TEST(Endpoint, KeepsIpv4AsMappedAndShowsItAsIpv4) {
    const Endpoint endpoint = Endpoint::v4(*parse_ipv4("192.0.2.1"), 1194);
    EXPECT_TRUE(endpoint.is_v4());
    EXPECT_EQ(to_string(endpoint), "192.0.2.1:1194");
}

TEST(Escaped, ShowsControlAndBidiOctetsAsHexadecimal) {
    EXPECT_EQ(escaped("a\x1b[31m\n\xe2\x80\xae\\"), "a\\x1b[31m\\x0a\\xe2\\x80\\xae\\x5c");
}

TEST(ConstantTimeEqual, AcceptsOnlyEqualOctets) {
    EXPECT_TRUE(constant_time_equal(from_hex("0102"), from_hex("0102")));
    EXPECT_FALSE(constant_time_equal(from_hex("0102"), from_hex("0103")));
    EXPECT_FALSE(constant_time_equal(from_hex("0102"), from_hex("010200")));
}

// reg/CVE-2013-2061. Leaving at the first difference would be a thousand times faster here.
TEST(ConstantTimeEqual, TakesAsLongWhereverTheDifferenceIs) {
    constexpr std::size_t octets = 65536;
    const Buffer secret(octets, std::byte{0x5a});
    Buffer early = secret, late = secret;
    early.front() ^= std::byte{1};
    late.back() ^= std::byte{1};
    const auto shortest = [&](const Buffer& guess) {
        auto least = std::chrono::nanoseconds::max();
        for (int i = 0; i < 50; ++i) {
            const auto began = std::chrono::steady_clock::now();
            EXPECT_FALSE(constant_time_equal(secret, guess));
            least =
                std::min<std::chrono::nanoseconds>(least, std::chrono::steady_clock::now() - began);
        }
        return least;
    };
    EXPECT_GT(shortest(early) * 4, shortest(late));
}

}  // namespace
}  // namespace kanmon
