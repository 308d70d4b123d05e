#include "dataplane/wire/control_packet.h"

#include <gtest/gtest.h>

#include "dataplane/wire/reset_flags.h"

namespace kanmon::wire {
namespace {

SessionId session_id(std::string_view hex) {
    return {ByteReader(from_hex(hex)).array<8>()};
}

/// A packet of this opcode whose every other octet is 1, except the count of acks.
Buffer packet_of(unsigned opcode, std::size_t length) {
    Buffer packet(length, std::byte{1});
    if (length > 0) packet[0] = static_cast<std::byte>(opcode << 3);
    return packet;
}

TEST(Peek, TellsEveryOpcodeAndKeyIdOfEveryOctet) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const Buffer datagram{static_cast<std::byte>(octet)};
        const auto first = peek(datagram);
        const unsigned opcode = octet >> 3;
        if (opcode < 3 || opcode > 11) {
            ASSERT_FALSE(first) << octet;
            EXPECT_EQ(first.error(), Cause::unknown_opcode) << octet;
        } else {
            ASSERT_TRUE(first) << octet;
            EXPECT_EQ(first_octet(first->opcode, first->key_id), datagram[0]) << octet;
        }
    }
}

TEST(Peek, RefusesAnEmptyDatagram) {
    EXPECT_EQ(peek({}).error(), Cause::truncated);
}

TEST(NextKeyId, WrapsFromSevenToOne) {
    EXPECT_EQ(next_key_id(0), 1);
    EXPECT_EQ(next_key_id(6), 7);
    EXPECT_EQ(next_key_id(7), 1);
}

TEST(ControlPacket, ReadsTheHelloOfACapture) {
    const auto packet = decode_control_packet(from_hex("38 97ecbcedef6fc663 00 00000000"));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->opcode, Opcode::hard_reset_client_v2);
    EXPECT_EQ(packet->sender, session_id("97ecbcedef6fc663"));
    EXPECT_EQ(packet->acks.count, 0);
    EXPECT_EQ(packet->packet_id, 0U);
    EXPECT_TRUE(packet->payload.empty());
}

TEST(ControlPacket, ReadsTheServersAnswerOfACapture) {
    const auto packet = decode_control_packet(
        from_hex("40 4905d273a31c5471 01 00000000 97ecbcedef6fc663 00000000"));
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->opcode, Opcode::hard_reset_server_v2);
    EXPECT_EQ(packet->acks.count, 1);
    EXPECT_TRUE(packet->acks.contains(0));
    EXPECT_EQ(packet->receiver, session_id("97ecbcedef6fc663"));
    EXPECT_EQ(packet->packet_id, 0U);
}

TEST(ControlPacket, ReadsAClientHelloAndAnAckOfACapture) {
    const Buffer hello =
        from_hex("20 97ecbcedef6fc663 01 00000000 4905d273a31c5471 00000001 160301");
    const auto control = decode_control_packet(hello);
    ASSERT_TRUE(control);
    EXPECT_EQ(control->packet_id, 1U);
    EXPECT_EQ(to_hex(control->payload), "160301");

    const auto ack = decode_control_packet(
        from_hex("28 97ecbcedef6fc663 02 00000001 00000000 4905d273a31c5471"));
    ASSERT_TRUE(ack);
    EXPECT_EQ(ack->acks.count, 2);
    EXPECT_EQ(ack->acks.ids[0], 1U);
    EXPECT_EQ(ack->acks.ids[1], 0U);
    EXPECT_FALSE(ack->packet_id);
}

TEST(ControlPacket, EveryProperPrefixOfTheHeaderIsTruncated) {
    for (const unsigned opcode : {3U, 4U, 5U, 7U, 8U, 10U, 11U}) {
        ControlPacket packet;
        packet.opcode = static_cast<Opcode>(opcode);
        packet.sender = session_id("0102030405060708");
        packet.receiver = session_id("1112131415161718");
        for (std::uint32_t id = 0; id < acks_max; ++id) packet.acks.add(id);
        packet.packet_id = 9;
        const Buffer whole = encode(packet);
        for (std::size_t length = 0; length < whole.size(); ++length)
            EXPECT_EQ(decode_control_packet(Bytes(whole).first(length)).error(), Cause::truncated)
                << opcode << " " << length;
        EXPECT_TRUE(decode_control_packet(whole)) << opcode;
    }
}

