#include "dataplane/wire/peer_info.h"

#include <gtest/gtest.h>

namespace kanmon::wire {
namespace {

TEST(PeerInfo, ReadsACapture) {
    const PeerInfo info = parse_peer_info(
        "IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
        "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\nIV_LZO_STUB=1\n"
        "UV_KANMON_REV=00ff\nIV_GUI_VER=Tunnelblick 4\nIV_SSO=openurl,crtext\n");
    EXPECT_EQ(info.version, "2.6.14");
    EXPECT_EQ(info.platform, "linux");
    EXPECT_EQ(info.mtu, 1600U);
    EXPECT_EQ(info.ncp, 2U);
    EXPECT_TRUE(info.ciphers_present);
    EXPECT_EQ(info.ciphers,
              (std::vector<std::string>{"AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305"}));
    EXPECT_EQ(info.revision, "00ff");
    EXPECT_EQ(info.gui, "Tunnelblick 4");
    EXPECT_EQ(info.sso, "openurl,crtext");
}

TEST(PeerInfo, TellsTheAbilitiesOfEachCapturedClient) {
    const auto with = [](std::string_view bits) {
        return parse_peer_info("IV_PROTO=" + std::string(bits));
    };
    EXPECT_TRUE(with("2").can(Ability::data_v2));
    EXPECT_FALSE(with("2").can(Ability::request_push));
    EXPECT_TRUE(with("6").can(Ability::request_push));
    EXPECT_FALSE(with("6").can(Ability::tls_key_export));
    for (const Ability ability :
         {Ability::tls_key_export, Ability::auth_pending_keyword, Ability::cc_exit_notify,
          Ability::auth_fail_temporary, Ability::dynamic_tls_crypt})
        EXPECT_TRUE(with("990").can(ability));
    EXPECT_FALSE(with("990").can(Ability::data_epoch));
    for (const Ability ability :
         {Ability::data_epoch, Ability::dns_option_v2, Ability::push_update})
        EXPECT_TRUE(with("8094").can(ability));
}

TEST(PeerInfo, TellsAnEmptyCipherListFromNone) {
    EXPECT_FALSE(parse_peer_info("IV_VER=2.3.18\n").ciphers_present);
    const PeerInfo empty = parse_peer_info("IV_CIPHERS=\n");
    EXPECT_TRUE(empty.ciphers_present);
    EXPECT_TRUE(empty.ciphers.empty());
}

TEST(PeerInfo, SkipsMalformedLinesAndKeepsTheFirstOfAName) {
    const PeerInfo info = parse_peer_info(
        "no equals sign\n=\n\nIV_PLAT=\x1b[31mred\nIV_PROTO=12x\r\nIV_VER=first\r\nIV_VER=second\n"
        "IV_PROTO=2\nIV_NCP=99999999999999\nIV_MTU=-1\nIV_PLAT=win");
    EXPECT_EQ(info.version, "first");
    EXPECT_EQ(info.abilities, 2U);
    EXPECT_EQ(info.platform, "win");
    EXPECT_EQ(info.ncp, 0U);
    EXPECT_EQ(info.mtu, 0U);
}

TEST(PeerInfo, CutsLongValuesLongListsAndManyLines) {
    EXPECT_EQ(parse_peer_info("IV_VER=" + std::string(4000, 'v')).version.size(), 256U);

    std::string ciphers = "IV_CIPHERS=" + std::string(65, 'X');
    for (int i = 0; i < 40; ++i) ciphers += ":C" + std::to_string(i);
    const PeerInfo many = parse_peer_info(ciphers);
    ASSERT_EQ(many.ciphers.size(), 32U);
    EXPECT_EQ(many.ciphers.front(), "C0");

    std::string lines;
    for (int i = 0; i < 128; ++i) lines += "X=1\n";
    EXPECT_TRUE(parse_peer_info(lines + "IV_VER=late\n").version.empty());
}

TEST(OptionsString, ReadsWhatMatters) {
    const OptionsString options = parse_options_string(
        "V4,dev-type tun,link-mtu 1558,tun-mtu 1500,proto UDPv4,comp-lzo,mtu-dynamic,keydir 1,"
        "cipher AES-128-CBC,auth SHA1,keysize 128,tls-auth,key-method 2,tls-client");
    EXPECT_EQ(options.cipher, "AES-128-CBC");
    EXPECT_EQ(options.digest, "SHA1");
    EXPECT_EQ(options.dev_type, "tun");
    EXPECT_EQ(options.proto, "UDPv4");
    EXPECT_EQ(options.key_direction, "1");
    EXPECT_TRUE(options.comp_lzo);
    EXPECT_TRUE(options.mtu_dynamic);
    EXPECT_TRUE(options.tls_auth);
}

TEST(OptionsString, NamesTheNullCipherNoneAndAnAbsentOneNothing) {
    EXPECT_EQ(parse_options_string("V4,cipher [null-cipher]").cipher, "none");
    EXPECT_EQ(parse_options_string("V4,dev-type tun,auth SHA1").cipher, "");
    EXPECT_EQ(parse_options_string("").cipher, "");
}

TEST(OwnOptions, AreThoseOfACapturedServer) {
    EXPECT_EQ(options_string({.cipher = "AES-128-CBC"}),
              "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,cipher AES-128-CBC,auth SHA1,"
              "keysize 128,key-method 2,tls-server");
    EXPECT_EQ(options_string({.cipher = "AES-128-CBC", .tcp = true}),
              "V4,dev-type tun,link-mtu 1559,tun-mtu 1500,proto TCPv4_SERVER,cipher AES-128-CBC,"
              "auth SHA1,keysize 128,key-method 2,tls-server");
    EXPECT_EQ(options_string({.cipher = "AES-256-CBC",
                              .key_bits = 256,
                              .digest = "SHA256",
                              .digest_octets = 32,
                              .tcp = true,
                              .server = false}),
              "V4,dev-type tun,link-mtu 1571,tun-mtu 1500,proto TCPv4_CLIENT,cipher AES-256-CBC,"
              "auth SHA256,keysize 256,key-method 2,tls-client");
}

TEST(OwnOptions, NameCompressionWhereItIsConfiguredAndNoCipherAsPeersDo) {
    const std::string framed = options_string({.cipher = "AES-128-CBC", .compression = true});
    EXPECT_EQ(framed,
              "V4,dev-type tun,link-mtu 1558,tun-mtu 1500,proto UDPv4,comp-lzo,"
              "cipher AES-128-CBC,auth SHA1,keysize 128,key-method 2,tls-server");
    const std::string bare = options_string({.cipher = "none", .key_bits = 0});
    EXPECT_EQ(bare,
              "V4,dev-type tun,link-mtu 1525,tun-mtu 1500,proto UDPv4,cipher [null-cipher],"
              "auth SHA1,keysize 0,key-method 2,tls-server");
    EXPECT_EQ(parse_options_string(bare).cipher, "none");
    EXPECT_TRUE(parse_options_string(framed).comp_lzo);
    EXPECT_EQ(options_string({.cipher = ""}).find("cipher"), std::string::npos);
}

TEST(PeerInfo, TellsWhoCanBeToldToUseTheSecondStub) {
    EXPECT_TRUE(parse_peer_info("IV_COMP_STUBv2=1\n").stub_v2);
    EXPECT_FALSE(parse_peer_info("IV_COMP_STUB=1\nIV_LZO_STUB=1\nIV_COMP_STUBv2=0\n").stub_v2);
}

TEST(OptionsString, NamesTlsAuthAndItsDirectionAsStockServersDo) {
    OwnOptions own{.cipher = "AES-128-CBC", .tls_auth = true};
    EXPECT_EQ(options_string(own),
              "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,keydir 0,cipher AES-128-CBC,"
              "auth SHA1,keysize 128,tls-auth,key-method 2,tls-server");
    own.server = false;
    EXPECT_EQ(options_string(own),
              "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,keydir 1,cipher AES-128-CBC,"
              "auth SHA1,keysize 128,tls-auth,key-method 2,tls-client");
    own.directed = false;
    EXPECT_EQ(options_string(own).find("keydir"), std::string::npos);
}

}  // namespace
}  // namespace kanmon::wire
