#include "dataplane/wire/key_method_2.h"

#include <gtest/gtest.h>

namespace kanmon::wire {
namespace {

constexpr std::string_view captured_options =
    "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method "
    "2,tls-client";
constexpr std::string_view captured_peer_info =
    "IV_VER=2.6.14\nIV_PLAT=linux\nIV_TCPNL=1\nIV_MTU=1600\nIV_NCP=2\n"
    "IV_CIPHERS=AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305\nIV_PROTO=990\nIV_LZO_STUB=1\n"
    "IV_COMP_STUB=1\nIV_COMP_STUBv2=1\n";
constexpr std::string_view captured_randoms =
    "147c4f5ca7c403a8ffec286120f903905db3316b9a0da4b2e721dc7bb6dfe1e7"
    "d595450d7d39b2edeb84c526ec7abb00"
    "25eba82ea4970ffafbadfd156ae66af8953642058ae200d9990fa02bd82a0248"
    "00b8b51c3f8883fa2deb27224a4f1652050ebcbe4cb3d8d47bbf4c6440cf39a7";

Buffer text_field(std::string_view text, std::size_t length) {
    BufferWriter out;
    out.u16(static_cast<std::uint16_t>(length));
    out.bytes(as_bytes(text));
    return out.finish();
}
Buffer text_field(std::string_view text) {
    const std::string with_nul = std::string(text) + '\0';
    return text_field(with_nul, with_nul.size());
}

Buffer head(std::string_view start = "0000000002") {
    Buffer message = from_hex(start);
    append(message, from_hex(captured_randoms));
    return message;
}

Buffer captured_client_message() {
    Buffer message = head();
    for (const std::string_view text : {captured_options, std::string_view("user1"),
                                        std::string_view("pass1"), captured_peer_info})
        append(message, text_field(text));
    return message;
}

TEST(ClientKeyMethod2, ReadsACapture) {
    const Buffer whole = captured_client_message();
    ASSERT_EQ(whole.size(), 411U);
    const auto read = decode_client_key_method_2(whole, true);
    ASSERT_TRUE(read && *read);
    const ClientKeyMethod2& message = (*read)->message;
    EXPECT_EQ((*read)->octets, whole.size());
    EXPECT_EQ(to_hex(message.pre_master.view()), captured_randoms.substr(0, 96));
    EXPECT_EQ(to_hex(message.random1.view()), captured_randoms.substr(96, 64));
    EXPECT_EQ(to_hex(message.random2.view()), captured_randoms.substr(160, 64));
    EXPECT_EQ(message.options, captured_options);
    EXPECT_EQ(message.username, "user1");
    EXPECT_EQ(as_text(message.password.view()), "pass1");
    EXPECT_EQ(message.peer_info, captured_peer_info);
    EXPECT_EQ(encode(message), whole);
}

TEST(ClientKeyMethod2, EveryProperPrefixWaitsForMore) {
    const Buffer whole = captured_client_message();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto read = decode_client_key_method_2(Bytes(whole).first(length), false);
        ASSERT_TRUE(read) << length;
        EXPECT_FALSE(*read) << length;
    }
}

TEST(ClientKeyMethod2, MayEndAfterEachFieldFromOptionsOnAtTheEndOfARecord) {
    Buffer stream = head();
    for (const std::string_view text :
         {captured_options, std::string_view("user1"), std::string_view("pass1"),
          std::string_view("IV_VER=2\n")}) {
        append(stream, text_field(text));
        const auto read = decode_client_key_method_2(stream, true);
        ASSERT_TRUE(read && *read) << text;
        EXPECT_EQ((*read)->octets, stream.size());
        EXPECT_EQ((*read)->message.options, captured_options);
    }
}

TEST(ClientKeyMethod2, LeavesWhatFollowsInTheStream) {
    Buffer stream = captured_client_message();
    append(stream, as_bytes("PUSH_REQUEST"));
    const auto read = decode_client_key_method_2(stream, true);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->octets, stream.size() - 12);
}

TEST(ClientKeyMethod2, RefusesKeyMethodOneAndIgnoresTheHighBits) {
    for (unsigned method = 0; method < 16; ++method) {
        Buffer stream = head();
        stream[4] = static_cast<std::byte>(method | 0x50);
        append(stream, text_field(captured_options));
        const auto read = decode_client_key_method_2(stream, true);
        EXPECT_EQ(read.has_value(), method == 2) << method;
        if (!read) {
            EXPECT_EQ(read.error(), Cause::malformed);
        }
    }
}

