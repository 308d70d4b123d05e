#include "dataplane/directory/client_directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace kanmon::directory {
namespace {

/// mt19937 as 32-bit numbers.
struct Dice {
    std::mt19937 engine;
    std::uint32_t operator()() { return static_cast<std::uint32_t>(engine()); }
};

Place place(std::uint32_t number) {
    return {number % 2, number % 3, Endpoint::v4(Ipv4{0xc0000200 + number % 5}, 1194)};
}

wire::SessionId id(std::uint32_t number) {
    wire::SessionId session;
    ByteWriter(session.octets).u64(number + 1);
    return session;
}

TEST(PeerIds, NameTheirShardAndComeBackToTheirSlot) {
    for (const std::uint32_t shards : {1U, 2U, 3U, 64U})
        for (std::uint32_t shard = 0; shard < shards; ++shard) {
            const PeerIds ids{shard, shards};
            const Slot last = ids.slots_max() - 1;
            EXPECT_LT(ids.of(last), wire::peer_id_none);
            EXPECT_GE(ids.of(last) + shards, wire::peer_id_none);
            for (const Slot slot : {Slot{0}, Slot{7}, last}) {
                EXPECT_EQ(ids.of(slot) % shards, shard);
                EXPECT_EQ(ids.slot_of(ids.of(slot)), slot);
            }
            if (shards > 1) {
                EXPECT_EQ(ids.slot_of(ids.of(7) + 1), no_slot);
            }
        }
}

TEST(ClientDirectory, AMovedClientIsFoundAtItsNewPlaceOnly) {
    ClientDirectory directory(8, {1, 2});
    directory.add(3, place(0), id(1), id(2));
    directory.move(3, place(1));
    EXPECT_EQ(directory.by_session(place(0), id(1)), no_slot);
    EXPECT_EQ(directory.newest_at(place(0)), no_slot);
    EXPECT_EQ(directory.by_session(place(1), id(1)), 3U);
    EXPECT_EQ(directory.newest_at(place(1)), 3U);
    EXPECT_EQ(directory.by_ids(id(1), id(2)), 3U);
}

TEST(ClientDirectory, ListenersAndServersOfOneRemoteAreDifferentPlaces) {
    ClientDirectory directory(8, {1, 2});
    const Place here{0, 0, Endpoint::v4(Ipv4{1}, 9)};
    directory.add(0, here, id(1), id(2));
    EXPECT_EQ(directory.newest_at({1, 0, here.remote}), no_slot);
    EXPECT_EQ(directory.by_session({0, 1, here.remote}, id(1)), no_slot);
}

/// Against a plain list of what was added, through additions, moves and removals in any order.
TEST(ClientDirectory, AnswersLikeAPlainListWhateverHappens) {
    constexpr Slot slots = 24;
    struct Entry {
        Place at;
        std::uint32_t peer, own;
        std::uint64_t arrival;
    };
    for (unsigned seed = 0; seed < 200; ++seed) {
        Dice random{std::mt19937(seed)};
        ClientDirectory directory(slots, {std::uint64_t{random()}, std::uint64_t{random()}});
        std::map<Slot, Entry> model;
        std::uint64_t arrivals = 0;
        for (int step = 0; step < 300; ++step) {
            const Slot slot = random() % slots;
            const Place to = place(random() % 30);
            if (!model.contains(slot)) {
                const std::uint32_t own = random() % 1000;
                directory.add(slot, to, id(slot % 4), id(own));
                model[slot] = {to, slot % 4, own, ++arrivals};
            } else if (random() % 3 == 0) {
                directory.remove(slot);
                model.erase(slot);
            } else {
                directory.move(slot, to);
                model[slot].at = to;
                model[slot].arrival = ++arrivals;
            }
            const Place asked = place(random() % 30);
            std::vector<Slot> expected, found;
            for (const auto& [at, entry] : model)
                if (entry.at == asked) expected.push_back(at);
            std::ranges::sort(expected, [&](Slot left, Slot right) {
                return model[left].arrival > model[right].arrival;
            });
            for (Slot at = directory.newest_at(asked); at != no_slot; at = directory.older_here(at))
                found.push_back(at);
            ASSERT_EQ(found, expected) << "seed " << seed << " step " << step;
            for (const auto& [at, entry] : model) {
                const Slot same = directory.by_session(entry.at, id(entry.peer));
                ASSERT_NE(same, no_slot);
                ASSERT_EQ(model[same].at, entry.at);
                ASSERT_NE(directory.by_ids(id(entry.peer), id(entry.own)), no_slot);
            }
        }
    }
}

}  // namespace
}  // namespace kanmon::directory
