#include "dataplane/session/session.h"

#include <gtest/gtest.h>

#include <set>

#include "conversation.h"
#include "dataplane/session/timers.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::session {
namespace {

using KeyIds = std::vector<wire::KeyId>;
using Setting = Conversation::Setting;

Setting as(Personality personality) {
    Setting setting;
    setting.personality = std::move(personality);
    return setting;
}

const std::array personalities{
    Personality{.peer_info = peer_info_2_3},
    Personality{.peer_info = peer_info_2_4},
    Personality{.peer_info = peer_info_2_5},
    Personality{.peer_info = peer_info_2_6},
    Personality{.peer_info = peer_info_2_7},
    Personality{.peer_info = peer_info_openvpn3, .asks_at_once = true, .answers_soft_reset = false},
};

// --- the way in ---

TEST(Session, ConnectsEveryKnownClient) {
    for (const Personality& personality : personalities) {
        Conversation talk(as(personality));
        ASSERT_TRUE(talk.connect()) << personality.peer_info;
        EXPECT_EQ(talk.session.stage(), bridge::Stage::connected);
        EXPECT_EQ(talk.installed(), KeyIds{0});
        EXPECT_EQ(talk.sent_with(), KeyIds{0});
        talk.run(3s);
        EXPECT_EQ(talk.client.heard().size(), 1U) << "one answer, however often it asked";
    }
}

TEST(Session, InstallsTheKeyBeforePushReplyLeavesAndSendsWithItAfterwards) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    std::vector<std::size_t> order;
    for (const SessionEvent& event : talk.events) order.push_back(event.index());
    EXPECT_EQ(order,
              (std::vector<std::size_t>{
                  SessionEvent(AdmissionRequest{}).index(), SessionEvent(InstallKey{}).index(),
                  SessionEvent(SendWithKey{}).index(), SessionEvent(Connected{}).index()}));
    EXPECT_EQ(talk.all<Connected>().front()->cipher, "AES-256-GCM");
    EXPECT_EQ(talk.all<Connected>().front()->peer_info.version, "2.6.14");
}

TEST(Session, PushesNothingUntilTheShardAdmits) {
    Setting setting = as({.peer_info = peer_info_openvpn3, .asks_at_once = true});
    setting.admits = false;
    Conversation talk(setting);
    talk.run(20s);
    EXPECT_TRUE(talk.has<AdmissionRequest>());
    EXPECT_FALSE(talk.has<InstallKey>());
    EXPECT_TRUE(talk.client.heard().empty());
    EXPECT_EQ(talk.session.stage(), bridge::Stage::admission);

    talk.session.admit(Conversation::address, talk.now);
    EXPECT_TRUE(talk.run_until([&] { return talk.client.heard("PUSH_REPLY"); }, 1s));
}

TEST(Session, HoldsPushReplyForAnOlderClientUntilItAsks) {
    Setting setting = as({.peer_info = peer_info_2_4, .asks = false});
    Conversation talk(setting);
    talk.run(10s);
    EXPECT_TRUE(talk.has<AdmissionRequest>());
    EXPECT_FALSE(talk.has<InstallKey>());
    talk.client.say("PUSH_REQUEST");
    EXPECT_TRUE(talk.connect());
}

TEST(Session, AnswersALateRepeatedPushRequestAgainButNotACrossingOne) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.client.say("PUSH_REQUEST");
    talk.run(29s);
    EXPECT_EQ(talk.client.heard().size(), 1U);
    talk.run(2s);
    talk.client.say("PUSH_REQUEST");
    talk.run(1s);
    ASSERT_EQ(talk.client.heard().size(), 2U);
    EXPECT_EQ(talk.client.heard()[0], talk.client.heard()[1]);
    EXPECT_EQ(talk.installed(), KeyIds{0});
}

TEST(Session, DerivesDifferentKeysByPrfForEachConnection) {
    Setting first = as({.peer_info = peer_info_2_4});
    Setting second = first;
    second.seed = 2;
    Conversation one(first), two(second);
    ASSERT_TRUE(one.connect() && two.connect());
    EXPECT_FALSE(one.all<InstallKey>()[0]->material.block ==
                 two.all<InstallKey>()[0]->material.block);
}

// --- refusals ---

void expect_nothing_granted(const Conversation& talk) {
    EXPECT_FALSE(talk.has<InstallKey>());
    EXPECT_FALSE(talk.has<SendWithKey>());
    EXPECT_FALSE(talk.has<Connected>());
    EXPECT_FALSE(talk.client.heard("PUSH_REPLY"));
}

