// CVE-2017-7508: malformed IPv6 packets and the MSS clamp. Header chains, lies, fragments.
#include <gtest/gtest.h>

#include <random>

#include "dataplane/routing/segment_size.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

Expected<InnerPacket, Cause> read(Buffer& packet) {
    return read_inner_packet(packet);
}

/// An extension header of 8 octets and `more` units of 8.
Buffer extension(std::uint8_t next, std::uint8_t more, std::string_view rest = "000000000000") {
    Buffer made{std::byte{next}, std::byte{more}};
    append(made, from_hex(rest));
    made.resize(8 + std::size_t{more} * 8);
    return made;
}

Buffer chain(std::initializer_list<Buffer> parts) {
    Buffer made;
    for (const Buffer& part : parts) append(made, part);
    return made;
}

TEST(InnerPacket6, ReadsAddressesAndTransport) {
    Buffer packet = ip6_packet(client6, target6, 17, Buffer(8));
    const auto read = read_inner_packet(packet);
    ASSERT_TRUE(read);
    EXPECT_TRUE(read->v6);
    EXPECT_EQ(read->source6, client6);
    EXPECT_EQ(read->destination6, target6);
    EXPECT_EQ(read->protocol, 17);
    EXPECT_EQ(read->header_octets, 40);
    EXPECT_FALSE(read->fragment || read->may_fragment || read->source_routed);
}

TEST(InnerPacket6, EveryPrefixIsTruncatedAndWhatFollowsIsCutOff) {
    const Buffer whole = ip6_packet(client6, target6, 17, Buffer(30));
    for (std::size_t length = 0; length < whole.size(); ++length) {
        Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_EQ(read(cut).error(), Cause::truncated) << length;
    }
    Buffer longer = whole;
    longer.resize(whole.size() + 9);
    EXPECT_EQ(read(longer)->octets.size(), whole.size());
}

TEST(InnerPacket6, WalksEveryChainToItsTransport) {
    Buffer packet = ip6_packet(client6, target6, 0,
                               chain({extension(60, 0), extension(43, 1), extension(51, 0, "0200"),
                                      Buffer{std::byte{6}, std::byte{2}}, Buffer(14), Buffer(20)}));
    const auto read = read_inner_packet(packet);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->protocol, 6);
    EXPECT_EQ(read->header_octets, 40 + 8 + 8 + 16 + 16);
    EXPECT_FALSE(read->source_routed) << "no segment is left";
}

TEST(InnerPacket6, AChainThatLeavesThePacketOrNeverEndsIsMalformed) {
    Buffer beyond = ip6_packet(client6, target6, 60, extension(6, 0));
    beyond[41] = std::byte{1};
    EXPECT_EQ(read(beyond).error(), Cause::malformed);
    Buffer half = ip6_packet(client6, target6, 60, Buffer(7));
    EXPECT_EQ(read(half).error(), Cause::malformed);
    Buffer nothing = ip6_packet(client6, target6, 44, {});
    EXPECT_EQ(read(nothing).error(), Cause::malformed);

    Buffer longest;
    for (unsigned i = 0; i < extension_headers_max; ++i)
        append(longest, extension(i + 1 < extension_headers_max ? 60 : 59, 0));
    Buffer allowed = ip6_packet(client6, target6, 60, longest);
    EXPECT_EQ(read(allowed)->protocol, 59);
    Buffer one_more = ip6_packet(client6, target6, 60, chain({extension(60, 0), longest}));
    EXPECT_EQ(read(one_more).error(), Cause::malformed);
    Buffer hop_by_hop_later =
        ip6_packet(client6, target6, 60, chain({extension(0, 0), extension(59, 0)}));
    EXPECT_EQ(read(hop_by_hop_later).error(), Cause::malformed);
}

