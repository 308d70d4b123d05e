#include <gtest/gtest.h>

#include "dataplane/routing/address_table.h"
#include "dataplane/routing/inner_packet.h"
#include "dataplane/routing/segment_size.h"

namespace kanmon::routing {
namespace {

std::uint32_t sum_of(Bytes octets) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < octets.size(); ++i)
        sum += std::to_integer<std::uint32_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
    return sum;
}

std::uint16_t folded(std::uint32_t sum) {
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

Buffer ip_packet(Ipv4 from, Ipv4 to, std::uint8_t protocol, Bytes body) {
    BufferWriter out;
    out.u16(0x4500);
    out.u16(static_cast<std::uint16_t>(20 + body.size()));
    out.u32(0x00010000);
    out.u8(64);
    out.u8(protocol);
    out.u16(0);
    out.u32(from.value);
    out.u32(to.value);
    out.bytes(body);
    return out.finish();
}

/// The sum over pseudo header and segment: 0xffff when the checksum is right.
std::uint16_t tcp_sum(const InnerPacket& packet) {
    const Bytes segment = packet.octets.subspan(packet.header_octets);
    const std::uint32_t addresses = (packet.source.value >> 16) + (packet.source.value & 0xffff) +
                                    (packet.destination.value >> 16) +
                                    (packet.destination.value & 0xffff);
    return folded(addresses + 6 + static_cast<std::uint32_t>(segment.size()) + sum_of(segment));
}

const Ipv4 client{0x0a080006}, target{0xac140001};

Buffer syn(Bytes options, std::uint8_t flags = 0x02) {
    BufferWriter out;
    out.u32(0x30390050);
    out.u32(0x12345678);
    out.u32(0);
    out.u8(static_cast<std::uint8_t>((20 + options.size()) / 4 << 4));
    out.u8(flags);
    out.u16(0xffff);
    out.u32(0);
    out.bytes(options);
    Buffer packet = ip_packet(client, target, 6, out.finish());
    const auto inner = read_inner_packet(packet);
    const auto checksum = static_cast<std::uint16_t>(~tcp_sum(*inner));
    ByteWriter(MutableBytes(packet).subspan(20 + 16)).u16(checksum);
    return packet;
}

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
    for (const auto& [first, cause] : {std::pair{0x60, Cause::not_ip},
                                       {0x00, Cause::not_ip},
                                       {0x50, Cause::unsupported_framing},
                                       {0xfa, Cause::unsupported_framing},
                                       {0xfb, Cause::unsupported_framing}}) {
        packet[0] = static_cast<std::byte>(first);
        EXPECT_EQ(read_inner_packet(packet).error(), cause);
    }
}

TEST(CheckFromClient, EveryForeignAddressIsNamed) {
    const std::vector<Cidr> networks{*parse_cidr("172.20.0.0/16"), *parse_cidr("172.21.0.1/32")};
    const Neighbourhood around{*parse_cidr("10.8.0.0/24"), *parse_ipv4("10.8.0.1"), networks};
    const auto judged = [&](const char* from, const char* to) -> std::optional<Cause> {
        Buffer packet = ip_packet(*parse_ipv4(from), *parse_ipv4(to), 17, Buffer(8));
        const auto verdict = check_from_client(*read_inner_packet(packet), client, around);
        return verdict ? std::nullopt : std::optional(verdict.error());
    };
    EXPECT_EQ(judged("10.8.0.6", "172.20.0.1"), std::nullopt);
    EXPECT_EQ(judged("10.8.0.6", "172.21.0.1"), std::nullopt);
    EXPECT_EQ(judged("10.8.0.6", "10.8.0.1"), std::nullopt);
    EXPECT_EQ(judged("10.8.0.10", "172.20.0.1"), Cause::spoofed_source);
    EXPECT_EQ(judged("10.8.0.1", "172.20.0.1"), Cause::spoofed_source);
    EXPECT_EQ(judged("10.8.0.6", "10.8.0.10"), Cause::client_to_client);
    EXPECT_EQ(judged("10.8.0.6", "10.8.0.5"), Cause::client_to_client);
    EXPECT_EQ(judged("10.8.0.6", "10.8.0.255"), Cause::multicast);
    EXPECT_EQ(judged("10.8.0.6", "10.8.0.0"), Cause::multicast);
    EXPECT_EQ(judged("10.8.0.6", "172.20.255.255"), Cause::multicast);
    EXPECT_EQ(judged("10.8.0.6", "224.0.0.251"), Cause::multicast);
    EXPECT_EQ(judged("10.8.0.6", "255.255.255.255"), Cause::multicast);
    EXPECT_EQ(judged("10.8.0.6", "127.0.0.1"), Cause::malformed);
    EXPECT_EQ(judged("10.8.0.6", "0.0.0.0"), Cause::malformed);
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