TEST(Session, TellsAnExpiredCertificateItsDateAndGrantsNothing) {
    for (const Personality& personality : personalities) {
        Setting setting = as(personality);
        setting.client_tls = ScriptedTls::client(expired);
        Conversation talk(setting);
        talk.run(10s);
        EXPECT_FALSE(talk.has<AdmissionRequest>());
        expect_nothing_granted(talk);
        ASSERT_EQ(talk.client.heard().size(), 1U);
        EXPECT_TRUE(talk.client.heard("AUTH_FAILED,certificate expired on 2026-01-02"));
        ASSERT_EQ(talk.all<Ended>().size(), 1U);
        EXPECT_EQ(talk.all<Ended>()[0]->cause, Cause::certificate_expired);
        EXPECT_EQ(talk.all<Ended>()[0]->stage, bridge::Stage::admission);
        EXPECT_TRUE(talk.has<Finished>());
    }
}

TEST(Session, SendsTheAlertToAForeignCertificate) {
    Setting setting;
    setting.client_tls = ScriptedTls::client(foreign);
    Conversation talk(setting);
    talk.run(10s);
    expect_nothing_granted(talk);
    ASSERT_EQ(talk.all<Ended>().size(), 1U);
    EXPECT_EQ(talk.all<Ended>()[0]->cause, Cause::certificate_foreign);
    EXPECT_EQ(talk.all<Ended>()[0]->stage, bridge::Stage::tls);
    EXPECT_EQ(talk.all<Ended>()[0]->detail, "certificate of another authority");
    EXPECT_TRUE(talk.has<Finished>());
}

TEST(Session, NamesBothSidesWhenNoCipherIsShared) {
    Setting setting = as({.peer_info = peer_info_2_3, .options = "V4,cipher BF-CBC"});
    Conversation talk(setting);
    talk.run(10s);
    expect_nothing_granted(talk);
    EXPECT_TRUE(talk.client.heard(
        "AUTH_FAILED,Data channel cipher negotiation failed (no shared cipher): server offers"));
}

// CVE-2023-46849: nothing is agreed with a client that fragments.
TEST(Session, TellsAClientWithFragmentWhichOptionToRemove) {
    Setting setting =
        as({.peer_info = peer_info_2_4, .options = "V4,mtu-dynamic,cipher AES-128-CBC"});
    Conversation talk(setting);
    talk.run(10s);
    expect_nothing_granted(talk);
    EXPECT_TRUE(talk.client.heard("AUTH_FAILED,the profile has the option fragment"));
}

TEST(Session, RefusesTemporarilyInTheWayEachClientComesBackFrom) {
    for (const Personality& personality : personalities) {
        Setting setting = as(personality);
        setting.admits = false;
        Conversation talk(setting);
        ASSERT_TRUE(talk.run_until([&] { return talk.has<AdmissionRequest>(); }));
        talk.session.refuse(Cause::connections_exhausted, "50 of 50 in use", talk.now);
        talk.run(5s);
        const bool modern =
            wire::parse_peer_info(personality.peer_info).can(wire::Ability::auth_fail_temporary);
        EXPECT_EQ(talk.client.heard("AUTH_FAILED,TEMP[backoff 10,advance no]:maximum of concurrent "
                                    "connections reached: 50 of 50 in use"),
                  modern);
        talk.run(10s);
        EXPECT_EQ(talk.client.heard("RESTART,maximum of concurrent connections reached"), !modern);
        expect_nothing_granted(talk);
        EXPECT_EQ(talk.all<Ended>().size(), 1U);
        EXPECT_TRUE(talk.has<Finished>());

        talk.session.admit(Conversation::address, talk.now);
        talk.run(1s);
        expect_nothing_granted(talk);
    }
}

TEST(Session, AcknowledgesARefusedClientForFiveSecondsAndThenIsGone) {
    Setting setting;
    setting.client_tls = ScriptedTls::client(expired);
    Conversation talk(setting);
    ASSERT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }));
    talk.client.silent = true;  // 2.x leaves at once, without an acknowledgement
    const std::size_t before = talk.to_client.size();
    talk.run(linger_time - 100ms);
    EXPECT_FALSE(talk.has<Finished>());
    EXPECT_GT(talk.to_client.size(), before) << "AUTH_FAILED is repeated";
    talk.run(200ms);
    EXPECT_TRUE(talk.has<Finished>());
    EXPECT_FALSE(talk.session.next_deadline());
}

// --- silence and loss ---