TEST(ControlPacket, EveryLengthOfEveryOpcodeHasADefiniteAnswer) {
    for (unsigned opcode = 0; opcode < 32; ++opcode) {
        for (std::size_t length = 0; length <= 64; ++length) {
            const auto packet = decode_control_packet(packet_of(opcode, length));
            const bool is_control = opcode >= 3 && opcode <= 11 && opcode != 6 && opcode != 9;
            const std::size_t header = opcode == 5 ? 22U : 26U;  // with one ack
            if (length > 0 && !is_control) {
                EXPECT_EQ(packet.error(), Cause::unknown_opcode) << opcode << " " << length;
            } else if (length < header) {
                EXPECT_EQ(packet.error(), Cause::truncated) << opcode << " " << length;
            } else {
                EXPECT_TRUE(packet) << opcode << " " << length;
            }
        }
    }
}

TEST(ControlPacket, RefusesNineAcks) {
    Buffer nine = from_hex("28 97ecbcedef6fc663 09");
    nine.resize(nine.size() + 4 * 9 + 8, std::byte{1});
    EXPECT_EQ(decode_control_packet(nine).error(), Cause::malformed);
}

TEST(ControlPacket, RefusesAZeroSender) {
    EXPECT_EQ(decode_control_packet(from_hex("38 0000000000000000 00 00000000")).error(),
              Cause::malformed);
}

TEST(ControlPacket, AcceptsTheLargestDatagramAndRefusesOneOctetMore) {
    EXPECT_TRUE(decode_control_packet(packet_of(4, control_datagram_octets_max)));
    EXPECT_EQ(decode_control_packet(packet_of(4, control_datagram_octets_max + 1)).error(),
              Cause::malformed);
    EXPECT_EQ(decode_control_packet(packet_of(4, 65535)).error(), Cause::malformed);
}

TEST(ControlPacket, ComesBackAsItWasEncoded) {
    const Buffer payload = from_hex("1603010203");
    ControlPacket packet;
    packet.opcode = Opcode::control_v1;
    packet.key_id = 5;
    packet.sender = session_id("0102030405060708");
    packet.receiver = session_id("1112131415161718");
    packet.acks.add(7);
    packet.acks.add(6);
    packet.packet_id = 0xfffffffe;
    packet.payload = payload;
    const Buffer octets = encode(packet);
    const auto again = decode_control_packet(octets);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->key_id, 5);
    EXPECT_EQ(again->acks, packet.acks);
    EXPECT_EQ(again->receiver, packet.receiver);
    EXPECT_EQ(again->packet_id, packet.packet_id);
    EXPECT_EQ(to_hex(again->payload), to_hex(payload));
    EXPECT_EQ(encode(*again), octets);
}

TEST(ResetFlags, AskForTheWrappedKeyAsCaptured) {
    const Buffer payload = encode(ResetFlags{.resend_wrapped_key = true});
    EXPECT_EQ(to_hex(payload), "000100020001");
    EXPECT_TRUE(decode_reset_flags(payload)->resend_wrapped_key);
    EXPECT_TRUE(encode(ResetFlags{}).empty());
}

TEST(ResetFlags, SkipsUnknownTypesAndRefusesBrokenOnes) {
    EXPECT_TRUE(
        decode_reset_flags(from_hex("0009 0003 ffffff 0001 0002 0001"))->resend_wrapped_key);
    EXPECT_FALSE(decode_reset_flags({})->resend_wrapped_key);
    EXPECT_EQ(decode_reset_flags(from_hex("0001 0001 01")).error(), Cause::malformed);
    const Buffer whole = from_hex("000100020001");
    for (std::size_t length = 1; length < whole.size(); ++length)
        EXPECT_EQ(decode_reset_flags(Bytes(whole).first(length)).error(), Cause::truncated)
            << length;
}

}  // namespace
}  // namespace kanmon::wire
