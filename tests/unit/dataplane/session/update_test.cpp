// New settings of a server, told to a client that is connected.
#include <gtest/gtest.h>

#include "conversation.h"
#include "dataplane/session/timers.h"

namespace kanmon::session {
namespace {

bridge::SslServer with_network(const char* network) {
    bridge::SslServer server = server_for_tests();
    server.local_networks.push_back(*parse_cidr(network));
    return server;
}

class Update : public ::testing::Test {
protected:
    static Conversation connected(const std::string& peer_info) {
        Conversation::Setting setting;
        setting.personality.peer_info = peer_info;
        Conversation talk(setting);
        EXPECT_TRUE(talk.connect());
        talk.run(200ms);
        return talk;
    }
    static std::size_t updates(const Conversation& talk) {
        return static_cast<std::size_t>(std::ranges::count_if(
            talk.client.heard(),
            [](const std::string& text) { return text.starts_with("PUSH_UPDATE"); }));
    }
};

TEST_F(Update, ReachesA27ClientAtOnceAndItsConnectionStays) {
    for (const std::string& info : {peer_info_2_7, peer_info_openvpn3}) {
        Conversation talk = connected(info);
        talk.reconfigure(with_network("172.30.0.0/16"));
        EXPECT_TRUE(talk.run_until([&] { return updates(talk) == 1; }, 2s));
        EXPECT_EQ(talk.client.heard().back(),
                  "PUSH_UPDATE,route 10.8.0.1,route 172.20.0.0 255.255.0.0,"
                  "route 172.30.0.0 255.255.0.0");
        talk.run(30s);
        EXPECT_EQ(talk.session.stage(), bridge::Stage::connected);
        EXPECT_EQ(updates(talk), 1U);
    }
}

TEST_F(Update, SendsAnOlderClientAwayWithTheReasonInItsLog) {
    for (const std::string& info : {peer_info_2_3, peer_info_2_4, peer_info_2_5, peer_info_2_6}) {
        Conversation talk = connected(info);
        talk.reconfigure(with_network("172.30.0.0/16"));
        EXPECT_TRUE(
            talk.run_until([&] { return talk.client.heard("RESTART"); }, restart_spread + 200ms));
        EXPECT_EQ(talk.client.heard().back(),
                  "RESTART,the server's configuration was changed: local networks");
        EXPECT_EQ(talk.all<Ended>().front()->cause, Cause::server_changed);
    }
}

TEST_F(Update, SpreadsTheRestartsOfManyClients) {
    std::vector<Instant> ends;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        Conversation::Setting setting;
        setting.seed = seed;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect());
        const Instant changed = talk.now;
        talk.reconfigure(with_network("172.30.0.0/16"));
        ASSERT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }, 5s));
        ends.push_back(Instant(talk.now - changed));
    }
    const auto [first, last] = std::ranges::minmax(ends);
    EXPECT_GT(last - first, restart_spread / 4);
    // 2.3 takes 5 s, asks after 2, opens its device in 1, and is to be back in 10.
    EXPECT_LE(restart_spread, 1500ms);
}

TEST_F(Update, SaysNothingForWhatConcernsTheServerAlone) {
    Conversation talk = connected(peer_info_2_6);
    bridge::SslServer server = server_for_tests();
    server.keepalive_restart_seconds = 120;
    server.hold_seconds = 5;
    server.renegotiate_seconds = 60;
    std::ranges::reverse(server.ciphers);
    talk.reconfigure(server);
    talk.run(5s);
    EXPECT_EQ(talk.session.stage(), bridge::Stage::connected);
    EXPECT_EQ(talk.client.heard().size(), 1U);
}

TEST_F(Update, GoesOnWithTheTimersThatItsClientHolds) {
    Conversation talk = connected(peer_info_2_6);
    bridge::SslServer server = server_for_tests();
    server.keepalive_restart_seconds = 10;  // the client pings and restarts by the former ones
    talk.reconfigure(server);
    talk.client.silent = true;
    talk.run(100s);
    EXPECT_FALSE(talk.has<Ended>());
    talk.run(30s);
    EXPECT_EQ(talk.all<Ended>().front()->cause, Cause::keepalive_timeout);
}

TEST_F(Update, ComesAfterAPushThatWasMadeOfFormerSettings) {
    Conversation::Setting setting;
    setting.personality.peer_info = peer_info_2_7;
    Conversation talk(setting);
    ASSERT_TRUE(talk.run_until([&] { return talk.has<InstallKey>(); }));  // PUSH_REPLY is made
    talk.reconfigure(with_network("172.30.0.0/16"));
    ASSERT_TRUE(talk.connect());
    EXPECT_TRUE(talk.run_until(
        [&] {
            return std::ranges::any_of(talk.client.heard(), [](const std::string& text) {
                return text.find("172.30.0.0") != std::string::npos;
            });
        },
        3s));
}

