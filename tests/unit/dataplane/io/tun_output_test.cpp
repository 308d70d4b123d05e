// Batches through a real TUN device: what the kernel's own TCP and UDP make of ours, and we of
// theirs.
#include "dataplane/io/tun_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>
#include <netinet/udp.h>

#include "dataplane/routing/super_packet.h"
#include "dataplane/routing/tcp_segment.h"
#include "unit/dataplane/io/allocations.h"
#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"
#include "unit/dataplane/routing/packets.h"

namespace kanmon::io {
namespace {

using routing::numbered;
using routing::tcp_packet;

constexpr unsigned offload_udp = 0x60;  // TUN_F_USO4 | TUN_F_USO6, of Linux 6.2

/// A device as the broker opens it, between `target`, who is the kernel, and `client`, who is the
/// test.
class TunOutputs : public ::testing::Test {
protected:
    void SetUp() override {
        if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
        UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
        ifreq wanted{};
        wanted.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
        std::strncpy(wanted.ifr_name, "tun0", IFNAMSIZ - 1);
        if (!fd || ::ioctl(fd.get(), TUNSETIFF, &wanted) != 0) GTEST_SKIP() << "no TUN devices";
        constexpr unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
        ASSERT_TRUE(::ioctl(fd.get(), TUNSETOFFLOAD, tcp | offload_udp) == 0 ||
                    ::ioctl(fd.get(), TUNSETOFFLOAD, tcp) == 0);
        ASSERT_TRUE(set_address(SIOCSIFADDR, routing::target));
        ASSERT_TRUE(set_address(SIOCSIFDSTADDR, routing::client));
        ASSERT_TRUE(set_address(SIOCSIFNETMASK, Ipv4{0xffffffff}));
        ASSERT_TRUE(bring_up("tun0"));
        queue = std::make_unique<TunQueue>(std::move(fd));
        ASSERT_TRUE(queue->has_offloads());
    }

    static bool set_address(unsigned long request, Ipv4 address) {
        ifreq change{};
        sockaddr_storage storage{};
        write_address(Endpoint::v4(address, 0), AF_INET, storage);
        std::memcpy(&change.ifr_addr, &storage, sizeof change.ifr_addr);
        return change_device("tun0", request, change);
    }

    /// The packets that the next IPv4 packet stands for.
    std::vector<Buffer> next_packets() {
        TunPacket packet;
        while (readable(queue->fd()) && queue->read(room, packet) == TunRead::packet) {
            if (packet.octets[0] >> 4 != std::byte{4}) continue;
            const auto read = routing::read_super_packet(packet.offload, packet.octets);
            if (!read) return {};
            if (read->is_single()) return {copy_of(read->whole.octets)};
            std::vector<Buffer> made;
            routing::PacketPieces segments = read->segments();
            while (const auto segment = segments.next(segment_room))
                made.push_back(copy_of(*segment));
            return made;
        }
        return {};
    }

    static void expect_right(Buffer packet) {
        const auto inner = routing::read_inner_packet(packet);
        ASSERT_TRUE(inner);
        EXPECT_EQ(routing::upper_sum(*inner, inner->protocol), 0xffff);
        EXPECT_EQ(routing::folded(routing::sum_of(Bytes(packet).first(20))), 0xffff);
    }

    std::unique_ptr<TunQueue> queue;
    TunOutput output;
    Buffer room = Buffer(TunQueue::room_octets), segment_room = Buffer(TunQueue::room_octets);
};

TEST_F(TunOutputs, DatagramsThatTheKernelSendsAtOnceAreCutWithRightChecksums) {
    const UniqueFd sender = bound_socket(AF_INET, Endpoint::v4(routing::target, 443));
    const int octets = 1000;
    ASSERT_EQ(::setsockopt(sender.get(), SOL_UDP, UDP_SEGMENT, &octets, sizeof octets), 0);
    const Buffer sent = numbered(5500);
    send_to(sender, Endpoint::v4(routing::client, 7000), sent);
    Buffer together;
    while (together.size() < sent.size()) {
        const auto packets = next_packets();
        ASSERT_FALSE(packets.empty());
        for (const Buffer& packet : packets) {
            expect_right(packet);
            EXPECT_LE(packet.size(), 1028U);
            append(together, Bytes(packet).subspan(28));
        }
    }
    EXPECT_EQ(together, sent);
}

TEST_F(TunOutputs, WhatTheKernelTakesIsFoundByOfferingItAgain) {
    const unsigned taken = taken_offloads(queue->fd());
    EXPECT_EQ(taken & (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6),
              unsigned{TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6});
    EXPECT_TRUE((taken & offload_udp) == offload_udp || (taken & offload_udp) == 0);
    const UniqueFd no_device(::open("/dev/null", O_RDWR | O_CLOEXEC));
    EXPECT_EQ(taken_offloads(no_device.get()), 0U);
}

TEST_F(TunOutputs, DatagramsWrittenAsOneArriveOneByOne) {
    const UniqueFd receiver = bound_socket(AF_INET, Endpoint::v4(routing::target, 443));
    for (int i = 0; i < 10; ++i) {
        Buffer packet = routing::udp_packet(numbered(i == 9 ? 77 : 1200));
        routing::put_word(packet, 4, static_cast<std::uint16_t>(1 + i));
        routing::finish_checksums(packet);
        output.add(*queue, packet);
    }
    output.flush();
    EXPECT_EQ(output.counters().failed, 0U);
    EXPECT_EQ(output.counters().sizes.packets, 10U);
    EXPECT_EQ(output.counters().sizes.calls[4], output.gathers_datagrams() ? 1U : 0U);  // 9 to 16
    for (int i = 0; i < 10; ++i) {
        Buffer received(2000);
        ASSERT_TRUE(readable(receiver.get()));
        const ssize_t octets = ::recv(receiver.get(), received.data(), received.size(), 0);
        received.resize(static_cast<std::size_t>(octets));
        EXPECT_EQ(received, numbered(i == 9 ? 77 : 1200));
    }
}

/// Our end of a connection with the kernel, which listens.
struct OurEnd {
    std::uint32_t sequence = 1000, acknowledged = 0;

