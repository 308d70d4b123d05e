#include "dataplane/admission/lease_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace kanmon::admission {
namespace {

/// mt19937 as 32-bit numbers.
struct Dice {
    std::mt19937 engine;
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine()); }
};

using bridge::Topology;
const Instant start{1000h};

bridge::SslServer server(const std::string& id, const char* pool, Topology topology) {
    bridge::SslServer made;
    made.id = id;
    made.gateway_id = "vpn-1";
    made.client_pool = *parse_cidr(pool);
    made.topology = topology;
    return made;
}

LeaseBook book(std::uint32_t connections_max, const char* pool = "192.168.0.0/24") {
    LeaseBook made;
    made.configure({{"vpn-1", connections_max, 10}}, {server("vss-1", pool, Topology::net30)});
    return made;
}

TEST(Pool, GivesNet30ClientsTheThirdAddressOfTheirOwnSubnet) {
    const Cidr pool = *parse_cidr("192.168.0.0/24");
    EXPECT_EQ(pool_capacity(pool, Topology::net30), 62U);
    EXPECT_EQ(to_string(*pool_address(pool, Topology::net30, 0)), "192.168.0.6");
    EXPECT_EQ(to_string(*pool_address(pool, Topology::net30, 61)), "192.168.0.250");
    EXPECT_FALSE(pool_address(pool, Topology::net30, 62));
    EXPECT_EQ(pool_capacity(pool, Topology::subnet), 253U);
    EXPECT_EQ(to_string(*pool_address(pool, Topology::subnet, 252)), "192.168.0.254");
    EXPECT_EQ(to_string(server_address(pool)), "192.168.0.1");
    EXPECT_EQ(pool_capacity(*parse_cidr("10.0.0.0/30"), Topology::net30), 0U);
    EXPECT_EQ(pool_capacity(*parse_cidr("10.0.0.0/30"), Topology::subnet), 1U);
    EXPECT_EQ(pool_capacity(*parse_cidr("10.0.0.0/32"), Topology::subnet), 0U);
}

TEST(LeaseBook, AReturningHolderTakesItsLongestHeldSlotBack) {
    LeaseBook leases = book(5);
    const auto first = leases.take("vss-1", "alice", 1, start);
    const auto second = leases.take("vss-1", "alice", 2, start);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->address, second->address) << "one certificate may connect several times";
    leases.leave(2, start + 1s);
    leases.leave(1, start + 2s);
    EXPECT_EQ(leases.take("vss-1", "alice", 3, start + 3s)->address, second->address);
    EXPECT_NE(leases.take("vss-1", "bob", 4, start + 3s)->address, first->address);
}

TEST(LeaseBook, HeldSlotsCountAndTheirHolderStillReturnsToAFullGateway) {
    LeaseBook leases = book(2);
    leases.take("vss-1", "alice", 1, start);
    leases.take("vss-1", "bob", 2, start);
    leases.leave(1, start);
    EXPECT_EQ(leases.take("vss-1", "carol", 3, start + 1s).error(), Cause::connections_exhausted);
    EXPECT_TRUE(leases.take("vss-1", "alice", 4, start + 1s));
    EXPECT_EQ(leases.taken("vpn-1"), 2U);
}

TEST(LeaseBook, ASlotIsFreeAfterItsHoldAndNotBefore) {
    LeaseBook leases = book(1);
    leases.take("vss-1", "alice", 1, start);
    leases.leave(1, start);
    EXPECT_EQ(leases.next_expiry(), start + 300s);
    EXPECT_EQ(leases.take("vss-1", "bob", 2, start + 300s - 1ns).error(),
              Cause::connections_exhausted);
    EXPECT_TRUE(leases.expire(start + 300s - 1ns).empty());
    EXPECT_TRUE(leases.take("vss-1", "bob", 2, start + 300s)) << "also when nobody called expire";
}

TEST(LeaseBook, ALoweredMaximumBindsNewcomersOnly) {
    LeaseBook leases = book(3);
    for (std::uint64_t session : {1U, 2U, 3U}) leases.take("vss-1", "alice", session, start);
    leases.configure({{"vpn-1", 1, 10}}, {server("vss-1", "192.168.0.0/24", Topology::net30)});
    EXPECT_EQ(leases.taken("vpn-1"), 3U);
    leases.leave(1, start);
    EXPECT_TRUE(leases.take("vss-1", "alice", 4, start));
    EXPECT_EQ(leases.take("vss-1", "bob", 5, start).error(), Cause::connections_exhausted);
}

