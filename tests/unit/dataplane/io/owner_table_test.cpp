#include "dataplane/io/owner_table.h"

#include <gtest/gtest.h>

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
