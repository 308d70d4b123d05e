// Packets and keys captured between stock peers; they protect nothing anywhere.
// Source: wire reference, sections 6 to 8, 13, 15 to 17.
#pragma once

#include "base/bytes.h"
#include "base/secret.h"
#include "dataplane/crypto/key_block.h"

namespace kanmon::crypto::vectors {

template <std::size_t N>
Secret<N> secret(std::string_view hex) {
    const Buffer octets = from_hex(hex);
    Secret<N> value;
    for (std::size_t i = 0; i < N && i < octets.size(); ++i) value.mutable_view()[i] = octets[i];
    return value;
}

inline std::array<std::byte, 8> session_id(std::string_view hex) {
    return ByteReader(from_hex(hex)).array<8>();
}

/// Section 13: a 2.4.12 client, AES-256-GCM.
inline PrfInput gcm_prf() {
    return {
        .pre_master = secret<48>("420d3b094b7061f66dc4a4e3f4ee805d21fa7d42c13eb48da6a60b7b80b7158e"
                                 "0da0796897c0219a43ac1ba7c1e814df"),
        .client_random1 =
            secret<32>("6e14949c28f97b8638be8b949b52a969d1ed2122ca162b04f9268108b62963c0"),
        .client_random2 =
            secret<32>("18da58d00ae7cb6cc74c879c63e09c1e759941b6753aead19b51e9244938ec65"),
        .server_random1 =
            secret<32>("627ef22cac699cae7bce277e4b44968386dd9cf2af5ee354bacac3f9709e54dd"),
        .server_random2 =
            secret<32>("beb0d56a47b6ac78b103dacb82cfdb9e718a1ddb552afccc41f0cbab6c285673"),
        .client_session_id = session_id("90cb829fc6a56a41"),
        .server_session_id = session_id("9bf425508698c06e"),
    };
}
inline constexpr std::string_view gcm_key_block =
    "a5d17fea61723e9a74b5f0b519a50c9e380b5b631b756d705b6f10e289ec6edd"
    "0f9bbb60650190a52416c2a3d1407fe550093741e30ba48ee5611dcdebb001dd"
    "a855e82745334bf99104334219e12567221f854276718f994869c4f304dc5a6c"
    "60e05017a1ea665345cfa9e42a1cc774ee5f7719dc95e89fd176ae99950333e0"
    "5217a0e5272b94a0e18448f76ae55e3733f1655344f0bae2d71d32d66737e4c6"
    "1f9bb876f42d3808dbe6010f10a6aa5f465f0dc2231840a620d4204457995a67"
    "9f1c13351dea18353c19bc51b8783623d0973016be7635badf70f329a547be5f"
    "59d442837c4dca5509ffb9de7d49fbb65f2e4a56f97179a5d2509d39c1c6f5eb";
inline constexpr std::string_view gcm_to_server =
    "4800000000000001 0d145da11773198f9cb5c7b0aa3d8032"
    "efe287f06ce2464a37297e52df3573ff8ef64a8aa155eb4b74d5ea9bc6e44966"
    "51499cee1144548b9f7d79d0f0140c86";
inline constexpr std::string_view gcm_to_server_plain =
    "6000000000083afffe80000000000000610a8b4a87823e42ff0200000000000000000000000000028500cb1d"
    "00000000";
inline constexpr std::string_view gcm_to_client =
    "4800000000000001 fd1044cf8ba8e0b4bd2c356ed584f05f"
    "a6b86111aa9fdcda199f83749198ebb4574a8f022c841ec50941db34d709a627"
    "91c345333c87b3b5f9b7259921f6fef5";
inline constexpr std::string_view gcm_to_client_plain =
    "6000000000083afffe80000000000000e91e3b8cba16e92eff0200000000000000000000000000028500b546"
    "00000000";

/// Section 16: a 2.4.12 client with ncp-disable, AES-128-CBC and SHA1.
inline PrfInput cbc_prf() {
    return {
        .pre_master = secret<48>("3742e3ca3d41adf970bcad0d3233a69bd1e83cb9d9f5322dcd0558d359ebc099"
                                 "4d21d07d842b972ade0b82d43861e7a0"),
        .client_random1 =
            secret<32>("d1bcd3e3d4fcae696b6b0442052a5e6aed5251935311403b49ee464dbd16ec1b"),
        .client_random2 =
            secret<32>("43fed00e68f5dd00bb76e997340a28a6a3678408c2fdcbd079e54b770a9821f9"),
        .server_random1 =
            secret<32>("e7a44e1278520f19bc1560bd42c7136bc8e8c896390f67138de7645fb5679ca5"),
        .server_random2 =
            secret<32>("587337a96ed27390e1f596d147d99d6e0d3cba3c29fea74e22c5adeb25f9b488"),
        .client_session_id = session_id("948646e7145fd5d0"),
        .server_session_id = session_id("7a5ce04db32df527"),
    };
}
inline constexpr std::string_view cbc_to_server =
    "48000000 4561aa71fd92610ee87e2863955370aec9ab0bd8 baa5f2a6892df16d4e50a937c5a2e99e"
    "fb527ee4f1e759ed9131d33377dce2fa351d03a6eeb95c0923664368a3e47a296f8e483c9e5fff198e003bd9"
    "362e628ff9c791ab91f976e98420b2814f53988c";
inline constexpr std::string_view cbc_to_server_plain =
    "6000000000083afffe8000000000000047e9a26667368f69ff02000000000000000000000000000285009c47"
    "00000000";
inline constexpr std::string_view cbc_exit_notify =
    "48000000 ba2e2561e570ae1581cec932d6198afc4cddcadd 3ec15d09dd69353c2780f2cdcab04eeb"
    "eec26d765fb02c904a52c067d061863732a46082122e4b10584d2fda0c47c25c";
inline constexpr std::string_view cbc_exit_notify_plain = "287f346bd4ef7a812d56b8d3afc5459c06";

/// Section 17: 2.7.6 on both sides, AES-256-GCM, the first packet of epoch 1 in each direction.
struct EpochVector {
    std::string_view secret, data_key, data_iv, next_secret, packet, plain;
};
inline constexpr EpochVector epoch_to_server{
    .secret = "66a062a58eb523cce80c658176d533a464dbce7323ead5b08c4583c52fbdc4fb",
    .data_key = "dd50d045da26b7b01d013001db1feee4cea56ad12687b6dc8ccd82c58f94321c",
    .data_iv = "3d821dad3d16d128d5e9eb4d",
    .next_secret = "3593a01aec7043e923659ea9cfaf47f035d345172ffe2f2ec7c3f0f0eefbbf77",
    .packet =
        "480000000001000000000001b6ef144da55c8d7bcbd6517ddd74dcfdadc6bd5bb9c9eaa4e6c19b76"
        "e52c196511049210d0bfe9d74696914efcc213455dbe0cc79ec701d664bb7a2e2a70f154",
    .plain =
        "6000000000083afffe8000000000000095a726767bded04bff020000000000000000000000000002"
        "850074ef00000000",
};
inline constexpr EpochVector epoch_to_client{
    .secret = "841d4fbb9721e65c6c06c78d10edbef73c83f8a371e0744829496afe5bb7751a",
    .data_key = "55b23cbfba3f4fd6a4ad50d470ab547ecb15d0364bf1ef5bac6dae80be3dde6f",
    .data_iv = "b98439ce5303f474b9915f0a",
    .next_secret = "ded0bce13ac319ddc783603d323420e6b6bc4ecff700f7f4c776ecbda0895b46",
    .packet =
        "4800000000010000000000016feddf5152f9923bb120a929a7e2d57b859f97e7cc9d781e282807d0"
        "e31d009d1ca2ac2860442d8233b63cc4f61b451e49c8584372c2108a5bd7769c21b323eb",
    .plain =
        "6000000000083afffe80000000000000795873a0f2d083efff020000000000000000000000000002"
        "8500197e00000000",
};

/// Section 6: tls-auth with SHA1. The 20 octets of key[0].hmac and key[1].hmac that SHA1 uses.
inline constexpr std::string_view static_hmac0_sha1 = "740416b1a7c72cd5f0e77ae42de7c896285439a5";
inline constexpr std::string_view static_hmac1_sha1 = "066f4ee642100ed166642d1fe84d744d2ae9f6aa";
inline constexpr std::string_view tls_auth_to_server =
    "38652ec556443217d7 23baef41d8371ce5051d57a628baa1a50210e50c 00000001 6b0457c6 0000000000";
inline constexpr std::string_view tls_auth_to_server_plain = "38652ec556443217d7 0000000000";
inline constexpr std::string_view tls_auth_to_client =
    "4056cd41c4321aa2f0 96104eb7d55f90488641cf6d7f0d53f4216939b9 00000001 6b0457c6"
    "0100000000652ec556443217d700000000";
inline constexpr std::string_view tls_auth_to_client_plain =
    "4056cd41c4321aa2f0 0100000000652ec556443217d700000000";

/// Section 7: the four keys of the static key file that tls-crypt uses.
inline constexpr std::string_view crypt_to_server_cipher =
    "9bdbe0e7e026bd23d4b88ae57c7e6aeba328985ab06eff7662fc26b7aabd24f9";
inline constexpr std::string_view crypt_to_server_mac =
    "066f4ee642100ed166642d1fe84d744d2ae9f6aa2e9e5029049c2eacea42e4bc";
inline constexpr std::string_view crypt_to_client_cipher =
    "de4a0d4715fd5d511604b89e3fc28c96369e5973efd9e3b946df535197e62b09";
inline constexpr std::string_view crypt_to_client_mac =
    "740416b1a7c72cd5f0e77ae42de7c896285439a50b8ad796c4c73e00d7d507c2";
inline constexpr std::string_view tls_crypt_to_server =
    "3806d81562397efc66 000000016b0457cc"
    "494ebb7555ecda277e832015403421e676fd11fe519688f80aefa96ee5450df0 86715d843c";
inline constexpr std::string_view tls_crypt_to_server_plain = "3806d81562397efc66 0000000000";
inline constexpr std::string_view tls_crypt_to_client =
    "40d1373188a9f103d2 000000016b0457cc"
    "2b34e8a2209ab82c89e5fb33f7f716f39db150af8f866e4c0583911cfdd37a72"
    "fbd25b3f7e236223c591a00fcd9a842fb2";
inline constexpr std::string_view tls_crypt_to_client_plain =
    "40d1373188a9f103d2 010000000006d81562397efc6600000000";

/// Section 8: the server's tls-crypt-v2 key and a client key wrapped with it.
inline constexpr std::string_view v2_server_cipher =
    "d23f5bbc80d3c4975869c28cb323640fa5f4e1db32292b313b4054c73abc789c";
inline constexpr std::string_view v2_server_mac =
    "3bb4e968a318eaab34633ae03484573d2464287c0d55f8097419ddc7c6993c63";
inline constexpr std::string_view v2_wrapped_key =
    "f48dadf0f0412088692fdbe33644bdbec1789ab5c0ed283a56abca2b0636be0d063674e3854a836f8c3b48e3f3471c"
    "01"
    "853b1c6d4009701ee2a1f87e86e64010d5b096cca77250ed2c41456e6d9c1bd79e105d45a29a0913a87753bfb9effc"
    "7d"
    "c14e70da3b3982bc452785e9d64e036987689e0b619704e6364315cb908af93f62bd1ef338c554d16837af2057aa7e"
    "95"
    "c63523997e36a731ef8d185043c256fe79ce82134fc011473695d9197520e1fd9dcbc8ffeacf779d410591f4cba672"
    "e6"
    "a2112a3b2535bde2456583b4d4a7664a4b76a5fcd32f311b4db2f98adabf9bb2cc694e898153a34443e2787b16c922"
    "26"
    "123f610306be4173d8a1b38847b413ff71a4292658b40599633c930befcdecc267d299662186e9fe0db875a7565bb3"
    "1c"
    "b7dddceae0ba84f60a012b";
inline constexpr std::string_view v2_metadata = "01000000006b045752";
inline constexpr std::string_view v2_client_key_sha256 =
    "a4c4512f1718a32f74560ee8d4a5a94720712039f165a452e548495b1b8ab62c";
inline constexpr std::string_view v2_hello =
    "501c1ded7b47dfbd8d 0f0000016b0457d3"
    "a7eb0151876f2e149dcbe98ac8c604bd8324922cd7d39c7a4fe12dbc53114374 d33431d959";
inline constexpr std::string_view v2_hello_plain = "501c1ded7b47dfbd8d 0000000000";
inline constexpr std::string_view v2_answer =
    "40e5aa50d2a17aa6e2 000000016b0457d3"
    "1e4a1d4529f8719c9db35ca95829cade3e587a2190d221ed2d6fd5a1861ea1cd"
    "bf47db40a320064e1fd217094c35679722541e964a745d";
inline constexpr std::string_view v2_answer_plain =
    "40e5aa50d2a17aa6e2 01000000001c1ded7b47dfbd8d00000000000100020001";

}  // namespace kanmon::crypto::vectors