TEST(LeaseBook, RefusalsNameTheirReason) {
    LeaseBook leases = book(100, "192.168.0.0/28");
    EXPECT_EQ(leases.take("vss-9", "alice", 1, start).error(), Cause::gateway_not_ready);
    EXPECT_TRUE(leases.take("vss-1", "alice", 1, start));
    EXPECT_TRUE(leases.take("vss-1", "alice", 2, start));
    EXPECT_EQ(leases.take("vss-1", "alice", 3, start).error(), Cause::pool_exhausted);
    bridge::SslServer off = server("vss-1", "192.168.0.0/28", Topology::net30);
    off.enabled = false;
    leases.configure({{"vpn-1", 100, 10}}, {off});
    EXPECT_EQ(leases.take("vss-1", "alice", 4, start).error(), Cause::server_disabled);
}

TEST(LeaseBook, SlotsOfAChangedPoolAreFreeWhenTheirSessionsEnd) {
    LeaseBook leases = book(5);
    leases.take("vss-1", "alice", 1, start);
    leases.take("vss-1", "bob", 2, start);
    leases.leave(2, start);
    leases.configure({{"vpn-1", 5, 10}}, {server("vss-1", "10.0.0.0/24", Topology::net30)});
    EXPECT_EQ(leases.expire(start).size(), 1U) << "bob can never return there";
    leases.leave(1, start + 1s);
    EXPECT_EQ(leases.expire(start + 1s).size(), 1U);
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 3, start + 2s)->address), "10.0.0.6");
}

TEST(LeaseBook, RestoredSessionsAreHeldAndHoldsOfAnotherBootDoNotLastForever) {
    LeaseBook leases = book(5);
    const Ipv4 six = *parse_ipv4("192.168.0.6"), ten = *parse_ipv4("192.168.0.10");
    leases.restore({{"vss-1", six, "alice", 77, {}}, {"vss-1", ten, "bob", 0, start + 9000h}},
                   start);
    EXPECT_EQ(leases.find(77), nullptr);
    EXPECT_EQ(leases.taken("vpn-1"), 2U);
    EXPECT_EQ(leases.take("vss-1", "alice", 1, start + 299s)->address, six);
    EXPECT_EQ(leases.expire(start + 300s).size(), 1U);
}

TEST(LeaseBook, AReleasedOrForgottenSlotIsFreeAtOnceAndAConnectedOneIsNot) {
    LeaseBook leases = book(1);
    const auto lease = leases.take("vss-1", "alice", 1, start);
    EXPECT_FALSE(leases.release("vss-1", lease->address));
    leases.leave(1, start);
    EXPECT_TRUE(leases.release("vss-1", lease->address));
    EXPECT_FALSE(leases.release("vss-1", lease->address));
    EXPECT_TRUE(leases.take("vss-1", "bob", 2, start));
    leases.forget(2);
    EXPECT_EQ(leases.taken("vpn-1"), 0U);
}

TEST(LeaseBook, ASuccessorInheritsAndTheFormerSessionHasNothingLeftToLeave) {
    LeaseBook leases = book(1);
    const auto lease = leases.take("vss-1", "alice", 1, start);
    EXPECT_EQ(leases.inherit(1, 2)->address, lease->address);
    EXPECT_FALSE(leases.leave(1, start));
    EXPECT_EQ(leases.find(2)->session, 2U);
    EXPECT_FALSE(leases.inherit(1, 3));
}

/// A server where alice always has .22.
bridge::SslServer with_fixed_address(const char* address = "192.168.0.22") {
    bridge::SslServer made = server("vss-1", "192.168.0.0/24", Topology::net30);
    made.static_addresses = {{"alice", *parse_ipv4(address)}};
    return made;
}

LeaseBook book_of(const bridge::SslServer& made, std::uint32_t connections_max = 100) {
    LeaseBook leases;
    leases.configure({{"vpn-1", connections_max, 10}}, {made});
    return leases;
}

TEST(FixedAddress, IsAlwaysItsHoldersAndNeverAnothers) {
    LeaseBook leases = book_of(with_fixed_address());
    std::set<Ipv4> given;
    for (std::uint64_t session = 2; session <= 62; ++session)
        given.insert(leases.take("vss-1", "bob", session, start)->address);
    EXPECT_EQ(given.size(), 61U);
    EXPECT_FALSE(given.contains(*parse_ipv4("192.168.0.22")));
    EXPECT_EQ(leases.take("vss-1", "bob", 63, start).error(), Cause::pool_exhausted);
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 1, start)->address), "192.168.0.22");
}

