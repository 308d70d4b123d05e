#include "controlplane/model/ssl_server.h"

#include <gmock/gmock.h>

namespace kanmon::model {
namespace {

using bridge::Topology;
using testing::HasSubstr;

TEST(ClientPool, TakesMasksFrom16To29OfUnreservedRanges) {
    for (const char* text : {"192.168.0.0/16", "192.169.0.0/16", "10.1.0.0/29", "8.8.8.0/24"})
        EXPECT_TRUE(check_client_pool(text)) << text;
    for (const char* text : {"10.0.0.0/8", "10.0.0.0/30", "100.64.0.0/16", "127.0.0.0/24",
                             "169.254.1.0/24", "224.0.0.0/16", "239.255.0.0/16", "255.0.0.0/24",
                             "0.0.0.0/16", "x", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/ 24"}) {
        const auto refused = check_client_pool(text);
        ASSERT_FALSE(refused) << text;
        EXPECT_EQ(refused.error().code, "IllegalParam.ClientIpPool") << text;
    }
    EXPECT_EQ(check_client_pool("").error().code, "MissingClientIpPool");
}

TEST(ClientPool, WithHostBitsIsAnsweredWithTheNetworkThatWasMeant) {
    EXPECT_THAT(check_client_pool("192.168.7.9/24").error().message, HasSubstr("192.168.7.0/24"));
}

TEST(LocalNetworks, AreOneTo500WithMasksFrom8To32) {
    EXPECT_EQ(check_local_networks("10.0.0.0/8,100.100.2.136/32")->size(), 2u);
    EXPECT_EQ(check_local_networks("").error().code, "MissingLocalSubnet");
    for (const char* text : {"10.0.0.0/7", "10.0.0.0/8,", "127.0.0.1/32", "169.254.0.0/16",
                             "225.0.0.0/8", "1.0.0.0/8;2.0.0.0/8"})
        EXPECT_EQ(check_local_networks(text).error().code, "IllegalParam.LocalSubnet") << text;
    std::string many = "20.0.0.0/24";
    for (int i = 1; i < 500; ++i)
        many += ",20." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24";
    EXPECT_EQ(check_local_networks(many)->size(), 500u);
    EXPECT_EQ(check_local_networks(many + ",30.0.0.0/8").error().code, "IllegalParam.LocalSubnet");
}

TEST(PoolSize, MatchesTheOriginalsTableOfMasks) {
    const std::vector<std::pair<std::uint32_t, std::uint8_t>> table{
        {5, 27}, {10, 26}, {20, 25}, {50, 24}, {100, 23}, {200, 22}, {500, 21}, {1000, 20}};
    for (const auto& [connections, prefix] : table) {
        EXPECT_EQ(smallest_prefix(Topology::net30, connections), prefix) << connections;
        const Cidr fits{{}, prefix};
        const Cidr small{{}, static_cast<std::uint8_t>(prefix + 1)};
        EXPECT_TRUE(check_pool_size(fits, Topology::net30, connections));
        const auto refused = check_pool_size(small, Topology::net30, connections);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, "IllegalParam.ClientIpPool");
        EXPECT_THAT(refused.error().message, HasSubstr("/" + std::to_string(prefix)));
        EXPECT_THAT(refused.error().message, HasSubstr(std::to_string(connections)));
    }
}

TEST(PoolSize, LeavesTheFirstAndTheLastSubnetOut) {
    EXPECT_TRUE(check_pool_size(*parse_cidr("10.0.0.0/24"), Topology::net30, 62));
    EXPECT_FALSE(check_pool_size(*parse_cidr("10.0.0.0/24"), Topology::net30, 63));
    EXPECT_TRUE(check_pool_size(*parse_cidr("10.0.0.0/24"), Topology::subnet, 253));
    EXPECT_FALSE(check_pool_size(*parse_cidr("10.0.0.0/24"), Topology::subnet, 254));
    EXPECT_EQ(smallest_prefix(Topology::net30, 16382), 16);
    EXPECT_FALSE(smallest_prefix(Topology::net30, 16383));
}

TEST(PoolOverlap, NamesBothSidesAndAFreePool) {
    const std::vector<Neighbour> taken{{*parse_cidr("192.168.0.0/16"), "the VPC vpc-1"}};
    const auto refused = check_pool_overlap(*parse_cidr("192.168.5.0/24"), taken);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("192.168.5.0/24"));
    EXPECT_THAT(refused.error().message, HasSubstr("the VPC vpc-1"));
    EXPECT_THAT(refused.error().message, HasSubstr("172.16.0.0/24"));
    EXPECT_TRUE(check_pool_overlap(*parse_cidr("172.16.0.0/24"), taken));
}

TEST(FreePool, NeverOverlapsAndIsFoundWhenThereIsOne) {
    SeededRandom random(7);
    for (int round = 0; round < 2000; ++round) {
        std::vector<Neighbour> taken;
        for (std::uint64_t i = random.u64() % 12; i > 0; --i) {
            const auto prefix = static_cast<std::uint8_t>(8 + random.u64() % 20);
            Cidr cidr{Ipv4{static_cast<std::uint32_t>(random.u64())}, prefix};
            if (i % 2 == 0) cidr.base.value = 0x0a000000 | (cidr.base.value & 0xffffff);
            cidr.base.value &= cidr.mask();
            taken.push_back({cidr, "x"});
        }
        const auto wanted = static_cast<std::uint8_t>(16 + random.u64() % 14);
        const auto found = free_pool(wanted, taken);
        ASSERT_TRUE(found);
        EXPECT_EQ(found->prefix, wanted);
        EXPECT_TRUE(check_pool_overlap(*found, taken));
    }
    EXPECT_FALSE(free_pool(24, {{*parse_cidr("0.0.0.0/0"), "everything"}}));
}

TEST(Port, IsRefusedWhenTheOriginalKeepsIt) {
    for (const int port : {1, 23, 1194, 65535}) EXPECT_TRUE(check_port(port)) << port;
    for (const int port : {0, -1, 65536, 22, 443, 4500, 7505})
        EXPECT_EQ(check_port(port).error().code, "IllegalParam.Port") << port;
}

TEST(Cipher, IsOneOfFourInAnyCase) {
    EXPECT_EQ(check_cipher("aes-256-cbc"), "AES-256-CBC");
    EXPECT_EQ(check_cipher("none"), "none");
    EXPECT_EQ(check_cipher("AES-256-GCM").error().code, "IllegalParam.Cipher");
    EXPECT_EQ(check_transport("tcp"), bridge::Transport::tcp);
    EXPECT_EQ(check_transport("sctp").error().code, "IllegalParam.Proto");
}

TEST(DnsServers, MustLieInALocalNetwork) {
    const std::vector<Cidr> local{*parse_cidr("100.100.2.136/32")};
    EXPECT_TRUE(check_dns_servers("100.100.2.136", local));
    EXPECT_TRUE(check_dns_servers("", local));
    const auto refused = check_dns_servers("100.100.2.138", local);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("100.100.2.138/32"));
}

}  // namespace
}  // namespace kanmon::model
