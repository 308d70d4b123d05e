#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "dataplane/io/receive_batch.h"
#include "dataplane/io/send_batch.h"
#include "unit/dataplane/io/allocations.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"

namespace kanmon::io {
namespace {

Buffer datagram_of(std::size_t octets, std::uint8_t mark) {
    return Buffer(octets, std::byte{mark});
}

class Batches : public testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
    }

    /// Every datagram that arrives, run by run taken apart.
    std::vector<Buffer> arrived(UdpSocket& at, std::size_t expected) {
        std::vector<Buffer> datagrams;
        while (datagrams.size() < expected && readable(at.fd()))
            for (const ReceivedRun& run : receiving_.receive(at)) {
                last_ = run;
                for (std::size_t i = 0; i < run.octets.size(); i += run.segment_octets)
                    datagrams.push_back(copy_of(run.octets.subspan(
                        i, std::min(run.segment_octets, run.octets.size() - i))));
            }
        return datagrams;
    }

    SendBatch sending_;
    ReceiveBatch receiving_;
    ReceivedRun last_;
};

TEST_F(Batches, EqualDatagramsTravelAsOneRunAndAShorterOneEndsIt) {
    UdpSocket from(bound_socket(AF_INET, loopback));
    UdpSocket to(bound_socket(AF_INET, loopback));
    std::vector<Buffer> sent;
    for (std::uint8_t i = 0; i < 20; ++i) sent.push_back(datagram_of(i == 19 ? 100 : 1400, i));
    sent.push_back(datagram_of(1400, 77));

    for (const Buffer& datagram : sent) sending_.add(from, to.local(), {}, datagram);
    sending_.flush();

    EXPECT_EQ(sending_.counters().calls, 1u);
    EXPECT_EQ(sending_.counters().datagrams, sent.size());
    EXPECT_EQ(arrived(to, sent.size()), sent);
    EXPECT_EQ(last_.remote, from.local());
    EXPECT_EQ(sending_.counters().sizes.packets, 21u);
    EXPECT_EQ(sending_.counters().sizes.calls[5], 1u);  // 17 to 32
    EXPECT_EQ(receiving_.sizes().packets, 21u);
    EXPECT_TRUE(from.segmentation() && to.gathers());
}

TEST_F(Batches, DatagramsForManyArriveEachAtItsDestination) {
    UdpSocket from(bound_socket(AF_INET, loopback));
    std::vector<std::unique_ptr<UdpSocket>> receivers;
    for (int i = 0; i < 5; ++i)
        receivers.push_back(std::make_unique<UdpSocket>(bound_socket(AF_INET, loopback)));
    constexpr std::size_t rounds = 200;  // beyond the arena and the messages of one batch

    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 0; i < receivers.size(); ++i)
            sending_.add(from, receivers[i]->local(), {},
                         datagram_of(500 + i, static_cast<std::uint8_t>(round)));
    sending_.flush();

    for (std::size_t i = 0; i < receivers.size(); ++i) {
        const auto datagrams = arrived(*receivers[i], rounds);
        ASSERT_EQ(datagrams.size(), rounds);
        for (std::size_t round = 0; round < rounds; ++round)
            EXPECT_EQ(datagrams[round], datagram_of(500 + i, static_cast<std::uint8_t>(round)));
    }
    EXPECT_EQ(sending_.counters().failed + sending_.counters().queue_full, 0u);
}

TEST_F(Batches, ARunTooLargeForThePathGoesOutPlainly) {
    ASSERT_TRUE(set_mtu("lo", 1300));
    UdpSocket from(bound_socket(AF_INET, loopback));
    UdpSocket to(bound_socket(AF_INET, loopback));
    std::vector<Buffer> sent;
    for (std::uint8_t i = 0; i < 10; ++i) sent.push_back(datagram_of(1400, i));

    for (const Buffer& datagram : sent) sending_.add(from, to.local(), {}, datagram);
    sending_.flush();

    EXPECT_GT(sending_.counters().calls, sent.size());
    EXPECT_EQ(arrived(to, sent.size()), sent);
}

TEST_F(Batches, WithoutSegmentationEverythingStillArrives) {
    UdpSocket from(bound_socket(AF_INET, loopback));
    UdpSocket to(bound_socket(AF_INET, loopback));
    from.give_up_segmentation();
    std::vector<Buffer> sent;
    for (std::uint8_t i = 0; i < 100; ++i) sent.push_back(datagram_of(1400, i));

    for (const Buffer& datagram : sent) sending_.add(from, to.local(), {}, datagram);
    sending_.flush();

    EXPECT_EQ(sending_.counters().calls, 2u);  // two calls of 64 and 36 messages
    EXPECT_EQ(arrived(to, sent.size()), sent);
}

TEST_F(Batches, AReplyLeavesFromTheAddressThatWasAsked) {
    for (const int family : {AF_INET, AF_INET6}) {
        UdpSocket server(
            bound_socket(family, family == AF_INET ? Endpoint::v4(Ipv4{0}, 0) : Endpoint{}));
        UdpSocket client(bound_socket(AF_INET, loopback));
        const Endpoint asked = Endpoint::v4(Ipv4{0x7f000009}, server.local().port);

        sending_.add(client, asked, {}, datagram_of(50, 1));
        sending_.flush();
        ASSERT_EQ(arrived(server, 1).size(), 1u) << family;
        EXPECT_EQ(last_.local, asked.address) << family;

        sending_.add(server, last_.remote, last_.local, datagram_of(60, 2));
        sending_.flush();
        ASSERT_EQ(arrived(client, 1).size(), 1u) << family;
        EXPECT_EQ(last_.remote, asked) << family;
    }
}

TEST_F(Batches, NothingAllocatesAfterTheStart) {
    UdpSocket from(bound_socket(AF_INET, loopback));
    UdpSocket to(bound_socket(AF_INET, Endpoint::v4(Ipv4{0}, 0)));
    const Endpoint remote = Endpoint::v4(Ipv4{0x7f000001}, to.local().port);
    const Buffer large = datagram_of(1400, 1);
    const Buffer small = datagram_of(80, 2);

    const std::size_t before = allocations();
    std::size_t octets = 0;
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 30; ++i) sending_.add(from, remote, {}, i % 7 == 0 ? small : large);
        sending_.flush();
        do {
            for (const ReceivedRun& run : receiving_.receive(to)) octets += run.octets.size();
        } while (receiving_.filled());
    }
    EXPECT_EQ(allocations(), before);
    EXPECT_GT(octets, 50u * 20u * 1400u);
}

}  // namespace
}  // namespace kanmon::io
