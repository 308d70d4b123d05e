#include <gtest/gtest.h>

#include <set>

#include "conversation.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {
namespace {

using KeyIds = std::vector<wire::KeyId>;
using Setting = Conversation::Setting;

Setting renewing_every(std::uint32_t seconds,
                       Personality personality = {.peer_info = peer_info_2_6}) {
    Setting setting;
    setting.personality = std::move(personality);
    setting.server.renegotiate_seconds = seconds;
    setting.server.keepalive_restart_seconds = 0;  // no data flows here
    return setting;
}

TEST(Renegotiation, IsBegunByTheServerUpToATenthEarly) {
    std::set<std::int64_t> begun;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Setting setting = renewing_every(100);
        setting.seed = seed;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect());
        const Instant connected = talk.now;
        ASSERT_TRUE(talk.run_until([&] { return talk.installed() == KeyIds{0, 1}; }, 110s));
        const Duration after = talk.now - connected;
        EXPECT_GE(after, 89s);
        EXPECT_LE(after, 101s);
        begun.insert(after / 1s);
    }
    EXPECT_GT(begun.size(), 3U) << "clients that came together part";
}

TEST(Renegotiation, WorksWithEveryWayOfAnsweringASoftReset) {
    for (const bool answers : {true, false}) {
        Conversation talk(
            renewing_every(30, {.peer_info = peer_info_2_7, .answers_soft_reset = answers}));
        ASSERT_TRUE(talk.connect());
        EXPECT_TRUE(talk.run_until(
            [&] {
                return talk.installed() == KeyIds{0, 1} && talk.client.has_exchanged(1);
            },
            40s));
        EXPECT_EQ(talk.client.heard().size(), 1U) << "nothing is pushed again";
    }
}

TEST(Renegotiation, IsTakenFromTheClientAndFromBothAtOnce) {
    Conversation talk(renewing_every(3600));
    ASSERT_TRUE(talk.connect());
    talk.client.renegotiate(1);
    EXPECT_TRUE(talk.run_until([&] { return talk.installed() == KeyIds{0, 1}; }, 5s));

    talk.session.key_limit_near(talk.now);
    talk.client.renegotiate(2);
    EXPECT_TRUE(talk.run_until([&] { return talk.installed() == KeyIds{0, 1, 2}; }, 5s));
    talk.run(1s);
    EXPECT_TRUE(talk.client.has_exchanged(2));
}

TEST(Renegotiation, SwitchesWhenTheClientUsesTheNewKeyOrAfterAMinute) {
    Conversation eager(renewing_every(3600));
    ASSERT_TRUE(eager.connect());
    eager.client.renegotiate(1);
    eager.run(5s);
    ASSERT_EQ(eager.installed(), (KeyIds{0, 1}));
    EXPECT_EQ(eager.sent_with(), KeyIds{0});
    eager.session.peer_used_key(1, eager.now);
    eager.step();
    EXPECT_EQ(eager.sent_with(), (KeyIds{0, 1}));

    Conversation patient(renewing_every(3600));
    ASSERT_TRUE(patient.connect());
    patient.client.renegotiate(1);
    patient.run(switch_delay - 1s);
    EXPECT_EQ(patient.sent_with(), KeyIds{0});
    patient.run(2s);
    EXPECT_EQ(patient.sent_with(), (KeyIds{0, 1}));
}

TEST(Renegotiation, WaitsForAClientThatDoesNotSendUnderItsNewKeyYet) {
    Conversation talk(renewing_every(10, {.peer_info = peer_info_2_7}));
    ASSERT_TRUE(talk.connect());
    ASSERT_TRUE(talk.run_until([&] { return talk.installed() == KeyIds{0, 1}; }, 15s));
    talk.run(switch_delay);
    EXPECT_EQ(talk.installed(), (KeyIds{0, 1})) << "OpenVPN 3 would forget key 1 now";
    talk.session.peer_used_key(1, talk.now);
    talk.run(follow_check + 1s);
    EXPECT_EQ(talk.installed(), (KeyIds{0, 1, 2}));

    talk.run(follow_delay_max - 5s);
    EXPECT_EQ(talk.installed().size(), 3U);
    talk.run(10s);
    EXPECT_EQ(talk.installed().size(), 4U) << "who says nothing cannot hold it up";
}

TEST(Renegotiation, SwitchesWithinSecondsWhenTheOldKeyNearsItsEnd) {
    Conversation talk(renewing_every(3600));
    ASSERT_TRUE(talk.connect());
    talk.session.key_limit_near(talk.now);
    talk.run(hurried_switch_delay - 1s);
    ASSERT_EQ(talk.installed(), (KeyIds{0, 1}));
    EXPECT_EQ(talk.sent_with(), KeyIds{0}) << "the client may not have our half yet";
    talk.run(2s);
    EXPECT_EQ(talk.sent_with(), (KeyIds{0, 1}));

    talk.client.renegotiate(2);
    talk.run(1s);
    ASSERT_EQ(talk.installed(), (KeyIds{0, 1, 2}));
    talk.session.key_limit_near(talk.now);
    talk.run(hurried_switch_delay + 1s);
    EXPECT_EQ(talk.sent_with(), (KeyIds{0, 1, 2}));
    EXPECT_EQ(talk.installed().size(), 3U) << "the next key was there already";
}

