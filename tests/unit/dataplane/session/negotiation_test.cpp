#include "dataplane/session/negotiation.h"

#include <gmock/gmock.h>
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
    EXPECT_EQ(agree("IV_NCP=2\nIV_MTU=575\n", occ_none)->tun_mtu, std::nullopt)
        << "no IPv4 host has less than 576";
}

// --- without a cipher ----------------------------------------------------------------------------

const std::string occ_null = "V4,dev-type tun,cipher [null-cipher],auth SHA1,tls-client";

bridge::SslServer server_without_cipher() {
    bridge::SslServer server = server_for_tests();
    server.fallback_cipher = "none";
    return server;
}

TEST(Negotiation, GoesWithoutACipherOnlyWhereBothSidesInsist) {
    const auto agreed = agree(peer_info_2_3, occ_null, server_without_cipher());
    ASSERT_TRUE(agreed);
    EXPECT_EQ(agreed->cipher, CipherSuite::none);
    EXPECT_FALSE(agree(peer_info_2_3, occ_null)) << "the operator does not";
    EXPECT_FALSE(agree(peer_info_2_3, occ_cbc, server_without_cipher())) << "the client does not";
    EXPECT_FALSE(agree("", occ_none, server_without_cipher())) << "the client says nothing";
    EXPECT_EQ(agree("IV_CIPHERS=none\n", occ_none, server_without_cipher())->cipher,
              CipherSuite::none);
}

TEST(Negotiation, NeverTakesTheCipherFromAClientThatCanDoBetter) {
    for (const std::string_view info : {peer_info_2_4, peer_info_2_6, peer_info_openvpn3})
        EXPECT_EQ(agree(info, occ_null, server_without_cipher())->cipher, CipherSuite::aes_256_gcm);
    // Nothing else in common is no reason either.
    bridge::SslServer server = server_without_cipher();
    server.ciphers = {"CHACHA20-POLY1305"};
    EXPECT_FALSE(agree("IV_CIPHERS=AES-256-GCM:none\n", occ_none, server));
    EXPECT_FALSE(agree("IV_NCP=2\n", occ_null, server));
    // And a snapshot that lists it among the negotiable ones is not believed.
    server.fallback_cipher = "AES-128-CBC";
    server.ciphers = {"none"};
    EXPECT_FALSE(agree("IV_CIPHERS=none\n", occ_none, server));
}

// --- what the FAQ promises -----------------------------------------------------------------------

TEST(Negotiation, TheConfiguredCipherIsForClientsBefore24OnlyWhateverItIs) {
    for (const std::string_view cipher : {"AES-128-CBC", "AES-192-CBC", "AES-256-CBC", "none"}) {
        bridge::SslServer server = server_for_tests();
        server.fallback_cipher = cipher;
        const std::string occ =
            "V4,cipher " + std::string(cipher == "none" ? "[null-cipher]" : cipher);
        for (const std::string_view info :
             {peer_info_2_4, peer_info_2_5, peer_info_2_6, peer_info_2_7, peer_info_openvpn3})
            EXPECT_EQ(agree(info, occ, server)->cipher, CipherSuite::aes_256_gcm);
        EXPECT_EQ(name_of(agree(peer_info_2_3, occ, server)->cipher), cipher);
    }
}

TEST(Negotiation, ACipherThatOnlyTheClientOffersDisturbsNothing) {
    EXPECT_EQ(agree(peer_info_openvpn3, occ_cbc)->cipher, CipherSuite::aes_256_gcm);
    EXPECT_EQ(agree("IV_CIPHERS=AES-192-GCM:CAMELLIA-256-CBC:AES-128-GCM\n", occ_none)->cipher,
              CipherSuite::aes_128_gcm);
}

TEST(Negotiation, TheDigestIsTheConfiguredOne) {
    for (const std::string_view digest : {"SHA1", "SHA256", "SHA512"}) {
        bridge::SslServer server = server_for_tests();
        server.digest = digest;
        EXPECT_EQ(name_of(agree(peer_info_2_3, occ_cbc, server)->digest), digest);
    }
}

TEST(Negotiation, IsDescribedInTheSentenceThatClientsWriteToo) {
    EXPECT_EQ(description(*agree(peer_info_2_6, occ_none)),
              "Data Channel: using negotiated cipher 'AES-256-GCM'");
    EXPECT_EQ(description(*agree(peer_info_2_7, occ_none)),
              "Data Channel: using negotiated cipher 'AES-256-GCM', epoch keys");
    EXPECT_EQ(description(*agree(peer_info_2_3, "V4,comp-lzo,cipher AES-128-CBC")),
              "Data Channel: using negotiated cipher 'AES-128-CBC', comp-lzo framing");
    EXPECT_THAT(description(*agree(peer_info_2_3, occ_null, server_without_cipher())),
                testing::HasSubstr("WARNING"));
}

// --- epochs --------------------------------------------------------------------------------------

TEST(Negotiation, EpochsAreForClientsThatAnnounceThemAndUseAead) {
    using crypto::DataFormat;
    for (const std::string_view info : {peer_info_2_7, peer_info_openvpn3})
        EXPECT_EQ(agree(info, occ_none)->format, DataFormat::epoch);
    for (const std::string_view info : {peer_info_2_3, peer_info_2_4, peer_info_2_5, peer_info_2_6})
        EXPECT_EQ(agree(info, occ_cbc)->format, DataFormat::classic);
    const std::string with_cbc_only = "IV_PROTO=8094\nIV_CIPHERS=AES-128-CBC\n";
    EXPECT_EQ(agree(with_cbc_only, occ_none)->format, DataFormat::classic);
    // Without flags nothing announces them, without exported keys nothing starts them.
    const std::string ciphers = "IV_CIPHERS=AES-256-GCM\n";
    EXPECT_EQ(agree("IV_PROTO=7966\n" + ciphers, occ_none)->format, DataFormat::classic);
    EXPECT_EQ(agree("IV_PROTO=8086\n" + ciphers, occ_none)->format, DataFormat::classic);
}

// --- framing -------------------------------------------------------------------------------------

TEST(Negotiation, FramingIsForClientsWhoseOptionsNameCompression) {
    using wire::Framing;
    const std::string occ = "V4,dev-type tun,comp-lzo,cipher AES-128-CBC";
    EXPECT_EQ(agree(peer_info_2_3, occ)->framing, Framing::lzo);
    for (const std::string_view info : {peer_info_2_4, peer_info_2_5, peer_info_2_6, peer_info_2_7})
        EXPECT_EQ(agree(info, occ)->framing, Framing::stub_v2);
    // A client with the kernel's driver names the abilities, but configures none of them.
    bridge::SslServer server = server_for_tests();
    server.compression_framing = true;
    EXPECT_EQ(agree(peer_info_2_6, occ_none, server)->framing, Framing::none);
}

// CVE-2023-46849: the option fragment led to a division by zero.
TEST(Negotiation, AClientWithFragmentIsRefusedAndToldWhichOption) {
    const auto agreed = agree(peer_info_2_6, "V4,dev-type tun,mtu-dynamic,auth SHA1");
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().cause, Cause::fragment_unsupported);
    EXPECT_THAT(std::string(row_of(agreed.error().cause).words), testing::HasSubstr("fragment"));
}

}  // namespace
}  // namespace kanmon::session