TEST(Session, GivesUpAClientThatSaysNothingAfterItsHello) {
    Conversation talk({});
    talk.client.silent = true;
    talk.run(quiet_limit - 1s);
    EXPECT_FALSE(talk.has<Ended>());
    talk.run(2s);
    ASSERT_TRUE(talk.has<Ended>());
    EXPECT_EQ(talk.all<Ended>()[0]->cause, Cause::handshake_timeout);
    EXPECT_EQ(talk.all<Ended>()[0]->stage, bridge::Stage::reset);
    EXPECT_TRUE(talk.has<Finished>());
}

TEST(Session, EndsAHandshakeThatNeverFinishesAfterSixtySeconds) {
    Setting setting = as({.peer_info = peer_info_2_4, .asks = false});
    Conversation talk(setting);
    talk.run(handshake_limit - 1s);
    EXPECT_FALSE(talk.has<Ended>());
    talk.run(2s);
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::handshake_timeout);
    expect_nothing_granted(talk);
}

TEST(Session, ConnectsWithinAMinuteWhateverTheLoss) {
    for (const unsigned loss : {1U, 5U, 10U, 20U}) {
        unsigned connected = 0;
        for (std::uint64_t seed = 0; seed < 100; ++seed) {
            Setting setting = as(personalities[seed % personalities.size()]);
            setting.loss_percent = loss;
            setting.seed = seed;
            Conversation talk(setting);
            connected += talk.connect() ? 1U : 0U;
        }
        EXPECT_GE(connected, loss <= 10 ? 100U : 97U) << loss << " %";
    }
}

// --- keepalive and goodbyes ---

TEST(Session, PingsWhenNothingElseWasSent) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.run(9s);
    talk.session.sent(talk.now);
    talk.run(9s);
    EXPECT_FALSE(talk.has<SendInBand>());
    talk.run(2s);
    ASSERT_TRUE(talk.has<SendInBand>());
    EXPECT_EQ(talk.all<SendInBand>()[0]->payload, copy_of(wire::ping_payload()));
}

TEST(Session, EndsAClientThatWasNotHeardForTwiceItsRestartTime) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.run(100s);
    talk.session.heard(talk.now);
    talk.run(119s);
    EXPECT_FALSE(talk.has<Ended>());
    talk.run(3s);
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::keepalive_timeout);
    EXPECT_EQ(talk.all<Ended>().at(0)->stage, bridge::Stage::connected);
    EXPECT_TRUE(talk.has<Finished>());
}

TEST(Session, EndsOnAControlExitAndKeepsAcknowledgingForFiveSecondsOnly) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.client.say("EXIT");
    ASSERT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }, 1s));
    EXPECT_EQ(talk.all<Ended>()[0]->cause, Cause::client_left);
    talk.run(3s);
    talk.client.say("EXIT");  // neither this nor a late dismissal prolongs the end
    talk.session.dismiss(Cause::disconnected_by_operator, talk.now);
    talk.run(3s);
    EXPECT_TRUE(talk.has<Finished>());
    EXPECT_EQ(talk.all<Ended>().size(), 1U);
}

TEST(Session, EndsOnAnExitInTheDataChannel) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.session.in_band(wire::occ_exit_payload(), talk.now);
    talk.step();
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::client_left);
}

TEST(Session, DismissesByARestartThatTheClientComesBackFrom) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    talk.session.dismiss(Cause::server_changed, talk.now);
    talk.run(1s);
    EXPECT_TRUE(talk.client.heard("RESTART,the server's configuration was changed"));
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::server_changed);
}

TEST(Session, AnswersAnOptionsRequestInTheDataChannel) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    Buffer request = copy_of(wire::occ_exit_payload());
    request.back() = std::byte{0};
    for (int i = 0; i < 500; ++i) talk.session.in_band(request, talk.now);
    talk.step();
    ASSERT_TRUE(talk.has<SendInBand>());
    EXPECT_LE(talk.all<SendInBand>().size(), 64U);
    EXPECT_EQ(wire::classify(talk.all<SendInBand>()[0]->payload), wire::InBand::occ_reply);
}

TEST(Session, AnswersAnMtuRequestInTheDataChannelAndIgnoresTheOtherKinds) {
    Conversation talk({});
    ASSERT_TRUE(talk.connect());
    Buffer message = copy_of(wire::occ_exit_payload());
    for (const unsigned type : {1U, 2U, 3U, 5U, 7U, 255U}) {
        message.back() = static_cast<std::byte>(type);
        talk.session.in_band(message, talk.now);
    }
    talk.step();
    EXPECT_FALSE(talk.has<SendInBand>());
    message.back() = std::byte{4};
    talk.session.in_band(message, talk.now);
    talk.step();
    ASSERT_EQ(talk.all<SendInBand>().size(), 1U);
    EXPECT_EQ(wire::classify(talk.all<SendInBand>()[0]->payload), wire::InBand::occ_mtu_reply);
}