    Buffer packet(std::uint8_t flags, Buffer options, Buffer payload) {
        return tcp_packet({.sequence = sequence,
                           .acknowledged = acknowledged,
                           .flags = flags,
                           .options = std::move(options),
                           .payload = std::move(payload)});
    }
};

TEST_F(TunOutputs, TcpOfTheKernelAndOursUnderstandEachOtherInSuperPackets) {
    using namespace routing;
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    const socklen_t size = write_address(Endpoint::v4(target, 80), AF_INET, address);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    OurEnd ours;
    output.add(*queue, ours.packet(tcp_syn, from_hex("020403e8"), {}));
    output.flush();
    std::vector<Buffer> answer = next_packets();
    ASSERT_EQ(answer.size(), 1U);
    expect_right(answer[0]);
    ours.acknowledged = read_tcp_segment(*read_inner_packet(answer[0]))->sequence + 1;
    ++ours.sequence;
    output.add(*queue, ours.packet(tcp_ack, {}, {}));
    output.flush();
    const UniqueFd connection(::accept(listener.get(), nullptr, nullptr));
    ASSERT_TRUE(connection);

    const Buffer down = numbered(8000);
    ASSERT_EQ(::send(connection.get(), down.data(), down.size(), 0), 8000);
    Buffer together;
    std::size_t reads = 0;
    for (; together.size() < down.size(); ++reads) {
        const auto packets = next_packets();
        ASSERT_FALSE(packets.empty());
        for (Buffer packet : packets) {
            expect_right(packet);
            const auto inner = read_inner_packet(packet);
            const auto segment = read_tcp_segment(*inner);
            EXPECT_LE(segment->payload_octets, 1000);
            append(together, inner->transport().subspan(segment->header_octets));
        }
    }
    EXPECT_EQ(together, down);
    EXPECT_LT(reads, 8U) << "several segments a read";

    const Buffer up = numbered(30000);
    ours.acknowledged += 8000;
    const std::uint64_t writes = output.counters().writes;
    for (std::size_t at = 0; at < up.size(); at += 1000, ours.sequence += 1000) {
        Buffer packet = ours.packet(tcp_ack, {}, copy_of(Bytes(up).subspan(at, 1000)));
        put_word(packet, 4, static_cast<std::uint16_t>(at / 1000));
        finish_checksums(packet);
        output.add(*queue, packet);
    }
    output.flush();
    EXPECT_EQ(output.counters().writes - writes, 1U);
    EXPECT_EQ(output.counters().failed, 0U);
    Buffer received(up.size());
    EXPECT_EQ(::recv(connection.get(), received.data(), received.size(), MSG_WAITALL), 30000);
    EXPECT_EQ(received, up);
}

TEST_F(TunOutputs, WhatTheKernelRefusesInOnePieceIsWrittenOneByOne) {
    const UniqueFd receiver = bound_socket(AF_INET, Endpoint::v4(routing::target, 443));
    const Buffer whole = routing::udp_packet(numbered(2500));
    // A checksum at a place where UDP has none: as a kernel that knows no such segments, it says
    // no.
    const routing::Offload bad{routing::Offload::Segments::udp, true, 28, 1000, 20, 16};
    output.add(*queue, whole);
    static_cast<routing::PacketExit&>(output).write(bad, whole);
    EXPECT_EQ(output.counters().failed, 0U);
    EXPECT_EQ(output.counters().writes, 4U);
    for (const std::size_t octets : {1000U, 1000U, 500U}) {
        std::array<std::byte, 2000> received;
        ASSERT_TRUE(readable(receiver.get()));
        EXPECT_EQ(::recv(receiver.get(), received.data(), received.size(), 0),
                  static_cast<ssize_t>(octets));
    }
    // From now on datagrams go one by one from the start.
    output.flush();
    const std::uint64_t writes = output.counters().writes;
    for (int i = 0; i < 3; ++i) output.add(*queue, routing::udp_packet(numbered(100)));
    output.flush();
    EXPECT_EQ(output.counters().writes - writes, 3U);
}

TEST_F(TunOutputs, NothingIsAllocatedForAPacket) {
    const Buffer packet = tcp_packet({.options = {}, .payload = numbered(1000)});
    const std::size_t before = allocations();
    for (int i = 0; i < 10; ++i) output.add(*queue, packet);
    output.flush();
    EXPECT_EQ(allocations(), before);
}

TEST(TunOutput, ADeviceWithoutHeadersGetsPacketsAsTheyCome) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    TunQueue plain{UniqueFd(ends[0])};
    const UniqueFd other(ends[1]);
    EXPECT_FALSE(plain.has_offloads());
    TunOutput output;
    const Buffer packet = routing::udp_packet(numbered(1200));
    for (int i = 0; i < 3; ++i) output.add(plain, packet);
    EXPECT_EQ(output.counters().writes, 3U) << "nothing is held back";
    for (int i = 0; i < 3; ++i) {
        Buffer received(2000);
        const ssize_t octets = ::recv(other.get(), received.data(), received.size(), 0);
        received.resize(static_cast<std::size_t>(octets));
        EXPECT_EQ(received, packet);
    }
}

}  // namespace
}  // namespace kanmon::io
