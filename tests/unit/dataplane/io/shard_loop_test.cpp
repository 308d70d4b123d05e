#include "dataplane/io/shard_loop.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"
#include "unit/dataplane/io/sample_snapshot.h"

namespace kanmon::io {
namespace {

/// Two shards' threads with everything around them but a keeper, whom the test plays.
class TwoShards : public testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
        auto profile = std::make_shared<session::ServerProfile>();
        profile->server = sample_snapshot(1).servers[0];
        owners_ = std::make_shared<TunnelOwners>(profile->server.client_pool);
        for (std::uint32_t i = 0; i < 2; ++i) {
            loops_.push_back(std::make_unique<ShardLoop>(
                shard::ShardOptions{.index = i, .count = 2},
                ShardWiring{{&inboxes_[0], &inboxes_[1]}, &keeper_, &tls_, &remotes_}));
            tell(i, ConfigureShard{{profile}, {owners_}});
        }
        for (const auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
        for (std::uint32_t i = 0; i < 2; ++i) settle(i);
    }

    /// Returns when the shard has taken everything that it was told before.
    void settle(std::uint32_t shard) {
        tell(shard, ReportAll{});
        for (bool settled = false; !settled;) {
            ASSERT_TRUE(readable(keeper_.wakeup.fd(), 5000));
            keeper_.wakeup.clear();
            keeper_.mailbox.drain([&](KeeperMessage message) {
                settled = settled || (message.shard == shard &&
                                      std::holds_alternative<DropReport>(message.body));
            });
        }
    }

    void TearDown() override {
        for (const auto& loop : loops_) loop->stop();
        for (std::thread& thread : threads_) thread.join();
    }

    void tell(std::uint32_t shard, ShardMessage message) {
        ASSERT_TRUE(inboxes_[shard].mailbox.post(std::move(message)));
    }

    /// The drop counter of a shard, once it is not zero; 0 when it stays that way.
    std::uint64_t drops(std::uint32_t shard, Cause cause) {
        const Instant until = boot_now() + 3s;
        std::uint64_t count = 0;
        while (count == 0 && boot_now() < until) {
            tell(shard, ReportAll{});
            readable(keeper_.wakeup.fd(), 100);
            keeper_.wakeup.clear();
            keeper_.mailbox.drain([&](KeeperMessage message) {
                const auto* report = std::get_if<DropReport>(&message.body);
                if (report == nullptr) return;
                reports_[message.shard] = *report;
            });
            count = reports_[shard].by_cause[static_cast<std::size_t>(cause)];
        }
        return count;
    }

    /// A client's first packet, whose session id belongs to the shard.
    Buffer hello(std::uint32_t shard) {
        BufferWriter out;
        out.u8(7 << 3);
        out.u64(0x1122334455667700 | shard);
        out.u8(0);
        out.u32(0);
        return out.finish();
    }

    std::array<ShardInbox, 2> inboxes_;
    KeeperInbox keeper_;
    RemoteOwners remotes_;
    TlsWorkers tls_{1, {&inboxes_[0], &inboxes_[1]}};
    std::shared_ptr<TunnelOwners> owners_;
    std::vector<std::unique_ptr<ShardLoop>> loops_;
    std::vector<std::thread> threads_;
    std::array<DropReport, 2> reports_;
};

TEST_F(TwoShards, AHelloIsAnsweredFromTheListenerThatItCameInBy) {
    UniqueFd socket = bound_socket(AF_INET, Endpoint::v4(Ipv4{0}, 0));
    const std::uint16_t port = local_of(socket).port;
    tell(0, AddListener{0, 0, std::move(socket)});
    const UniqueFd client = bound_socket(AF_INET, loopback);
    const Endpoint asked = Endpoint::v4(Ipv4{0x7f000005}, port);
    send_to(client, asked, hello(0));

    ASSERT_TRUE(readable(client.get(), 3000));
    std::array<std::byte, 100> room;
    sockaddr_storage from{};
    socklen_t octets = sizeof from;
    ASSERT_GT(::recvfrom(client.get(), room.data(), room.size(), 0,
                         reinterpret_cast<sockaddr*>(&from), &octets),
              0);
    EXPECT_EQ(room[0], std::byte{8 << 3});
    EXPECT_EQ(read_address(from), asked);
}

TEST_F(TwoShards, ADatagramOfAnotherShardsClientIsHandedOver) {
    UniqueFd socket = bound_socket(AF_INET, loopback);
    const Endpoint listener = local_of(socket);
    tell(0, AddListener{0, 0, std::move(socket)});
    const UniqueFd client = bound_socket(AF_INET, loopback);
    send_to(client, listener, hello(1));

    // The other shard has no such listener, and says so: that is how the test sees it arrive.
    EXPECT_EQ(drops(1, Cause::unknown_client), 1u);
    EXPECT_FALSE(readable(client.get(), 0));
}

TEST_F(TwoShards, AnOldDataPacketFollowsItsAddressToTheOwner) {
    UniqueFd socket = bound_socket(AF_INET, loopback);
    const Endpoint listener = local_of(socket);
    tell(0, AddListener{0, 0, std::move(socket)});
    const UniqueFd client = bound_socket(AF_INET, loopback);
    remotes_.set(local_of(client), 1);
    send_to(client, listener, Buffer(60, std::byte{6 << 3}));

    EXPECT_EQ(drops(1, Cause::unknown_client), 1u);
}

TEST_F(TwoShards, ATunnelledPacketForAnotherShardsClientIsHandedOver) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    const UniqueFd kernel(ends[0]);
    tell(0, AddTun{0, UniqueFd(ends[1]), true});
    owners_->set(Ipv4{0xc0a80006}, 1);
    const Buffer packet = from_hex(
        "4500001c000040004011b97d"
        "0a000001c0a80006"
        "1b581b5800080000");
    ASSERT_EQ(::send(kernel.get(), packet.data(), packet.size(), 0),
              static_cast<ssize_t>(packet.size()));

    EXPECT_EQ(drops(1, Cause::no_client_for_address), 1u);
    EXPECT_EQ(reports_[0].by_cause[static_cast<std::size_t>(Cause::no_client_for_address)], 0u);
}

TEST_F(TwoShards, ADeviceThatWentAwayIsReportedOnceAndNotPolledForEver) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    tell(0, AddTun{0, UniqueFd(ends[1]), true});
    ::close(ends[0]);

    int lost = 0;
    const Instant until = boot_now() + 300ms;
    while (boot_now() < until) {
        readable(keeper_.wakeup.fd(), 50);
        keeper_.wakeup.clear();
        keeper_.mailbox.drain([&](KeeperMessage message) {
            if (std::holds_alternative<TunLost>(message.body)) ++lost;
        });
    }
    EXPECT_EQ(lost, 1);
}

}  // namespace
}  // namespace kanmon::io
