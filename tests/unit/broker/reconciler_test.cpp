// The broker's reconciliation against doubles: reached, repaired, and dying at every call.
#include "broker/reconciler.h"

#include <gtest/gtest.h>

#include "fake_kernel.h"

namespace kanmon::broker {
namespace {

/// The first has IPv6 inside.
bridge::Want two_servers(std::uint64_t number) {
    bridge::Want want{number,
                      {wanted_server("vss-1", "kt1", "vpc-1", "192.168.0.0/24"),
                       wanted_server("vss-2", "kt2", "", "192.168.0.0/24")}};
    want.servers[0].client_pool6 = *parse_cidr6("fd00::/64");
    return want;
}

TEST(Reconciler, MakesWhatIsWantedAndRemovesWhatIsNot) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "");
    EXPECT_EQ(kernel.devices.size(), 2U);
    EXPECT_EQ(kernel.tables.size(), 2U);
    EXPECT_EQ(kernel.forwarding_on.size(), 2U);
    EXPECT_EQ(kernel.forwarding6_on, std::set<std::string>{"vpc-1"});
    bridge::Want one = two_servers(2);
    one.servers.pop_back();
    EXPECT_EQ(reconciler.want(one), "");
    EXPECT_EQ(kernel.devices, (std::set<std::pair<std::string, std::string>>{{"vpc-1", "kt1"}}));
    EXPECT_FALSE(kernel.tables.contains(""));
    EXPECT_EQ(reconciler.remove_all(), "");
    EXPECT_TRUE(kernel.devices.empty() && kernel.tables.empty() && kernel.forwarding_on.empty());
}

TEST(Reconciler, LeavesForwardingOnWhereItWasOn) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    kernel.forwarding_on.insert("vpc-1");
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "");
    EXPECT_EQ(reconciler.remove_all(), "");
    EXPECT_EQ(kernel.forwarding_on, std::set<std::string>{"vpc-1"});
}

TEST(Reconciler, PutsIpv6ForwardingBackWhenOnlyIpv4IsStillWanted) {
    for (const bool before : {false, true}) {
        Fate fate;
        FakeKernel kernel(fate);
        FakeStore store(fate);
        if (before) kernel.forwarding6_on.insert("vpc-1");
        Reconciler reconciler(kernel, store, {});
        EXPECT_EQ(reconciler.want(two_servers(1)), "");
        bridge::Want four = two_servers(2);
        four.servers[0].client_pool6.reset();
        EXPECT_EQ(reconciler.want(four), "");
        EXPECT_EQ(kernel.forwarding6_on.contains("vpc-1"), before);
        EXPECT_TRUE(kernel.forwarding_on.contains("vpc-1"));
        EXPECT_EQ(reconciler.want(two_servers(3)), "");
        EXPECT_TRUE(kernel.forwarding6_on.contains("vpc-1"));
        EXPECT_EQ(reconciler.remove_all(), "");
        EXPECT_EQ(kernel.forwarding6_on.contains("vpc-1"), before);
    }
}

TEST(Reconciler, RefusesAnOlderStateAndKeepsThePresentOne) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(5)), "");
    EXPECT_NE(reconciler.want({4, {}}), "");
    EXPECT_NE(reconciler.find("vss-1"), nullptr);
    EXPECT_EQ(reconciler.want(two_servers(5)), "") << "the same number again is the same state";
}

TEST(Reconciler, NeverTouchesADeviceOfSomebodyElse) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    kernel.devices.insert({"vpc-1", "kt1"});
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "somebody else's");
    EXPECT_EQ(reconciler.remove_all(), "");
    EXPECT_TRUE(kernel.devices.contains({"vpc-1", "kt1"}));
}

TEST(Reconciler, OneServerThatCannotBeMadeDoesNotKeepTheOthersAway) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    kernel.failing_device = "kt1";
    kernel.missing.insert("vpc-9");
    Reconciler reconciler(kernel, store, {});
    bridge::Want want = two_servers(1);
    want.servers.push_back(wanted_server("vss-3", "kt3", "vpc-9", "10.9.0.0/16"));
    const std::string problem = reconciler.want(want);
    EXPECT_NE(problem.find("no device for you"), std::string::npos) << problem;
    EXPECT_NE(problem.find("ip netns add vpc-9"), std::string::npos) << problem;
    EXPECT_TRUE(kernel.devices.contains({"", "kt2"}));
    kernel.failing_device.clear();
    kernel.missing.clear();
    EXPECT_EQ(reconciler.reconcile(), "") << "the next turn repairs";
    EXPECT_EQ(kernel.devices.size(), 3U);
}

TEST(Reconciler, MakesNothingThatItCannotRemember) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    store.fails = true;
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "disk full");
    EXPECT_TRUE(kernel.devices.empty() && kernel.tables.empty() && kernel.forwarding_on.empty());
}

TEST(Reconciler, RemovesEverythingAlsoWhenTheDiskIsFull) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "");
    store.fails = true;
    EXPECT_EQ(reconciler.remove_all(), "");
    EXPECT_TRUE(kernel.devices.empty() && kernel.tables.empty() && kernel.forwarding_on.empty());
}

TEST(Reconciler, SeesWhatSomebodyTookAway) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    Reconciler reconciler(kernel, store, {});
    EXPECT_EQ(reconciler.want(two_servers(1)), "");
    EXPECT_TRUE(reconciler.stands());
    kernel.tables.erase("vpc-1");
    EXPECT_FALSE(reconciler.stands());
    EXPECT_EQ(reconciler.reconcile(), "");
    EXPECT_TRUE(reconciler.stands());
    kernel.missing.insert("vpc-1");
    kernel.tables.erase("vpc-1");
    EXPECT_TRUE(reconciler.stands()) << "there is nothing to make";
}

/// Dies at the n-th call, starts again with the stored journal, and must be able to clean up.
void die_and_start_again(std::size_t call, bool before) {
    Fate fate;
    FakeKernel kernel(fate);
    FakeStore store(fate);
    kernel.forwarding_on.insert("");
    kernel.forwarding6_on.insert("vpc-2");
    (before ? fate.kill_before : fate.kill_after) = call;
    try {
        Reconciler reconciler(kernel, store, {});
        reconciler.want(two_servers(1));
        bridge::Want moved = two_servers(2);
        moved.servers[0].vpc_namespace = "vpc-2";
        moved.servers[1].device = "kt7";
        reconciler.want(moved);
        reconciler.want({3, {}});
    } catch (const Killed&) {
    }
    fate.kill_before = fate.kill_after = 0;
    Reconciler again(kernel, store, store.load());
    EXPECT_EQ(again.reconcile(), "") << call;
    EXPECT_EQ(kernel.devices.size(), again.journal().want.servers.size()) << call;
    EXPECT_EQ(kernel.tables.size(), namespaces_of(again.journal().want).size()) << call;
    EXPECT_EQ(again.remove_all(), "") << call;
    EXPECT_TRUE(kernel.devices.empty() && kernel.tables.empty()) << call;
    EXPECT_EQ(kernel.forwarding_on, std::set<std::string>{""}) << call;
    EXPECT_EQ(kernel.forwarding6_on, std::set<std::string>{"vpc-2"}) << call;
}

TEST(Reconciler, LeavesNoOrphanWhereverItDies) {
    for (std::size_t call = 1; call < 60; ++call) {
        die_and_start_again(call, true);
        die_and_start_again(call, false);
    }
}

}  // namespace
}  // namespace kanmon::broker
