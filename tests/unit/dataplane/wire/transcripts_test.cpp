// Our readers held against what six real clients and their servers said to each other.
#include "transcripts.h"

#include "base/random.h"
#include "dataplane/wire/control_message.h"
#include "dataplane/wire/control_packet.h"
#include "dataplane/wire/key_method_2.h"
#include "dataplane/wire/peer_info.h"
#include "dataplane/wire/stream_framing.h"

namespace kanmon::wire {
namespace {

using transcripts::json;
using transcripts::lines_of;
using transcripts::text_of;

class Transcript : public testing::TestWithParam<std::string> {};

/// The packet as it is without wrapping: what tls-auth (SHA1) put in between is left out, a sealed
/// rest is replaced by its decrypted form.
Buffer unwrapped(const json& packet) {
    const Buffer datagram = from_hex(text_of(packet["hex"]));
    if (!packet.contains("wrap")) return datagram;
    Buffer plain = copy_of(Bytes(datagram).first(9));
    constexpr std::size_t tls_auth_octets = 20 + 8;
    if (packet["wrap"]["kind"] == "tls-auth")
        append(plain, Bytes(datagram).subspan(9 + tls_auth_octets));
    else
        append(plain, from_hex(text_of(packet["wrap"]["plain"])));
    return plain;
}

void expect_fields(const ControlPacket& packet, const json& expected) {
    EXPECT_EQ(to_hex(packet.sender.octets), text_of(expected["sid"]));
    ASSERT_EQ(packet.acks.count, expected["acks"].size());
    for (unsigned i = 0; i < packet.acks.count; ++i)
        EXPECT_EQ(packet.acks.ids[i], expected["acks"][i].get<std::uint32_t>());
    if (packet.acks.count > 0) {
        EXPECT_EQ(to_hex(packet.receiver.octets), text_of(expected["remote_sid"]));
    }
    ASSERT_EQ(packet.packet_id.has_value(), expected.contains("packet_id"));
    if (!packet.packet_id) return;
    EXPECT_EQ(*packet.packet_id, expected["packet_id"].get<std::uint32_t>());
    EXPECT_EQ(packet.payload.size(), expected["payload_len"].get<std::size_t>());
}

TEST_P(Transcript, EveryPacketReadsAsCaptured) {
    std::size_t control_packets = 0;
    for (const json& line : lines_of(GetParam(), "packet")) {
        SCOPED_TRACE(line["n"].get<int>());
        const Buffer datagram = unwrapped(line);
        const auto first = peek(datagram);
        ASSERT_TRUE(first);
        EXPECT_EQ(static_cast<unsigned>(first->opcode), line["opcode"].get<unsigned>());
        EXPECT_EQ(first->key_id, line["key_id"].get<unsigned>());
        if (is_data(first->opcode)) continue;
        const auto packet = decode_control_packet(datagram);
        ASSERT_TRUE(packet);
        expect_fields(*packet, line);
        EXPECT_EQ(encode(*packet), datagram);
        ++control_packets;
    }
    EXPECT_GT(control_packets, 10U);
}

void expect_client_message(const json& line, bool over_tcp) {
    const Buffer octets = from_hex(text_of(line["hex"]));
    const auto read = decode_client_key_method_2(octets, true);
    ASSERT_TRUE(read && *read);
    const ClientKeyMethod2& message = (*read)->message;
    EXPECT_EQ((*read)->octets, octets.size());
    EXPECT_EQ(to_hex(message.pre_master.view()), text_of(line["pre_master"]));
    EXPECT_EQ(to_hex(message.random1.view()), text_of(line["random1"]));
    EXPECT_EQ(to_hex(message.random2.view()), text_of(line["random2"]));
    EXPECT_EQ(message.options, text_of(line["options"]));
    EXPECT_EQ(message.username, text_of(line["username"]));
    EXPECT_EQ(as_text(message.password.view()), text_of(line["password"]));
    EXPECT_EQ(message.peer_info, text_of(line["peer_info"]));
    EXPECT_EQ(encode(message), octets);
    for (std::size_t length = 0; length < octets.size(); ++length)
        EXPECT_FALSE(*decode_client_key_method_2(Bytes(octets).first(length), false)) << length;

    const PeerInfo info = parse_peer_info(message.peer_info);
    EXPECT_FALSE(info.version.empty());
    EXPECT_EQ(info.platform, "linux");
    EXPECT_TRUE(info.can(Ability::data_v2));
    EXPECT_EQ(parse_options_string(message.options).proto, over_tcp ? "TCPv4_CLIENT" : "UDPv4");
}

TEST_P(Transcript, EveryKeyMethod2ReadsAsCaptured) {
    const auto lines = lines_of(GetParam(), "key_method_2");
    EXPECT_GE(lines.size(), 2U);
    const bool over_tcp = lines_of(GetParam(), "meta").at(0)["transport"] == "tcp";
    for (const json& line : lines) {
        SCOPED_TRACE(text_of(line["dir"]));
        if (line["dir"] == "c2s") {
            expect_client_message(line, over_tcp);
            continue;
        }
        const Buffer octets = from_hex(text_of(line["hex"]));
        const auto read = decode_server_key_method_2(octets);
        ASSERT_TRUE(read && *read);
        EXPECT_EQ((*read)->octets, octets.size());
        EXPECT_EQ(to_hex((*read)->message.random2.view()), text_of(line["random2"]));
        EXPECT_EQ((*read)->message.options, text_of(line["options"]));
        EXPECT_EQ(encode((*read)->message), octets);
    }
}

TEST_P(Transcript, EveryControlMessageComesOutOfAStreamOfSingleOctets) {
    for (const std::string_view direction : {"c2s", "s2c"}) {
        MessageSplitter splitter;
        for (const json& line : lines_of(GetParam(), "message")) {
            if (line["dir"] != direction) continue;
            for (const std::byte octet : from_hex(text_of(line["hex"])))
                ASSERT_TRUE(splitter.feed(Bytes(&octet, 1)));
            EXPECT_EQ(splitter.next(), text_of(line["text"]));
            EXPECT_NE(parse_control_message(text_of(line["text"])).kind, MessageKind::unknown);
        }
        EXPECT_EQ(splitter.skipped(), 0U);
    }
}

class StreamTranscript : public testing::TestWithParam<std::string> {};

/// What one side wrote, as the stream carried it.
struct Written {
    Buffer stream;
    std::vector<std::string> packets;

