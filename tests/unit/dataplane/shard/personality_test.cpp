// Our client engine held against the programs it plays: what it says in the place of one is what
// that program was captured saying.
#include "transcripts.h"

#include <set>

#include "dataplane/wire/key_method_2.h"
#include "wrapped_world.h"

namespace kanmon::shard {
namespace {

using client::Personality;
using transcripts::json;
using transcripts::text_of;

/// A control packet that a client sent.
struct Said {
    double seconds = 0;
    wire::Opcode opcode{};
    wire::KeyId key_id = 0;
    std::vector<std::uint32_t> acks;
    std::optional<std::uint32_t> packet_id;
    std::size_t datagram_octets = 0;
};

/// What one client said in one connection, wherever it was heard.
struct Account {
    std::vector<Said> said;
    std::map<wire::KeyId, std::string> options, peer_info;
    std::optional<double> push_request_delay;  // seconds from the server's key-method 2
};

std::string text_of(const Said& said) {
    std::string text = "opcode " + std::to_string(static_cast<int>(said.opcode));
    if (said.packet_id) text += " id " + std::to_string(*said.packet_id);
    for (const std::uint32_t id : said.acks) text += " ack " + std::to_string(id);
    return text + "; ";
}

/// All up to the packet in which TLS begins.
std::string beginning_of(const Account& account, wire::KeyId key_id) {
    std::string text;
    for (const Said& said : account.said) {
        if (said.key_id != key_id) continue;
        text += text_of(said);
        if (said.opcode == wire::Opcode::control_v1 || said.opcode == wire::Opcode::control_wkc_v1)
            break;
    }
    return text;
}

std::size_t most_acks(const Account& account, bool alone) {
    std::size_t most = 0;
    for (const Said& said : account.said)
        if ((said.opcode == wire::Opcode::ack_v1) == alone) most = std::max(most, said.acks.size());
    return most;
}

std::set<std::string> orders_of_acks(const Account& account) {
    std::set<std::string> orders;
    for (const Said& said : account.said) {
        if (said.acks.size() < 2) continue;
        const bool rising = std::ranges::is_sorted(said.acks);
        const bool falling = std::ranges::is_sorted(said.acks, std::ranges::greater());
        orders.insert(rising ? "oldest first" : falling ? "newest first" : "mixed");
    }
    return orders;
}

/// Of packets that carry TLS; without the acknowledgements, of programs that add them to a packet
/// that is full already.
std::size_t largest_octets(const Account& account, const Personality& who, bool first_key) {
    std::size_t largest = 0;
    for (const Said& said : account.said) {
        if (said.opcode != wire::Opcode::control_v1 || (said.key_id == 0) != first_key) continue;
        const bool adds = !who.control.acks_make_it_less && !said.acks.empty();
        largest = std::max(largest, said.datagram_octets - (adds ? 8 + 4 * said.acks.size() : 0));
    }
    return largest;
}

// --- from a transcript ---------------------------------------------------------------------------

Said said_in(const json& line) {
    Said said{.seconds = line["t"].get<double>(),
              .opcode = static_cast<wire::Opcode>(line["opcode"].get<int>()),
              .key_id = line["key_id"].get<wire::KeyId>(),
              .acks = line["acks"].get<std::vector<std::uint32_t>>(),
              .packet_id = {},
              .datagram_octets = text_of(line["hex"]).size() / 2};
    if (line.contains("packet_id")) said.packet_id = line["packet_id"].get<std::uint32_t>();
    return said;
}

Account account_of(const std::vector<json>& lines) {
    Account account;
    double now = 0, agreed = 0;
    for (const json& line : lines) {
        const bool clients = line.contains("dir") && line["dir"] == "c2s";
        if (line["type"] == "packet") {
            now = line["t"].get<double>();
            if (clients && !text_of(line["op"]).starts_with("DATA"))
                account.said.push_back(said_in(line));
        } else if (line["type"] == "key_method_2") {
            const auto key_id = line["key_id"].get<wire::KeyId>();
            if (!clients && key_id == 0) agreed = now;
            if (!clients) continue;
            account.options[key_id] = text_of(line["options"]);
            account.peer_info[key_id] = text_of(line["peer_info"]);
        } else if (line["type"] == "message" && line["text"] == "PUSH_REQUEST") {
            account.push_request_delay = now - agreed;
        }
    }
    return account;
}

const Personality& personality_of(const json& meta) {
    const std::string name = text_of(meta["client"]);
    const std::string scenario = text_of(meta["scenario"]);
    if (name.find("3.12") != std::string::npos) return client::openvpn_3;
    if (name.find("2.7") != std::string::npos) return client::openvpn_2_7;
    if (name.find("2.6") != std::string::npos) return client::openvpn_2_6;
    if (name.find("2.5") != std::string::npos) return client::openvpn_2_5;
    if (scenario.find("ncp-disable") != std::string::npos)
        return client::openvpn_2_4_without_negotiation;
    if (name.find("2.4") != std::string::npos) return client::openvpn_2_4;
    if (scenario.find("comp-lzo") != std::string::npos) return client::openvpn_2_3_comp_lzo;
    return client::openvpn_2_3;
}

client::WrappingPair pair_of(const json& meta) {
    const std::string kind = text_of(meta["wrapping"]);
    if (kind == "tls-auth") return client::WrappingPair(bridge::Wrapping::tls_auth, 1, "SHA1");
    if (kind == "tls-crypt") return client::WrappingPair(bridge::Wrapping::tls_crypt, 2);
    if (kind == "tls-crypt-v2") return client::WrappingPair(bridge::Wrapping::tls_crypt_v2, 3);
    return client::WrappingPair(bridge::Wrapping::none);
}

// --- from our engine -----------------------------------------------------------------------------

/// Puts the double's TLS records of one key together and reads the client's key-method 2.
class Records {
public:
    void take(const wire::ControlPacket& packet) {
        if (packet.packet_id) pieces_[*packet.packet_id] = copy_of(packet.payload);
    }
    std::optional<wire::ClientKeyMethod2> key_method_2() const {
        Buffer stream;
        for (const auto& [id, piece] : pieces_) append(stream, piece);
        for (ByteReader in(stream); in.remaining() > 0;) {
            const char type = static_cast<char>(in.u8());
            const Bytes body = in.bytes(in.u16());
            if (!in.ok()) return std::nullopt;
            if (type != 'D') continue;
            auto read = wire::decode_client_key_method_2(body, true);
            if (read && *read) return std::move((*read)->message);
        }
        return std::nullopt;
    }

private:
    std::map<std::uint32_t, Buffer> pieces_;
};

/// Connects as that program did, through two renegotiations where its transcript has some.
Account account_of(const Personality& who, const json& meta, bool renegotiates) {
    World world(pair_of(meta));
    bridge::SslServer server = settings();
    server.wrapping = pair_of(meta).server();
    if (renegotiates) server.renegotiate_seconds = 120;
    world.configure({profile(server)});

    Account account;
    std::map<wire::KeyId, Records> records;
    double agreed = 0;
    client::ClientSettings program;
    program.stream = meta["transport"] == "tcp";
    program.watches = [&](const wire::ControlPacket& packet, Bytes datagram) {
        const double seconds = std::chrono::duration<double>(world.now.time_since_epoch()).count();
        account.said.push_back(
            {.seconds = seconds,
             .opcode = packet.opcode,
             .key_id = packet.key_id,
             .acks = {packet.acks.ids.begin(), packet.acks.ids.begin() + packet.acks.count},
             .packet_id = packet.packet_id,
             .datagram_octets = datagram.size()});
        if (as_text(packet.payload).find("PUSH_REQUEST") != std::string::npos) {
            if (!account.push_request_delay) account.push_request_delay = seconds - agreed;
        } else if (packet.key_id == 0 && packet.packet_id) {
            agreed = seconds;  // nothing takes time here
        }
        records[packet.key_id].take(packet);
    };
    const std::uint32_t stream = program.stream ? 1 : 0;
    const Peer& peer = world.add(1, at("192.0.2.1"), who, stream, stream, std::move(program));
    world.run(renegotiates ? 250s : 6s);
    EXPECT_TRUE(peer.connected);
    EXPECT_TRUE(peer.overs.empty());
    for (const auto& [key_id, each] : records) {
        const auto message = each.key_method_2();
        if (!message) continue;
        account.options[key_id] = message->options;
        account.peer_info[key_id] = message->peer_info;
    }
    return account;
}

class PersonalityTranscript : public testing::TestWithParam<std::string> {
protected:
    PersonalityTranscript()
        : lines(transcripts::lines_of(GetParam())),
          who(personality_of(lines.at(0))),
          theirs(account_of(lines)),
          ours(account_of(who, lines[0], theirs.options.size() > 1)) {}

