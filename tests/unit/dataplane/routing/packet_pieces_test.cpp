#include "dataplane/routing/packet_pieces.h"

#include <gtest/gtest.h>

#include "dataplane/routing/tcp_segment.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

std::vector<Buffer> pieces_of(Buffer& packet, std::size_t most) {
    const auto inner = read_inner_packet(packet);
    PacketPieces pieces(*inner, most);
    Buffer room(2000);
    std::vector<Buffer> made;
    while (const auto piece = pieces.next(room)) made.push_back(copy_of(*piece));
    return made;
}

TEST(Pieces, OfASegmentAreSegmentsThatTogetherSayTheSame) {
    for (const bool v6 : {false, true}) {
        const Buffer payload = numbered(1321);
        Buffer packet = tcp_packet({.acknowledged = 77,
                                    .flags = tcp_ack | tcp_psh | tcp_fin | tcp_cwr,
                                    .options = from_hex("0101080a0000000100000002"),
                                    .payload = payload},
                                   v6, true);
        const std::vector<Buffer> pieces = pieces_of(packet, 500);
        const std::size_t header = (v6 ? 40U : 20U) + 32U;
        ASSERT_EQ(pieces.size(), (payload.size() + 500 - header - 1) / (500 - header));
        Buffer together;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            Buffer piece = pieces[i];
            EXPECT_LE(piece.size(), 500U);
            const auto inner = read_inner_packet(piece);
            ASSERT_TRUE(inner);
            EXPECT_EQ(inner->octets.size(), piece.size());
            EXPECT_EQ(tcp_sum(*inner), 0xffff) << i;
            EXPECT_TRUE(v6 || folded(sum_of(Bytes(piece).first(20))) == 0xffff) << i;
            const auto segment = read_tcp_segment(*inner);
            EXPECT_EQ(segment->sequence, 0x12345678 + together.size());
            EXPECT_EQ(segment->acknowledged, 77U);
            const bool last = i + 1 == pieces.size();
            EXPECT_EQ(segment->flags & (tcp_fin | tcp_psh), last ? tcp_fin | tcp_psh : 0);
            EXPECT_EQ(segment->flags & tcp_cwr, i == 0 ? tcp_cwr : 0);
            append(together, inner->transport().subspan(segment->header_octets));
        }
        EXPECT_EQ(together, payload);
    }
}

TEST(Pieces, OfAnotherPacketAreFragmentsWhichPutTogetherAreThePacket) {
    const Buffer payload = numbered(1473);
    Buffer packet = ip_packet(target, client, 17, payload);
    const std::vector<Buffer> pieces = pieces_of(packet, 601);
    ASSERT_EQ(pieces.size(), 3U);
    Buffer together(payload.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        EXPECT_LE(pieces[i].size(), 601U);
        EXPECT_EQ(folded(sum_of(Bytes(pieces[i]).first(20))), 0xffff);
        const std::uint16_t word = ByteReader(Bytes(pieces[i]).subspan(6)).u16();
        EXPECT_EQ((word & 0x2000) != 0, i < 2);
        std::memcpy(together.data() + (word & 0x1fff) * 8, pieces[i].data() + 20,
                    pieces[i].size() - 20);
    }
    EXPECT_EQ(together, payload);
}

TEST(Pieces, OfAFragmentKeepItsPlaceAndThatMoreFollow) {
    Buffer packet = ip_packet(target, client, 6, numbered(800));
    ByteWriter(MutableBytes(packet).subspan(6)).u16(0x2000 | 185);
    const std::vector<Buffer> pieces = pieces_of(packet, 500);
    ASSERT_EQ(pieces.size(), 2U);
    EXPECT_EQ(ByteReader(Bytes(pieces[0]).subspan(6)).u16(), 0x2000 | 185);
    EXPECT_EQ(ByteReader(Bytes(pieces[1]).subspan(6)).u16(), 0x2000 | (185 + 60));
}

TEST(Pieces, AreNotMadeOfWhatFitsAndWhatMustStayWhole) {
    const auto whole = [](Buffer packet, std::size_t most) {
        return pieces_of(packet, most).empty();
    };
    const Buffer payload = numbered(1000);
    EXPECT_TRUE(whole(ip_packet(target, client, 17, payload), 1020)) << "fits";
    Buffer forbidden = ip_packet(target, client, 17, payload);
    forbidden[6] = std::byte{0x40};
    EXPECT_TRUE(whole(forbidden, 500)) << "DF";
    EXPECT_TRUE(whole(ip6_packet(target6, client6, 17, payload), 500)) << "routers do not";
    EXPECT_TRUE(
        whole(tcp_packet({.flags = tcp_syn, .options = {}, .payload = payload}, true), 500));
    EXPECT_TRUE(whole(
        tcp_packet({.flags = tcp_ack | tcp_urg, .options = {}, .payload = payload}, true), 500));
    EXPECT_TRUE(whole(tcp_packet({.options = {}, .payload = payload}, true), 60))
        << "no room for a header";
    EXPECT_TRUE(whole(ip_packet(target, client, 17, payload), 27)) << "nor for a fragment";
}

}  // namespace
}  // namespace kanmon::routing
