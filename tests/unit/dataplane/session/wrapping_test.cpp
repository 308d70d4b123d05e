// Sessions under wrapping: counters, replays, and the key that later negotiations pass under.
#include "dataplane/session/wrapping.h"

#include "conversation.h"
#include "dataplane/crypto/wrapped_client_key.h"

namespace kanmon::session {
namespace {

crypto::StaticKey key_of(std::uint64_t seed) {
    return crypto::StaticKey(SeededRandom(seed).array<256>());
}

std::shared_ptr<crypto::ControlWrap> crypt(crypto::Side side, std::uint64_t seed = 1) {
    return std::make_shared<crypto::TlsCrypt>(key_of(seed), side);
}

Conversation::Setting wrapped_setting(const std::string& peer_info = peer_info_2_6) {
    Conversation::Setting setting;
    setting.personality.peer_info = peer_info;
    setting.server_wrap = crypt(crypto::Side::server);
    setting.client_wrap = crypt(crypto::Side::client);
    return setting;
}

/// What the client's side of this key reads; nothing when it is another key's.
std::optional<crypto::ReplayId> replay_of(crypto::ControlWrap& wrap, Bytes datagram) {
    Buffer room(datagram.size());
    const auto opened = wrap.unwrap(datagram, room);
    if (!opened) return std::nullopt;
    return opened->replay;
}

Buffer packet_of(wire::Opcode opcode, wire::KeyId key_id, std::uint32_t packet_id = 1) {
    wire::ControlPacket packet;
    packet.opcode = opcode;
    packet.key_id = key_id;
    packet.sender = Conversation::client_id;
    packet.packet_id = packet_id;
    return wire::encode(packet);
}

TEST(ControlReplay, TakesEveryIdOnceAndALaterTimeStartsOver) {
    ControlReplay replay;
    EXPECT_TRUE(replay.take({.id = 1, .time = 100}));
    EXPECT_FALSE(replay.take({.id = 1, .time = 100}));
    EXPECT_TRUE(replay.take({.id = 5, .time = 100}));
    EXPECT_TRUE(replay.take({.id = 3, .time = 100})) << "out of order";
    EXPECT_FALSE(replay.take({.id = 3, .time = 100}));
    EXPECT_FALSE(replay.take({.id = 0, .time = 100}));
    EXPECT_TRUE(replay.take({.id = 1, .time = 101}));
    EXPECT_FALSE(replay.take({.id = 6, .time = 100})) << "an earlier time is over";
    EXPECT_TRUE(replay.take({.id = 0x0f000001, .time = 101})) << "a counter may begin anywhere";
}

TEST(Wrapping, CountsOnFromWhatWasSentWithoutASession) {
    Wrapping wrapping({.wrap = crypt(crypto::Side::server), .time = 77, .sent = 1});
    const auto client = crypt(crypto::Side::client);
    const Buffer packet = packet_of(wire::Opcode::control_v1, 0);
    EXPECT_EQ(replay_of(*client, wrapping.wrap(0, packet)), (crypto::ReplayId{2, 77}));
    EXPECT_EQ(replay_of(*client, wrapping.wrap(0, packet)), (crypto::ReplayId{3, 77}));
}

TEST(Wrapping, NeverUsesAnIdTwiceEvenWhenTheCounterIsUsedUp) {
    Wrapping wrapping({.wrap = crypt(crypto::Side::server), .time = 77, .sent = 0xfffffffe});
    const auto client = crypt(crypto::Side::client);
    const Buffer packet = packet_of(wire::Opcode::control_v1, 0);
    EXPECT_EQ(replay_of(*client, wrapping.wrap(0, packet)), (crypto::ReplayId{0xffffffff, 77}));
    EXPECT_EQ(replay_of(*client, wrapping.wrap(0, packet)), (crypto::ReplayId{1, 78}));
}

TEST(Wrapping, StripsTheKeyThatV2ClientsShowAgainAndRefusesItElsewhere) {
    std::array<std::byte, 2048> room{};
    const auto client = crypt(crypto::Side::client);
    const crypto::ServerKeyV2 server{.cipher = {}, .mac = {}};
    for (const auto opcode : {wire::Opcode::control_wkc_v1, wire::Opcode::hard_reset_client_v3}) {
        const Buffer plain = packet_of(opcode, 0);
        Buffer datagram = crypto::wrapped(*client, plain, {.id = 1, .time = 5});
        append(datagram, crypto::wrap_client_key(server, {.key = key_of(2), .metadata = {}}));
        Wrapping v2({.wrap = crypt(crypto::Side::server), .brings_key = true});
        EXPECT_EQ(to_hex(*v2.unwrap(datagram, room)), to_hex(plain));
        EXPECT_EQ(v2.unwrap(datagram, room).error(), Cause::wrapping_replayed);
        Wrapping v1({.wrap = crypt(crypto::Side::server)});
        EXPECT_EQ(v1.unwrap(datagram, room).error(), Cause::unknown_opcode);
        EXPECT_EQ(Wrapping({}).unwrap(datagram, room).error(), Cause::unknown_opcode);
    }
}

TEST(Wrapping, UnderTheDynamicKeyAcceptsLaterKeysInNoOtherWay) {
    for (const bool fixed : {true, false}) {
        std::array<std::byte, 2048> room{};
        Wrapping wrapping({.wrap = fixed ? crypt(crypto::Side::server) : nullptr});
        const auto client = crypt(crypto::Side::client);
        const crypto::StaticKey mixed =
            crypto::dynamic_key(key_of(9), fixed ? &client->static_key() : nullptr);
        crypto::TlsCrypt dynamic(mixed, crypto::Side::client);
        const Buffer first = packet_of(wire::Opcode::control_v1, 0);
        const Buffer later = packet_of(wire::Opcode::control_v1, 1);
        std::uint32_t id = 0;
        const auto statically = [&](const Buffer& packet) {
            return fixed ? crypto::wrapped(*client, packet, {++id, 5}) : packet;
        };
        EXPECT_TRUE(wrapping.unwrap(statically(later), room));
        wrapping.begin_dynamic(key_of(9));
        EXPECT_FALSE(wrapping.unwrap(statically(later), room));
        EXPECT_TRUE(wrapping.unwrap(statically(first), room));
        EXPECT_TRUE(wrapping.unwrap(crypto::wrapped(dynamic, later, {1, 9}), room));
        EXPECT_TRUE(wrapping.unwrap(crypto::wrapped(dynamic, first, {2, 9}), room))
            << "openvpn3 wraps key id 0 with it as well";
        EXPECT_EQ(wrapping.unwrap(crypto::wrapped(dynamic, first, {2, 9}), room).error(),
                  Cause::wrapping_replayed);
        EXPECT_EQ(replay_of(dynamic, wrapping.wrap(1, later))->id, 1U) << "a counter of its own";
    }
}

TEST(DynamicTlsCrypt, ProtectsRenegotiationsOfClientsThatAnnounceItWithAndWithoutWrapping) {
    for (const bool wrapped : {true, false}) {
        Conversation::Setting setting = wrapped ? wrapped_setting() : Conversation::Setting{};
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect());
        EXPECT_TRUE(talk.client.uses_dynamic());
        for (wire::KeyId key = 1; key <= 3; ++key) {
            talk.session.key_limit_near(talk.now);
            ASSERT_TRUE(talk.run_until([&] { return talk.client.has_exchanged(key); }, 30s));
            talk.run(5s);
        }
        EXPECT_EQ(talk.installed(), (std::vector<wire::KeyId>{0, 1, 2, 3}));
        for (const Taken& taken : talk.taken) EXPECT_TRUE(taken);
    }
}

TEST(DynamicTlsCrypt, IsNeitherOfferedToNorUsedWithOlderClients) {
    for (const std::string& peer_info : {peer_info_2_3, peer_info_2_4, peer_info_2_5}) {
        Conversation talk(wrapped_setting(peer_info));
        ASSERT_TRUE(talk.connect());
        EXPECT_FALSE(talk.client.uses_dynamic());
        talk.session.key_limit_near(talk.now);
        ASSERT_TRUE(talk.run_until([&] { return talk.client.has_exchanged(1); }, 30s));
        EXPECT_TRUE(replay_of(*crypt(crypto::Side::client), talk.to_client.back()));
    }
}

TEST(DynamicTlsCrypt, HearsTheGoodbyeThatOpenvpn3WrapsWithItUnderKeyIdZero) {
    Conversation::Setting setting = wrapped_setting(peer_info_openvpn3);
    setting.personality.answers_soft_reset = false;
    Conversation talk(setting);
    ASSERT_TRUE(talk.connect());
    talk.client.dynamic_for_all = true;
    talk.client.say("EXIT");
    EXPECT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }, 5s));
    EXPECT_EQ(talk.all<Ended>()[0]->cause, Cause::client_left);
}

