// What the operator hears of clients whose wrapping does not fit, and of their clocks.
#include "wrapped_world.h"

namespace kanmon::shard {
namespace {

using client::ClientWrapping;
using client::WrappingPair;

const Path stranger{0, 0, at("192.0.2.1")};

std::string told(const WrappingPair& pair, const ClientWrapping& theirs) {
    return wrong_key_text(pair.server(), hello_of(theirs));
}

const WrappingPair auth(bridge::Wrapping::tls_auth, 1, "SHA1", true);
const WrappingPair undirected(bridge::Wrapping::tls_auth, 1, "SHA1", false);
const WrappingPair sha256(bridge::Wrapping::tls_auth, 1, "SHA256", true);
const WrappingPair crypt(bridge::Wrapping::tls_crypt, 1);
const WrappingPair v2(bridge::Wrapping::tls_crypt_v2, 1);
const WrappingPair none(bridge::Wrapping::none);

TEST(WrongKey, IsToldByTheDirectionTheDigestOrTheUseThatWouldFit) {
    ClientWrapping zero = auth.client();
    zero.direction = crypto::KeyDirection::normal;
    EXPECT_EQ(told(auth, zero),
              "the client's key-direction is wrong: it is 0 or missing and must be 1");
    EXPECT_EQ(told(auth, undirected.client()),
              "the client's key-direction is wrong: it is 0 or missing and must be 1");
    EXPECT_EQ(told(undirected, auth.client()),
              "the client's key-direction is wrong: it is 1 and must be left out");
    EXPECT_EQ(told(auth, sha256.client()), "the client's auth is SHA256, this server's SHA1");
    ClientWrapping both_wrong = sha256.client();
    both_wrong.direction = crypto::KeyDirection::normal;
    EXPECT_EQ(told(auth, both_wrong),
              "the client's auth is SHA256, this server's SHA1; "
              "the client's key-direction is wrong: it is 0 or missing and must be 1");
    EXPECT_EQ(told(auth, crypt.client()),
              "the client uses the key for tls-crypt, this server tls-auth");
    EXPECT_EQ(told(crypt, auth.client()),
              "the client uses the key for tls-auth, this server tls-crypt");
}

TEST(WrongKey, IsToldByTheKindThatTheClientUses) {
    EXPECT_EQ(told(crypt, {}), "the client uses no wrapping, this server tls-crypt");
    EXPECT_EQ(told(v2, {}), "the client uses no wrapping, this server tls-crypt-v2");
    EXPECT_EQ(told(crypt, v2.client()), "the client uses tls-crypt-v2, this server tls-crypt");
    EXPECT_EQ(told(v2, crypt.client()),
              "the client uses tls-auth or tls-crypt, this server tls-crypt-v2");
    EXPECT_EQ(told(none, v2.client()), "the client uses tls-crypt-v2, this server no wrapping");
    EXPECT_EQ(told(none, auth.client()),
              "the client uses tls-auth or tls-crypt, this server no wrapping");
}

TEST(WrongKey, IsAnotherKeyWhenNothingFits) {
    EXPECT_EQ(told(auth, WrappingPair(bridge::Wrapping::tls_auth, 9).client()),
              "the client has another tls-auth key");
    EXPECT_EQ(told(crypt, WrappingPair(bridge::Wrapping::tls_crypt, 9).client()),
              "the client has another tls-crypt key");
    EXPECT_EQ(told(v2, WrappingPair(bridge::Wrapping::tls_crypt_v2, 9).client()),
              "the client's tls-crypt-v2 key was made for another server");
    ClientWrapping mixed = v2.client(1);
    mixed.key = v2.client(2).key;
    EXPECT_EQ(told(v2, mixed),
              "the client's two halves of a tls-crypt-v2 key do not belong together");
}

TEST(WrongKey, LeavesARecordThatNamesServerAddressAndCount) {
    World world(auth);
    world.receive(stranger, hello_of(crypt.client()));
    world.receive(stranger, hello_of(crypt.client()));
    ASSERT_EQ(world.records.size(), 2U);
    const bridge::AttemptRecord& record = world.records[1];
    EXPECT_EQ(record.server_id, "vss-1");
    EXPECT_EQ(record.remote, stranger.remote);
    EXPECT_EQ(record.session, 0U);
    EXPECT_EQ(record.stage, bridge::Stage::reset);
    EXPECT_EQ(record.happening, bridge::Happening::refused);
    EXPECT_FALSE(record.known);
    EXPECT_EQ(record.cause, Cause::wrapping_mismatch);
    EXPECT_EQ(record.detail,
              "the client uses the key for tls-crypt, this server tls-auth "
              "(2 such packets so far)");
}

TEST(WrongKey, LeavesTenRecordsAMinuteHoweverManyCome) {
    World world(crypt);
    for (unsigned i = 0; i < 1000; ++i) world.receive(stranger, hello_of({}));
    EXPECT_EQ(world.records.size(), 10U);
    EXPECT_EQ(world.drops(Cause::wrapping_mismatch), 1000U);
    world.now += 60s;
    world.receive(stranger, hello_of(auth.client()));
    EXPECT_EQ(world.records.size(), 11U);
}

TEST(WrongKey, CountsOnWhenASnapshotLeavesTheWrappingAlone) {
    World world(crypt);
    world.receive(stranger, hello_of(auth.client()));
    bridge::SslServer server = settings();
    server.wrapping = crypt.server();
    server.dns_servers = {*parse_ipv4("100.100.2.136")};
    world.configure({profile(server)});
    world.receive(stranger, hello_of(auth.client()));
    EXPECT_TRUE(world.records.back().detail.ends_with("(2 such packets so far)"));
}

TEST(Wrapping, OfAnotherKeySendsConnectedClientsAway) {
    World world(crypt);
    Peer& peer = world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    bridge::SslServer server = settings();
    server.wrapping = WrappingPair(bridge::Wrapping::tls_crypt, 2).server();
    world.configure({profile(server)});
    world.run(10s);
    ASSERT_EQ(peer.overs.size(), 1U) << "its goodbye came under the former key";
    EXPECT_EQ(world.lefts.at(0).second, Cause::server_changed);
}

TEST(Wrapping, WithAKeyOfNoUseAnswersNobody) {
    for (const auto kind : {bridge::Wrapping::tls_auth, bridge::Wrapping::tls_crypt,
                            bridge::Wrapping::tls_crypt_v2}) {
        bridge::ControlWrapping wrapping = WrappingPair(kind).server();
        wrapping.key = SecretBuffer(wrapping.key.view().first(100));
        EXPECT_FALSE(Doorway::make(wrapping));
        World world;
        bridge::SslServer server = settings();
        server.wrapping = wrapping;
        world.configure({profile(server)});
        world.receive(stranger, hello_of({}));
        EXPECT_TRUE(world.sent.empty());
        EXPECT_EQ(world.drops(Cause::gateway_not_ready), 1U);
    }
    bridge::ControlWrapping unnamed = auth.server();
    unnamed.digest = "MD5";
    EXPECT_FALSE(Doorway::make(unnamed));
}

TEST(Clock, OfTheClientIsReadFromItsWrappedPacketsToTheSecond) {
    for (const WrappingPair& pair : all_pairs())
        for (const std::int32_t behind : {0, 90, -90, 7200, -7200}) {
            World world(pair);
            world.clients_clock_behind = behind;
            world.connected(1, at("192.0.2.1"), client::openvpn_2_6);
            ASSERT_FALSE(world.facts.empty());
            EXPECT_EQ(world.facts.back().clock_behind_seconds, behind) << name_of(pair);
            const std::string& detail = world.records.back().detail;
            const bool told = detail.find("clock") != std::string::npos;
            EXPECT_EQ(told, std::abs(behind) > 600) << detail;
        }
    World plain;
    plain.connected(1, at("192.0.2.1"), client::openvpn_2_6);
    EXPECT_FALSE(plain.facts.back().clock_behind_seconds);
}

/// As a client's TLS does that finds the server's certificate not yet valid.
class ObjectingTls final : public crypto::TlsFactory, public crypto::TlsEngine {
public:
    std::unique_ptr<crypto::TlsEngine> make() const override {
        return std::make_unique<ObjectingTls>();
    }
    crypto::TlsOutput advance(crypto::TlsInput) override {
        crypto::TlsOutput output;
        output.failure = Cause::tls_failed;
        output.detail = "alert: certificate expired";
        return output;
    }
};

TEST(Clock, ThatIsTenMinutesOffIsTheCauseWhenTlsFails) {
    for (const std::int64_t behind : {599, -3601}) {
        World world(crypt);
        auto objecting = std::make_shared<session::ServerProfile>(*profile());
        objecting->server.wrapping = crypt.server();
        objecting->tls = std::make_shared<ObjectingTls>();
        world.configure({objecting});
        world.clients_clock_behind = behind;
        world.add(1, at("192.0.2.1"), client::openvpn_2_6);
        world.run(10s);
        ASSERT_FALSE(world.records.empty());
        const bridge::AttemptRecord& record = world.records.back();
        EXPECT_EQ(record.happening, bridge::Happening::refused);
        EXPECT_EQ(record.cause, behind == 599 ? Cause::tls_failed : Cause::clock_skew);
        EXPECT_EQ(record.detail, behind == 599 ? "alert: certificate expired"
                                               : "alert: certificate expired; the client's clock "
                                                 "is 3601 s ahead of the gateway's");
    }
}

TEST(OldV2Client, IsRememberedAsLongAsItsHandshakeTakesAndNoLonger) {
    World world(v2);
    const auto lost = [](Bytes datagram) { return datagram[0] == std::byte{0x28}; };
    unsigned lone_acknowledgements = 0;
    world.loses = [&](const Path&, Bytes datagram) {
        return lost(datagram) && lone_acknowledgements++ == 0;
    };
    Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_5);
    world.run(8s);
    EXPECT_TRUE(peer.connected) << "also when its lone acknowledgement was lost";
    EXPECT_GE(lone_acknowledgements, 1U);
}

TEST(OldV2Client, WhoseKeyWasForgottenStartsOverAndLeavesNothing) {
    World world(v2);
    Peer& peer = world.add(1, at("192.0.2.1"), client::openvpn_2_5);
    world.loses = [&](const Path&, Bytes datagram) {
        const unsigned opcode = std::to_integer<unsigned>(datagram[0]) >> 3;
        if (opcode != 10) world.now += 61s;
        return false;
    };
    world.run(1ms);
    EXPECT_FALSE(peer.connected);
    EXPECT_EQ(world.shard.half_open(), 0U);
    EXPECT_GE(world.drops(Cause::unknown_client), 1U);
}

TEST(V2Client, BringsMetadataThatItsSessionKeeps) {
    World world(v2);
    world.wrapping = v2.client(1, from_hex("01000000006b045752"));
    EXPECT_TRUE(world.connected(1, at("192.0.2.1"), client::openvpn_2_6).connected);
    world.wrapping = v2.client(2, Buffer(700, std::byte{7}));
    EXPECT_TRUE(world.connected(2, at("192.0.2.2"), client::openvpn_2_5).connected);
}

}  // namespace
}  // namespace kanmon::shard
