#include "dataplane/routing/super_packet.h"

#include <gtest/gtest.h>

#include "dataplane/routing/tcp_segment.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

using Segments = Offload::Segments;

Offload tcp_offload(bool v6, std::uint16_t segment_octets) {
    const auto ip = static_cast<std::uint16_t>(v6 ? 40 : 20);
    return {.segments = v6 ? Segments::tcp6 : Segments::tcp4,
            .unfinished_checksum = true,
            .header_octets = 0,  // a lie: it is not relied on
            .segment_octets = segment_octets,
            .checksum_from = ip,
            .checksum_at = 16};
}

std::vector<Buffer> segments_of(const Offload& offload, Buffer& packet) {
    const auto read = read_super_packet(offload, packet);
    if (!read) return {};
    if (read->is_single()) return {copy_of(read->whole.octets)};
    std::vector<Buffer> made;
    PacketPieces pieces = read->segments();
    Buffer room(pieces.octets_max());
    while (const auto piece = pieces.next(room)) made.push_back(copy_of(*piece));
    return made;
}

// --- the header ----------------------------------------------------------------------------------

TEST(OffloadHeader, IsReadAsItIsWritten) {
    for (const Segments kind : {Segments::none, Segments::tcp4, Segments::tcp6, Segments::udp}) {
        const Offload offload{kind, kind != Segments::none, 54, 1348, 20, 16};
        EXPECT_EQ(read_offload(encode(offload)), offload);
    }
}

TEST(OffloadHeader, OfAnUnknownKindOrCutShortIsNone) {
    auto header = encode({.segments = Segments::tcp4});
    EXPECT_FALSE(read_offload(Bytes(header).first(9)));
    header[1] |= std::byte{0x80};  // segments with ECN are segments
    EXPECT_TRUE(read_offload(header));
    for (const unsigned kind : {2U, 3U, 6U, 0x7fU}) {
        header[1] = static_cast<std::byte>(kind);
        EXPECT_FALSE(read_offload(header)) << kind;
    }
}

// --- TCP -----------------------------------------------------------------------------------------

TEST(SuperPacket, OfTcpIsCutIntoTheSegmentsThatItsSenderMeant) {
    for (const bool v6 : {false, true}) {
        const Buffer payload = numbered(60001);
        Buffer packet = tcp_packet({.sequence = 0xffffff00,  // wraps within
                                    .acknowledged = 9,
                                    .flags = tcp_ack | tcp_psh | tcp_fin | tcp_cwr,
                                    .options = from_hex("0101080a0000000100000002"),
                                    .payload = payload},
                                   v6, true);
        const std::vector<Buffer> made = segments_of(tcp_offload(v6, 1348), packet);
        ASSERT_EQ(made.size(), 45U);
        Buffer together;
        for (std::size_t i = 0; i < made.size(); ++i) {
            Buffer octets = made[i];
            const auto inner = read_inner_packet(octets);
            ASSERT_TRUE(inner);
            const auto segment = read_tcp_segment(*inner);
            const bool last = i + 1 == made.size();
            EXPECT_EQ(segment->payload_octets, last ? 60001 - 44 * 1348 : 1348);
            EXPECT_EQ(segment->sequence, static_cast<std::uint32_t>(0xffffff00 + i * 1348));
            EXPECT_EQ(segment->flags & (tcp_fin | tcp_psh), last ? tcp_fin | tcp_psh : 0);
            EXPECT_EQ(segment->flags & tcp_cwr, i == 0 ? tcp_cwr : 0);
            EXPECT_EQ(tcp_sum(*inner), 0xffff) << i;
            if (!v6) {
                EXPECT_EQ(folded(sum_of(Bytes(octets).first(20))), 0xffff);
                EXPECT_EQ(ByteReader(Bytes(octets).subspan(4)).u16(), 1 + i);
            }
            append(together, inner->transport().subspan(segment->header_octets));
        }
        EXPECT_EQ(together, payload);
    }
}

TEST(SuperPacket, OfOneSegmentIsThatSegmentWithItsChecksum) {
    Buffer packet = tcp_packet({.flags = tcp_ack, .options = {}, .payload = numbered(100)});
    const Buffer right = packet;
    put_word(packet, 36, 0x1234);  // the pseudo header's sum stands there, or anything
    EXPECT_EQ(segments_of(tcp_offload(false, 1348), packet), (std::vector<Buffer>{right}));
}

// --- UDP -----------------------------------------------------------------------------------------