TEST(ClientKeyMethod2, RefusesATextWithoutItsNulOrWithOneInside) {
    for (const std::string_view text : {std::string_view("V4"), std::string_view("V\0004\0", 4)}) {
        Buffer stream = head();
        append(stream, text_field(text, text.size()));
        EXPECT_EQ(decode_client_key_method_2(stream, true).error(), Cause::malformed);
    }
}

TEST(ClientKeyMethod2, RefusesLengthsBeyondTheirLimitBeforeTheTextArrives) {
    Buffer options_too_long = head();
    append(options_too_long, text_field("", options_octets_max + 1));
    EXPECT_EQ(decode_client_key_method_2(options_too_long, false).error(), Cause::malformed);

    for (unsigned fields_before = 0; fields_before < 3; ++fields_before) {
        Buffer stream = head();
        append(stream, text_field(captured_options));
        for (unsigned i = 0; i < fields_before; ++i) append(stream, text_field("x"));
        append(stream, text_field("", 0xffff));
        EXPECT_EQ(decode_client_key_method_2(stream, false).error(), Cause::malformed);
    }
}

TEST(ClientKeyMethod2, ALongUserNameDoesNotShiftTheFieldsBehindIt) {
    const std::string name(credential_octets_max - 1, 'u');
    Buffer stream = head();
    append(stream, text_field(captured_options));
    append(stream, text_field(name));
    append(stream, text_field("secret"));
    append(stream, text_field("IV_VER=1\n"));
    const auto read = decode_client_key_method_2(stream, true);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->message.username, name);
    EXPECT_EQ(as_text((*read)->message.password.view()), "secret");
    EXPECT_EQ((*read)->message.peer_info, "IV_VER=1\n");
}

// Release 2.6.13: a user name beyond its limit moved the lines of peer info out of their place.
TEST(ClientKeyMethod2, FieldsOfEveryLengthKeepTheFieldsBehindThemOrAreRefused) {
    for (const std::size_t length :
         {0U, 1U, 127U, 128U, 129U, 4094U, 4095U, 4096U, 5000U, 65534U, 70000U}) {
        for (unsigned field = 0; field < 2; ++field) {
            const std::string text(length, 'u');
            Buffer stream = head();
            append(stream, text_field(captured_options));
            append(stream, text_field(field == 0 ? text : "name"));
            append(stream, text_field(field == 1 ? text : "secret"));
            append(stream, text_field("IV_VER=1\n"));
            const auto read = decode_client_key_method_2(stream, true);
            if (length >= credential_octets_max) {
                EXPECT_FALSE(read && *read && (*read)->message.peer_info == "IV_VER=1\n") << length;
                continue;
            }
            ASSERT_TRUE(read && *read) << length;
            const ClientKeyMethod2& message = (*read)->message;
            EXPECT_EQ(message.username, field == 0 ? text : "name");
            EXPECT_EQ(as_text(message.password.view()), field == 1 ? text : "secret");
            EXPECT_EQ(message.peer_info, "IV_VER=1\n");
        }
    }
}

TEST(ServerKeyMethod2, ReadsACaptureAndLeavesWhatFollows) {
    Buffer stream = from_hex(
        "0000000002 4beb9244d081375f74820b95707789209617a1da536ca08322c6264c43cc60e8"
        "adc492b2e245119feb4b02ee5fce02b4116d64e797dc02b4b10055e06e3cb918");
    constexpr std::string_view options =
        "V4,dev-type tun,link-mtu 1557,tun-mtu 1500,proto UDPv4,cipher AES-128-CBC,auth "
        "SHA1,keysize 128,key-method 2,tls-server";
    append(stream, text_field(options));
    append(stream, from_hex("0000 0000 0000"));
    ASSERT_EQ(stream.size(), 197U);
    const Buffer message_alone = stream;
    append(stream, as_bytes("PUSH_REPLY"));
    const auto read = decode_server_key_method_2(stream);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->octets, message_alone.size());
    EXPECT_EQ((*read)->message.options, options);
    EXPECT_EQ(encode((*read)->message), message_alone);
    for (std::size_t length = 0; length < message_alone.size() - 6; ++length)
        EXPECT_FALSE(*decode_server_key_method_2(Bytes(message_alone).first(length))) << length;
}

}  // namespace
}  // namespace kanmon::wire
