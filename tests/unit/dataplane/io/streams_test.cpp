#include "dataplane/io/streams.h"

#include <netinet/tcp.h>
#include <sys/resource.h>

#include "unit/dataplane/io/allocations.h"
#include "unit/dataplane/io/private_network.h"
#include "unit/dataplane/io/stream_world.h"

namespace kanmon::io {
namespace {

/// The first octets of a session, wire reference section 1.
const Buffer hello = from_hex("000e 38 9c6afff88fadef11 00 00000000");

class Connections : public testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
    }
};

void say(const UniqueFd& from, Bytes octets) {
    ASSERT_EQ(::send(from.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(octets.size()));
}

/// True when the other side has ended the connection; what it said before is thrown away.
bool is_closed(const UniqueFd& fd) {
    std::array<std::byte, 4096> room;
    ssize_t got = 0;
    do {
        got = ::recv(fd.get(), room.data(), room.size(), MSG_DONTWAIT);
    } while (got > 0);
    return got == 0 || errno == ECONNRESET;
}

TEST_F(Connections, CarryAClientFromItsHelloToItsEnd) {
    StreamWorld world;
    StreamClient client = world.client(1);
    world.connect(client);
    EXPECT_EQ(world.facts.back().transport, bridge::Transport::tcp);
    EXPECT_EQ(world.streams.waiting(), 0U);

    for (int i = 0; i < 50; ++i) {
        client.engine.from_tunnel(
            shard::udp_packet(client.engine.pushed()->address, Ipv4{0xac140001}), world.now);
        world.from_vpc(client);
    }
    world.settle(&client);
    EXPECT_EQ(world.delivered.size(), 50U);
    EXPECT_EQ(client.inner.size(), 50U);

    client.close();
    world.settle();
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0], Cause::client_left);
    EXPECT_EQ(world.streams.size(), 0U);
    EXPECT_EQ(world.shard.clients(), 0U);
    EXPECT_EQ(world.streams.chunks_in_use(), 0U);
}

TEST_F(Connections, ThatBrokeAreToldApartFromThoseThatWereClosed) {
    StreamWorld world;
    StreamClient client = world.client(1);
    world.connect(client);
    const linger at_once{.l_onoff = 1, .l_linger = 0};  // a reset instead of a FIN
    ASSERT_EQ(::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    client.close();
    world.settle();
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0], Cause::connection_broken);
    EXPECT_TRUE(world.records.back().detail.starts_with("it was reset"));
}

TEST_F(Connections, UnderstandAClientWhoseOctetsComeOneByOne) {
    StreamWorld world;
    StreamClient client = world.client(1);
    for (int i = 0; i < 20000 && !client.engine.connected(); ++i) {
        client.speak(1);
        world.turn();
        client.listen(world.now);
        if (client.has_unsent()) continue;
        world.pass(20ms);
        client.engine.reach(world.now);
    }
    EXPECT_TRUE(client.engine.connected());
}

TEST_F(Connections, WorkOverIpv6) {
    Ipv6 local;
    local.octets[15] = 1;
    StreamWorld world({}, 1024, Endpoint{local, 0});
    StreamClient client = world.client(1);
    world.connect(client);
    EXPECT_EQ(world.facts.back().remote.address, local);
    EXPECT_LT(world.facts.back().segment_limit, 1340);  // IPv6 and TCP outside take more
}

