// A device with two queues in a namespace of the test's own:
//
//     a socket at 10.8.0.1, fd00:8::1  ->  tun0  ->  queue 0 or queue 1
#include "broker/tun_steering.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <span>

#include "bridge/tun_steering.h"
#include "broker/tun_device.h"
#include "unit/dataplane/io/private_network.h"

namespace kanmon::broker {
namespace {

void give_address(const char* device, const char* address, const char* mask) {
    for (const auto& [request, text] :
         {std::pair{0UL + SIOCSIFADDR, address}, std::pair{0UL + SIOCSIFNETMASK, mask}}) {
        ifreq change{};
        sockaddr_in wanted{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
        ::inet_pton(AF_INET, text, &wanted.sin_addr);
        std::memcpy(&change.ifr_addr, &wanted, sizeof wanted);
        ASSERT_TRUE(io::change_device(device, request, change));
    }
}

/// With a /64 around it.
void give_address6(const char* device, const Ipv6& address) {
    struct {
        Ipv6 address;
        std::uint32_t prefix;
        unsigned device;
    } change{address, 64, ::if_nametoindex(device)};
    const UniqueFd any(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::ioctl(any.get(), SIOCSIFADDR, &change), 0);
}

sockaddr_in address_of(Ipv4 host, std::uint16_t port) {
    return {.sin_family = AF_INET,
            .sin_port = htons(port),
            .sin_addr = {htonl(host.value)},
            .sin_zero = {}};
}

sockaddr_in6 address_of(const Ipv6& host, std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    std::memcpy(&address.sin6_addr, host.octets.data(), host.octets.size());
    return address;
}

class TunSteering : public testing::Test {
protected:
    void SetUp() override {
        if (!io::enter_private_network()) GTEST_SKIP() << "no network namespaces here";
        auto opened = open_queues("tun0", 2);
        if (!opened) GTEST_SKIP() << opened.error();
        queues_ = std::move(opened->queues);
        if (!opened->steering) GTEST_SKIP() << opened->why_not;
        void* const mapped = ::mmap(nullptr, bridge::steering_octets, PROT_READ | PROT_WRITE,
                                    MAP_SHARED, opened->steering.get(), 0);
        ASSERT_NE(mapped, MAP_FAILED);
        table_ = {static_cast<std::uint8_t*>(mapped), bridge::steering_octets};
        give_address("tun0", "10.8.0.1", "255.255.0.0");
        ASSERT_TRUE(io::bring_up("tun0"));
    }
    void TearDown() override {
        if (!table_.empty()) ::munmap(table_.data(), table_.size());
    }

    /// Of this many datagrams, each of a flow of its own, those that came out of queue 1.
    template <class Address>
    int at_second_queue(const Address& destination, int datagrams) {
        for (int i = 0; i < datagrams; ++i) {
            const auto to = address_of(destination, static_cast<std::uint16_t>(port + i));
            const auto* generic = reinterpret_cast<const sockaddr*>(&to);
            const UniqueFd sender(::socket(generic->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            EXPECT_EQ(::sendto(sender.get(), "x", 1, 0, generic, sizeof to), 1);
        }
        const int at_first = drain(queues_[0]), at_second = drain(queues_[1]);
        EXPECT_EQ(at_first + at_second, datagrams);
        return at_second;
    }

    /// How many were the test's own: the kernel greets by IPv6.
    static int drain(const UniqueFd& queue) {
        constexpr std::size_t offload = 10;  // struct virtio_net_hdr
        std::array<std::uint8_t, 2048> room;
        int packets = 0;
        for (;;) {
            const ssize_t got = ::read(queue.get(), room.data(), room.size());
            if (got <= 0) return packets;
            const std::uint8_t protocol = room[offload + (room[offload] >> 4 == 4 ? 9 : 6)];
            packets += protocol == IPPROTO_UDP ? 1 : 0;
        }
    }

    static constexpr int port = 7000;
    std::vector<UniqueFd> queues_;
    std::span<std::uint8_t> table_;
};

TEST_F(TunSteering, PacketsComeOutOfTheQueueThatTheTableNames) {
    const Ipv4 anna{0x0a080006}, bert{0x0a08010a};
    table_[bridge::steering_place(anna)] = 1;
    table_[bridge::steering_place(bert)] = 2;
    EXPECT_EQ(at_second_queue(anna, 40), 0);
    EXPECT_EQ(at_second_queue(bert, 40), 40);
    table_[bridge::steering_place(anna)] = 2;
    EXPECT_EQ(at_second_queue(anna, 40), 40) << "at once, without a word to the kernel";
}

TEST_F(TunSteering, PacketsOfIpv6AsWell) {
    give_address6("tun0", *parse_ipv6("fd00:8::1"));
    const Ipv6 anna = *parse_ipv6("fd00:8::6"), bert = *parse_ipv6("fd00:8::10a");
    table_[bridge::steering_place(anna)] = 1;
    table_[bridge::steering_place(bert)] = 2;
    EXPECT_EQ(at_second_queue(anna, 40), 0);
    EXPECT_EQ(at_second_queue(bert, 40), 40);
}

TEST_F(TunSteering, PacketsForNobodyAndForAQueueThatIsNotThereAreNotLost) {
    const Ipv4 nobody{0x0a080006};
    at_second_queue(nobody, 40);
    table_[bridge::steering_place(nobody)] = 250;
    EXPECT_EQ(at_second_queue(nobody, 40), 40) << "250 - 1, modulo two";
}

TEST_F(TunSteering, ANewTableTakesTheOldOnesPlace) {
    const Ipv4 anna{0x0a080006};
    table_[bridge::steering_place(anna)] = 2;
    EXPECT_EQ(at_second_queue(anna, 10), 10);
    const auto again = steer_queues(queues_[1].get());
    ASSERT_TRUE(again) << again.error();
    table_[bridge::steering_place(anna)] = 1;
    const int of_an_empty_table = at_second_queue(anna, 40);
    table_[bridge::steering_place(anna)] = 2;
    EXPECT_EQ(at_second_queue(anna, 40), of_an_empty_table) << "nobody reads the old one";
}

TEST(SteeringTable, GivesEveryAddressOfAFamilyAPlaceOfItsOwnWithin16Bits) {
    using bridge::steering_place;
    EXPECT_EQ(steering_place(Ipv4{0x0a080006}), 0x0006u);
    EXPECT_EQ(steering_place(Ipv4{0xffffffff}), 0xffffu);
    EXPECT_EQ(steering_place(*parse_ipv6("fd00::8000:6")), 0x10006u);
    EXPECT_EQ(steering_place(*parse_ipv6("fd00::ffff:ffff")), bridge::steering_octets - 1);
}

}  // namespace
}  // namespace kanmon::broker
