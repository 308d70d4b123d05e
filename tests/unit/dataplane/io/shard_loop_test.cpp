#include "dataplane/io/shard_loop.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "base/clock.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"
#include "unit/dataplane/io/sample_snapshot.h"
#include "unit/dataplane/io/stream_world.h"

namespace kanmon::io {
namespace {

/// Two shards' threads with everything around them but a keeper, whom the test plays.
class TwoShards : public testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
        auto profile = std::make_shared<session::ServerProfile>();
        profile->server = sample_snapshot(1).servers[0];
        profile->server.port_share = true;
        profile->tls = session::ScriptedTls::server({});
        owners_ = std::make_shared<TunnelOwners>(profile->server.client_pool);
        for (std::uint32_t i = 0; i < 2; ++i) {
            loops_.push_back(std::make_unique<ShardLoop>(
                shard::ShardOptions{.index = i, .count = 2},
                ShardWiring{{&inboxes_[0], &inboxes_[1]}, &keeper_, &tls_, &remotes_}));
            tell(i, ConfigureShard{{profile}, {owners_}, {}});
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
                const auto* report = std::get_if<MachineReport>(&message.body);
                if (report == nullptr) return;
                machines_[message.shard] = *report;
                settled = settled || message.shard == shard;
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
                if (auto* stranger = std::get_if<Stranger>(&message.body))
                    strangers_.push_back(std::move(*stranger));
                if (const auto* report = std::get_if<DropReport>(&message.body))
                    reports_[message.shard] = *report;
            });
            count = reports_[shard].by_cause[static_cast<std::size_t>(cause)];
        }
        return count;
    }

    /// A listening socket of that shard, on the loopback.
    Endpoint listen_for_streams(std::uint32_t shard) {
        UniqueFd socket = listening_socket();
        const Endpoint local = local_of(socket);
        tell(shard, AddListener{0, 1, std::move(socket), bridge::Transport::tcp});
        settle(shard);
        return local;
    }

    static void say(const UniqueFd& client, Bytes octets) {
        EXPECT_EQ(::send(client.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(octets.size()));
    }

    /// What comes within the time, at most a kilobyte.
    static Buffer answer_to(const UniqueFd& client, int milliseconds = 5000) {
        Buffer room(1024);
        if (!readable(client.get(), milliseconds)) return {};
        const ssize_t got = ::recv(client.get(), room.data(), room.size(), 0);
        room.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return room;
    }

    Buffer framed_hello(std::uint32_t shard) {
        const Buffer packet = hello(shard);
        BufferWriter out;
        out.u16(static_cast<std::uint16_t>(packet.size()));
        out.bytes(packet);
        return out.finish();
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
    std::array<MachineReport, 2> machines_;
    std::vector<Stranger> strangers_;
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

// Answers wait for the end of a turn; each must leave by the socket, and to the address, of its own
// question.
TEST_F(TwoShards, EveryHelloOfABurstByTwoListenersGetsItsOwnAnswer) {
    std::array<UniqueFd, 2> sockets{bound_socket(AF_INET, loopback),
                                    bound_socket(AF_INET, loopback)};
    std::array<Endpoint, 2> asked{local_of(sockets[0]), local_of(sockets[1])};
    std::vector<UniqueFd> crowd;
    for (int i = 0; i < 64; ++i) crowd.push_back(bound_socket(AF_INET, loopback));
    const auto hello_of = [](std::size_t client, std::size_t listener) {
        BufferWriter out;
        out.u8(7 << 3);
        out.u64(0x1122334455000000U | client << 16 | listener << 8);  // of shard 0
        out.u8(0);
        out.u32(0);
        return out.finish();
    };
    // They wait in the sockets until the shard hears of its listeners, and come in one turn then.
    for (std::size_t client = 0; client < crowd.size(); ++client)
        for (std::size_t listener = 0; listener < 2; ++listener)
            send_to(crowd[client], asked[listener], hello_of(client, listener));
    for (std::uint32_t listener = 0; listener < 2; ++listener)
        tell(0, AddListener{0, listener, std::move(sockets[listener])});

    for (std::size_t client = 0; client < crowd.size(); ++client) {
        std::array<bool, 2> answered{};
        for (int i = 0; i < 2; ++i) {
            ASSERT_TRUE(readable(crowd[client].get(), 5000));
            std::array<std::byte, 100> room;
            sockaddr_storage from{};
            socklen_t length = sizeof from;
            ASSERT_EQ(::recvfrom(crowd[client].get(), room.data(), room.size(), 0,
                                 reinterpret_cast<sockaddr*>(&from), &length),
                      26);
            const std::size_t listener = read_address(from) == asked[1] ? 1 : 0;
            EXPECT_EQ(read_address(from), asked[listener]);
            const Buffer said = hello_of(client, listener);
            EXPECT_TRUE(std::ranges::equal(Bytes(room).subspan(14, 8), Bytes(said).subspan(1, 8)));
            answered.at(listener) = true;
        }
        EXPECT_TRUE(answered[0] && answered[1]);
    }
}

TEST_F(TwoShards, WhatTheKernelGivesAndWhatItsCallsMovedIsReported) {
    settle(0);
    EXPECT_EQ(machines_[0].provisions, bridge::Provisions{}) << "nothing was opened yet";
    UniqueFd socket = bound_socket(AF_INET, loopback);
    const Endpoint listener = local_of(socket);
    tell(0, AddListener{0, 0, std::move(socket)});
    const UniqueFd client = bound_socket(AF_INET, loopback);
    send_to(client, listener, hello(0));
    EXPECT_FALSE(answer_to(client).empty());
    settle(0);
    using bridge::BatchKind, bridge::Presence, bridge::Provision;
    const MachineReport& report = machines_[0];
    EXPECT_EQ(report.provisions[static_cast<std::size_t>(Provision::udp_gro)], Presence::present);
    EXPECT_EQ(report.provisions[static_cast<std::size_t>(Provision::tun_tcp)], Presence::unknown);
    for (const BatchKind kind : {BatchKind::received, BatchKind::sent})
        EXPECT_EQ(report.batches[static_cast<std::size_t>(kind)].calls[0], 1u);
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

TEST_F(TwoShards, DatagramsAndConnectionsAreServedAtOnceWhateverShardTheHelloNames) {
    UniqueFd socket = bound_socket(AF_INET, loopback);
    const Endpoint datagrams = local_of(socket);
    tell(0, AddListener{0, 0, std::move(socket)});
    const Endpoint streams = listen_for_streams(0);
    const UniqueFd first = bound_socket(AF_INET, loopback);
    send_to(first, datagrams, hello(0));
    EXPECT_EQ(answer_to(first).size(), 26u);
    for (const std::uint32_t named : {0u, 1u}) {  // a connection stays where it was accepted
        const UniqueFd second = connection_to(streams);
        say(second, framed_hello(named));
        const Buffer answer = answer_to(second);
        ASSERT_EQ(answer.size(), 2u + 26u);
        EXPECT_EQ(ByteReader(answer).u16(), 26u);
        EXPECT_EQ(answer[2], std::byte{8 << 3});
    }
}

TEST_F(TwoShards, AStrangerOnASharedPortReachesTheKeeperUnread) {
    const UniqueFd browser = connection_to(listen_for_streams(1));
    const std::string_view words = "GET / HTTP/1.1\r\n";
    say(browser, as_bytes(words));
    for (int i = 0; i < 50 && strangers_.empty(); ++i) {
        readable(keeper_.wakeup.fd(), 100);
        keeper_.wakeup.clear();
        keeper_.mailbox.drain([&](KeeperMessage message) {
            if (auto* stranger = std::get_if<Stranger>(&message.body))
                strangers_.push_back(std::move(*stranger));
        });
    }
    ASSERT_EQ(strangers_.size(), 1u);
    EXPECT_EQ(as_text(answer_to(strangers_[0].fd)), words);
}

TEST_F(TwoShards, ConnectionsThatNobodyEnteredByEndWithTheirListener) {
    const UniqueFd client = connection_to(listen_for_streams(0));
    say(client, Bytes(framed_hello(0)).first(5));
    settle(0);
    tell(0, ArrangeListeners{0, {}});
    ASSERT_TRUE(readable(client.get(), 5000));
    EXPECT_TRUE(answer_to(client).empty());
}

TEST_F(TwoShards, WhoComesWhileDescriptorsAreShortIsServedWhenTheyAreNot) {
    const Endpoint streams = listen_for_streams(0);
    const UniqueFd client = connection_to(streams);
    say(client, framed_hello(0));
    ASSERT_EQ(answer_to(client).size(), 28u);
    const UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    const rlimit none{static_cast<rlim_t>(late.get()) + 1, usual.rlim_max};  // all are taken
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    sockaddr_storage address{};
    const socklen_t octets = write_address(streams, AF_INET, address);
    EXPECT_EQ(::connect(late.get(), reinterpret_cast<sockaddr*>(&address), octets), 0);
    say(late, framed_hello(0));
    EXPECT_FALSE(readable(late.get(), 300));
    ::setrlimit(RLIMIT_NOFILE, &usual);
    EXPECT_EQ(answer_to(late).size(), 28u);  // after the pause
}

}  // namespace
}  // namespace kanmon::io