TEST(SuperPacket, OfUdpIsCutIntoTheDatagramsThatItsSenderMeant) {
    for (const bool v6 : {false, true}) {
        const Buffer payload = numbered(3333);
        Buffer packet = udp_packet(payload, v6);
        const Offload offload{Segments::udp, true, 0, 1200, std::uint16_t(v6 ? 40 : 20), 6};
        const std::vector<Buffer> made = segments_of(offload, packet);
        ASSERT_EQ(made.size(), 3U);
        for (std::size_t i = 0; i < made.size(); ++i) {
            const std::size_t octets = std::min<std::size_t>(1200, 3333 - i * 1200);
            Buffer expected = udp_packet(Bytes(payload).subspan(i * 1200, octets), v6);
            if (!v6) {
                put_word(expected, 4, static_cast<std::uint16_t>(1 + i));
                finish_checksums(expected);
            }
            EXPECT_EQ(made[i], expected);
        }
    }
}

// --- checksums -----------------------------------------------------------------------------------

TEST(SuperPacket, AChecksumThatTheKernelLeftToUsIsFinished) {
    for (const bool v6 : {false, true})
        for (const bool tcp : {false, true}) {
            const Buffer payload = numbered(777);
            Buffer packet =
                tcp ? tcp_packet({.options = {}, .payload = payload}, v6) : udp_packet(payload, v6);
            const Buffer right = packet;
            const auto ip = static_cast<std::uint16_t>(v6 ? 40 : 20);
            const auto at = static_cast<std::uint16_t>(tcp ? 16 : 6);
            // What the kernel leaves there: the sum of the pseudo header, not inverted.
            const auto inner = read_inner_packet(packet);
            const Bytes addresses =
                v6 ? Bytes(packet).subspan(8, 32) : Bytes(packet).subspan(12, 8);
            const auto pseudo = folded(sum_of(addresses) + inner->protocol +
                                       static_cast<std::uint32_t>(packet.size() - ip));
            put_word(packet, ip + at, pseudo);
            const Offload offload{Segments::none, true, 0, 0, ip, at};
            EXPECT_EQ(segments_of(offload, packet), (std::vector<Buffer>{right}));
        }
}

TEST(SuperPacket, AChecksumOfADatagramIsNeverWrittenAsNone) {
    Buffer packet = udp_packet(numbered(2));
    // A payload that makes the sum zero.
    const auto inner = read_inner_packet(packet);
    put_word(packet, 28, 0);
    put_word(packet, 26, 0);
    put_word(packet, 28, static_cast<std::uint16_t>(~upper_sum(*inner, protocol_udp)));
    const auto pseudo = folded(sum_of(Bytes(packet).subspan(12, 8)) + 17U + 10U);
    put_word(packet, 26, pseudo);
    const auto made = segments_of({Segments::none, true, 0, 0, 20, 6}, packet);
    ASSERT_EQ(made.size(), 1U);
    EXPECT_EQ(ByteReader(Bytes(made[0]).subspan(26)).u16(), 0xffff);
}

// --- contradictions ------------------------------------------------------------------------------

TEST(SuperPacket, AnOffloadThatContradictsItsPacketIsRefused) {
    const Buffer tcp = tcp_packet({.options = {}, .payload = numbered(3000)});
    const Buffer tcp6 = tcp_packet({.options = {}, .payload = numbered(3000)}, true);
    const Buffer udp = udp_packet(numbered(3000));
    const auto refused = [](const Offload& offload, Buffer packet) {
        return !read_super_packet(offload, packet).has_value();
    };
    EXPECT_FALSE(refused(tcp_offload(false, 1000), tcp));
    EXPECT_TRUE(refused(tcp_offload(false, 0), tcp));
    EXPECT_TRUE(refused(tcp_offload(true, 1000), tcp));
    EXPECT_TRUE(refused(tcp_offload(false, 1000), tcp6));
    EXPECT_TRUE(refused(tcp_offload(false, 1000), udp));
    EXPECT_TRUE(refused({Segments::udp, true, 0, 1000, 20, 6}, tcp));
    EXPECT_TRUE(refused(tcp_offload(false, 1000), syn({}))) << "nothing to cut";
    Buffer with_syn = tcp;
    with_syn[33] |= std::byte{tcp_syn};
    EXPECT_TRUE(refused(tcp_offload(false, 1000), with_syn));
    Buffer fragment = tcp;
    fragment[6] = std::byte{0x20};
    EXPECT_TRUE(refused(tcp_offload(false, 1000), fragment));
    Buffer longer = tcp;
    longer.resize(longer.size() + 1);
    EXPECT_TRUE(refused(tcp_offload(false, 1000), longer)) << "octets behind the packet";
    Buffer lying = tcp;
    lying[32] = std::byte{0xf0};  // a header of 60 octets
    EXPECT_FALSE(refused(tcp_offload(false, 1000), lying));
    EXPECT_TRUE(refused({Segments::none, true, 0, 0, 20, 3007}, udp)) << "beyond the end";
    EXPECT_TRUE(refused({Segments::none, true, 0, 0, 10, 6}, udp)) << "in the IP header";
    EXPECT_TRUE(refused({Segments::none, true, 0, 0, 0xffff, 0xffff}, udp));
}

}  // namespace
}  // namespace kanmon::routing
