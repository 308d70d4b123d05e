// Every data packet that six real clients and their servers sent: opened by the receiver's keys,
// sealed again by the sender's.
#include "transcripts.h"

#include <map>
#include <set>

#include "base/random.h"
#include "dataplane/crypto/key_slots.h"
#include "dataplane/wire/compression.h"
#include "vectors.h"

namespace kanmon::crypto {
namespace {

using transcripts::json;
using transcripts::text_of;

class DataTranscript : public testing::TestWithParam<std::string> {};

/// Of some only the control packets are kept.
bool holds_data(const std::string& file) {
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return text.find("\"DATA_V") != std::string::npos;
}

std::vector<std::string> files_with_data() {
    std::vector<std::string> files = transcripts::files();
    std::erase_if(files, [](const std::string& file) { return !holds_data(file); });
    return files;
}

struct Transcript {
    std::vector<json> packets;                 // of data, with what was inside
    std::map<std::pair<int, int>, json> keys;  // by session and key id

    explicit Transcript(const std::string& file) {
        std::map<int, std::string> early;  // came before its keys were known
        for (json& line : transcripts::lines_of(file)) {
            if (line["type"] == "keys")
                keys[{line["session"].get<int>(), line["key_id"].get<int>()}] = line;
            if (line["type"] == "early_data") early[line["n"].get<int>()] = text_of(line["plain"]);
            if (line["type"] == "packet" && line["op"].get<std::string>().starts_with("DATA"))
                packets.push_back(std::move(line));
        }
        for (json& packet : packets)
            if (const auto found = early.find(packet["n"].get<int>()); found != early.end())
                packet["plain"] = found->second;
    }

