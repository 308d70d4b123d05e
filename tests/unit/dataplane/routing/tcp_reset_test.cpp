#include "dataplane/routing/tcp_reset.h"

#include "packets.h"

namespace kanmon::routing {
namespace {

std::optional<InnerPacket> reset_of(Buffer packet, Buffer& room) {
    const auto answer = make_reset(*read_inner_packet(packet), room);
    if (!answer) return std::nullopt;
    return *read_inner_packet(*answer);
}

TEST(TcpReset, IsWhatTheSenderOfASegmentBelieves) {
    for (const bool v6 : {false, true}) {
        Buffer room(tcp_reset_octets_max);
        const auto answer = reset_of(
            tcp_packet({.sequence = 7, .acknowledged = 99, .options = {}, .payload = numbered(10)},
                       v6),
            room);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->v6, v6);
        if (v6) {
            EXPECT_EQ(answer->destination6, client6);
            EXPECT_EQ(answer->source6, target6);
        } else {
            EXPECT_EQ(answer->destination, client);
            EXPECT_EQ(answer->source, target);
            EXPECT_EQ(folded(sum_of(answer->octets.first(20))), 0xffff);
        }
        EXPECT_EQ(tcp_sum(*answer), 0xffff);
        const auto segment = read_tcp_segment(*answer);
        ASSERT_TRUE(segment);
        EXPECT_EQ(segment->flags, tcp_rst);
        EXPECT_EQ(segment->sequence, 99U) << "the octet that it waits for";
        EXPECT_EQ(to_hex(answer->transport().first(4)), "00503039") << "ports have changed sides";
    }
}

TEST(TcpReset, OfASegmentThatAcknowledgesNothingAcknowledgesAllOfIt) {
    Buffer room(tcp_reset_octets_max);
    const auto answer = reset_of(
        tcp_packet(
            {.sequence = 7, .flags = tcp_syn | tcp_fin, .options = {}, .payload = numbered(10)}),
        room);
    const auto segment = read_tcp_segment(*answer);
    EXPECT_EQ(segment->flags, tcp_rst | tcp_ack);
    EXPECT_EQ(segment->sequence, 0U);
    EXPECT_EQ(segment->acknowledged, 19U);
}

TEST(TcpReset, IsNeverAboutAResetAFragmentOrAnotherProtocol) {
    Buffer room(tcp_reset_octets_max);
    EXPECT_FALSE(
        reset_of(tcp_packet({.flags = tcp_rst | tcp_ack, .options = {}, .payload = {}}), room));
    EXPECT_FALSE(reset_of(ip_packet(client, target, 17, numbered(40)), room));
    Buffer fragment = tcp_packet(Segment());
    fragment[6] = std::byte{0x20};
    EXPECT_FALSE(reset_of(fragment, room));
    Buffer small(39);
    EXPECT_FALSE(reset_of(tcp_packet(Segment()), small)) << "no room";
}

}  // namespace
}  // namespace kanmon::routing