// --- packets that do not belong ---

class Stranger : public testing::Test {
protected:
    static wire::ControlPacket packet(wire::Opcode opcode) {
        wire::ControlPacket packet;
        packet.opcode = opcode;
        packet.sender = Conversation::client_id;
        packet.receiver = Conversation::server_id;
        packet.packet_id = 5;
        return packet;
    }
    Cause refused(const wire::ControlPacket& packet) {
        const Taken taken = talk.session.receive_control(wire::encode(packet), talk.now);
        EXPECT_FALSE(taken);
        return taken ? Cause::client_left : taken.error();
    }
    Conversation talk{Setting{}};
};

TEST_F(Stranger, IsToldByItsSessionIds) {
    auto sender = packet(wire::Opcode::control_v1);
    sender.sender = Conversation::server_id;
    EXPECT_EQ(refused(sender), Cause::unknown_client);

    auto receiver = packet(wire::Opcode::control_v1);
    receiver.acks.add(1);
    receiver.receiver = Conversation::client_id;
    EXPECT_EQ(refused(receiver), Cause::foreign_session_id);
}

TEST_F(Stranger, CannotUseAKeyThatIsNotNegotiated) {
    auto other_key = packet(wire::Opcode::control_v1);
    other_key.key_id = 3;
    EXPECT_EQ(refused(other_key), Cause::wrong_key_id);
    auto early_soft_reset = packet(wire::Opcode::soft_reset_v1);
    early_soft_reset.key_id = 1;
    early_soft_reset.packet_id = 0;
    EXPECT_EQ(refused(early_soft_reset), Cause::wrong_key_id) << "before the first key is done";
}

TEST_F(Stranger, CannotPutAPacketBeyondTheWindow) {
    auto far = packet(wire::Opcode::control_v1);
    far.packet_id = 1000;
    EXPECT_EQ(refused(far), Cause::outside_window);
    EXPECT_FALSE(talk.session.next_transmit()) << "what is not stored is not acknowledged";
}

TEST_F(Stranger, GetsOnlyAnAcknowledgementForARepeatedHello) {
    auto hello = packet(wire::Opcode::hard_reset_client_v2);
    hello.packet_id = 0;
    EXPECT_TRUE(talk.session.receive_control(wire::encode(hello), talk.now));
    const auto answer = talk.session.next_transmit();
    ASSERT_TRUE(answer);
    EXPECT_EQ(wire::decode_control_packet(answer->datagram)->opcode, wire::Opcode::ack_v1);
    EXPECT_FALSE(talk.session.next_transmit());

    hello.packet_id = 1;
    EXPECT_EQ(refused(hello), Cause::reset_not_first);
}

TEST_F(Stranger, CannotGrowAHandshakeBeyondItsBound) {
    // A TLS worker that never answers, and a client that sends on and on.
    auto flood = packet(wire::Opcode::control_v1);
    const Buffer payload(1200);
    flood.payload = payload;
    std::set<Cause> refusals;
    for (std::uint32_t id = 1; id < 200; ++id) {
        flood.packet_id = id;
        const Taken taken = talk.session.receive_control(wire::encode(flood), talk.now);
        if (!taken) refusals.insert(taken.error());
    }
    EXPECT_TRUE(refusals.contains(Cause::queue_full) || refusals.contains(Cause::tls_too_large));
}

TEST(Session, SendsItsResetItselfOverTcp) {
    auto profile = std::make_shared<ServerProfile>();
    profile->server = server_for_tests();
    profile->tls = ScriptedTls::server(certificates_for_tests());
    profile->tcp = true;
    SeededRandom random(1);
    const Instant now = instant_of(1);
    SessionStart start;
    start.profile = profile;
    start.own = Conversation::server_id;
    start.peer = Conversation::client_id;
    start.reset_already_sent = false;
    Session session(start, random, now);
    wire::ControlPacket hello;
    hello.opcode = wire::Opcode::hard_reset_client_v2;
    hello.sender = Conversation::client_id;
    hello.packet_id = 0;
    ASSERT_TRUE(session.receive_control(wire::encode(hello), now));
    const auto answer = session.next_transmit();
    ASSERT_TRUE(answer);
    const auto packet = wire::decode_control_packet(answer->datagram);
    EXPECT_EQ(packet->opcode, wire::Opcode::hard_reset_server_v2);
    EXPECT_EQ(packet->packet_id, 0U);
    EXPECT_TRUE(packet->acks.contains(0));
}

}  // namespace
}  // namespace kanmon::session