TEST_F(Update, IsMadeOfTheNewestSettingsWhenTheClientConnectsLater) {
    Conversation::Setting setting;
    setting.admits = false;
    Conversation talk(setting);
    talk.run(2s);
    talk.reconfigure(with_network("172.30.0.0/16"));
    talk.session.admit(Conversation::address, talk.now);
    ASSERT_TRUE(talk.connect());
    EXPECT_NE(talk.client.heard().front().find("172.30.0.0"), std::string::npos);
    talk.run(5s);
    EXPECT_EQ(talk.client.heard().size(), 1U);
}

TEST_F(Update, MergesChangesThatFollowEachOtherQuickly) {
    Conversation talk = connected(peer_info_2_7);
    for (const char* network : {"172.30.0.0/16", "172.31.0.0/16", "10.1.0.0/16", "10.2.0.0/16"}) {
        talk.reconfigure(with_network(network));
        talk.run(50ms);
    }
    talk.run(3s);
    EXPECT_EQ(updates(talk), 2U);
    EXPECT_NE(talk.client.heard().back().find("10.2.0.0"), std::string::npos);
}

TEST_F(Update, TakesBackAChangeBeforeOlderClientsHaveToGo) {
    Conversation talk = connected(peer_info_2_6);
    talk.reconfigure(with_network("172.30.0.0/16"));
    talk.reconfigure(server_for_tests());
    talk.run(10s);
    EXPECT_EQ(talk.session.stage(), bridge::Stage::connected);
}

TEST_F(Update, ArrivesOverAPathThatLosesAFifthOfThePackets) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Conversation::Setting setting;
        setting.personality.peer_info = peer_info_2_7;
        setting.loss_percent = 20;
        setting.seed = seed;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect()) << seed;
        talk.reconfigure(with_network("172.30.0.0/16"));
        EXPECT_TRUE(talk.run_until([&] { return updates(talk) >= 1; }, 20s)) << seed;
    }
}

TEST_F(Update, WaitsForARenegotiationSinceClientsHearTheirNewestKeyOnly) {
    Conversation talk = connected(peer_info_2_7);
    talk.client.renegotiate(1);
    talk.run(50ms);
    talk.reconfigure(with_network("172.30.0.0/16"));
    EXPECT_TRUE(talk.run_until([&] { return updates(talk) == 1; }, 5s));
    EXPECT_TRUE(talk.client.has_exchanged(1));
}

TEST_F(Update, SaysNothingMoreOverAnOldKeyOnceItBeganAgainOverTheNewOne) {
    bridge::SslServer server = server_for_tests();
    for (std::uint32_t i = 0; i < 400; ++i)
        server.local_networks.push_back(Cidr{Ipv4{0xc6120000U + 256U * i}, 24});
    unsigned begun_again = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Conversation::Setting setting;
        setting.personality.peer_info = peer_info_openvpn3;
        setting.loss_percent = 20;
        setting.seed = seed;
        Conversation talk(setting);
        ASSERT_TRUE(talk.connect()) << seed;
        talk.run(5s);
        talk.reconfigure(server);
        talk.run(20ms);
        talk.client.renegotiate(1);
        ASSERT_TRUE(talk.run_until([&] { return talk.client.has_exchanged(1); })) << seed;
        const std::size_t until_then = talk.to_client.size();
        talk.run(20s);
        unsigned over_the_new = 0;
        for (std::size_t i = until_then; i < talk.to_client.size(); ++i) {
            const auto first = wire::peek(talk.to_client[i]);
            if (first->opcode != wire::Opcode::control_v1) continue;
            EXPECT_EQ(first->key_id, 1) << seed;
            ++over_the_new;
        }
        begun_again += over_the_new > 10 ? 1 : 0;
    }
    EXPECT_GT(begun_again, 5U);
}

TEST_F(Update, EndsAClientThatNeitherSendsNorReceivesAlthoughItPings) {
    Conversation::Setting setting;
    setting.server.inactive_seconds = 30;
    Conversation talk(setting);
    ASSERT_TRUE(talk.connect());
    for (int i = 0; i < 25; ++i) {
        talk.run(1s);
        talk.session.heard(talk.now);  // pings only
    }
    EXPECT_FALSE(talk.has<Ended>());
    talk.session.carried(talk.now);
    for (int i = 0; i < 30; ++i) talk.run(1s);
    EXPECT_FALSE(talk.has<Ended>()) << "a tunnelled packet makes the time start anew";
    EXPECT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }, 3s));
    EXPECT_EQ(talk.all<Ended>().front()->cause, Cause::inactive);
    EXPECT_TRUE(talk.run_until([&] { return talk.client.heard("HALT,"); }, 1s));
}

TEST_F(Update, StartsAndStopsTheWatchOverActivityWhileAClientIsConnected) {
    Conversation talk = connected(peer_info_2_6);
    bridge::SslServer server = server_for_tests();
    server.inactive_seconds = 20;
    talk.reconfigure(server);
    talk.run(15s);
    talk.reconfigure(server_for_tests());
    talk.run(20s);
    EXPECT_FALSE(talk.has<Ended>());
    talk.reconfigure(server);
    EXPECT_TRUE(talk.run_until([&] { return talk.has<Ended>(); }, 3s));
}

}  // namespace
}  // namespace kanmon::session
