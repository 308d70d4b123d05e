#include "controlplane/model/bundle.h"

#include <gmock/gmock.h>

#include <sstream>

#include "controlplane/model/bundle_guide.h"

namespace kanmon::model {
namespace {

using bridge::Transport;
using bridge::Wrapping;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

BundleFacts facts() {
    return {.public_address = *parse_ipv4("203.0.113.1"),
            .public_address6 = {},
            .listeners = {{Transport::udp, 1194}},
            .cipher = "AES-128-CBC",
            .compress = false,
            .networks = 1,
            .options = {},
            .wrapping_mark = {},
            .authority_pem = "CA\n"};
}

ClientPieces pieces() {
    return {.id = {"vsc-1"},
            .certificate_pem = "CERT\n",
            .private_key_pem = SecretBuffer(as_bytes("KEY\n")),
            .wrapping_key = SecretBuffer(Buffer(256, std::byte{0x5a}))};
}

std::string config(const BundleFacts& given) {
    return client_config(given, "00ff", pieces());
}

std::string single_file(const BundleFacts& given) {
    return as_text(single_file_config(given, "00ff", pieces()).view());
}

std::map<std::string, std::string> files(const BundleFacts& given) {
    std::map<std::string, std::string> texts;
    for (const auto& [name, content] : bundle_files(given, "00ff", pieces()))
        texts[name] = as_text(content.view());
    return texts;
}

TEST(ClientConfig, HoldsTheLinesOfTheOriginalAndAnnouncesItsRevision) {
    for (const char* line :
         {"client\n", "dev tun\n", "proto udp\n", "remote 203.0.113.1 1194\n",
          "resolv-retry infinite\n", "nobind\n", "persist-key\n", "persist-tun\n", "ca ca.crt\n",
          "cert vsc-1.crt\n", "key vsc-1.key\n", "cipher AES-128-CBC\n", ";comp-lzo\n", "verb 4\n",
          "remote-cert-tls server\n", "explicit-exit-notify 1\n", "push-peer-info\n",
          "setenv UV_KANMON_REV 00ff\n", "setenv opt mssfix 1500 fixed\n"})
        EXPECT_THAT(config(facts()), HasSubstr(line));
    EXPECT_EQ(files(facts())["config.ovpn"], config(facts()));
    BundleFacts tcp = facts();
    tcp.listeners = {{Transport::tcp, 1194}};
    EXPECT_THAT(config(tcp), HasSubstr("proto tcp\n"));
    EXPECT_THAT(config(tcp), Not(HasSubstr("explicit-exit-notify")));
}

TEST(SingleFileConfig, HoldsEverythingInside) {
    EXPECT_THAT(single_file(facts()),
                HasSubstr("<ca>\nCA\n</ca>\n<cert>\nCERT\n</cert>\n<key>\nKEY\n</key>\n"));
    EXPECT_THAT(single_file(facts()), Not(HasSubstr("ca.crt")));
}

TEST(Remotes, AreBlocksAtTheEndWithUdpFirstAndItsGoodbyeForUdpOnly) {
    BundleFacts several = facts();
    several.listeners = {{Transport::tcp, 1194}, {Transport::udp, 1195}};
    several.public_address6 = parse_ipv6("2001:db8::1");
    const std::string blocks =
        "<connection>\nremote 203.0.113.1 1195 udp\nexplicit-exit-notify 1\n</connection>\n"
        "<connection>\nremote 2001:db8::1 1195 udp6\nexplicit-exit-notify 1\n</connection>\n"
        "<connection>\nremote 203.0.113.1 1194 tcp-client\n</connection>\n"
        "<connection>\nremote 2001:db8::1 1194 tcp6-client\n</connection>\n";
    EXPECT_TRUE(config(several).ends_with(blocks));
    EXPECT_TRUE(single_file(several).ends_with(blocks));
    EXPECT_THAT(config(several), Not(HasSubstr("proto ")));
    EXPECT_THAT(effective_lines(several), HasSubstr(blocks));
}

TEST(Wrapping, StandsInsideForTheApiAndBesideInTheZip) {
    const std::string text_of_key =
        "<tls-auth>\n-----BEGIN OpenVPN Static key V1-----\n"
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n";
    BundleFacts wrapped = facts();
    wrapped.options.wrapping = Wrapping::tls_auth;
    wrapped.options.digest = "SHA256";
    for (const std::string& text : {config(wrapped), single_file(wrapped)}) {
        EXPECT_THAT(text, HasSubstr(text_of_key));
        EXPECT_THAT(text, HasSubstr("key-direction 1\n"));
        EXPECT_THAT(text, HasSubstr("auth SHA256\n"));
    }
    auto zip = files(wrapped);
    EXPECT_THAT(zip["config.ovpn"], HasSubstr("tls-auth ta.key\n"));
    EXPECT_THAT(zip["config.ovpn"], Not(HasSubstr("Static key")));
    EXPECT_THAT(zip["ta.key"], StartsWith("-----BEGIN OpenVPN Static key V1-----\n5a5a"));

    wrapped.options.key_direction = false;
    EXPECT_THAT(config(wrapped), Not(HasSubstr("key-direction")));
    wrapped.options.wrapping = Wrapping::tls_crypt;
    EXPECT_TRUE(files(wrapped).contains("tc.key"));
    EXPECT_THAT(config(wrapped), HasSubstr("<tls-crypt>\n"));
    wrapped.options.wrapping = Wrapping::tls_crypt_v2;
    EXPECT_THAT(files(wrapped)["vsc-1.tc.key"],
                StartsWith("-----BEGIN OpenVPN tls-crypt-v2 client key-----\nWlpa"));
}

TEST(LoginLines, AskForWhatTheServerAsksFor) {
    BundleFacts login = facts();
    login.options.login_password = true;
    EXPECT_THAT(config(login), HasSubstr("auth-user-pass\n"));
    EXPECT_THAT(config(login), Not(HasSubstr("static-challenge")));
    login.options.login_code = true;
    EXPECT_THAT(config(login), HasSubstr("static-challenge \"One-time code\" 1\n"));
    login.options.login_certificate = false;
    EXPECT_THAT(config(login), Not(HasSubstr("cert vsc-1.crt")));
    EXPECT_THAT(single_file(login), Not(HasSubstr("<key>")));
    EXPECT_FALSE(files(login).contains("vsc-1.key"));
}

TEST(OldClients, AreToldOfManyRoutesOnlyWhereThereAre) {
    BundleFacts many = facts();
    many.networks = 99;
    EXPECT_THAT(config(many), Not(HasSubstr("max-routes")));
    many.networks = 100;
    EXPECT_THAT(config(many), HasSubstr("setenv opt max-routes 600\n"));
    many.options.clients = OldestClient::v2_4;
    EXPECT_THAT(config(many), Not(HasSubstr("max-routes")));
}

TEST(CompressionLine, IsTheOneThatEveryVersionTakes) {
    BundleFacts framed = facts();
    framed.compress = true;
    EXPECT_THAT(config(framed), HasSubstr("\ncomp-lzo no\n"));
    EXPECT_THAT(config(framed), Not(HasSubstr(";comp-lzo")));
}

TEST(Revision, IsMadeOfWhatAClientMustHaveRight) {
    const std::string before = effective_lines(facts());
    const auto differs = [&](auto change) {
        BundleFacts changed = facts();
        change(changed);
        return effective_lines(changed) != before;
    };
    EXPECT_TRUE(differs([](BundleFacts& f) { f.listeners[0].port = 1195; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.listeners.push_back({Transport::tcp, 443}); }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.public_address6 = parse_ipv6("2001:db8::1"); }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.authority_pem = "another CA\n"; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.options.wrapping = Wrapping::tls_crypt; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.options.digest = "SHA256"; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.options.tun_mtu = 1400; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.options.login_password = true; }));
    EXPECT_TRUE(differs([](BundleFacts& f) { f.compress = true; }));
    EXPECT_FALSE(differs([](BundleFacts& f) { f.options.full_tunnel = true; }));
    EXPECT_FALSE(differs([](BundleFacts& f) { f.networks = 50; }));