    KeyMaterial material(const json& packet, Side side) const {
        const json& line = keys.at({packet["session"].get<int>(), packet["key_id"].get<int>()});
        return {
            .suite = *cipher_suite_of(text_of(line["cipher"])),
            .block = vectors::secret<256>(text_of(line["block"])),
            .side = side,
            .format = line["epoch_format"].get<bool>() ? DataFormat::epoch : DataFormat::classic};
    }
};

Side receiver_of(const json& packet) {
    return packet["dir"] == "c2s" ? Side::server : Side::client;
}
Side sender_of(const json& packet) {
    return packet["dir"] == "c2s" ? Side::client : Side::server;
}

/// The payload sealed under the packet id that the real sender used.
Buffer sealed_again(KeyMaterial material, Bytes original, Bytes payload) {
    ByteReader in(original);
    const unsigned first = in.u8();
    KeySlots slots;
    if (first >> 3 == opcode_data_v2) slots.set_peer_id(in.u24());
    const std::uint64_t counter_mask = (std::uint64_t{1} << 48) - 1;
    if (is_aead(material.suite))
        material.limits.packet_id_first = material.format == DataFormat::epoch
                                              ? in.u64() & counter_mask
                                              : std::uint64_t{in.u32()};
    const auto key_id = static_cast<std::uint8_t>(first & 7);
    slots.install(key_id, material);
    slots.send_with(key_id);
    Buffer room(slots.front_octets() + payload.size() + slots.back_octets());
    std::ranges::copy(payload, room.begin() + static_cast<std::ptrdiff_t>(slots.front_octets()));
    return copy_of(*slots.seal(room, payload.size()));
}

void expect_framing(const json& packet, Bytes payload) {
    const std::string framing = packet.contains("framing") ? text_of(packet["framing"]) : "";
    Buffer framed = copy_of(payload);
    const auto plain = wire::take_frame(wire::Framing::lzo, framed);
    EXPECT_EQ(!plain && plain.error() == Cause::unsupported_framing, framing != "comp-lzo fa");
    if (framing != "comp-lzo fa") return;
    ASSERT_TRUE(plain);
    Buffer room(payload.size() + wire::framing_octets_max);
    room.resize(wire::put_frame(wire::Framing::lzo, *plain, room));
    EXPECT_EQ(to_hex(room), to_hex(payload));
}

TEST_P(DataTranscript, EveryPacketOpensAndIsSealedAgainAsItWas) {
    const Transcript transcript(GetParam());
    std::map<std::tuple<int, int, Side>, KeySlots> receivers;
    ASSERT_FALSE(transcript.packets.empty());
    for (const json& packet : transcript.packets) {
        SCOPED_TRACE(packet["n"].get<int>());
        ASSERT_TRUE(packet.contains("plain"));
        const Buffer original = from_hex(text_of(packet["hex"]));
        const KeyMaterial material = transcript.material(packet, receiver_of(packet));
        const int key_id = packet["key_id"].get<int>();
        KeySlots& receiver = receivers[{packet["session"].get<int>(), key_id, receiver_of(packet)}];
        receiver.install(static_cast<std::uint8_t>(key_id), material);

        Buffer datagram = original;
        const auto opened = receiver.open(datagram);
        ASSERT_TRUE(opened) << row_of(opened.error()).code;
        EXPECT_EQ(to_hex(opened->payload), text_of(packet["plain"]));
        expect_framing(packet, opened->payload);
        Buffer again = original;
        EXPECT_EQ(receiver.open(again).error(), Cause::replayed);

        const KeyMaterial senders = transcript.material(packet, sender_of(packet));
        Buffer ours = sealed_again(senders, original, opened->payload);
        if (is_aead(senders.suite)) {
            EXPECT_EQ(to_hex(ours), to_hex(original));
            continue;
        }
        EXPECT_EQ(ours.size(), original.size()) << "CBC takes a random block";
        KeySlots fresh;
        fresh.install(static_cast<std::uint8_t>(key_id), material);
        const auto opened_ours = fresh.open(ours);
        ASSERT_TRUE(opened_ours);
        EXPECT_EQ(to_hex(opened_ours->payload), text_of(packet["plain"]));
    }
}

INSTANTIATE_TEST_SUITE_P(RealClients, DataTranscript, testing::ValuesIn(files_with_data()),
                         transcripts::test_name);

// --- nonces --------------------------------------------------------------------------------------

// A crash forgets the counters, so a restarted server must never come to the keys it had before:
// even when a client says again what it said before, the server's own randomness makes them others.
TEST(NonceReuse, AHundredThousandCrashesLeadToNoKeyTwice) {
    SeededRandom random(11);
    PrfInput said = vectors::gcm_prf();
    std::set<std::string> keys;
    for (int crash = 0; crash < 100'000; ++crash) {
        said.server_random1 = Secret<32>(random.array<32>());
        said.server_random2 = Secret<32>(random.array<32>());
        said.server_session_id = random.array<8>();
        const KeyBlock block = derive_by_prf(said);
        ASSERT_TRUE(keys.insert(to_hex(block.view().subspan(128, 16))).second);
    }
}

TEST(NonceReuse, NoIdIsSealedTwiceWhateverTheSessionAsks) {
    SeededRandom random(12);
    for (const auto format : {DataFormat::classic, DataFormat::epoch}) {
        KeySlots slots;
        std::set<std::pair<std::uint64_t, std::uint64_t>> used;
        std::array<std::uint64_t, 8> generations{};
        std::uint64_t generation = 0;
        Buffer room(100);
        for (int step = 0; step < 100'000; ++step) {
            const auto key_id = static_cast<std::uint8_t>(random.u64() % 8);
            const bool renews = random.u64() % 50 == 0;
            if (renews) generations[key_id] = ++generation;
            if (generations[key_id] == 0) continue;
            // Asked to install what is there already, it must not begin anew.
            slots.install(key_id,
                          {.block = KeyBlock(SeededRandom(generations[key_id]).array<256>()),
                           .format = format,
                           .limits = {.units_max = 40}});
            slots.send_with(key_id);
            const auto datagram = slots.seal(room, random.u64() % 30);
            slots.prepare();
            if (!datagram) continue;
            ByteReader in(datagram->subspan(1));
            const std::uint64_t id =
                format == DataFormat::epoch ? in.u64() : std::uint64_t{in.u32()};
            ASSERT_TRUE(used.emplace(generations[key_id], id).second);
        }
        EXPECT_GT(used.size(), 20'000U);
    }
}

}  // namespace
}  // namespace kanmon::crypto