TEST(FixedAddress, MakesANewerSessionOfItsHolderReplaceTheOlder) {
    LeaseBook leases = book_of(with_fixed_address());
    leases.take("vss-1", "alice", 1, start);
    EXPECT_EQ(leases.displaced("vss-1", "alice", 2), std::vector<std::uint64_t>{1});
    EXPECT_EQ(leases.take("vss-1", "alice", 2, start).error(), Cause::pool_exhausted)
        << "the older one has to leave first";
    leases.leave(1, start);
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 2, start)->address), "192.168.0.22");
    EXPECT_TRUE(leases.displaced("vss-1", "bob", 3).empty());
}

TEST(FixedAddress, DisplacesWhoeverHasItSinceBefore) {
    LeaseBook leases = book_of(server("vss-1", "192.168.0.0/24", Topology::net30));
    for (std::uint64_t session = 1; session <= 5; ++session)
        leases.take("vss-1", "bob", session, start);  // .6 to .22
    leases.configure({{"vpn-1", 100, 10}}, {with_fixed_address()});
    EXPECT_EQ(leases.displaced("vss-1", "alice", 9), std::vector<std::uint64_t>{5});
    leases.leave(5, start);
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 9, start)->address), "192.168.0.22");
    EXPECT_EQ(to_string(leases.take("vss-1", "bob", 10, start)->address), "192.168.0.26")
        << "bob's former slot is not held for him";
}

TEST(FixedAddress, DoesNotLetItsHolderKeepAnotherSlot) {
    LeaseBook leases = book_of(server("vss-1", "192.168.0.0/24", Topology::net30));
    leases.take("vss-1", "alice", 1, start);
    leases.leave(1, start);
    leases.configure({{"vpn-1", 100, 10}}, {with_fixed_address()});
    EXPECT_EQ(leases.expire(start).size(), 1U);
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 2, start)->address), "192.168.0.22");
    EXPECT_FALSE(leases.inherit(2, 2));
}

TEST(FixedAddress, ThatNoClientCanHaveCountsAsNone) {
    for (const char* wrong : {"10.0.0.2", "192.168.0.23", "192.168.0.0", "192.168.0.1",
                              "192.168.0.2", "192.168.0.254", "192.168.0.255"}) {
        LeaseBook leases = book_of(with_fixed_address(wrong));
        EXPECT_EQ(to_string(leases.take("vss-1", "alice", 1, start)->address), "192.168.0.6");
        EXPECT_TRUE(leases.take("vss-1", "alice", 2, start)) << "and replaces nobody";
    }
}

TEST(FixedAddress, OfTwoHoldersIsTheFirstOnes) {
    bridge::SslServer made = with_fixed_address();
    made.static_addresses.push_back({"bob", *parse_ipv4("192.168.0.22")});
    made.static_addresses.push_back({"alice", *parse_ipv4("192.168.0.26")});
    LeaseBook leases = book_of(made);
    EXPECT_EQ(to_string(leases.take("vss-1", "bob", 1, start)->address), "192.168.0.6");
    EXPECT_EQ(to_string(leases.take("vss-1", "alice", 2, start)->address), "192.168.0.22");
}

TEST(FixedAddress, CountsAgainstTheMaximumLikeEveryOther) {
    LeaseBook leases = book_of(with_fixed_address(), 1);
    leases.take("vss-1", "bob", 1, start);
    EXPECT_EQ(leases.take("vss-1", "alice", 2, start).error(), Cause::connections_exhausted);
}

TEST(SameHolder, ReplacesItsOlderSessionsWhereTheServerSaysSo) {
    bridge::SslServer made = server("vss-1", "192.168.0.0/24", Topology::net30);
    LeaseBook leases = book_of(made);
    leases.take("vss-1", "alice", 1, start);
    leases.take("vss-1", "alice", 2, start);
    leases.take("vss-1", "bob", 3, start);
    EXPECT_TRUE(leases.displaced("vss-1", "alice", 4).empty()) << "several at once are allowed";
    made.same_holder = bridge::SameHolder::replace_older;
    leases.configure({{"vpn-1", 100, 10}}, {made});
    EXPECT_EQ(leases.displaced("vss-1", "alice", 4), (std::vector<std::uint64_t>{1, 2}));
    made.enabled = false;
    leases.configure({{"vpn-1", 100, 10}}, {made});
    EXPECT_TRUE(leases.displaced("vss-1", "alice", 4).empty()) << "nobody enters";
}

TEST(Pool, GivesPointToPointClientsSingleAddresses) {
    const Cidr pool = *parse_cidr("192.168.0.0/28");
    EXPECT_EQ(pool_capacity(pool, Topology::p2p), 13U);
    EXPECT_EQ(to_string(*pool_address(pool, Topology::p2p, 0)), "192.168.0.2");
    EXPECT_EQ(to_string(*pool_address(pool, Topology::p2p, 12)), "192.168.0.14");
}

