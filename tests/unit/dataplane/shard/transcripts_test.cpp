// Every wrapped control packet of six real clients and their servers, opened by our doorway and our
// sessions, and sealed again to the same octets.
#include "transcripts.h"

#include "wrapped_world.h"

namespace kanmon::shard {
namespace {

using transcripts::json;
using transcripts::lines_of;
using transcripts::text_of;

constexpr std::uint32_t early_mark = 0x0f000000;
const std::string data = in_checkout("tests/data/");

std::string file_text(const std::string& name) {
    std::ifstream in(data + name);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// What a server with the keys of the captures is configured with.
bridge::ControlWrapping wrapping_of(const json& meta) {
    bridge::ControlWrapping wrapping;
    const std::string kind = text_of(meta["wrapping"]);
    const auto key = crypto::parse_static_key(file_text("crypto/ta.key"));
    wrapping.key = SecretBuffer(key->view());
    wrapping.kind = kind == "tls-auth" ? bridge::Wrapping::tls_auth : bridge::Wrapping::tls_crypt;
    if (kind != "tls-crypt-v2") return wrapping;
    wrapping.kind = bridge::Wrapping::tls_crypt_v2;
    const auto server = crypto::parse_server_key_v2(file_text("crypto/v2-server.key"));
    Buffer octets(crypto::server_key_v2_octets);
    std::ranges::copy(server->cipher.view(), octets.begin());
    std::ranges::copy(server->mac.view(), octets.begin() + 64);
    wrapping.key = SecretBuffer(octets);
    return wrapping;
}

struct Captured {
    Buffer datagram, plain;
    crypto::ReplayId replay;
    bool dynamic = false;
    wire::KeyId key_id = 0;

    explicit Captured(const json& line)
        : datagram(from_hex(text_of(line["hex"]))),
          plain(copy_of(Bytes(datagram).first(9))),
          replay{line["wrap"]["replay_id"].get<std::uint32_t>(),
                 line["wrap"]["net_time"].get<std::uint32_t>()},
          dynamic(line["wrap"]["kind"] == "dynamic tls-crypt"),
          key_id(line["key_id"].get<std::uint8_t>()) {
        constexpr std::size_t tls_auth_octets = 20 + 8;
        if (line["wrap"]["kind"] == "tls-auth")
            append(plain, Bytes(datagram).subspan(9 + tls_auth_octets));
        else
            append(plain, from_hex(text_of(line["wrap"]["plain"])));
    }
};

/// One connection as our gateway would have taken part in it.
class Gateway {
public:
    explicit Gateway(const json& meta) : door_(Doorway::make(wrapping_of(meta))) {}

    void hear(const Captured& packet) {
        if (!session_) greet(packet);
        std::array<std::byte, 2048> room{};
        const auto opened = session_->unwrap(packet.datagram, room);
        ASSERT_TRUE(opened) << row_of(opened.error()).code;
        EXPECT_EQ(to_hex(*opened), to_hex(packet.plain));
        EXPECT_EQ(session_->unwrap(packet.datagram, room).error(), Cause::wrapping_replayed);
    }
    /// What the stock server sent is what we send: the same keys, counters and octets.
    void say(const Captured& packet) {
        ASSERT_TRUE(fixed_);
        crypto::ControlWrap& wrap = packet.dynamic ? *dynamic_ : *fixed_;
        EXPECT_EQ(to_hex(crypto::wrapped(wrap, packet.plain, packet.replay)),
                  to_hex(packet.datagram));
        std::uint32_t& sent = packet.dynamic ? dynamic_sent_ : fixed_sent_;
        // A stock server that had to answer statefully marks its own counter too; it need not.
        if (sent == 0 && packet.replay.id == early_mark + 1) sent = early_mark;
        EXPECT_EQ(packet.replay.id, ++sent) << "counters go up by one, from one, under every key";
        session::Wrapping same(
            {.wrap = fixed_, .time = packet.replay.time, .sent = packet.replay.id - 1});
        if (!packet.dynamic && packet.key_id == 0) {
            EXPECT_EQ(same.wrap(0, packet.plain), packet.datagram);
        }
    }
    void export_key(const json& line) {
        crypto::StaticKey exported;
        std::ranges::copy(from_hex(text_of(line["export"])), exported.mutable_view().begin());
        session_->begin_dynamic(exported);
        const auto key = crypto::dynamic_key(exported, &fixed_->static_key());
        EXPECT_EQ(to_hex(key.view()), text_of(line["key"]));
        dynamic_ = std::make_unique<crypto::TlsCrypt>(key, crypto::Side::server);
    }
    bool early_negotiation() const { return early_negotiation_; }

private:
    void greet(const Captured& hello) {
        const auto opened = door_->open(hello.datagram, {});
        ASSERT_TRUE(opened) << row_of(opened.error()).code;
        EXPECT_EQ(to_hex(opened->packet), to_hex(hello.plain));
        EXPECT_EQ(opened->replay, hello.replay);
        early_negotiation_ = opened->early_negotiation();
        session::WrappingStart start = door_->for_session();
        fixed_ = start.wrap;
        session_.emplace(std::move(start));
    }

    std::unique_ptr<Doorway> door_;
    std::optional<session::Wrapping> session_;
    std::shared_ptr<crypto::ControlWrap> fixed_;
    std::unique_ptr<crypto::TlsCrypt> dynamic_;
    std::uint32_t fixed_sent_ = 0, dynamic_sent_ = 0;
    bool early_negotiation_ = false;
};

class WrappedTranscript : public testing::TestWithParam<std::string> {};

TEST_P(WrappedTranscript, OpensAndSealsToTheSameOctetsInBothDirections) {
    const auto lines = lines_of(GetParam());
    Gateway gateway(lines[0]);
    unsigned packets = 0;
    for (const json& line : lines) {
        if (line["type"] == "dynamic_tls_crypt") gateway.export_key(line);
        if (line["type"] != "packet") continue;
        SCOPED_TRACE(line["n"].get<int>());
        const Captured packet(line);
        line["dir"] == "c2s" ? gateway.hear(packet) : gateway.say(packet);
        if (HasFatalFailure()) return;
        ++packets;
    }
    EXPECT_GE(packets, 16U);
    const std::string client = text_of(lines[0]["client"]);
    const bool v2 = lines[0]["wrapping"] == "tls-crypt-v2";
    EXPECT_EQ(gateway.early_negotiation(), v2 && client.find("2.5") == std::string::npos);
}

/// What the client gets from us for its hello has the form of what it got from its own server.
TEST_P(WrappedTranscript, GetsTheSameAnswerToItsHelloFromUs) {
    const auto lines = lines_of(GetParam());
    World world;
    bridge::SslServer server = settings();
    server.wrapping = wrapping_of(lines[0]);
    world.configure({profile(server)});
    const Captured hello(lines[1]), theirs(lines[2]);
    const Path path{0, 0, at("192.0.2.1")};
    world.receive(path, hello.datagram);
    ASSERT_EQ(world.sent.size(), 1U);

    const auto door = Doorway::make(server.wrapping);
    static_cast<void>(door->open(hello.datagram, {}));
    const auto wrap = door->for_session().wrap;
    std::unique_ptr<crypto::ControlWrap> client;
    if (server.wrapping.kind == bridge::Wrapping::tls_auth)
        client = std::make_unique<crypto::TlsAuth>(
            wrap->static_key(), crypto::KeyDirection::inverse, crypto::Digest::sha1);
    else
        client = std::make_unique<crypto::TlsCrypt>(wrap->static_key(), crypto::Side::client);
    Buffer room(200);
    const auto ours = client->unwrap(world.sent[0].octets, room);
    ASSERT_TRUE(ours);
    const std::string form = to_hex(ours->packet);
    EXPECT_EQ(form.size(), to_hex(theirs.plain).size());
    EXPECT_EQ(form.substr(0, 2), to_hex(theirs.plain).substr(0, 2));
    EXPECT_EQ(form.substr(18), to_hex(theirs.plain).substr(18)) << "all but the session id";
    EXPECT_EQ(ours->replay.id, theirs.replay.id & ~early_mark);
}

INSTANTIATE_TEST_SUITE_P(RealClients, WrappedTranscript,
                         testing::ValuesIn(transcripts::files("_tls-")), transcripts::test_name);

}  // namespace
}  // namespace kanmon::shard