TEST_F(Connections, InheritTheOptionsOfTheirListener) {
    StreamListener listener(listening_socket());
    const UniqueFd client = connection_to(listener.local());
    AcceptedStream accepted;
    ASSERT_EQ(listener.accept(accepted), AcceptOutcome::accepted);
    EXPECT_EQ(listener.accept(accepted), AcceptOutcome::empty);
    const auto option = [&](int name) {
        int value = 0;
        socklen_t octets = sizeof value;
        ::getsockopt(accepted.fd.get(), IPPROTO_TCP, name, &value, &octets);
        return value;
    };
    EXPECT_EQ(option(TCP_NODELAY), 1);
    EXPECT_EQ(option(TCP_NOTSENT_LOWAT), StreamListener::unsent_octets_max);
    EXPECT_EQ(option(TCP_USER_TIMEOUT), 60000);
    EXPECT_NE(::fcntl(accepted.fd.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(::fcntl(accepted.fd.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(Connections, WithALengthThatMayNotBeAreClosedAtOnce) {
    const std::vector<std::pair<const char*, Cause>> cases{
        {"0000", Cause::malformed}, {"0801", Cause::malformed}, {"ffff", Cause::malformed}};
    for (const auto& [hex, cause] : cases) {
        StreamWorld world;
        const UniqueFd client = connection_to(world.listener.local());
        Buffer octets = hello;
        append(octets, from_hex(hex));
        say(client, octets);
        world.settle();
        EXPECT_TRUE(is_closed(client)) << hex;
        EXPECT_EQ(world.drops(cause), 1U) << hex;
        EXPECT_EQ(world.shard.half_open(), 0U);
    }
}

TEST_F(Connections, OfAnAdmittedClientMayCarryFramesOfTheTunnelsLengthAndNoLonger) {
    for (const std::size_t octets : {1756U, 1757U}) {
        StreamWorld world;
        StreamClient client = world.client(1);
        world.connect(client);
        BufferWriter frame;
        frame.u16(static_cast<std::uint16_t>(octets));
        frame.bytes(Buffer(octets, std::byte{0x48}));
        const Buffer sent = frame.finish();
        ASSERT_EQ(::send(client.fd(), sent.data(), sent.size(), 0),
                  static_cast<ssize_t>(sent.size()));
        world.settle(&client);
        EXPECT_EQ(client.closed, octets > 1756) << octets;
        EXPECT_EQ(world.drops(Cause::unknown_client), octets > 1756 ? 0U : 1U);
        EXPECT_EQ(world.lefts.size(), octets > 1756 ? 1U : 0U);
    }
}

TEST_F(Connections, OfStrangersAreClosedWithoutAWord) {
    for (const std::string_view words : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02", "\x01"}) {
        StreamWorld world;
        const UniqueFd client = connection_to(world.listener.local());
        say(client, as_bytes(words));
        world.settle();
        const bool known = words.size() > 1;
        EXPECT_EQ(is_closed(client), known);
        EXPECT_EQ(world.drops(Cause::unknown_opcode), known ? 1U : 0U);
        EXPECT_TRUE(world.strangers.empty());
    }
}

TEST_F(Connections, WhoseHelloBeginsNoSessionAreClosedAtOnceLikeThoseOfStrangers) {
    for (const std::string_view hex :
         {"000e 38 9c6afff88fadef11 00 00000000", "000e 50 9c6afff88fadef11 00 00000000",
          "000e 38 0000000000000000 00 00000000", "000e 38 9c6afff88fadef11 00 00000005",
          "000e 38 9c6afff88fadef11 09 00000000"}) {
        StreamWorld world;
        const UniqueFd client = connection_to(world.listener.local());
        say(client, from_hex(hex));
        world.settle();
        const bool right = hex == "000e 38 9c6afff88fadef11 00 00000000";
        EXPECT_NE(is_closed(client), right) << hex;
        EXPECT_EQ(world.streams.size(), right ? 1U : 0U) << hex;
        EXPECT_EQ(world.shard.half_open(), right ? 1U : 0U) << hex;
    }
}

TEST_F(Connections, ThatTrickleTheirHelloAreClosedAfterTwentySecondsAndCostNothing) {
    StreamWorld world;
    const UniqueFd client = connection_to(world.listener.local());
    world.settle();
    Buffer trickle = from_hex("0100 38");
    trickle.resize(19);
    for (std::size_t i = 0; i < trickle.size(); ++i) {
        say(client, Bytes(trickle).subspan(i, 1));
        world.pass(1s);
        EXPECT_FALSE(is_closed(client)) << i;
    }
    world.pass(1100ms);
    EXPECT_TRUE(is_closed(client));
    EXPECT_EQ(world.streams.size(), 0U);
    EXPECT_EQ(world.streams.waiting(), 0U);
}

TEST_F(Connections, WithNothingToSayAreClosedAfterTwentySecondsAlsoOnASharedPort) {
    for (const bool shared : {false, true}) {
        StreamWorld world;
        world.port_share = shared;
        const UniqueFd silent = connection_to(world.listener.local());
        const UniqueFd nearly = connection_to(world.listener.local());
        say(nearly, Bytes(hello).first(2));
        world.settle();
        world.pass(19s);
        EXPECT_FALSE(is_closed(silent) || is_closed(nearly));
        EXPECT_EQ(world.streams.size(), 2U);
        world.pass(2s);
        EXPECT_TRUE(is_closed(silent) && is_closed(nearly));
        EXPECT_EQ(world.drops(Cause::truncated), 2U);
        EXPECT_TRUE(world.strangers.empty());
    }
}

TEST_F(Connections, OfClientsThatAreNotAdmittedWithinAMinuteAreClosed) {
    StreamWorld world;
    world.keeper_waits = true;
    StreamClient client = world.client(1);
    for (int i = 0; i < 20; ++i) world.go_on(client);
    ASSERT_EQ(world.questions.size(), 1U);
    world.pass(50s);
    EXPECT_EQ(world.streams.size(), 1U);
    world.pass(10s);
    EXPECT_EQ(world.shard.half_open(), 0U);
    client.listen(world.now);
    EXPECT_TRUE(client.closed);
    world.pass(5s);  // and nobody waits longer than that for the client's own FIN
    EXPECT_EQ(world.streams.size(), 0U);
}

TEST_F(Connections, OfWhoIsAskedForACodeStayAsLongAsTheLoginMayTake) {
    StreamWorld world;
    world.settings.login.password = true;
    world.shard.configure({shard::profile(world.settings)}, world.now);
    StreamClient client = world.client(1);
    for (int i = 0; i < 20; ++i) world.go_on(client);
    ASSERT_EQ(world.logins.size(), 1U);
    world.pass(240s);
    EXPECT_EQ(world.streams.size(), 1U);
    world.pass(200s);
    EXPECT_EQ(world.streams.size(), 0U) << "nobody has answered";
}

TEST_F(Connections, ThatWaitAreBoundedByNetworkAndOldOnesGiveWay) {
    StreamWorld world({.waiting_max = 6, .waiting_per_network_max = 4});
    std::vector<UniqueFd> crowd;
    for (int i = 0; i < 5; ++i) {
        crowd.push_back(connection_to(world.listener.local()));
        world.settle();
    }
    EXPECT_EQ(world.streams.size(), 4U);  // the fifth has to try again: nobody had time yet
    EXPECT_TRUE(is_closed(crowd[4]));
    EXPECT_EQ(world.drops(Cause::rate_limited), 1U);

    world.pass(3s);
    crowd.push_back(connection_to(world.listener.local()));
    world.settle();
    EXPECT_EQ(world.streams.size(), 4U);
    EXPECT_TRUE(is_closed(crowd[0]));
    EXPECT_FALSE(is_closed(crowd[1]) || is_closed(crowd[5]));
}

TEST_F(Connections, OfASharedPortLeaveUnreadWhenTheyAreStrangers) {
    StreamWorld world;
    world.port_share = true;
    const UniqueFd browser = connection_to(world.listener.local());
    const std::string_view words = "\x16\x03\x01\x02\x00\x01";
    say(browser, as_bytes(words.substr(0, 1)));
    world.settle();
    EXPECT_TRUE(world.strangers.empty());  // three octets decide
    say(browser, as_bytes(words.substr(1)));
    world.settle();

    ASSERT_EQ(world.strangers.size(), 1U);
    EXPECT_EQ(world.strangers[0].remote, local_of(browser));
    EXPECT_EQ(world.streams.size(), 0U);
    EXPECT_EQ(world.streams.waiting(), 0U);
    std::array<std::byte, 100> room;
    ASSERT_EQ(::recv(world.strangers[0].fd.get(), room.data(), room.size(), 0),
              static_cast<ssize_t>(words.size()));
    EXPECT_EQ(as_text(Bytes(room).first(words.size())), words);
    say(world.strangers[0].fd, as_bytes("x"));  // and it is alive
    world.settle();
    EXPECT_EQ(::recv(browser.get(), room.data(), room.size(), 0), 1);

    StreamClient client = world.client(1);
    world.connect(client);
}

TEST_F(Connections, OfASharedPortDoNotKeepTheShardAwakeWhileTheyAreUndecided) {
    StreamWorld world;
    world.port_share = true;
    const UniqueFd slow = connection_to(world.listener.local());
    say(slow, Bytes(hello).first(2));
    world.settle();
    EXPECT_FALSE(world.turn(30));
    ::shutdown(slow.get(), SHUT_WR);  // nothing more will come: no need to wait for the deadline
    world.settle();
    EXPECT_TRUE(is_closed(slow));
    EXPECT_EQ(world.streams.size(), 0U);
}

TEST_F(Connections, ThatDoNotReadCostTheirBoundAndNeverAControlPacket) {
    StreamWorld world;
    StreamClient client = world.client(1, 4096);
    world.connect(client);
    StreamClient other = world.client(2);
    world.connect(other);
    std::size_t pushed = 0;
    for (; world.drops(Cause::queue_full) < 1000; ++pushed) {
        world.from_vpc(client);
        world.turn();
        ASSERT_LT(pushed, 20000U);
    }
    EXPECT_LE(world.streams.chunks_in_use(), 6U);
    world.from_vpc(other);  // nobody else waits for it
    world.settle(&other);
    EXPECT_EQ(other.inner.size(), 1U);

    world.shard.disconnect(world.facts.front().session, Cause::disconnected_by_operator, world.now,
                           world.wall());
    world.turn();
    for (int i = 0; i < 200 && client.overs.empty(); ++i) {
        client.listen(world.now);  // now it reads on
        world.turn(5);
    }
    ASSERT_EQ(client.overs.size(), 1U);
    EXPECT_EQ(client.overs[0].why, client::Why::told_to_restart);
    EXPECT_EQ(client.inner.size(), pushed - world.drops(Cause::queue_full));
    EXPECT_EQ(world.streams.drops()[static_cast<std::size_t>(Cause::queue_full)], 0U);
    world.pass(6s);  // the session lingers, then our FIN follows
    client.listen(world.now);
    EXPECT_TRUE(client.closed);
}

TEST_F(Connections, ThatAreNearlyFullPressBackOnlyWhileTheyEmptyPromptly) {
    StreamWorld world;
    StreamClient client = world.client(1, 4096);
    world.connect(client);
    const auto fill = [&] {
        const std::uint64_t before = world.drops(Cause::queue_full);
        while (world.drops(Cause::queue_full) == before) world.from_vpc(client);
    };
    const auto empty = [&] {
        for (int i = 0; i < 5000 && world.streams.chunks_in_use() > 0; ++i) {
            client.listen(world.now);
            world.turn(1);
        }
        EXPECT_EQ(world.streams.chunks_in_use(), 0U);
    };
    EXPECT_FALSE(world.streams.press_back());
    fill();
    EXPECT_TRUE(world.streams.press_back());
    EXPECT_TRUE(world.streams.press_back(0));
    EXPECT_FALSE(world.streams.press_back(1));  // another server has its own device
    world.now += Streams::full_wait_max;
    empty();
    EXPECT_FALSE(world.streams.press_back());

    fill();  // it was late once, but not usually
    EXPECT_TRUE(world.streams.press_back());
    world.now += Streams::full_wait_max + 1us;
    world.turn();
    EXPECT_FALSE(world.streams.press_back());
    world.now += 1s;
    empty();
    int times = 0;
    for (; times < 20; ++times) {
        fill();
        if (world.streams.press_back()) break;
        empty();
    }
    EXPECT_GT(times, 1);
    EXPECT_LT(times, 20);

    client.close();  // nobody waits for those who have gone
    world.settle();
    EXPECT_FALSE(world.streams.press_back());
}

TEST_F(Connections, ThatCannotTakeAControlPacketAreClosed) {
    StreamWorld world;
    StreamClient client = world.client(1, 4096);
    world.connect(client);
    const std::uint32_t stream = 0x10000;  // the first connection
    const Buffer packet(1200, std::byte{0x20});
    for (int i = 0; i < 5000 && world.streams.size() == 1; ++i) {
        world.streams.send(stream, packet);
        world.turn();
    }
    EXPECT_EQ(world.streams.size(), 0U);
    ASSERT_EQ(world.lefts.size(), 1U);
    EXPECT_EQ(world.lefts[0], Cause::connection_broken);
    EXPECT_TRUE(world.records.back().detail.starts_with("the client does not read"));
    EXPECT_EQ(world.streams.chunks_in_use(), 0U);
}

TEST_F(Connections, AreClosedByUsOnlyAfterTheLastWordHasArrived) {
    StreamWorld world;
    StreamClient client = world.client(1);
    world.connect(client);
    // Octets that nobody will read any more must not turn the end into a reset.
    world.shard.disconnect(world.facts.front().session, Cause::gateway_stopping, world.now,
                           world.wall());
    for (int i = 0; i < 60; ++i) {
        client.engine.from_tunnel(
            shard::udp_packet(client.engine.pushed()->address, Ipv4{0xac140001}), world.now);
        client.speak();
        world.pass(100ms);
    }
    EXPECT_EQ(world.streams.size(), 1U);  // it waits for the client's FIN
    client.listen(world.now);
    ASSERT_EQ(client.overs.size(), 1U);
    EXPECT_TRUE(client.closed);
    client.close();
    world.settle();
    EXPECT_EQ(world.streams.size(), 0U);
}

TEST_F(Connections, SendATurnWithOneCall) {
    StreamWorld world;
    StreamClient first = world.client(1);
    world.connect(first);
    StreamClient second = world.client(2);
    world.connect(second);
    const std::uint64_t before = world.streams.send_calls();
    for (int i = 0; i < 20; ++i) {
        world.from_vpc(first);
        world.from_vpc(second);
    }
    world.streams.flush();
    EXPECT_EQ(world.streams.send_calls() - before, 2U);
    world.settle(&first);
    world.settle(&second);
    EXPECT_EQ(first.inner.size(), 20U);
    EXPECT_EQ(second.inner.size(), 20U);
}

TEST_F(Connections, AllocateNothingOnceTheyAreEstablished) {
    StreamWorld world;
    world.keeps_delivered = false;
    StreamClient client = world.client(1);
    world.connect(client);
    BufferWriter out;
    for (int i = 0; i < 400; ++i) {
        client.engine.from_tunnel(
            shard::udp_packet(client.engine.pushed()->address, Ipv4{0xac140001}, 1300), world.now);
        const Buffer sealed = *client.engine.next_datagram();
        out.u16(static_cast<std::uint16_t>(sealed.size()));
        out.bytes(sealed);
    }
    Buffer upload = out.finish();
    Buffer down = shard::udp_packet(Ipv4{0xac140001}, client.engine.pushed()->address, 1300);
    std::array<std::byte, 65536> room;
    std::size_t before = 0;
    Bytes rest = upload;
    for (int i = 0; i < 400; ++i) {
        if (i == 20) before = allocations();  // the tail and the chunk are there now
        const Bytes piece = rest.first(std::min(std::size_t{1000} + 7, rest.size()));
        rest = rest.subspan(piece.size());
        if (!piece.empty()) (void)::send(client.fd(), piece.data(), piece.size(), 0);
        world.shard.from_tunnel(0, down, world.now);
        world.streams.set_time(world.now, world.wall());
        for (const epoll_event& event : world.poll.wait(1))
            if (tag_of(event.data.u64).source == Source::stream)
                world.streams.ready(tag_of(event.data.u64).server, event.events);
        world.streams.flush();
        while (::recv(client.fd(), room.data(), room.size(), 0) > 0) {
        }
    }
    EXPECT_EQ(allocations(), before);
    EXPECT_GT(world.deliveries, 250U);
}

TEST_F(Connections, WaitOutsideWhileDescriptorsAreShortAndComeInLater) {
    StreamWorld world;
    const UniqueFd client = connection_to(world.listener.local());
    rlimit usual{};
    ::getrlimit(RLIMIT_NOFILE, &usual);
    const UniqueFd next(::dup(client.get()));
    const rlimit none{static_cast<rlim_t>(next.get()), usual.rlim_max};
    const UniqueFd filler(::dup(client.get()));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const bool accepted = world.streams.accept(world.listener, {}, false);
    ::setrlimit(RLIMIT_NOFILE, &usual);
    EXPECT_FALSE(accepted);
    EXPECT_EQ(world.streams.size(), 0U);
    EXPECT_TRUE(world.streams.accept(world.listener, {}, false));
    EXPECT_EQ(world.streams.size(), 1U);
}

TEST_F(Connections, ThatNobodyHasEnteredByAreClosedWithTheirListener) {
    StreamWorld world;
    StreamClient client = world.client(1);
    world.connect(client);
    const UniqueFd waiting = connection_to(world.listener.local());
    world.settle();
    ASSERT_EQ(world.streams.size(), 2U);
    world.streams.close_waiting(0);
    EXPECT_TRUE(is_closed(waiting));
    EXPECT_EQ(world.streams.size(), 1U);
    EXPECT_TRUE(world.lefts.empty());
}

}  // namespace
}  // namespace kanmon::io
