// Which flow a packet belongs to, and that both directions have the same.
#include "access_packets.h"

namespace kanmon::routing {
namespace {

constexpr Way up = Way::from_client, down = Way::to_client;
constexpr std::uint8_t syn_flag = 2, ack_flag = 16, fin_flag = 1, rst_flag = 4;

TEST(Flow, IsTheSameInBothDirections) {
    for (const std::uint8_t protocol : {protocol_tcp, protocol_udp}) {
        const auto there =
            flow_of(between(up, host, protocol, tcp_header(4000, 443, ack_flag)), up);
        const auto back =
            flow_of(between(down, host, protocol, tcp_header(443, 4000, ack_flag)), down);
        ASSERT_TRUE(there && back);
        EXPECT_EQ(there->flow, back->flow);
        EXPECT_EQ(there->flow.client_port, 4000);
        EXPECT_EQ(there->flow.remote_port, 443);
        EXPECT_FALSE(there->flow.v6);
    }
    const auto there = flow_of(between(up, target6, 17, with_ports(1, 2)), up);
    const auto back = flow_of(between(down, target6, 17, with_ports(2, 1)), down);
    ASSERT_TRUE(there && back);
    EXPECT_EQ(there->flow, back->flow);
    EXPECT_TRUE(there->flow.v6);
    EXPECT_EQ(there->flow.remote, target6);
    const auto gre = flow_of(between(up, host, 47, {}), up);
    EXPECT_EQ(gre->flow, flow_of(between(down, host, 47, {}), down)->flow);
    EXPECT_EQ(gre->part, FlowPart::either);
}

TEST(Flow, OfTcpBeginsWithSynAloneAndClosesWithFinOrReset) {
    EXPECT_EQ(flow_of(tcp_of(up, host, 80, syn_flag), up)->part, FlowPart::begins);
    EXPECT_EQ(flow_of(tcp_of(up, host, 80, syn_flag | ack_flag), up)->part, FlowPart::follows);
    EXPECT_EQ(flow_of(tcp_of(up, host, 80, ack_flag), up)->part, FlowPart::follows);
    EXPECT_FALSE(flow_of(tcp_of(up, host, 80, ack_flag), up)->closes());
    EXPECT_TRUE(flow_of(tcp_of(up, host, 80, ack_flag | fin_flag), up)->closes());
    EXPECT_TRUE(flow_of(tcp_of(up, host, 80, rst_flag), up)->closes());
}

TEST(Flow, OfEchoIsItsIdAndWhoAsks) {
    const auto ask = flow_of(between(up, host, 1, icmp(8, 7)), up);
    const auto answer = flow_of(between(down, host, 1, icmp(0, 7)), down);
    EXPECT_EQ(ask->flow, answer->flow);
    EXPECT_EQ(ask->part, FlowPart::begins);
    EXPECT_EQ(answer->part, FlowPart::follows);
    EXPECT_NE(ask->flow, flow_of(between(up, host, 1, icmp(8, 8)), up)->flow);
    EXPECT_NE(ask->flow, flow_of(between(down, host, 1, icmp(8, 7)), down)->flow) << "who asks";
    EXPECT_EQ(flow_of(between(up, target6, 58, icmp(128, 7)), up)->flow,
              flow_of(between(down, target6, 58, icmp(129, 7)), down)->flow);
}

TEST(Flow, OfAnIcmpErrorIsThatOfThePacketThatItQuotes) {
    const Ipv4 router{0xac1400fe};
    const Buffer sent = udp_of(up, host, 53);
    const auto error = flow_of(between(down, router, 1, icmp(11, 0, Bytes(sent).first(28))), down);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->part, FlowPart::error);
    EXPECT_EQ(error->flow, flow_of(sent, up)->flow);
    const Buffer came = tcp_of(down, host, 5000, ack_flag);
    EXPECT_EQ(flow_of(between(up, host, 1, icmp(3, 0, Bytes(came).first(28))), up)->flow,
              flow_of(came, down)->flow);
    const Buffer sent6 = between(up, target6, 58, icmp(128, 9));
    EXPECT_EQ(flow_of(between(down, target6, 58, icmp(2, 0, sent6)), down)->flow,
              flow_of(sent6, up)->flow);
}

TEST(Flow, IsNotReadFromErrorsAboutWhatTheirReceiverNeverSent) {
    const auto of = [&](Way way, Bytes quoted) {
        return flow_of(between(way, host, 1, icmp(3, 0, quoted)), way);
    };
    const Buffer of_another = ip_packet(other_host, host, 17, with_ports(1, 2));
    EXPECT_EQ(of(down, of_another), unexpected(Cause::malformed));
    EXPECT_EQ(of(up, of_another), unexpected(Cause::malformed));
    EXPECT_EQ(of(up, udp_of(up, host, 53)), unexpected(Cause::malformed)) << "its own packet";
    EXPECT_EQ(of(down, as_fragment(udp_of(up, host, 53), 8, false)), unexpected(Cause::malformed));
    EXPECT_EQ(of(down, {}), unexpected(Cause::malformed));
    const Buffer error = between(up, host, 1, icmp(3, 0));
    EXPECT_EQ(of(down, error), unexpected(Cause::malformed)) << "errors are not about errors";
    EXPECT_EQ(
        flow_of(between(down, host, 1, icmp(3, 0, between(up, target6, 17, with_ports(1, 2)))),
                down),
        unexpected(Cause::malformed))
        << "of the other family";
}

TEST(Flow, IsNotReadWherePortsFlagsOrIdAreMissing) {
    for (std::size_t octets = 0; octets < 20; ++octets) {
        const Buffer header = tcp_header(1, 2, syn_flag);
        const Bytes part = Bytes(header).first(octets);
        EXPECT_FALSE(flow_of(between(up, host, 6, part), up)) << octets;
        EXPECT_EQ(flow_of(between(up, host, 17, part), up).has_value(), octets >= 4) << octets;
    }
    for (std::size_t octets = 0; octets < 6; ++octets) {
        const Buffer echo = icmp(8, 1);
        EXPECT_FALSE(flow_of(between(up, host, 1, Bytes(echo).first(octets)), up)) << octets;
    }
    EXPECT_TRUE(flow_of(as_fragment(udp_of(up, host, 53), 0, true), up)->first_fragment);
}

TEST(Flow, OfQuotedPacketsIsReadThoughTheirEndIsCutOff) {
    Buffer packet = udp_of(up, host, 53);
    ByteWriter(MutableBytes(packet).subspan(2)).u16(1400);
    EXPECT_FALSE(read_inner_packet(packet));
    const auto quoted = read_quoted_packet(packet);
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->octets.size(), 28U);
    EXPECT_FALSE(read_quoted_packet(MutableBytes(packet).first(19)));
    packet[0] = std::byte{0x48};  // says 32 octets of header, of which 28 are there
    EXPECT_FALSE(read_quoted_packet(packet));
    Buffer packet6 = between(up, target6, 17, with_ports(1, 2));
    ByteWriter(MutableBytes(packet6).subspan(4)).u16(1400);
    ASSERT_TRUE(read_quoted_packet(packet6));
    EXPECT_FALSE(read_quoted_packet(MutableBytes(packet6).first(39)));
}

}  // namespace
}  // namespace kanmon::routing
