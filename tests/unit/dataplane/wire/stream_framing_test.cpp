#include "dataplane/wire/stream_framing.h"

#include <gtest/gtest.h>

namespace kanmon::wire {
namespace {

Buffer framed(const std::vector<Buffer>& packets) {
    BufferWriter out;
    for (const Buffer& packet : packets) {
        out.u16(static_cast<std::uint16_t>(packet.size()));
        out.bytes(packet);
    }
    return out.finish();
}

/// What a reader gets that keeps the incomplete rest between pieces of these sizes.
std::vector<Buffer> read_in_pieces(Bytes stream, const std::vector<std::size_t>& sizes) {
    std::vector<Buffer> packets;
    Buffer kept;
    for (std::size_t i = 0; !stream.empty(); ++i) {
        const std::size_t size = std::min(sizes[i % sizes.size()], stream.size());
        append(kept, stream.first(size));
        stream = stream.subspan(size);
        FrameCutter cutter(kept, frame_octets_before_entry);
        while (const auto frame = cutter.next()) packets.push_back(copy_of(*frame));
        EXPECT_FALSE(cutter.broken());
        kept = copy_of(cutter.rest());
    }
    EXPECT_TRUE(kept.empty());
    return packets;
}

TEST(StreamFraming, GivesTheSamePacketsHoweverTheStreamIsSplitIntoReads) {
    const std::vector<Buffer> packets{Buffer(1, std::byte{1}),   Buffer(2, std::byte{2}),
                                      Buffer(14, std::byte{3}),  Buffer(255, std::byte{4}),
                                      Buffer(256, std::byte{5}), Buffer(2048, std::byte{6})};
    const Buffer stream = framed(packets);

    for (std::size_t at = 1; at < stream.size(); ++at)
        ASSERT_EQ(read_in_pieces(stream, {at, stream.size()}), packets) << at;
    for (const std::vector<std::size_t>& sizes :
         {std::vector<std::size_t>{1}, {2}, {3}, {7, 1}, {1, 2, 3, 4, 5}, {2050}})
        EXPECT_EQ(read_in_pieces(stream, sizes), packets) << sizes.front();
}

TEST(StreamFraming, ALengthOfZeroBreaksTheStreamAndWhatCameBeforeStands) {
    Buffer stream = framed({Buffer(3, std::byte{7})});
    append(stream, from_hex("0000 38"));
    FrameCutter cutter(stream, frame_octets_before_entry);

    EXPECT_EQ(copy_of(*cutter.next()), Buffer(3, std::byte{7}));
    EXPECT_FALSE(cutter.broken());
    EXPECT_FALSE(cutter.next());
    EXPECT_TRUE(cutter.broken());
    EXPECT_FALSE(cutter.next());
}

TEST(StreamFraming, ALengthBeyondTheLimitIsRefusedBeforeItsOctetsCome) {
    for (const std::size_t limit : {std::size_t{14}, std::size_t{2048}, std::size_t{1756}}) {
        for (const std::size_t length : {limit, limit + 1}) {
            BufferWriter out;
            out.u16(static_cast<std::uint16_t>(length));
            Buffer prefix = out.finish();
            FrameCutter cutter(prefix, limit);
            EXPECT_FALSE(cutter.next());
            EXPECT_EQ(cutter.broken(), length > limit) << length;
        }
    }
}

TEST(StreamFraming, AnAdmittedClientMaySendWhatItsTunnelNeedsAndNeverLessThanControlPackets) {
    EXPECT_EQ(frame_octets_after_entry(1500), 1756U);
    EXPECT_EQ(frame_octets_after_entry(9000), 9256U);
    EXPECT_EQ(frame_octets_after_entry(576), 1756U);
}

TEST(StreamOpening, IsDecidedByThreeOctetsOfAHello) {
    // The first octets of a session, wire reference section 1.
    const Buffer hello = from_hex("000e 38 9c6afff88fadef11 00 00000000");
    EXPECT_EQ(opening_of(hello), StreamOpening::hello);
    EXPECT_EQ(opening_of(Bytes(hello).first(3)), StreamOpening::hello);
    for (const std::size_t octets : {0U, 1U, 2U})
        EXPECT_EQ(opening_of(Bytes(hello).first(octets)), StreamOpening::undecided) << octets;
    EXPECT_EQ(opening_of(from_hex("0400 50")), StreamOpening::hello);  // with a wrapped client key
}

TEST(StreamOpening, OfAnybodyElseIsAStrangersAsSoonAsItCanBeTold) {
    for (const char* hex : {
             "16",       // TLS
             "47",       // GET
             "50",       // POST, and HTTP/2's PRI
             "53",       // SSH
             "0000",     // no length of a packet
             "000d",     // shorter than a hello
             "0801",     // longer than one may be
             "000e 20",  // a control packet before any hello
             "000e 08",  // key method 1
             "000e 39",  // a hello under a later key
             "000e 48",  // data
             "0100 fe",
         })
        EXPECT_EQ(opening_of(from_hex(hex)), StreamOpening::stranger) << hex;
}

}  // namespace
}  // namespace kanmon::wire