TEST(SessionUnderWrapping, WrapsRepetitionsAnew) {
    Conversation talk(wrapped_setting());
    ASSERT_TRUE(talk.run_until([&] { return talk.to_client.size() >= 2; }));
    talk.client.silent = true;
    talk.run(10s);
    const auto client = crypt(crypto::Side::client);
    std::uint32_t expected = 2;  // the answer to the hello was the first
    std::map<std::uint32_t, unsigned> times_sent;
    for (const Buffer& datagram : talk.to_client) {
        Buffer room(datagram.size());
        const auto opened = client->unwrap(datagram, room);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->replay.id, expected++);
        ++times_sent[wire::decode_control_packet(opened->packet)->packet_id.value_or(0)];
    }
    EXPECT_GE(times_sent[1], 3U) << "it was repeated";
}

TEST(SessionUnderWrapping, DropsWhatIsNotWrappedOrTwice) {
    Conversation talk(wrapped_setting());
    const Buffer hello = packet_of(wire::Opcode::hard_reset_client_v2, 0, 0);
    EXPECT_FALSE(talk.session.receive_control(hello, talk.now));
    const Buffer once = crypto::wrapped(*crypt(crypto::Side::client), hello, {3, 5});
    EXPECT_TRUE(talk.session.receive_control(once, talk.now));
    EXPECT_EQ(talk.session.receive_control(once, talk.now).error(), Cause::wrapping_replayed);
    const Buffer foreign = crypto::wrapped(*crypt(crypto::Side::client, 2), hello, {4, 5});
    EXPECT_EQ(talk.session.receive_control(foreign, talk.now).error(), Cause::wrapping_mismatch);
    const Buffer huge(3000, std::byte{0x20});
    EXPECT_EQ(talk.session.receive_control(huge, talk.now).error(), Cause::malformed);
}

TEST(SessionUnderWrapping, ConnectsAndRenegotiatesOverALossyPathUnderEveryWrapping) {
    for (const bool auth : {true, false})
        for (const std::uint64_t seed : {1U, 2U, 3U}) {
            Conversation::Setting setting = wrapped_setting();
            if (auth) {
                setting.server_wrap = std::make_shared<crypto::TlsAuth>(
                    key_of(1), crypto::KeyDirection::normal, crypto::Digest::sha256);
                setting.client_wrap = std::make_shared<crypto::TlsAuth>(
                    key_of(1), crypto::KeyDirection::inverse, crypto::Digest::sha256);
                setting.server.wrapping.kind = bridge::Wrapping::tls_auth;
            }
            setting.loss_percent = 20;
            setting.seed = seed;
            Conversation talk(setting);
            ASSERT_TRUE(talk.connect());
            talk.session.key_limit_near(talk.now);
            ASSERT_TRUE(talk.run_until([&] { return talk.client.has_exchanged(1); }, 60s));
        }
}

}  // namespace
}  // namespace kanmon::session