TEST(Renegotiation, AnExhaustedKeyIsLeftAtOnceWhenTheNextIsThere) {
    Conversation talk(renewing_every(3600));
    ASSERT_TRUE(talk.connect());
    talk.session.key_exhausted(talk.now);
    talk.run(1s);
    ASSERT_EQ(talk.installed(), (KeyIds{0, 1}));
    EXPECT_EQ(talk.sent_with(), KeyIds{0});
    talk.session.key_exhausted(talk.now);
    talk.step();
    EXPECT_EQ(talk.sent_with(), (KeyIds{0, 1}));
}

TEST(Renegotiation, KeepsCipherAndDerivationOfAClientThatForgetsToAnnounceThem) {
    // What 2.4.12 does; here it never announces anything again, and the cipher stays.
    Conversation talk(renewing_every(30, {.peer_info = peer_info_2_4}));
    ASSERT_TRUE(talk.connect());
    ASSERT_TRUE(talk.run_until([&] { return talk.installed().size() == 2; }, 40s));
    const auto keys = talk.all<InstallKey>();
    EXPECT_EQ(keys[1]->material.suite, keys[0]->material.suite);
    EXPECT_FALSE(keys[1]->material.block == keys[0]->material.block);
}

TEST(Renegotiation, GoesRoundTheKeyIdsAndNeverKeepsMoreThanThreeKeys) {
    Conversation talk(renewing_every(10));
    ASSERT_TRUE(talk.connect());
    ASSERT_TRUE(talk.run_until([&] { return talk.installed().size() == 10; },
                               10 * (follow_delay_max + 10s)));
    EXPECT_EQ(talk.installed(), (KeyIds{0, 1, 2, 3, 4, 5, 6, 7, 1, 2}));
    EXPECT_GE(talk.all<RetireKey>().size() + 3, talk.installed().size());

    std::deque<wire::KeyId> alive;
    std::optional<wire::KeyId> sending;
    for (const SessionEvent& event : talk.events) {
        if (const auto* installed = std::get_if<InstallKey>(&event)) {
            // The client keeps one old key; it must never get packets under an older one.
            if (alive.size() >= 2) {
                EXPECT_TRUE(sending == alive.back() || sending == alive[alive.size() - 2]);
            }
            alive.push_back(installed->key_id);
        }
        if (const auto* sends = std::get_if<SendWithKey>(&event)) {
            sending = sends->key_id;
            EXPECT_NE(std::ranges::find(alive, *sending), alive.end());
        }
        if (const auto* retired = std::get_if<RetireKey>(&event)) {
            ASSERT_EQ(alive.front(), retired->key_id);
            EXPECT_NE(sending, retired->key_id);
            alive.pop_front();
        }
        EXPECT_LE(alive.size(), 4U);
    }
    EXPECT_LE(alive.size(), 3U);
}

TEST(Renegotiation, EndsAClientThatShowsAnotherCertificate) {
    Conversation talk(renewing_every(30));
    ASSERT_TRUE(talk.connect());
    talk.client.tls_of_later_keys = ScriptedTls::client(other);
    talk.run(40s);
    EXPECT_EQ(talk.installed(), KeyIds{0});
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::identity_changed);
    EXPECT_TRUE(talk.client.heard("AUTH_FAILED,another certificate"));
}

TEST(Renegotiation, ThatFailsIsTriedAgainWhileTheOldKeyStaysInForce) {
    Conversation talk(renewing_every(100));
    ASSERT_TRUE(talk.connect());
    talk.client.silent = true;
    talk.run(100s + renegotiation_limit + renegotiation_pause);
    EXPECT_FALSE(talk.has<Ended>());
    EXPECT_EQ(talk.sent_with(), KeyIds{0});
    talk.client.silent = false;
    EXPECT_TRUE(talk.run_until([&] { return talk.installed() == KeyIds{0, 1}; }, 100s));
}

TEST(Renegotiation, EndsTheConnectionOnlyWhenTheOldKeyExpires) {
    Conversation talk(renewing_every(10));
    ASSERT_TRUE(talk.connect());
    talk.client.silent = true;
    talk.run(transition_time);
    EXPECT_FALSE(talk.has<Ended>());
    talk.run(15s);
    EXPECT_EQ(talk.all<Ended>().at(0)->cause, Cause::renegotiation_failed);
}

TEST(Renegotiation, SurvivesLoss) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Setting setting = renewing_every(120, {.peer_info = peer_info_openvpn3,
                                               .asks_at_once = true,
                                               .answers_soft_reset = seed % 2 == 0});
        setting.loss_percent = 10;
        setting.seed = seed;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect());
        EXPECT_TRUE(talk.run_until([&] { return talk.installed().size() == 3; }, 400s)) << seed;
        EXPECT_FALSE(talk.has<Ended>());
    }
}

}  // namespace
}  // namespace kanmon::session
