#include "dataplane/routing/icmp_answer.h"

#include <gtest/gtest.h>

#include "packets.h"

namespace kanmon::routing {
namespace {

Buffer unreachable_for(Buffer packet) {
    Buffer room(icmp_answer_octets_max);
    const auto answer = make_unreachable(*read_inner_packet(packet), room);
    return answer ? copy_of(*answer) : Buffer();
}

TEST(Unreachable, QuotesThePacketFromTheAddressThatNobodyHas) {
    const Buffer packet = ip_packet(target, client, 17, numbered(100));
    Buffer answer = unreachable_for(packet);
    const auto read = read_inner_packet(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source, client);
    EXPECT_EQ(read->destination, target);
    EXPECT_EQ(read->protocol, protocol_icmp);
    EXPECT_EQ(to_hex(read->transport().first(2)), "0301");
    EXPECT_EQ(copy_of(read->transport().subspan(8)), packet);
    EXPECT_EQ(folded(sum_of(read->octets.first(20))), 0xffff);
    EXPECT_EQ(folded(sum_of(read->transport())), 0xffff);
}

TEST(Unreachable, OfIpv6IsOfItsOwnTypeAndSum) {
    const Buffer packet = ip6_packet(target6, client6, 17, numbered(101));
    Buffer answer = unreachable_for(packet);
    const auto read = read_inner_packet(answer);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->source6, client6);
    EXPECT_EQ(read->destination6, target6);
    EXPECT_EQ(read->protocol, protocol_icmp6);
    EXPECT_EQ(to_hex(read->transport().first(2)), "0103");
    EXPECT_EQ(copy_of(read->transport().subspan(8)), packet);
    EXPECT_EQ(upper_sum(*read, protocol_icmp6), 0xffff);
}

TEST(Prohibited, IsSaidInTheWordsOfBothFamilies) {
    Buffer room(icmp_answer_octets_max);
    Buffer packet = ip_packet(client, target, 17, numbered(100));
    auto answer = make_prohibited(*read_inner_packet(packet), room);
    ASSERT_TRUE(answer);
    auto read = read_inner_packet(*answer);
    EXPECT_EQ(read->destination, client);
    EXPECT_EQ(to_hex(read->transport().first(2)), "030d");
    EXPECT_EQ(folded(sum_of(read->transport())), 0xffff);
    packet = ip6_packet(client6, target6, 17, numbered(100));
    answer = make_prohibited(*read_inner_packet(packet), room);
    ASSERT_TRUE(answer);
    read = read_inner_packet(*answer);
    EXPECT_EQ(read->destination6, client6);
    EXPECT_EQ(to_hex(read->transport().first(2)), "0101");
    EXPECT_EQ(upper_sum(*read, protocol_icmp6), 0xffff);
}

TEST(Unreachable, IsNeverLongerThanEveryHostTakes) {
    EXPECT_EQ(unreachable_for(ip_packet(target, client, 17, Buffer(1480))).size(), 576U);
    EXPECT_EQ(unreachable_for(ip6_packet(target6, client6, 17, Buffer(1460))).size(), 1280U);
    Buffer packet = ip_packet(target, client, 17, Buffer(100));
    Buffer small(100);
    EXPECT_FALSE(make_unreachable(*read_inner_packet(packet), small)) << "no room";
}

TEST(Unreachable, IsNeverSaidAboutErrorsFragmentsAndMulticast) {
    const auto icmp = [](std::uint8_t type) {
        return ip_packet(target, client, 1, Buffer{std::byte{type}, {}, {}, {}, {}, {}, {}, {}});
    };
    for (const std::uint8_t question : std::vector<std::uint8_t>{0, 8, 13, 14})
        EXPECT_FALSE(unreachable_for(icmp(question)).empty()) << int{question};
    for (const std::uint8_t error : std::vector<std::uint8_t>{3, 4, 5, 11, 12, 200})
        EXPECT_TRUE(unreachable_for(icmp(error)).empty()) << int{error};
    EXPECT_TRUE(unreachable_for(ip_packet(target, client, 1, {})).empty());
    const auto icmp6 = [](std::uint8_t type) {
        return ip6_packet(target6, client6, 58, Buffer{std::byte{type}});
    };
    EXPECT_FALSE(unreachable_for(icmp6(128)).empty());
    EXPECT_TRUE(unreachable_for(icmp6(1)).empty());
    EXPECT_TRUE(unreachable_for(icmp6(127)).empty());

    Buffer later = ip_packet(target, client, 17, Buffer(20));
    later[7] = std::byte{1};
    EXPECT_TRUE(unreachable_for(later).empty());
    Buffer first = ip_packet(target, client, 17, Buffer(20));
    first[6] = std::byte{0x20};
    EXPECT_FALSE(unreachable_for(first).empty());
    for (const char* source : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"})
        EXPECT_TRUE(unreachable_for(ip_packet(*parse_ipv4(source), client, 17, Buffer(8))).empty());
    EXPECT_TRUE(
        unreachable_for(ip_packet(target, *parse_ipv4("239.1.1.1"), 17, Buffer(8))).empty());
    EXPECT_TRUE(unreachable_for(ip6_packet(Ipv6{}, client6, 17, Buffer(8))).empty());
    EXPECT_TRUE(unreachable_for(ip6_packet(target6, *parse_ipv6("ff02::1"), 17, {})).empty());
}

TEST(TooBig, NamesTheLimitAndNeverLessThanIpv6Accepts) {
    Buffer room(icmp_answer_octets_max);
    Buffer packet = ip_packet(target, client, 6, Buffer(1400));
    const auto answer = make_too_big(*read_inner_packet(packet), 1228, room);
    ASSERT_TRUE(answer);
    EXPECT_EQ(to_hex(answer->subspan(20, 2)), "0304");
    EXPECT_EQ(to_hex(answer->subspan(24, 4)), "000004cc");
    Buffer packet6 = ip6_packet(target6, client6, 6, Buffer(1400));
    const auto answer6 = make_too_big(*read_inner_packet(packet6), 1228, room);
    EXPECT_EQ(to_hex(answer6->subspan(40, 2)), "0200");
    EXPECT_EQ(to_hex(answer6->subspan(44, 4)), "00000500");
}

TEST(AnswerBudget, AllowsABurstThenOneEachHundredthOfASecond) {
    AnswerBudget budget;
    Instant now{1000h};
    const auto taken = [&] {
        int count = 0;
        while (budget.take(now)) ++count;
        return count;
    };
    EXPECT_EQ(taken(), 100);
    now += 10ms;
    EXPECT_EQ(taken(), 1);
    now += 250ms;
    EXPECT_EQ(taken(), 25);
    now += 1h;
    EXPECT_EQ(taken(), 100);
}

}  // namespace
}  // namespace kanmon::routing