    const std::vector<json> lines;
    const Personality& who;
    const Account theirs, ours;
};

TEST_P(PersonalityTranscript, TellsTheSameOptionsAndAbilitiesUnderEveryKey) {
    for (const auto& [key_id, options] : theirs.options) {
        SCOPED_TRACE(static_cast<int>(key_id));
        ASSERT_TRUE(ours.options.contains(key_id));
        EXPECT_EQ(ours.options.at(key_id), options);
        EXPECT_EQ(ours.peer_info.at(key_id), theirs.peer_info.at(key_id));
    }
}

TEST_P(PersonalityTranscript, BeginsAKeyWithTheSamePackets) {
    EXPECT_EQ(beginning_of(ours, 0), beginning_of(theirs, 0));
    EXPECT_EQ(beginning_of(ours, 1).empty(), beginning_of(theirs, 1).empty());
    EXPECT_EQ(beginning_of(ours, 1), beginning_of(theirs, 1));
}

TEST_P(PersonalityTranscript, AcknowledgesInTheSameForm) {
    const bool wrapped = lines[0]["wrapping"] != "none";
    const bool all_unwrapped = !wrapped && theirs.options.size() == 1;
    const auto& habits = who.control;
    const unsigned alone_max = all_unwrapped ? habits.acks_alone_unwrapped : habits.acks_alone;
    for (const Account* account : {&theirs, &ours}) {
        EXPECT_LE(most_acks(*account, false), habits.acks_on_control);
        EXPECT_LE(most_acks(*account, true), alone_max);
    }
    // How many packets there were to acknowledge differs from gateway to gateway.
    if (all_unwrapped) {
        EXPECT_EQ(most_acks(ours, true), most_acks(theirs, true));
    }
    EXPECT_EQ(orders_of_acks(ours), orders_of_acks(theirs));
}

TEST_P(PersonalityTranscript, FillsItsPacketsTheSame) {
    EXPECT_EQ(largest_octets(ours, who, true), largest_octets(theirs, who, true));
    EXPECT_EQ(largest_octets(ours, who, false), largest_octets(theirs, who, false));
}

TEST_P(PersonalityTranscript, AsksForItsConfigurationAsSoon) {
    if (!theirs.push_request_delay || !ours.push_request_delay) {
        // Asked where the stock server had not sent it unasked; ours always does to who knows that.
        const bool may_ask_first = who.push_request_after == Duration{};
        EXPECT_TRUE(may_ask_first || !theirs.push_request_delay.has_value());
        EXPECT_FALSE(ours.push_request_delay.has_value());
        return;
    }
    EXPECT_NEAR(*ours.push_request_delay, *theirs.push_request_delay, 0.3);
}

INSTANTIATE_TEST_SUITE_P(RealClients, PersonalityTranscript,
                         testing::ValuesIn(transcripts::files()), transcripts::test_name);

/// The limits themselves: what the transcripts of a program together come to.
TEST(Personality, AcknowledgesAsManyAtOnceAsItsProgramDoes) {
    std::map<const Personality*, std::size_t> on_control, alone;
    for (const std::string& file : transcripts::files()) {
        const auto lines = transcripts::lines_of(file);
        const Account account = account_of(lines);
        const Personality* who = &personality_of(lines[0]);
        on_control[who] = std::max(on_control[who], most_acks(account, false));
        alone[who] = std::max(alone[who], most_acks(account, true));
    }
    for (const auto& [who, count] : on_control)
        EXPECT_EQ(count, who->control.acks_on_control) << who->name;
    for (const auto& [who, count] : alone) {
        // Of 2.6 and 2.7 seven were seen; their packet has room for eight.
        const unsigned unseen = who->control.acks_alone == 8 ? 1 : 0;
        EXPECT_EQ(count + unseen, who->control.acks_alone) << who->name;
    }
}

}  // namespace
}  // namespace kanmon::shard
