#include "swarm/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "swarm/options.h"

namespace kanmon::swarm {
namespace {

using ::testing::HasSubstr;

const std::string identity =
    "<ca>\nauthority\n</ca>\n<cert>\ncertificate\n</cert>\n<key>\nsecret\n</key>\n";

Expected<Profile, std::string> read(const std::string& text,
                                    const std::map<std::string, std::string>& files = {}) {
    return read_profile(text,
                        [&files](const std::string& name) -> Expected<std::string, std::string> {
                            const auto found = files.find(name);
                            if (found == files.end()) return unexpected(name + ": no such file");
                            return found->second;
                        });
}

std::string static_key() {
    crypto::StaticKey key;
    for (std::size_t i = 0; i < 256; ++i) key.mutable_view()[i] = static_cast<std::byte>(i);
    return crypto::format_static_key(key);
}

TEST(Profile, remotes_keep_their_order_and_their_own_protocol) {
    const auto profile =
        read("proto tcp-client\nremote a.example 443\n# remote b 1\nremote 192.0.2.1 1195 udp\n" +
             identity);
    ASSERT_TRUE(profile) << profile.error();
    ASSERT_EQ(profile->remotes.size(), 2U);
    EXPECT_EQ(profile->first(true)->host, "a.example");
    EXPECT_EQ(profile->first(true)->port, 443);
    EXPECT_EQ(profile->first(false)->host, "192.0.2.1");
    EXPECT_EQ(profile->first(false)->port, 1195);
}

TEST(Profile, the_remotes_of_connection_blocks_count) {
    const auto profile = read(identity +
                              "<connection>\nremote 192.0.2.1 1194 udp\nexplicit-exit-notify 1\n"
                              "</connection>\n<connection>\nremote 192.0.2.1 443 tcp-client\n"
                              "</connection>\n");
    ASSERT_TRUE(profile) << profile.error();
    EXPECT_EQ(profile->first(false)->port, 1194);
    EXPECT_EQ(profile->first(true)->port, 443);
}

TEST(Profile, an_identity_stands_inside_or_in_files_beside) {
    const auto inside = read("remote a\n" + identity);
    ASSERT_TRUE(inside) << inside.error();
    EXPECT_EQ(inside->credentials.ca_certificate_pem, "authority\n");
    const auto beside =
        read("remote a\nca ca.crt\ncert me.crt\nkey me.key\n",
             {{"ca.crt", "authority"}, {"me.crt", "certificate"}, {"me.key", "secret"}});
    ASSERT_TRUE(beside) << beside.error();
    EXPECT_EQ(beside->credentials.certificate_pem, "certificate");
    EXPECT_EQ(text_view(beside->credentials.private_key_pem.view()), "secret");
}

TEST(Profile, the_wrapping_of_control_packets_is_read_with_its_key) {
    const std::string inside = "remote a\n" + identity;
    const auto crypt = read(inside + "<tls-crypt>\n" + static_key() + "</tls-crypt>\n");
    ASSERT_TRUE(crypt) << crypt.error();
    EXPECT_EQ(crypt->wrapping.kind, client::KnownWrapping::tls_crypt);
    EXPECT_EQ(crypt->wrapping.key.view()[255], std::byte{255});
    const auto auth = read(inside + "auth SHA256\ntls-auth ta.key 1\n", {{"ta.key", static_key()}});
    ASSERT_TRUE(auth) << auth.error();
    EXPECT_EQ(auth->wrapping.kind, client::KnownWrapping::tls_auth);
    EXPECT_EQ(auth->wrapping.direction, crypto::KeyDirection::inverse);
    EXPECT_EQ(auth->wrapping.digest, crypto::Digest::sha256);
}

TEST(Profile, what_is_wrong_is_named_with_its_line) {
    const auto error_of = [](const std::string& text) {
        const auto profile = read(text);
        return profile ? std::string("none") : profile.error();
    };
    EXPECT_THAT(error_of("client\nremote a 70000\n" + identity),
                HasSubstr("line 2: the port of remote is 70000"));
    EXPECT_THAT(error_of(identity), HasSubstr("no remote"));
    EXPECT_THAT(error_of("remote a\n"), HasSubstr("no ca"));
    EXPECT_THAT(error_of("remote a\n<ca>\nauthority\n"), HasSubstr("<ca> is never closed"));
    EXPECT_THAT(error_of("remote a\nca ca.crt\n"), HasSubstr("line 2: ca: ca.crt: no such file"));
    EXPECT_THAT(error_of("remote a\npkcs12 me.p12\n"), HasSubstr("line 2: pkcs12"));
    EXPECT_THAT(error_of("remote a\n" + identity + "<tls-crypt>\nx\n</tls-crypt>\n"),
                HasSubstr("tls-crypt: this is no OpenVPN static key"));
    EXPECT_THAT(error_of("remote a\nauth MD5\n" + identity), HasSubstr("auth MD5"));
}

TEST(Profile, the_offered_ciphers_replace_those_of_the_program_that_is_imitated) {
    EXPECT_EQ(with_ciphers("IV_VER=2\nIV_CIPHERS=A:B\nIV_PROTO=2\n", "C"),
              "IV_VER=2\nIV_CIPHERS=C\nIV_PROTO=2\n");
}

}  // namespace
}  // namespace kanmon::swarm
