#include "dataplane/routing/coalescer.h"

#include <gtest/gtest.h>

#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"
#include "packets.h"

namespace kanmon::routing {
namespace {

using Segments = Offload::Segments;

struct Written final : PacketExit {
    void write(const Offload& offload, Bytes packet) override {
        offloads.push_back(offload);
        packets.push_back(copy_of(packet));
    }
    std::vector<Offload> offloads;
    std::vector<Buffer> packets;
};

/// What is written of these packets, given in one drain.
Written coalesced(const std::vector<Buffer>& packets, bool datagrams = true) {
    Written written;
    Coalescer coalescer(written);
    for (const Buffer& packet : packets) coalescer.add(packet, datagrams);
    coalescer.flush();
    return written;
}

std::vector<Buffer> cut_again(const Written& written) {
    std::vector<Buffer> made;
    for (std::size_t i = 0; i < written.packets.size(); ++i) {
        Buffer packet = written.packets[i];
        const auto read = read_super_packet(written.offloads[i], packet);
        if (!read) continue;
        if (read->is_single()) {
            made.push_back(copy_of(read->whole.octets));
            continue;
        }
        PacketPieces pieces = read->segments();
        Buffer room(pieces.octets_max());
        while (const auto piece = pieces.next(room)) made.push_back(copy_of(*piece));
    }
    return made;
}

/// The n-th segment of a stream with payloads of 1000 octets.
Buffer segment(std::size_t n, bool v6 = false, std::uint8_t flags = tcp_ack,
               std::size_t octets = 1000, std::uint16_t port = 0x3039) {
    Buffer packet = tcp_packet({.sequence = static_cast<std::uint32_t>(0xfffffc00 + n * 1000),
                                .acknowledged = 5,
                                .flags = flags,
                                .options = from_hex("0101080a0000000100000002"),
                                .payload = numbered(octets),
                                .from_port = port},
                               v6);
    if (!v6) {
        put_word(packet, 4, static_cast<std::uint16_t>(0xfffe + n));  // ids wrap
        finish_checksums(packet);
    }
    return packet;
}

std::vector<Buffer> stream(std::size_t count, bool v6 = false) {
    std::vector<Buffer> packets;
    for (std::size_t n = 0; n < count; ++n) packets.push_back(segment(n, v6));
    return packets;
}

// --- TCP -----------------------------------------------------------------------------------------

TEST(Coalescer, ManySegmentsOfAFlowLeaveAsOneThatCutsIntoTheSame) {
    for (const bool v6 : {false, true}) {
        std::vector<Buffer> packets = stream(20, v6);
        packets.push_back(segment(20, v6, tcp_ack | tcp_psh, 77));
        const Written written = coalesced(packets);
        ASSERT_EQ(written.packets.size(), 1U);
        const Offload& offload = written.offloads[0];
        EXPECT_EQ(offload.segments, v6 ? Segments::tcp6 : Segments::tcp4);
        EXPECT_TRUE(offload.unfinished_checksum);
        EXPECT_EQ(offload.segment_octets, 1000);
        EXPECT_EQ(offload.header_octets, (v6 ? 40 : 20) + 32);
        EXPECT_EQ(offload.checksum_from, v6 ? 40 : 20);
        EXPECT_EQ(offload.checksum_at, 16);
        EXPECT_EQ(cut_again(written), packets);
    }
}

TEST(Coalescer, LeavesTheSumOfThePseudoHeaderForTheKernelToFinish) {
    for (const bool v6 : {false, true}) {
        const Written written = coalesced(stream(3, v6));
        ASSERT_EQ(written.packets.size(), 1U);
        Buffer packet = written.packets[0];
        // As one packet whose checksum is finished, it is right.
        Offload single = written.offloads[0];
        single.segments = Segments::none;
        const auto read = read_super_packet(single, packet);
        ASSERT_TRUE(read);
        EXPECT_EQ(tcp_sum(read->whole), 0xffff);
        EXPECT_EQ(read->whole.octets.size(), packet.size());
        if (!v6) {
            EXPECT_EQ(folded(sum_of(Bytes(packet).first(20))), 0xffff);
        }
    }
}

TEST(Coalescer, OnePacketLeavesAsItCame) {
    const Buffer packet = segment(0);
    const Written written = coalesced({packet});
    ASSERT_EQ(written.packets.size(), 1U);
    EXPECT_EQ(written.offloads[0], Offload{});
    EXPECT_EQ(written.packets[0], packet);
}

TEST(Coalescer, NothingLeavesBeforeItIsFlushedUnlessItsRunIsOver) {
    Written written;
    Coalescer coalescer(written);
    coalescer.add(segment(0), true);
    coalescer.add(segment(1), true);
    EXPECT_TRUE(written.packets.empty());
    coalescer.add(segment(2, false, tcp_ack | tcp_psh), true);
    EXPECT_EQ(written.packets.size(), 1U);
    coalescer.add(segment(3), true);
    coalescer.add(segment(4, false, tcp_ack, 999), true);
    EXPECT_EQ(written.packets.size(), 2U);
    coalescer.add(segment(5), true);
    EXPECT_EQ(written.packets.size(), 2U);
    coalescer.flush();
    EXPECT_EQ(written.packets.size(), 3U);
    coalescer.flush();
    EXPECT_EQ(written.packets.size(), 3U);
}

TEST(Coalescer, APacketNeverGrowsBeyondWhatItsLengthCanSay) {
    for (const bool v6 : {false, true}) {
        const std::vector<Buffer> packets = stream(200, v6);
        const Written written = coalesced(packets);
        EXPECT_EQ(written.packets.size(), 4U);
        for (const Buffer& packet : written.packets) EXPECT_LE(packet.size(), 65535U);
        EXPECT_EQ(cut_again(written), packets);
    }
}

TEST(Coalescer, FlowsThatAlternateAreMergedEachForItself) {
    std::vector<Buffer> packets;
    for (std::size_t n = 0; n < 10; ++n)
        for (std::uint16_t port = 1; port <= 8; ++port)
            packets.push_back(segment(n, port % 2 == 0, tcp_ack, 1000, port));
    EXPECT_EQ(coalesced(packets).packets.size(), 8U);
}

TEST(Coalescer, MoreFlowsThanItHoldsStillKeepTheirOrder) {
    std::vector<Buffer> packets;
    for (std::size_t n = 0; n < 5; ++n)
        for (std::uint16_t port = 1; port <= 20; ++port)
            packets.push_back(segment(n, false, tcp_ack, 1000, port));
    const std::vector<Buffer> made = cut_again(coalesced(packets));
    ASSERT_EQ(made.size(), packets.size());
    for (std::uint16_t port = 1; port <= 20; ++port) {
        std::vector<Buffer> of_one;
        for (const Buffer& packet : made)
            if (ByteReader(Bytes(packet).subspan(20)).u16() == port) of_one.push_back(packet);
        ASSERT_EQ(of_one.size(), 5U);
        for (std::size_t n = 0; n < 5; ++n)
            EXPECT_EQ(of_one[n], segment(n, false, tcp_ack, 1000, port));
    }
}

// --- what is not merged --------------------------------------------------------------------------

struct Difference {
    const char* what;
    std::size_t at;  // an octet that is changed
    std::byte by;
    bool v6 = false;
};

TEST(Coalescer, PacketsThatDifferInAnyNamedFieldStayApart) {
    const std::byte one{1};
    const std::vector<Difference> differences{
        {"service", 1, one},
        {"id", 5, std::byte{4}},
        {"DF", 6, std::byte{0x40}},
        {"reserved flag", 6, std::byte{0x80}},
        {"time to live", 8, one},
        {"source", 15, one},
        {"destination", 19, one},
        {"source port", 21, one},
        {"destination port", 23, one},
        {"sequence", 27, one},
        {"acknowledgement", 31, one},
        {"reserved beside the offset", 32, one},
        {"FIN", 33, std::byte{tcp_fin}},
        {"URG", 33, std::byte{tcp_urg}},
        {"CWR", 33, std::byte{tcp_cwr}},
        {"window", 35, one},
        {"urgent pointer", 39, one},
        {"options", 47, one},
        {"class", 1, std::byte{0x10}, true},
        {"flow label", 3, one, true},
        {"hop limit", 7, one, true},
        {"source", 23, one, true},
        {"destination", 39, one, true},
        {"window", 55, one, true},
    };
    for (const Difference& difference : differences) {
        std::vector<Buffer> packets = stream(2, difference.v6);
        packets[1][difference.at] ^= difference.by;
        finish_checksums(packets[1]);
        const Written written = coalesced(packets);
        EXPECT_EQ(written.packets, packets) << difference.what << (difference.v6 ? " of 6" : "");
    }
}

TEST(Coalescer, CorruptDataIsNeverBlessedWithAFreshChecksum) {
    for (const bool v6 : {false, true})
        for (const std::size_t at : {30U, 45U, 100U, 500U, 999U})
            for (const std::size_t which : {0U, 1U, 2U}) {
                std::vector<Buffer> packets = stream(3, v6);
                packets[which][(v6 ? 20U : 0U) + at] ^= std::byte{0x10};
                const Written written = coalesced(packets);
                std::size_t as_it_came = 0;
                for (std::size_t i = 0; i < written.packets.size(); ++i)
                    as_it_came +=
                        written.packets[i] == packets[which] && written.offloads[i] == Offload{};
                EXPECT_EQ(as_it_came, 1U) << at << ' ' << which;
            }
}

TEST(Coalescer, APacketWithADamagedIpHeaderIsNotMerged) {
    std::vector<Buffer> packets = stream(2);
    packets[1][10] ^= std::byte{1};
    EXPECT_EQ(coalesced(packets).packets, packets);
}

TEST(Coalescer, WhatCannotBeMergedLeavesBehindWhatCameBeforeIt) {
    const Buffer ack = tcp_packet(
        {.sequence = 0xfffffc00 + 2000, .acknowledged = 6, .options = {}, .payload = {}});
    const Buffer reset = tcp_packet({.flags = tcp_rst, .options = {}, .payload = {}});
    Buffer fragment = ip_packet(client, target, protocol_tcp, numbered(100));
    fragment[6] = std::byte{0x20};
    finish_checksums(fragment);
    Buffer later = fragment;
    later[7] = std::byte{0x10};
    Buffer with_options = with_options_v4(from_hex("01010101"));
    for (const Buffer& other : {ack, reset, fragment, later, with_options}) {
        const std::vector<Buffer> packets{segment(0), segment(1), other, segment(2)};
        const Written written = coalesced(packets);
        ASSERT_EQ(written.packets.size(), 3U);
        EXPECT_EQ(cut_again(written), packets);
    }
}

TEST(Coalescer, AnotherFlowsPacketsGoAheadOfWhatIsHeld) {
    const Buffer ack = tcp_packet({.options = {}, .payload = {}, .from_port = 7});
    const std::vector<Buffer> packets{segment(0), ack, segment(1)};
    const Written written = coalesced(packets);
    ASSERT_EQ(written.packets.size(), 2U);
    EXPECT_EQ(written.packets[0], ack);
}

TEST(Coalescer, WhatIsNoIpPacketAtAllPasses) {
    const std::vector<Buffer> packets{Buffer(1), Buffer(3, std::byte{0x45}),
                                      Buffer(30, std::byte{0x60}), Buffer(19, std::byte{0x45})};
    EXPECT_EQ(coalesced(packets).packets, packets);
}

// --- UDP -----------------------------------------------------------------------------------------

TEST(Coalescer, DatagramsOfOneSizeLeaveAsOneThatCutsIntoTheSame) {
    for (const bool v6 : {false, true}) {
        std::vector<Buffer> packets;
        for (std::size_t n = 0; n < 70; ++n) {
            Buffer packet = udp_packet(numbered(n == 69 ? 5 : 900), v6);
            if (!v6) put_word(packet, 4, static_cast<std::uint16_t>(1 + n));
            finish_checksums(packet);
            packets.push_back(packet);
        }
        const Written written = coalesced(packets);
        ASSERT_EQ(written.packets.size(), 2U);
        EXPECT_EQ(written.offloads[0].segments, Segments::udp);
        EXPECT_EQ(written.offloads[0].segment_octets, 900);
        EXPECT_EQ(written.offloads[0].checksum_at, 6);
        EXPECT_EQ(written.packets[0].size(), (v6 ? 48U : 28U) + 64 * 900);
        EXPECT_EQ(cut_again(written), packets);
        EXPECT_EQ(coalesced(packets, false).packets, packets) << "where the device takes none";
    }
}

TEST(Coalescer, DatagramsWithoutAChecksumStayWithoutOne) {
    std::vector<Buffer> packets{udp_packet(numbered(900)), udp_packet(numbered(900))};
    for (Buffer& packet : packets) put_word(packet, 26, 0);
    EXPECT_EQ(coalesced(packets).packets, packets);
}

TEST(Coalescer, IdsOfPacketsThatMustNotBeFragmentedSayNothing) {
    std::vector<Buffer> packets{udp_packet(numbered(900)), udp_packet(numbered(900))};
    for (Buffer& packet : packets) {
        packet[6] = std::byte{0x40};
        put_word(packet, 4, 0);
        finish_checksums(packet);
    }
    EXPECT_EQ(coalesced(packets).packets.size(), 1U);
}

}  // namespace
}  // namespace kanmon::routing
