#include "dataplane/io/steering.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"

namespace kanmon::io {
namespace {

constexpr std::uint32_t shards = 3;  // no power of two: the rule is a true modulo

Buffer packet(std::uint8_t opcode, std::uint32_t peer_id, std::uint8_t last_of_session) {
    BufferWriter out;
    out.u8(static_cast<std::uint8_t>(opcode << 3));
    out.u24(peer_id);
    out.u32(0x11223344);
    out.u8(last_of_session);
    out.u64(0);
    return out.finish();
}

class Steering : public testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
        group_.push_back(bound_socket(AF_INET, loopback, true));
        listener_ = local_of(group_[0]);
        for (std::uint32_t i = 1; i < shards; ++i)
            group_.push_back(bound_socket(AF_INET, listener_, true));
        ASSERT_TRUE(steer(group_[0].get(), shards));
    }

    /// The one socket at which a datagram of a new sender arrives.
    std::uint32_t arrives_at(Bytes datagram) {
        const UniqueFd sender = bound_socket(AF_INET, loopback);
        send_to(sender, listener_, datagram);
        for (std::uint32_t i = 0; i < shards; ++i) {
            std::array<std::byte, 64> room;
            if (::recv(group_[i].get(), room.data(), room.size(), MSG_DONTWAIT) > 0) return i;
        }
        return shards;
    }

    std::vector<UniqueFd> group_;
    Endpoint listener_;
};

TEST_F(Steering, DataPacketsFollowTheirPeerIdFromEveryAddress) {
    for (const std::uint32_t peer_id : {0u, 1u, 2u, 3u, 255u, 256u, 70000u, 0xffffffu})
        for (int sender = 0; sender < 4; ++sender)
            EXPECT_EQ(arrives_at(packet(9, peer_id, 0)), peer_id % shards) << peer_id;
}

TEST_F(Steering, ControlPacketsFollowTheirSessionIdFromEveryAddress) {
    for (const int opcode : {3, 4, 5, 7, 10, 11})
        for (const int last : {0, 1, 2, 250, 255}) {
            const Buffer datagram =
                packet(static_cast<std::uint8_t>(opcode), 5, static_cast<std::uint8_t>(last));
            EXPECT_EQ(arrives_at(datagram), static_cast<std::uint32_t>(last) % shards) << last;
        }
}

TEST_F(Steering, OldDataPacketsAreSpreadByTheKernel) {
    std::vector<int> arrived(shards, 0);
    for (int sender = 0; sender < 200; ++sender) {
        const std::uint32_t at = arrives_at(packet(6, 0, 0));
        ASSERT_LT(at, shards);
        ++arrived[at];
    }
    for (const int count : arrived) EXPECT_GT(count, 20);
}

TEST_F(Steering, TheFilterAndTheRuleInCodeAgree) {
    for (std::uint32_t i = 0; i < 256; ++i) {
        const Buffer datagram =
            packet(static_cast<std::uint8_t>(i % 32), i * 77, static_cast<std::uint8_t>(i));
        const auto expected = shard_of(datagram, shards);
        if (!expected) continue;
        EXPECT_EQ(arrives_at(datagram), *expected) << i;
    }
}

TEST_F(Steering, AShortDatagramStillArrivesSomewhere) {
    const std::array<std::byte, 1> octet{std::byte{0x48}};
    EXPECT_LT(arrives_at(octet), shards);
    EXPECT_EQ(shard_of(octet, shards), std::nullopt);
}

}  // namespace
}  // namespace kanmon::io