    BundleFacts wrapped = facts();
    wrapped.options.wrapping = Wrapping::tls_crypt;
    const std::string one_key = effective_lines(wrapped);
    wrapped.wrapping_mark = "another";
    EXPECT_NE(effective_lines(wrapped), one_key);
}

TEST(BundleGuide, TellsEveryPlatformInEveryLanguageAndFitsTheLinesThatOpenVpnReads) {
    for (const Guide& guide : bundle_guides) {
        for (const char* platform :
             {"Windows", "macOS", "Tunnelblick", "Linux", "Android", "iOS", "OpenVPN Connect"})
            EXPECT_THAT(std::string(guide.text), HasSubstr(platform)) << guide.file_name;
        EXPECT_EQ(files(facts())[std::string(guide.file_name)], guide.text);
        EXPECT_TRUE(guide.text.ends_with('\n'));
    }
    std::istringstream lines(guide_comments());
    for (std::string line; std::getline(lines, line);) {
        EXPECT_TRUE(line.starts_with('#') || line.empty()) << line;
        EXPECT_LE(line.size(), 200u) << line;
    }
    EXPECT_TRUE(single_file(facts()).starts_with(guide_comments() + "client\n"));
}

TEST(Pkcs12Bundle, HasThePkcs12InPlaceOfTheFilesThatItHolds) {
    ClientPieces own = pieces();
    own.pkcs12 = SecretBuffer(as_bytes("P12"));
    std::map<std::string, std::string> texts;
    for (const auto& [name, content] : bundle_files(facts(), "00ff", own))
        texts[name] = as_text(content.view());
    EXPECT_EQ(texts["vsc-1.p12"], "P12");
    EXPECT_FALSE(texts.contains("ca.crt") || texts.contains("vsc-1.key"));
    EXPECT_THAT(texts["config.ovpn"], HasSubstr("pkcs12 vsc-1.p12\n"));
    EXPECT_THAT(texts["config.ovpn"], Not(HasSubstr("ca ca.crt")));
}

}  // namespace
}  // namespace kanmon::model
