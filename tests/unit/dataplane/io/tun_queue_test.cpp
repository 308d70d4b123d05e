#include "dataplane/io/tun_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_tun.h>

#include "unit/dataplane/io/loopback.h"
#include "unit/dataplane/io/private_network.h"

namespace kanmon::io {
namespace {

Buffer datagram() {
    return Buffer(100, std::byte{7});
}

UniqueFd open_device(const char* name) {
    UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    ifreq wanted{};
    wanted.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::strncpy(wanted.ifr_name, name, IFNAMSIZ - 1);
    if (!fd || ::ioctl(fd.get(), TUNSETIFF, &wanted) != 0) return {};
    return fd;
}

bool set_address(const char* name, unsigned long request, Ipv4 address) {
    ifreq change{};
    sockaddr_storage storage{};
    write_address(Endpoint::v4(address, 0), AF_INET, storage);
    std::memcpy(&change.ifr_addr, &storage, sizeof change.ifr_addr);
    return change_device(name, request, change);
}

/// The next IPv4 packet; the kernel's own IPv6 greetings are passed over.
TunPacket next_packet(TunQueue& queue, MutableBytes room) {
    TunPacket packet;
    while (readable(queue.fd()) && queue.read(room, packet) == TunRead::packet)
        if (packet.octets[0] >> 4 == std::byte{4}) return packet;
    return {};
}

TEST(TunQueue, GivesWhatTheKernelRoutesIntoTheDeviceAndTakesItBack) {
    if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
    UniqueFd device = open_device("tun0");
    if (!device) GTEST_SKIP() << "no TUN devices here";
    TunQueue queue(std::move(device));
    ASSERT_TRUE(set_address("tun0", SIOCSIFADDR, Ipv4{0x0a080001}));
    ASSERT_TRUE(set_address("tun0", SIOCSIFNETMASK, Ipv4{0xffffff00}));
    ASSERT_TRUE(bring_up("tun0"));
    std::array<std::byte, 2048> room;

    const UniqueFd sender = bound_socket(AF_INET, Endpoint::v4(Ipv4{0x0a080001}, 7000));
    send_to(sender, Endpoint::v4(Ipv4{0x0a080006}, 7000), datagram());
    const MutableBytes packet = next_packet(queue, room).octets;
    ASSERT_EQ(packet.size(), 28 + datagram().size());

    std::swap_ranges(packet.begin() + 12, packet.begin() + 16, packet.begin() + 16);
    EXPECT_EQ(queue.write({}, packet), TunWrite::written);
    EXPECT_TRUE(readable(sender.get()));
}

TEST(TunQueue, SaysWhenThereIsNothingToRead) {
    if (!enter_private_network()) GTEST_SKIP() << "no network namespaces here";
    UniqueFd device = open_device("tun0");
    if (!device) GTEST_SKIP() << "no TUN devices here";
    TunQueue queue(std::move(device));
    std::array<std::byte, 2048> room;
    TunPacket packet;
    EXPECT_EQ(queue.read(room, packet), TunRead::empty);
    EXPECT_FALSE(queue.has_offloads());
}

}  // namespace
}  // namespace kanmon::io