    Written(const std::string& file, std::string_view direction) {
        BufferWriter out;
        for (const json& line : lines_of(file, "packet")) {
            if (line["dir"] != direction) continue;
            packets.push_back(text_of(line["hex"]));
            const Buffer octets = from_hex(packets.back());
            out.u16(static_cast<std::uint16_t>(octets.size()));
            out.bytes(octets);
        }
        stream = out.finish();
    }
};

TEST_P(StreamTranscript, EveryPacketIsCutOutOfItsStreamHoweverItArrives) {
    for (const std::string_view direction : {"c2s", "s2c"}) {
        const Written written(GetParam(), direction);
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            SeededRandom random(seed);
            Buffer waiting;
            std::vector<std::string> packets;
            for (Bytes rest = written.stream; !rest.empty();) {
                const std::size_t arrives =
                    std::min<std::size_t>(rest.size(), seed == 0 ? 1 : 1 + random.u64() % 3000);
                append(waiting, rest.first(arrives));
                rest = rest.subspan(arrives);
                FrameCutter cutter(waiting, frame_octets_before_entry);
                while (const auto packet = cutter.next()) packets.push_back(to_hex(*packet));
                ASSERT_FALSE(cutter.broken());
                waiting = copy_of(cutter.rest());
            }
            EXPECT_TRUE(waiting.empty());
            EXPECT_EQ(packets, written.packets);
        }
    }
}

TEST_P(StreamTranscript, ItsFirstOctetsAreThoseOfAHello) {
    const Written written(GetParam(), "c2s");
    EXPECT_EQ(opening_of(Bytes(written.stream).first(stream_opening_octets)), StreamOpening::hello);
}

INSTANTIATE_TEST_SUITE_P(RealClients, StreamTranscript,
                         testing::ValuesIn(transcripts::files("_tcp_")), transcripts::test_name);
INSTANTIATE_TEST_SUITE_P(RealClients, Transcript, testing::ValuesIn(transcripts::files()),
                         transcripts::test_name);

}  // namespace
}  // namespace kanmon::wire
