#include "dataplane/session/negotiation.h"

#include <gtest/gtest.h>

#include "conversation.h"

namespace kanmon::session {
namespace {

using crypto::CipherSuite;

const std::string occ_cbc = "V4,dev-type tun,cipher AES-128-CBC,auth SHA1,key-method 2,tls-client";
const std::string occ_none = "V4,dev-type tun,auth SHA1,key-method 2,tls-client";
const std::string peer_info_ncp_disabled = "IV_VER=2.4.12\nIV_PLAT=linux\nIV_PROTO=2\n";

Expected<Negotiated, Objection> agree(std::string_view peer_info, std::string_view options,
                                        const bridge::SslServer& server = server_for_tests()) {
    return negotiate(server, wire::parse_peer_info(peer_info), wire::parse_options_string(options));
}

struct Row {
    std::string_view name;
    std::string peer_info;
    std::string options;
    CipherSuite cipher;
    bool push_cipher;
    KeyDerivation derivation;
    bool protocol_flags;
    std::optional<std::uint32_t> tun_mtu;
};

TEST(Negotiation, GivesEachKnownClientWhatItsServerWouldGiveIt) {
    using enum CipherSuite;
    using enum KeyDerivation;
    const std::array rows{
        Row{"2.3.18", peer_info_2_3, occ_cbc, aes_128_cbc, false, prf, false, {}},
        Row{"2.4.12", peer_info_2_4, occ_cbc, aes_256_gcm, true, prf, false, {}},
        Row{"2.4 off", peer_info_ncp_disabled, occ_cbc, aes_128_cbc, false, prf, false, {}},
        Row{"2.5.11", peer_info_2_5, occ_cbc, aes_256_gcm, true, prf, false, {}},
        Row{"2.6.14", peer_info_2_6, occ_none, aes_256_gcm, true, tls_ekm, true, 1500},
        Row{"2.7.6", peer_info_2_7, occ_none, aes_256_gcm, true, tls_ekm, true, 1500},
        Row{"openvpn3", peer_info_openvpn3, occ_cbc, aes_256_gcm, true, tls_ekm, true, 1500}};
    for (const Row& row : rows) {
        const auto agreed = agree(row.peer_info, row.options);
        ASSERT_TRUE(agreed) << row.name << ": " << agreed.error().detail;
        EXPECT_EQ(agreed->cipher, row.cipher) << row.name;
        EXPECT_EQ(agreed->push_cipher, row.push_cipher) << row.name;
        EXPECT_EQ(agreed->derivation, row.derivation) << row.name;
        EXPECT_EQ(agreed->protocol_flags, row.protocol_flags) << row.name;
        EXPECT_EQ(agreed->tun_mtu, row.tun_mtu) << row.name;
        EXPECT_TRUE(agreed->data_v2) << row.name;
    }
}

TEST(Negotiation, FollowsTheServersOrderAndNotTheClients) {
    bridge::SslServer server = server_for_tests();
    server.ciphers = {"CHACHA20-POLY1305", "AES-256-GCM"};
    EXPECT_EQ(agree(peer_info_2_6, occ_none, server)->cipher, CipherSuite::chacha20_poly1305);
}

TEST(Negotiation, TakesTwoGcmCiphersForGrantedOfAClientThatSaysOnlyNcp) {
    EXPECT_EQ(agree("IV_NCP=2\n", "V4,cipher BF-CBC")->cipher, CipherSuite::aes_256_gcm);
    bridge::SslServer server = server_for_tests();
    server.ciphers = {"CHACHA20-POLY1305"};
    EXPECT_FALSE(agree("IV_NCP=2\n", "V4,cipher BF-CBC", server));
}

TEST(Negotiation, IgnoresTheOptionsStringOfAClientThatListsItsCiphers) {
    EXPECT_FALSE(agree("IV_CIPHERS=AES-192-GCM\n", occ_cbc));
}

TEST(Negotiation, UsesTheConfiguredCipherForAClientThatSaysNothing) {
    const auto agreed = agree("", occ_none);
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->cipher, CipherSuite::aes_128_cbc);
    EXPECT_FALSE(agreed->push_cipher);
    EXPECT_FALSE(agreed->data_v2);
}

TEST(Negotiation, RefusesInWordsThatNameBothSides) {
    const auto agreed = agree(peer_info_2_3, "V4,cipher BF-CBC");
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().cause, Cause::cipher_mismatch);
    EXPECT_EQ(agreed.error().detail,
              "server offers AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305:AES-128-CBC; "
              "client offers BF-CBC");
}

TEST(Negotiation, NeverPushesALargerMtuThanTheClientCanSet) {
    EXPECT_EQ(agree("IV_NCP=2\nIV_MTU=1400\n", occ_none)->tun_mtu, 1400U);
}

}  // namespace
}  // namespace kanmon::session
