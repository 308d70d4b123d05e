#include "controlplane/model/option_rules.h"

#include <gmock/gmock.h>

#include <functional>

#include "base/random.h"
#include "controlplane/model/option_table.h"
#include "controlplane/model/option_values.h"

namespace kanmon::model {
namespace {

using bridge::Topology;
using bridge::Transport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SslServer server() {
    SslServer sound;
    sound.client_pool = *parse_cidr("192.168.0.0/24");
    sound.local_subnet = "10.0.0.0/8";
    return sound;
}

/// A server with these settings written into it, each right by itself.
SslServer with(const OptionTexts& texts) {
    SslServer changed = server();
    EXPECT_TRUE(write_options(changed.options, texts));
    return changed;
}

/// The parameter that is refused; empty when all fits.
std::string refused(const SslServer& wanted) {
    const auto fits = check_options(wanted);
    return fits ? std::string() : fits.error().code.substr(std::string("IllegalParam.").size());
}

std::string sentence(const SslServer& wanted) {
    const auto fits = check_options(wanted);
    return fits ? std::string() : fits.error().message;
}

TEST(ServerRules, TheUsualSettingsFit) {
    EXPECT_EQ(sentence(server()), "");
    EXPECT_THAT(warnings_of(server()), IsEmpty());
}

TEST(ServerRules, AnExtraListenerIsNotTheFirstOneAgain) {
    EXPECT_EQ(refused(with({{"ExtraListeners", "udp:1194"}})), "ExtraListeners");
    EXPECT_EQ(refused(with({{"ExtraListeners", "tcp:1194"}})), "");
}

TEST(ServerRules, APortIsSharedWhereThereIsATcpOne) {
    EXPECT_EQ(refused(with({{"PortShare", "true"}})), "PortShare");
    EXPECT_EQ(refused(with({{"PortShare", "true"}, {"ExtraListeners", "tcp:443"}})), "");
    SslServer tcp = with({{"PortShare", "true"}});
    tcp.transport = Transport::tcp;
    EXPECT_EQ(refused(tcp), "");
}

TEST(ServerRules, AWrappingSuitsTheOldestClientThatIsNamed) {
    const std::vector<std::pair<std::string, std::string>> first{
        {"none", "2.3"}, {"tls-auth", "2.3"}, {"tls-crypt", "2.4"}, {"tls-crypt-v2", "2.5"}};
    for (const auto& [wrapping, oldest] : first)
        for (const std::string clients : {"2.3", "2.4", "2.5", "2.6"})
            EXPECT_EQ(refused(with({{"Wrapping", wrapping}, {"Clients", clients}})),
                      clients < oldest ? "Wrapping" : "")
                << wrapping << " " << clients;
    EXPECT_EQ(sentence(with({{"Wrapping", "tls-crypt-v2"}, {"Clients", "2.4"}})),
              "Wrapping tls-crypt-v2 needs clients from OpenVPN 2.5 on, and this server serves "
              "them from 2.4 on (Clients); tls-crypt would do.");
}

TEST(ServerRules, TlsAuthHasTheDigestOfItsClientsAndMayGoWithoutDirection) {
    EXPECT_EQ(refused(with({{"Wrapping", "tls-auth"}, {"Digest", "SHA512"}})), "Digest");
    EXPECT_EQ(refused(with({{"Wrapping", "tls-auth"}, {"Digest", "SHA256"}})), "");
    EXPECT_EQ(refused(with({{"Digest", "SHA512"}})), "");
    EXPECT_EQ(refused(with({{"Wrapping", "tls-auth"}, {"KeyDirection", "false"}})), "");
    EXPECT_EQ(refused(with({{"KeyDirection", "false"}})), "KeyDirection");
}

TEST(ServerRules, ClearPacketsNeedCipherNoneAndAreWarnedOf) {
    EXPECT_EQ(refused(with({{"AllowUnencrypted", "true"}})), "AllowUnencrypted");
    SslServer clear = with({{"AllowUnencrypted", "true"}});
    clear.cipher = "none";
    EXPECT_EQ(refused(clear), "");
    EXPECT_THAT(warnings_of(clear), ElementsAre(HasSubstr("in clear")));
    clear.options.allow_unencrypted = false;
    EXPECT_THAT(warnings_of(clear), IsEmpty());
}

TEST(ServerRules, WhatIsReachedOverIpv6NeedsAnAddressOfIt) {
    EXPECT_EQ(refused(with({{"LocalSubnet6", "fd00:1::/64"}})), "LocalSubnet6");
    EXPECT_EQ(refused(with({{"DnsServers6", "fd00:1::53"}})), "DnsServers6");
    const OptionTexts pool{{"ClientIpv6Pool", "fd00:8::/112"}};
    OptionTexts texts = pool;
    texts["LocalSubnet6"] = "fd00:1::/64";
    EXPECT_EQ(refused(with(texts)), "");
    texts["DnsServers6"] = "fd00:1::53";
    EXPECT_EQ(refused(with(texts)), "");
    texts["DnsServers6"] = "fd00:2::53";
    EXPECT_THAT(sentence(with(texts)), HasSubstr("add fd00:2::53/128 to LocalSubnet6"));
    texts["FullTunnel"] = "true";
    EXPECT_EQ(refused(with(texts)), "");
    texts = pool;
    texts["LocalSubnet6"] = "fd00:8::/96";
    EXPECT_EQ(refused(with(texts)), "ClientIpv6Pool");
    texts = pool;
    texts["TunMtu"] = "1279";
    EXPECT_EQ(refused(with(texts)), "TunMtu");
}

TEST(ServerRules, TheIpv6PoolHasAnAddressForEachOfTheIpv4One) {
    for (std::uint8_t prefix = 16; prefix <= 29; ++prefix)
        for (std::uint8_t prefix6 = 64; prefix6 <= 124; ++prefix6) {
            SslServer sized = server();
            sized.client_pool = {Ipv4{0xc0a80000}, prefix};
            sized.options.client_pool6 = Cidr6{*parse_ipv6("fd00:8::"), prefix6};
            const bool enough = 128 - prefix6 >= 32 - prefix;
            EXPECT_EQ(refused(sized), enough ? "" : "ClientIpv6Pool") << +prefix << " " << +prefix6;
            if (!enough) {
                EXPECT_THAT(sentence(sized), HasSubstr("a /" + std::to_string(96 + prefix)));
            }
        }
}

TEST(ServerRules, AtMost500NetworksArePushed) {
    SslServer many = with({{"ClientIpv6Pool", "fd00:8::/112"}});
    many.local_subnet = "20.0.0.0/24";
    for (int i = 1; i < 400; ++i)
        many.local_subnet +=
            ",20." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24";
    for (std::uint8_t i = 0; i < 100; ++i) {
        Cidr6 cidr = *parse_cidr6("fd00:1::/64");
        cidr.base.octets[7] = i;
        many.options.local_networks6.push_back(cidr);
    }
    EXPECT_EQ(refused(many), "");
    many.options.local_networks6.push_back(*parse_cidr6("fd00:2::/64"));
    EXPECT_THAT(sentence(many), HasSubstr("501"));
}

TEST(ServerRules, OnlyAFullTunnelBlocksTheClientsLan) {
    EXPECT_EQ(refused(with({{"BlockLan", "true"}})), "BlockLan");
    EXPECT_EQ(refused(with({{"BlockLan", "true"}, {"FullTunnel", "true"}})), "");
}

TEST(ServerRules, SplitDomainsAreAskedOfSomebody) {
    EXPECT_EQ(refused(with({{"DnsSplitDomains", "corp.example"}})), "DnsSplitDomains");
    SslServer asked = with({{"DnsSplitDomains", "corp.example"}});
    asked.dns_servers = "10.0.0.53";
    EXPECT_EQ(refused(asked), "");
    EXPECT_EQ(refused(with({{"DnsSearchDomains", "corp.example"}})), "");
}

/// The truth table of who is asked for what.
TEST(ServerRules, SomebodyWhoEntersShowsACertificateOrAPassword) {
    for (int bits = 0; bits < 32; ++bits) {
        SslServer asked = server();
        asked.options.login_certificate = (bits & 1) != 0;
        asked.options.login_password = (bits & 2) != 0;
        asked.options.login_code = (bits & 4) != 0;
        asked.options.login_web = (bits & 8) != 0;
        asked.options.token_seconds = (bits & 16) != 0 ? 3600 : 0;
        const ServerOptions& o = asked.options;
        const bool fits = (o.login_certificate || o.login_password) &&
                          (!o.login_code || o.login_password) &&
                          !(o.login_web && o.login_password) &&
                          (o.token_seconds == 0 || o.login_password || o.login_web);
        EXPECT_EQ(refused(asked).empty(), fits) << bits << " " << sentence(asked);
    }
    EXPECT_THAT(warnings_of(with({{"LoginCertificate", "false"}, {"LoginPassword", "true"}})),
                ElementsAre(HasSubstr("LoginCertificate")));
}

TEST(ServerRules, AConnectionIsNotGivenUpBeforeTwoPings) {
    EXPECT_EQ(refused(with({{"KeepalivePing", "30"}, {"KeepaliveRestart", "60"}})), "");
    EXPECT_THAT(sentence(with({{"KeepalivePing", "31"}})), HasSubstr("KeepaliveRestart is 62"));
}

TEST(StaticAddress, IsOneOfAsManyAsThePoolHolds) {
    for (const char* pool : {"192.168.0.0/24", "192.168.0.0/29", "10.0.0.0/20"})
        for (const Topology topology : {Topology::net30, Topology::subnet, Topology::p2p}) {
            SslServer owner = server();
            owner.client_pool = *parse_cidr(pool);
            owner.topology = topology;
            const Cidr& cidr = owner.client_pool;
            std::uint32_t givable = 0;
            for (std::uint32_t a = cidr.base.value - 8; a <= cidr.last().value + 8; ++a) {
                const auto checked = check_static_address(owner, to_string(Ipv4{a}));
                EXPECT_EQ(checked.has_value(), can_be_given(cidr, topology, Ipv4{a}));
                if (!checked) continue;
                ++givable;
                if (topology == Topology::net30) {
                    EXPECT_EQ((a - cidr.base.value) % 4, 2u);
                }
            }
            EXPECT_TRUE(check_pool_size(cidr, topology, givable)) << pool;
            EXPECT_FALSE(check_pool_size(cidr, topology, givable + 1)) << pool;
        }
}

TEST(StaticAddress, IsRefusedWithTheOneThatWasMeant) {
    const auto said = [](std::string_view text) {
        return check_static_address(server(), text).error().message;
    };
    EXPECT_THAT(said("192.168.0.21"), HasSubstr("192.168.0.22 is one"));
    EXPECT_THAT(said("192.168.0.1"), HasSubstr("192.168.0.6 is one"));
    EXPECT_THAT(said("10.0.0.1"), HasSubstr("192.168.0.6 is one"));
    EXPECT_THAT(said("x"), HasSubstr("not an IPv4 address"));
}

TEST(Pool6Overlap, EqualsABruteForceLookAndProposesAFreeNetwork) {
    SeededRandom random(5);
    for (int round = 0; round < 5000; ++round) {
        const auto cidr = [&] {
            // Few bits differ, so that many overlap.
            Cidr6 drawn{*parse_ipv6("fd4b:616e:6d6f::"),
                        static_cast<std::uint8_t>(60 + random.u64() % 60)};
            drawn.base.octets[7] = static_cast<std::uint8_t>(random.u64() % 4);
            drawn.base.octets[8] = static_cast<std::uint8_t>(random.u64() % 4 << 6);
            for (std::size_t bit = drawn.prefix; bit < 128; ++bit)
                drawn.base.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
            return drawn;
        };
        std::vector<Neighbour6> taken;
        for (std::uint64_t i = random.u64() % 5; i > 0; --i) taken.push_back({cidr(), "the other"});
        const Cidr6 pool = cidr();
        const auto same_start = [&](const Neighbour6& n) {
            for (std::size_t bit = 0; bit < std::min(n.cidr.prefix, pool.prefix); ++bit)
                if (((n.cidr.base.octets[bit / 8] ^ pool.base.octets[bit / 8]) &
                     (0x80 >> bit % 8)) != 0)
                    return false;
            return true;
        };
        const auto free = check_pool6_overlap(pool, taken);
        ASSERT_EQ(free.has_value(), std::ranges::none_of(taken, same_start));
        if (free) continue;
        EXPECT_THAT(free.error().message, HasSubstr(to_string(pool) + " overlaps the other; "));
        const std::string rest = free.error().message.substr(free.error().message.find(';') + 2);
        const auto proposed = parse_cidr6(rest.substr(0, rest.find(' ')));
        ASSERT_TRUE(proposed) << rest;
        EXPECT_TRUE(check_pool6_overlap(*proposed, taken));
    }
}

TEST(Topologies, OfPairsAreWarnedOf) {
    SslServer pairs = server();
    pairs.topology = Topology::p2p;
    EXPECT_EQ(refused(pairs), "");
    EXPECT_THAT(warnings_of(pairs), ElementsAre(HasSubstr("Windows")));
}

}  // namespace
}  // namespace kanmon::model
