#include <gtest/gtest.h>

#include "dataplane/routing/address_table.h"
#include "dataplane/routing/segment_size.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

TEST(AddressTable, FindsWhoHasAnAddressAndNobodyElsewhere) {
    AddressTable table(*parse_cidr("10.8.0.0/16"));
    EXPECT_TRUE(table.set(*parse_ipv4("10.8.255.250"), 7));
    EXPECT_EQ(table.find(*parse_ipv4("10.8.255.250")), 7U);
    EXPECT_EQ(table.find(*parse_ipv4("10.8.0.1")), no_client);
    EXPECT_EQ(table.find(*parse_ipv4("10.9.0.1")), no_client);
    EXPECT_FALSE(table.set(*parse_ipv4("10.9.0.1"), 7));
}

TEST(AddressTable, ASuccessorKeepsItsAddressWhenTheFormerClientGoes) {
    AddressTable table(*parse_cidr("10.8.0.0/30"));
    table.set(*parse_ipv4("10.8.0.2"), 1);
    table.set(*parse_ipv4("10.8.0.2"), 2);
    table.clear(*parse_ipv4("10.8.0.2"), 1);
    EXPECT_EQ(table.find(*parse_ipv4("10.8.0.2")), 2U);
    table.clear(*parse_ipv4("10.8.0.2"), 2);
    EXPECT_EQ(table.find(*parse_ipv4("10.8.0.2")), no_client);
}

TEST(InnerPacket, LengthsThatLieAreRefusedAtEveryLength) {
    const Buffer whole = ip_packet(client, target, 17, Buffer(30));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_FALSE(read_inner_packet(cut)) << length;
    }
    Buffer longer = whole;
    longer.resize(whole.size() + 9);
    EXPECT_EQ(read_inner_packet(longer)->octets.size(), whole.size());
    Buffer short_header = whole;
    short_header[0] = std::byte{0x44};
    EXPECT_EQ(read_inner_packet(short_header).error(), Cause::malformed);
    Buffer header_beyond = whole;
    header_beyond[0] = std::byte{0x4f};
    EXPECT_EQ(read_inner_packet(header_beyond).error(), Cause::malformed);
}

TEST(InnerPacket, OtherVersionsAndCompressionFramesHaveTheirOwnNames) {
    Buffer packet = ip_packet(client, target, 17, Buffer(30));
    for (const auto& [first, cause] : {std::pair{0x70, Cause::not_ip},
                                       {0x00, Cause::not_ip},
                                       {0x50, Cause::unsupported_framing},
                                       {0xfa, Cause::unsupported_framing},
                                       {0xfb, Cause::unsupported_framing}}) {
        packet[0] = static_cast<std::byte>(first);
        EXPECT_EQ(read_inner_packet(packet).error(), cause);
    }
}

TEST(InnerPacket, NoticesAnIpv4SourceRouteWhereverItStandsInTheOptions) {
    const auto is_routed = [](std::string_view options) {
        Buffer packet = with_options_v4(from_hex(options));
        return read_inner_packet(packet)->source_routed;
    };
    EXPECT_TRUE(is_routed("83070400000000 00"));
    EXPECT_TRUE(is_routed("01010189 07040000 00000000"));
    EXPECT_TRUE(is_routed("94040000 8307040000000000"));
    EXPECT_FALSE(is_routed("94040000"));
    EXPECT_FALSE(is_routed("00000000 8307040000000000")) << "behind the end";
    EXPECT_FALSE(is_routed("07008304")) << "a length of zero ends the list";
}

TEST(SegmentLimit, MakesFullOuterPacketsOf1420Octets) {
    EXPECT_EQ(segment_limit({}), 1420 - 20 - 8 - 24 - 40);
    EXPECT_EQ(segment_limit({.outer_v6 = true}), 1420 - 40 - 8 - 24 - 40);
    EXPECT_EQ(segment_limit({.outer_tcp = true}), 1420 - 20 - 22 - 24 - 40);
    EXPECT_EQ(segment_limit({}, 576), 536);
}

TEST(ClampSegmentSize, LowersTheOptionWhereverItStandsAndKeepsTheChecksumRight) {
    const std::vector<std::string> option_lists{"020405b4", "01020405 b4000000", "0101020405b40000",
                                                "0402080a00000000 00000000020405b4"};
    for (const std::string& text : option_lists) {
        Buffer options = from_hex(text);
        options.resize((options.size() + 3) / 4 * 4);
        Buffer packet = syn(options);
        const auto inner = read_inner_packet(packet);
        ASSERT_EQ(tcp_sum(*inner), 0xffff) << text;
        EXPECT_TRUE(clamp_segment_size(*inner, 1328)) << text;
        EXPECT_EQ(tcp_sum(*inner), 0xffff) << text;
        EXPECT_NE(to_hex(packet).find("02040530"), std::string::npos) << text;
        EXPECT_FALSE(clamp_segment_size(*inner, 1328)) << "a second time";
    }
}

TEST(ClampSegmentSize, LeavesEverythingElseAlone) {
    const auto untouched = [](Buffer packet) {
        const Buffer before = packet;
        const auto inner = read_inner_packet(packet);
        return !clamp_segment_size(*inner, 536) && packet == before;
    };
    const Buffer option = from_hex("020405b4");
    EXPECT_TRUE(untouched(syn(option, 0x10))) << "no SYN";
    EXPECT_TRUE(untouched(syn(from_hex("02040200")))) << "small already";
    EXPECT_TRUE(untouched(syn(from_hex("00040000020405b4")))) << "behind the end of options";
    EXPECT_TRUE(untouched(syn(from_hex("020305b4")))) << "an option of a wrong length";
    EXPECT_TRUE(untouched(syn(from_hex("05000000020405b4")))) << "a length of zero";
    EXPECT_TRUE(untouched(syn(from_hex("010101 05 ff0405b4")))) << "an option beyond the header";
    EXPECT_TRUE(untouched(syn(from_hex("01010102")))) << "an option without its length";
    EXPECT_TRUE(untouched(ip_packet(client, target, 17, Buffer(40))));
    EXPECT_TRUE(untouched(ip_packet(client, target, 6, Buffer(19))));
    Buffer fragment = syn(option);
    fragment[7] = std::byte{1};
    EXPECT_TRUE(untouched(fragment));
}

}  // namespace
}  // namespace kanmon::routing