/// The rules again, as plainly as they can be said.
class PlainBook {
public:
    struct Slot {
        std::string server, holder;
        Ipv4 address;
        std::uint64_t session;
        Instant left;
    };
    std::uint32_t maximum = 6;
    std::vector<bridge::SslServer> servers;
    std::vector<Slot> slots;

    void tick(Instant now) {
        std::erase_if(
            slots, [&](const Slot& slot) { return slot.session == 0 && slot.left + 300s <= now; });
    }
    bool has(const bridge::SslServer& at, Ipv4 address) const {
        return std::ranges::any_of(slots, [&](const Slot& slot) {
            return slot.server == at.id && slot.address == address;
        });
    }
    Expected<Ipv4, Cause> take(const bridge::SslServer& at, const std::string& holder,
                               std::uint64_t session) {
        Slot* own = nullptr;
        for (Slot& slot : slots)
            if (slot.server == at.id && slot.holder == holder && slot.session == 0 &&
                (own == nullptr || slot.left < own->left))
                own = &slot;
        if (own != nullptr) {
            own->session = session;
            return own->address;
        }
        if (slots.size() >= maximum) return unexpected(Cause::connections_exhausted);
        std::optional<Ipv4> lowest;
        std::uint32_t index = 0;
        do lowest = pool_address(at.client_pool, at.topology, index++);
        while (lowest && has(at, *lowest));
        if (!lowest) return unexpected(Cause::pool_exhausted);
        slots.push_back({at.id, holder, *lowest, session, {}});
        return *lowest;
    }
    bool release(const bridge::SslServer& at, Ipv4 address) {
        return std::erase_if(slots, [&](const Slot& slot) {
                   return slot.server == at.id && slot.address == address && slot.session == 0;
               }) > 0;
    }
    void leave(std::uint64_t session, Instant now) {
        for (Slot& slot : slots)
            if (slot.session == session) slot.session = 0, slot.left = now;
    }
};

TEST(LeaseBook, BehavesLikeThePlainRulesWhateverHappens) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        Dice random{std::mt19937(seed)};
        PlainBook plain;
        plain.servers = {server("vss-1", "10.0.0.0/27", Topology::net30),
                         server("vss-2", "10.1.0.0/29", Topology::subnet)};
        LeaseBook leases;
        leases.configure({{"vpn-1", plain.maximum, 10}}, plain.servers);
        Instant now = start;
        std::uint64_t sessions = 0;
        for (int step = 0; step < 300; ++step) {
            now += Duration(1s) * (random() % 60) + Duration(step);
            plain.tick(now);
            if (random() % 4 == 0) leases.expire(now);
            const unsigned action = random() % 10;
            if (action < 5) {
                const auto& at = plain.servers[random() % 2];
                const std::string holder(1, static_cast<char>('a' + random() % 4));
                const std::uint64_t session = ++sessions;
                const auto address = plain.take(at, holder, session);
                const auto lease = leases.take(at.id, holder, session, now);
                ASSERT_EQ(lease ? lease->address : Ipv4{}, address ? *address : Ipv4{})
                    << "seed " << seed << " step " << step;
                if (!lease) {
                    ASSERT_EQ(lease.error(), address.error()) << "seed " << seed;
                }
            } else if (action < 9 && sessions > 0) {
                const std::uint64_t session = 1 + random() % sessions;
                plain.leave(session, now);
                leases.leave(session, now);
            } else if (random() % 2 == 0) {
                const auto& at = plain.servers[random() % 2];
                const auto address = *pool_address(at.client_pool, at.topology, random() % 5);
                leases.expire(now);  // who is over would be released too
                ASSERT_EQ(leases.release(at.id, address), plain.release(at, address));
            } else {
                plain.maximum = 2 + random() % 8;
                leases.configure({{"vpn-1", plain.maximum, 10}}, plain.servers);
            }
            leases.expire(now);
            ASSERT_EQ(leases.taken("vpn-1"), plain.slots.size()) << "seed " << seed;
            std::set<std::pair<std::string, Ipv4>> addresses;
            std::multiset<std::uint64_t> connected, expected;
            for (const auto& lease : leases.all()) {
                ASSERT_TRUE(addresses.insert({lease.server_id, lease.address}).second);
                if (lease.session != 0) connected.insert(lease.session);
            }
            for (const auto& slot : plain.slots)
                if (slot.session != 0) expected.insert(slot.session);
            ASSERT_EQ(connected, expected) << "seed " << seed << " step " << step;
        }
    }
}

}  // namespace
}  // namespace kanmon::admission
