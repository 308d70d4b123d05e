#include "controlplane/model/option_table.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/random.h"
#include "controlplane/model/option_values.h"
#include "source_folder/source_folder.h"

namespace kanmon::model {
namespace {

using testing::HasSubstr;

const ServerOption& option(std::string_view name) {
    return *std::ranges::find(server_options(), name, &ServerOption::name);
}

/// Texts of each setting that are right, and some that are not.
struct Examples {
    std::vector<std::string> right, wrong;
};

const std::map<std::string, Examples>& examples() {
    static const Examples flag{{"true", "false", "TRUE"}, {"", "yes", "1"}};
    static const Examples domains{
        {"", "corp.example", "A.example.,b", "_dns-sd.x"},
        {"-a", "a..b", "a b", "a,a", "a;b", "a\n", "\xff", ".", std::string(64, 'a'), "a,"}};
    static const std::map<std::string, Examples> table{
        {"ExtraListeners",
         {{"", "udp:1195", "tcp:443,udp:1195", "UDP:65535"},
          {"udp", "udp:", "udp:0", "udp:65536", "sctp:1", "udp:22", "udp:1195,udp:1195", "udp:-1",
           "udp:1195 x", "udp:1,udp:2,udp:3,udp:4,udp:5,udp:6,udp:7,udp:8"}}},
        {"Ipv6Listen", flag},
        {"PortShare", flag},
        {"Clients", {{"2.3", "2.4", "2.5", "2.6"}, {"", "2.7", "2", "3"}}},
        {"Wrapping",
         {{"none", "tls-auth", "tls-crypt", "TLS-CRYPT-V2"}, {"", "tls_auth", "tls-crypt-v3"}}},
        {"KeyDirection", flag},
        {"Digest", {{"SHA1", "sha256", "SHA512"}, {"", "MD5", "SHA-256"}}},
        {"AllowUnencrypted", flag},
        {"ClientIpv6Pool",
         {{"", "fd00:8::/64", "fd00:8::/112", "2001:db8::/124"},
          {"fd00:8::", "fd00:8::/63", "fd00:8::/125", "fd00:8::1/64", "fe80::/64", "ff00::/64",
           "::/96", "::ffff:10.0.0.0/112", "10.0.0.0/8", "x"}}},
        {"LocalSubnet6",
         {{"", "fd00:1::/64,fd00:2::1/128", "fd00::/8"},
          {"fc00::/7", "::/0", "fe80::/10", "fd00:1::/64,fd00:1::/64", "fd00:1::1/64",
           "fd00::/8,"}}},
        {"DnsServers6", {{"", "fd00:1::53", "fd00:1::53,fd00:1::54"}, {"1.1.1.1", "fd00:1::/64"}}},
        {"FullTunnel", flag},
        {"BlockLan", flag},
        {"DnsSearchDomains", domains},
        {"DnsSplitDomains", domains},
        {"SameCertificate", {{"allow", "replace"}, {"", "refuse"}}},
        {"SourceNat", flag},
        {"AccessDefault", {{"allow", "deny", "Deny"}, {"", "drop", "true"}}},
        {"AccessFromVpc", {{"allow", "deny"}, {"", "accept"}}},
        {"TunMtu", {{"576", "1500", "9000"}, {"", "575", "9001", "-1", "1500 ", "x"}}},
        {"OuterMtu", {{"1280", "9000"}, {"1279", "9001", "0"}}},
        {"ClientBandwidth", {{"0", "1", "1000"}, {"", "1001", "-1", "0.5", "1m", "4294967297"}}},
        {"InactiveSeconds", {{"0", "10", "604800"}, {"9", "604801"}}},
        {"RenegotiateSeconds", {{"0", "10", "86400"}, {"9", "86401", "4294967296"}}},
        {"KeepalivePing", {{"1", "600"}, {"0", "601"}}},
        {"KeepaliveRestart", {{"2", "3600"}, {"1", "3601"}}},
        {"LoginCertificate", flag},
        {"LoginPassword", flag},
        {"LoginCode", flag},
        {"LoginWeb", flag},
        {"TokenSeconds", {{"0", "60", "2592000"}, {"59", "2592001"}}}};
    return table;
}

TEST(ServerOptions, EachTakesItsRightValuesAndRefusesTheOthersByItsName) {
    ASSERT_EQ(examples().size(), server_options().size());
    for (const auto& [name, texts] : examples()) {
        for (const std::string& text : texts.right) {
            ServerOptions options;
            EXPECT_TRUE(write_options(options, {{name, text}})) << name << " " << text;
            ServerOptions again;
            ASSERT_TRUE(write_options(again, {{name, option(name).read(options)}}));
            EXPECT_EQ(again, options) << name << " " << text;
            EXPECT_EQ(options_of(stored_text(options)), options) << name << " " << text;
        }
        for (const std::string& text : texts.wrong) {
            ServerOptions options;
            const auto refused = write_options(options, {{name, text}});
            ASSERT_FALSE(refused) << name << " '" << text << "'";
            EXPECT_EQ(refused.error().code, "IllegalParam." + name);
            EXPECT_FALSE(refused.error().message.empty());
            EXPECT_EQ(options, ServerOptions()) << name;
        }
    }
}

TEST(ServerOptions, ARefusalShowsTheValueAndWhatWouldWork) {
    ServerOptions options;
    const auto said = [&](const char* name, const char* text) {
        return write_options(options, {{name, text}}).error().message;
    };
    EXPECT_EQ(said("Wrapping", "tls\x1b"),
              "Wrapping is 'tls\\x1b'; it can be none, tls-auth, tls-crypt or tls-crypt-v2.");
    EXPECT_EQ(said("InactiveSeconds", "5"), "InactiveSeconds is '5'; it can be 0 or 10 to 604800.");
    EXPECT_EQ(said("ClientBandwidth", "2k"),
              "ClientBandwidth is '2k'; it can be 0 or 1 to 1000.");
    EXPECT_EQ(said("FullTunnel", "yes"), "FullTunnel is 'yes'; it can be true or false.");
    EXPECT_THAT(said("ExtraListeners", "udp:22"), HasSubstr("1194 would do"));
}

TEST(ServerOptions, TheUsualOnesTakeNoRoomInTheStore) {
    EXPECT_EQ(stored_text({}), "");
    EXPECT_EQ(options_of(""), ServerOptions());
}

TEST(ServerOptions, AStoredTextThatNobodyWroteIsNotRead) {
    for (const char* damaged :
         {"TunMtu", "TunMtu=1400", "TunMtu=x\n", "Unknown=1\n", "\n", "=\n", "TunMtu\n=1400\n"})
        EXPECT_FALSE(options_of(damaged)) << damaged;
}

/// Draws each setting among its right values, so that all go together through the store.
TEST(ServerOptions, AnyOfThemTogetherComeBackFromTheStore) {
    SeededRandom random(3);
    for (int round = 0; round < 2000; ++round) {
        OptionTexts texts;
        for (const auto& [name, of] : examples())
            if (random.u64() % 2 == 0) texts[name] = of.right[random.u64() % of.right.size()];
        ServerOptions options;
        ASSERT_TRUE(write_options(options, texts));
        EXPECT_EQ(options_of(stored_text(options)), options);
    }
}

TEST(ServerOptions, EveryOneIsInThePageOfTheApi) {
    std::ifstream file(in_checkout("docs/api.md"));
    std::stringstream page;
    page << file.rdbuf();
    for (const ServerOption& row : server_options())
        EXPECT_THAT(page.str(), HasSubstr(fmt::format("| {} |", row.name)));
}

TEST(StrongestWrapping, IsOneThatTheClientKnows) {
    using enum OldestClient;
    for (const OldestClient client : {v2_3, v2_4, v2_5, v2_6})
        EXPECT_LE(first_with(strongest_for(client)), client);
    EXPECT_EQ(strongest_for(v2_3), bridge::Wrapping::tls_auth);
    EXPECT_EQ(strongest_for(v2_4), bridge::Wrapping::tls_crypt);
    EXPECT_EQ(strongest_for(v2_6), bridge::Wrapping::tls_crypt_v2);
}

}  // namespace
}  // namespace kanmon::model
