#include "dataplane/io/owner_table.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

namespace kanmon::io {
namespace {

TEST(TunnelOwners, KnowsWhoWasSetAndForgetsWhoWasCleared) {
    TunnelOwners owners(Cidr{Ipv4{0xc0a80000}, 24});
    EXPECT_EQ(owners.find(Ipv4{0xc0a80006}), std::nullopt);

    owners.set(Ipv4{0xc0a80006}, 0);
    owners.set(Ipv4{0xc0a8000a}, 63);
    EXPECT_EQ(owners.find(Ipv4{0xc0a80006}), 0u);
    EXPECT_EQ(owners.find(Ipv4{0xc0a8000a}), 63u);

    owners.clear(Ipv4{0xc0a80006});
    EXPECT_EQ(owners.find(Ipv4{0xc0a80006}), std::nullopt);
}

TEST(TunnelOwners, FindsByTheIpv6AddressThatFollows) {
    TunnelOwners owners(Cidr{Ipv4{0xc0a80000}, 24}, *parse_cidr6("fd00::/64"));
    owners.set(Ipv4{0xc0a80006}, 3);
    EXPECT_EQ(owners.find(*parse_ipv6("fd00::6")), 3u);
    EXPECT_EQ(owners.find(*parse_ipv6("fd00::7")), std::nullopt);
    EXPECT_EQ(owners.find(*parse_ipv6("fd00::1:6")), std::nullopt) << "beyond the pool";
    EXPECT_EQ(owners.find(*parse_ipv6("fd01::6")), std::nullopt);
    EXPECT_EQ(TunnelOwners(Cidr{Ipv4{0xc0a80000}, 24}).find(*parse_ipv6("fd00::6")), std::nullopt);
}

/// What the kernel would read of a table that is steered by.
class Steered {
public:
    Steered() : memory_(::memfd_create("table", MFD_CLOEXEC)) {
        EXPECT_EQ(::ftruncate(memory_.get(), bridge::steering_octets), 0);
        table = SteeringTable::map(memory_);
    }
    template <class Address>
    int octet(const Address& address) const {
        std::uint8_t octet = 0xff;
        const auto at = static_cast<off_t>(bridge::steering_place(address));
        EXPECT_EQ(::pread(memory_.get(), &octet, 1, at), 1);
        return octet;
    }
    std::shared_ptr<SteeringTable> table;

private:
    UniqueFd memory_;
};

TEST(TunnelOwners, TellTheKernelWhomTheyKnowAndWhomTheyLearn) {
    const Ipv4 anna{0xc0a80006}, bert{0xc0a8000a}, carl{0xc0a8000e};
    TunnelOwners owners(Cidr{Ipv4{0xc0a80000}, 24}, *parse_cidr6("fd00::/64"));
    Steered steered;
    owners.set(anna, 1);
    owners.set(carl, 0);
    owners.clear(carl);
    steered.table->set(bert, 9);  // of an earlier pool
    owners.steer_by(steered.table);
    EXPECT_EQ(steered.octet(anna), 2);
    EXPECT_EQ(steered.octet(*parse_ipv6("fd00::6")), 2);
    EXPECT_EQ(steered.octet(bert), 0);
    EXPECT_EQ(steered.octet(carl), 0);
    owners.set(bert, 0);
    EXPECT_EQ(steered.octet(bert), 1);
    owners.clear(bert);
    owners.clear(anna);
    EXPECT_EQ(steered.octet(bert), 0);
    EXPECT_EQ(steered.octet(*parse_ipv6("fd00::6")), 0);
    owners.steer_by(nullptr);
    owners.set(anna, 1);
    EXPECT_EQ(steered.octet(anna), 0);
}

TEST(SteeringTable, IsNothingWhereItCannotBeMapped) {
    const UniqueFd no_memory(::eventfd(0, EFD_CLOEXEC));
    EXPECT_EQ(SteeringTable::map(no_memory), nullptr);
}

TEST(RemoteOwners, KeepsThousandsOfRemotesApart) {
    RemoteOwners owners;
    const auto remote = [](std::uint32_t i) {
        return Endpoint::v4(Ipv4{0x0a000000 + i}, static_cast<std::uint16_t>(1000 + i % 5000));
    };
    for (std::uint32_t i = 0; i < 10000; ++i) owners.set(remote(i), i % 64);
    for (std::uint32_t i = 0; i < 10000; ++i) EXPECT_EQ(owners.find(remote(i)), i % 64) << i;

    owners.set(remote(5), 9);
    EXPECT_EQ(owners.find(remote(5)), 9u);
    for (std::uint32_t i = 0; i < 10000; ++i) owners.clear(remote(i));
    for (std::uint32_t i = 0; i < 10000; ++i) EXPECT_EQ(owners.find(remote(i)), std::nullopt);
}

}  // namespace
}  // namespace kanmon::io