TEST(InnerPacket6, ALaterFragmentHoldsNoTransportWhateverItLooksLike) {
    const auto fragment = [](std::string_view rest) {
        return ip6_packet(client6, target6, 44, chain({extension(6, 0, rest), Buffer(40)}));
    };
    Buffer later = fragment("0008 00000001");
    EXPECT_TRUE(read(later)->later_fragment && read(later)->fragment);
    Buffer first = fragment("0001 00000001");
    EXPECT_FALSE(read(first)->later_fragment);
    EXPECT_TRUE(read(first)->fragment);
    Buffer atomic = fragment("0000 00000001");
    EXPECT_FALSE(read(atomic)->fragment);
    // Behind a later fragment's header is payload, also when it claims to be one more header.
    Buffer lying = ip6_packet(client6, target6, 44, chain({extension(44, 0, "0008"), Buffer(3)}));
    EXPECT_TRUE(read(lying)->later_fragment);
    EXPECT_FALSE(clamp_segment_size(*read(lying), 536));
}

TEST(InnerPacket6, NoticesRoutingHeadersThatStillRoute) {
    const auto routed = [](std::string_view rest) {
        Buffer packet = ip6_packet(client6, target6, 43, extension(59, 0, rest));
        return read_inner_packet(packet)->source_routed;
    };
    EXPECT_TRUE(routed("0001"));
    EXPECT_TRUE(routed("0000")) << "type 0 is not allowed at all";
    EXPECT_TRUE(routed("0401"));
    EXPECT_FALSE(routed("0400"));
}

TEST(ClampSegmentSize, InsideIpv6LeavesRoomForTheLongerHeader) {
    for (const bool extended : {false, true}) {
        Buffer packet = syn(from_hex("020405a0"), 0x02, true);
        if (extended) {
            const Buffer header = extension(6, 0);
            packet.insert(packet.begin() + 40, header.begin(), header.end());
            packet[6] = std::byte{60};
            packet[5] = std::byte{32};
        }
        const auto inner = read_inner_packet(packet);
        ASSERT_TRUE(inner);
        EXPECT_TRUE(clamp_segment_size(*inner, 1328));
        EXPECT_NE(to_hex(packet).find("0204051c"), std::string::npos) << "1308";
        EXPECT_EQ(tcp_sum(*inner), 0xffff);
        EXPECT_FALSE(clamp_segment_size(*inner, 1328));
    }
}

/// The slow way: jumps header by header, remembering nothing.
std::optional<std::pair<std::size_t, std::uint8_t>> slow_transport(const Buffer& packet) {
    const auto octet = [&](std::size_t i) { return std::to_integer<std::size_t>(packet[i]); };
    std::size_t at = 40, kind = octet(6);
    const std::size_t end = 40 + octet(4) * 256 + octet(5);
    for (int count = 0;; ++count) {
        const bool known = kind == 0 || kind == 43 || kind == 44 || kind == 51 || kind == 60 ||
                           kind == 135 || kind == 139 || kind == 140;
        if (!known) return std::pair{at, static_cast<std::uint8_t>(kind)};
        if (count == 8 || at + 8 > end || (kind == 0 && count > 0)) return std::nullopt;
        std::size_t length = (octet(at + 1) + 1) * 8;
        if (kind == 44) length = 8;
        if (kind == 51) length = (octet(at + 1) + 2) * 4;
        if (at + length > end) return std::nullopt;
        const bool later = kind == 44 && (octet(at + 2) * 256 + octet(at + 3)) / 8 != 0;
        kind = octet(at);
        at += length;
        if (later) return std::pair{at, static_cast<std::uint8_t>(kind)};
    }
}

TEST(InnerPacket6, AgreesWithASlowReaderOnRandomChains) {
    std::mt19937 random(7508);
    const std::array<std::uint8_t, 10> kinds{0, 43, 44, 51, 60, 135, 139, 140, 6, 58};
    for (int round = 0; round < 100'000; ++round) {
        Buffer body(random() % 120);
        for (auto& octet : body)
            octet = static_cast<std::byte>(random() % 3 == 0 ? kinds[random() % 10] : random() % 4);
        Buffer packet = ip6_packet(client6, target6, kinds[random() % 10], body);
        const auto slow = slow_transport(packet);
        const auto read = read_inner_packet(packet);
        ASSERT_EQ(read.has_value(), slow.has_value()) << to_hex(packet);
        if (!read) continue;
        ASSERT_EQ(std::pair(std::size_t{read->header_octets}, read->protocol), *slow);
        clamp_segment_size(*read, 536);
    }
}

}  // namespace
}  // namespace kanmon::routing
