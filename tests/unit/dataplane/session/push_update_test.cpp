#include "dataplane/session/push_update.h"

#include <gtest/gtest.h>

namespace kanmon::session {
namespace {

const PushOptions held{{"route 172.20.0.0 255.255.0.0", "route 10.8.0.1", "redirect-gateway def1",
                        "dns server 0 address 100.100.2.136", "topology net30", "ping 10",
                        "ping-restart 60", "ifconfig 10.8.0.6 10.8.0.5", "peer-id 7"},
                       2};

PushOptions with(std::vector<std::string> options) {
    return {std::move(options), 2};
}

/// `held` with one option replaced, or without it.
PushOptions changed(const std::string& option, const std::string& by) {
    PushOptions wanted = held;
    for (std::string& each : wanted.options)
        if (each == option) each = by;
    std::erase(wanted.options, "");
    return wanted;
}

Update update(const std::string& message) {
    return Update{{message}};
}

TEST(PushUpdate, SaysNothingWhenTheClientHoldsAllOfIt) {
    EXPECT_EQ(diff(held, held, Updates::all), Difference(Unchanged{}));
    EXPECT_EQ(diff(held, held, Updates::none), Difference(Unchanged{}));
}

TEST(PushUpdate, RepeatsAllRoutesWhenOneChangedSinceAnUpdateReplacesTheWholeKind) {
    EXPECT_EQ(diff(with({"route 172.20.0.0 255.255.0.0", "route 10.8.0.1"}),
                   with({"route 172.20.0.0 255.255.0.0", "route 172.30.0.0 255.255.0.0",
                         "route 10.8.0.1"}),
                   Updates::all),
              Difference(update("PUSH_UPDATE,route 10.8.0.1,route 172.20.0.0 255.255.0.0,"
                                "route 172.30.0.0 255.255.0.0")));
}

TEST(PushUpdate, RepeatsTheRedirectionThat27ForgetsWithItsRoutes) {
    EXPECT_EQ(diff(held, changed("route 172.20.0.0 255.255.0.0", ""), Updates::all),
              Difference(update("PUSH_UPDATE,route 10.8.0.1,redirect-gateway def1")));
}

TEST(PushUpdate, RemovesAKindThatIsWantedNoMore) {
    EXPECT_EQ(diff(held, changed("dns server 0 address 100.100.2.136", ""), Updates::all),
              Difference(update("PUSH_UPDATE,-dns")));
    EXPECT_EQ(diff(held, changed("redirect-gateway def1", ""), Updates::all),
              Difference(update("PUSH_UPDATE,-redirect-gateway")));
}

TEST(PushUpdate, IgnoresTheOrderOfRoutesButNotOfNameServers) {
    EXPECT_EQ(diff(with({"route 1.0.0.0", "route 2.0.0.0"}),
                   with({"route 2.0.0.0", "route 1.0.0.0"}), Updates::all),
              Difference(Unchanged{}));
    EXPECT_EQ(diff(with({"dns a", "dns b"}), with({"dns b", "dns a"}), Updates::all),
              Difference(update("PUSH_UPDATE,dns b,dns a")));
}

TEST(PushUpdate, AsksAClientWithoutUpdatesToComeAgainAndSaysWhatChanged) {
    EXPECT_EQ(diff(held, changed("route 172.20.0.0 255.255.0.0", "route 172.30.0.0 255.255.0.0"),
                   Updates::none),
              Difference(ComeAgain{"local networks"}));
    EXPECT_EQ(diff(held, changed("dns server 0 address 100.100.2.136", ""), Updates::none),
              Difference(ComeAgain{"name servers"}));
    EXPECT_EQ(diff(with({"route 1.0.0.0", "redirect-gateway def1", "block-ipv6"}), with({}),
                   Updates::none),
              Difference(ComeAgain{"full tunnel, local networks"}));
}

TEST(PushUpdate, AsksAProgramThatWouldNotPassNameServersOnToComeAgainForThemOnly) {
    const PushOptions others =
        changed("dns server 0 address 100.100.2.136", "dns server 0 address 1.1.1.1");
    EXPECT_EQ(diff(held, others, Updates::without_name_servers),
              Difference(ComeAgain{"name servers"}));
    EXPECT_EQ(diff(held, changed("dns server 0 address 100.100.2.136", ""),
                   Updates::without_name_servers),
              Difference(ComeAgain{"name servers"}));
    EXPECT_EQ(diff(held, changed("redirect-gateway def1", ""), Updates::without_name_servers),
              Difference(update("PUSH_UPDATE,-redirect-gateway")));
}

TEST(PushUpdate, ReplacesNameServersWhereOnlyTheirRemovalWouldBeLost) {
    const std::string former = "dns server 0 address 100.100.2.136";
    EXPECT_EQ(
        diff(held, changed(former, "dns server 0 address 1.1.1.1"), Updates::without_their_removal),
        Difference(update("PUSH_UPDATE,dns server 0 address 1.1.1.1")));
    EXPECT_EQ(diff(held, changed(former, ""), Updates::without_their_removal),
              Difference(ComeAgain{"name servers"}));
}

TEST(PushUpdate, IsTakenByWhoAnnouncedItNameServersByOpenVpn3AndWindows) {
    const auto who = [](const std::string& version, const std::string& platform,
                        const std::string& abilities) {
        return updates_of(wire::parse_peer_info("IV_VER=" + version + "\nIV_PLAT=" + platform +
                                                "\nIV_PROTO=" + abilities + "\n"));
    };
    EXPECT_EQ(who("2.6.14", "linux", "990"), Updates::none);
    EXPECT_EQ(who("2.7.6", "linux", "8094"), Updates::without_name_servers);
    EXPECT_EQ(who("2.7.6", "mac", "8094"), Updates::without_name_servers);
    EXPECT_EQ(who("2.7.6", "win", "8094"), Updates::without_their_removal);
    EXPECT_EQ(who("2.7.6", "android", "8094"), Updates::without_their_removal);
    EXPECT_EQ(who("3.11.7", "linux", "8094"), Updates::all);
}

TEST(PushUpdate, AsksEveryClientToComeAgainForWhatNoneCanUpdate) {
    EXPECT_EQ(diff(held, changed("topology net30", "topology subnet"), Updates::all),
              Difference(ComeAgain{"tunnel settings"}));
    EXPECT_EQ(diff(held, changed("ifconfig 10.8.0.6 10.8.0.5", "ifconfig 10.8.0.10 10.8.0.9"),
                   Updates::all),
              Difference(ComeAgain{"tunnel settings"}));
}

TEST(PushUpdate, LeavesTimersToTheNextConnection) {
    EXPECT_EQ(diff(held, changed("ping 10", "ping 20"), Updates::all), Difference(Unchanged{}));
    EXPECT_EQ(diff(held, changed("ping-restart 60", "ping-restart 120"), Updates::none),
              Difference(Unchanged{}));
}

TEST(PushUpdate, SplitsFiveHundredRoutesByContinuation) {
    std::vector<std::string> routes;
    for (unsigned i = 0; i < 500; ++i)
        routes.push_back("route 10." + std::to_string(i / 250) + "." + std::to_string(i % 250) +
                         ".0 255.255.255.0");
    const Difference difference = diff(held, with(routes), Updates::all);
    const auto* many = std::get_if<Update>(&difference);
    ASSERT_EQ(many, nullptr) << "the topology is gone too";
    routes.insert(routes.end(), {"topology net30", "ifconfig 10.8.0.6 10.8.0.5", "peer-id 7"});
    const Difference possible = diff(held, with(routes), Updates::all);
    const auto& messages = std::get<Update>(possible).messages;
    EXPECT_GT(messages.size(), 10U);
    EXPECT_LE(messages.size(), 32U);
    for (const std::string& message : messages) {
        EXPECT_TRUE(message.starts_with("PUSH_UPDATE,"));
        EXPECT_LT(message.size(), 1024U);
        EXPECT_TRUE(message.ends_with(&message == &messages.back() ? ",push-continuation 1"
                                                                   : ",push-continuation 2"));
    }
}

}  // namespace
}  // namespace kanmon::session
