#include "dataplane/crypto/control_wrap.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/random.h"
#include "counted_heap.h"
#include "dataplane/crypto/wrapped_client_key.h"
#include "vectors.h"
#include "wrap_by_value.h"

namespace kanmon::crypto {
namespace {

void put(StaticKey& key, std::size_t at, std::string_view hex) {
    std::ranges::copy(from_hex(hex), key.mutable_view().begin() + static_cast<std::ptrdiff_t>(at));
}

/// The parts of the captured key file that the vectors use, at their places.
StaticKey captured_key() {
    StaticKey key;
    put(key, 0, vectors::crypt_to_client_cipher);
    put(key, 64, vectors::crypt_to_client_mac);  // begins with the SHA1 key of tls-auth
    put(key, 128, vectors::crypt_to_server_cipher);
    put(key, 192, vectors::crypt_to_server_mac);
    return key;
}

ServerKeyV2 captured_server_key() {
    return {vectors::secret<32>(vectors::v2_server_cipher),
            vectors::secret<32>(vectors::v2_server_mac)};
}

StaticKey random_key(std::uint64_t seed) {
    SeededRandom random(seed);
    return StaticKey(random.array<256>());
}

std::string sha256_of(Bytes octets) {
    std::array<std::byte, 32> digest{};
    EVP_Digest(octets.data(), octets.size(), reinterpret_cast<unsigned char*>(digest.data()),
               nullptr, EVP_sha256(), nullptr);
    return to_hex(digest);
}

TEST(StaticKey, ItsFileFormatReadsBackAndNothingElseIsAccepted) {
    const StaticKey key = random_key(1);
    const std::string text = format_static_key(key);
    EXPECT_TRUE(*parse_static_key(text) == key);
    EXPECT_TRUE(*parse_static_key("# a comment\r\n" + text) == key);
    EXPECT_EQ(std::ranges::count(text, '\n'), 18);

    EXPECT_FALSE(parse_static_key(""));
    EXPECT_FALSE(parse_static_key(text.substr(0, text.size() - 10)));
    std::string wrong = text;
    wrong[60] = 'x';
    EXPECT_FALSE(parse_static_key(wrong));
    wrong = text;
    wrong.erase(60, 2);
    EXPECT_FALSE(parse_static_key(wrong));
}

TEST(TlsAuth, WrapsAndUnwrapsAsStockPeersDo) {
    using namespace vectors;
    TlsAuth server(captured_key(), KeyDirection::normal, Digest::sha1);
    TlsAuth client(captured_key(), KeyDirection::inverse, Digest::sha1);
    const ReplayId replay{.id = 1, .time = 0x6b0457c6};
    EXPECT_EQ(wrapped(client, from_hex(tls_auth_to_server_plain), replay),
              from_hex(tls_auth_to_server));
    EXPECT_EQ(wrapped(server, from_hex(tls_auth_to_client_plain), replay),
              from_hex(tls_auth_to_client));
    const auto opened = unwrapped(server, from_hex(tls_auth_to_server));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->packet, from_hex(tls_auth_to_server_plain));
    EXPECT_EQ(opened->replay.id, 1U);
    EXPECT_EQ(opened->replay.time, 0x6b0457c6U);
    EXPECT_TRUE(unwrapped(client, from_hex(tls_auth_to_client)));
    EXPECT_EQ(unwrapped(client, from_hex(tls_auth_to_server)).error(), Cause::wrapping_mismatch);
}

TEST(TlsAuth, EveryDigestAndDirectionAgreesWithItsCounterpartOnly) {
    const StaticKey key = random_key(2);
    const Buffer packet = from_hex("380102030405060708 0000000000");
    for (const Digest digest : {Digest::sha1, Digest::sha256, Digest::sha512}) {
        TlsAuth both(key, KeyDirection::both, digest);
        TlsAuth normal(key, KeyDirection::normal, digest);
        TlsAuth inverse(key, KeyDirection::inverse, digest);
        EXPECT_TRUE(unwrapped(both, wrapped(both, packet, {7, 8})));
        EXPECT_TRUE(unwrapped(normal, wrapped(inverse, packet, {7, 8})));
        EXPECT_TRUE(unwrapped(inverse, wrapped(normal, packet, {7, 8})));
        EXPECT_FALSE(unwrapped(normal, wrapped(normal, packet, {7, 8})));
        EXPECT_FALSE(unwrapped(inverse, wrapped(inverse, packet, {7, 8})));
    }
}

TEST(TlsCrypt, WrapsAndUnwrapsAsStockPeersDo) {
    using namespace vectors;
    TlsCrypt server(captured_key(), Side::server);
    TlsCrypt client(captured_key(), Side::client);
    const ReplayId replay{.id = 1, .time = 0x6b0457cc};
    EXPECT_EQ(wrapped(client, from_hex(tls_crypt_to_server_plain), replay),
              from_hex(tls_crypt_to_server));
    EXPECT_EQ(wrapped(server, from_hex(tls_crypt_to_client_plain), replay),
              from_hex(tls_crypt_to_client));
    const auto opened = unwrapped(server, from_hex(tls_crypt_to_server));
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->packet, from_hex(tls_crypt_to_server_plain));
    EXPECT_EQ(opened->replay.time, 0x6b0457ccU);
    EXPECT_FALSE(unwrapped(client, from_hex(tls_crypt_to_server)));
}

void refuses_every_flip_and_prefix(ControlWrap&& receiver, const Buffer& wrapped) {
    ASSERT_TRUE(unwrapped(receiver, wrapped));
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        Buffer changed = wrapped;
        changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_EQ(unwrapped(receiver, changed).error(), Cause::wrapping_mismatch) << bit;
    }
    for (std::size_t length = 0; length < wrapped.size(); ++length)
        EXPECT_FALSE(unwrapped(receiver, Bytes(wrapped).first(length))) << length;
}

TEST(ControlWrap, EveryFlippedBitAndEveryPrefixIsRefused) {
    refuses_every_flip_and_prefix(TlsAuth(captured_key(), KeyDirection::normal, Digest::sha1),
                                  from_hex(vectors::tls_auth_to_server));
    refuses_every_flip_and_prefix(TlsCrypt(captured_key(), Side::server),
                                  from_hex(vectors::tls_crypt_to_server));
}

TEST(ControlWrap, TakesNoHeapWhateverArrives) {
    ASSERT_TRUE(testing::heap_is_counted());
    const StaticKey fixed = captured_key();
    TlsAuth auth(fixed, KeyDirection::normal, Digest::sha1);
    TlsCrypt crypt(fixed, Side::server);
    ClientKeyReader reader(captured_server_key());
    const Buffer auth_packet = from_hex(vectors::tls_auth_to_server);
    const Buffer crypt_packet = from_hex(vectors::tls_crypt_to_server);
    const Buffer brought = from_hex(vectors::v2_wrapped_key);
    Buffer wrong = brought;
    wrong[40] ^= std::byte{1};
    std::array<std::byte, 256> room{}, more_room{};
    const std::uint64_t before = testing::heap_allocations();
    for (std::uint32_t id = 1; id < 100; ++id) {
        EXPECT_TRUE(auth.unwrap(auth_packet, room));
        EXPECT_FALSE(auth.unwrap(crypt_packet, room));
        EXPECT_TRUE(crypt.unwrap(crypt_packet, room));
        EXPECT_FALSE(crypt.unwrap(auth_packet, room));
        EXPECT_GT(crypt.wrap(auth_packet, {id, 1}, room).size(), auth_packet.size());
        EXPECT_GT(auth.wrap(crypt_packet, {id, 1}, more_room).size(), crypt_packet.size());
        EXPECT_FALSE(reader.read(wrong));
        const auto read = reader.read(brought);
        ASSERT_TRUE(read);
        crypt.rekey(read->key);
        crypt.rekey(fixed);
    }
    EXPECT_EQ(testing::heap_allocations() - before, 0U);
}

TEST(TlsCrypt, UnderAnotherKeyIsLikeANewOne) {
    TlsCrypt first(random_key(3), Side::server);
    TlsCrypt client(random_key(4), Side::client);
    const Buffer packet = from_hex("380102030405060708 0000000000");
    EXPECT_FALSE(unwrapped(first, wrapped(client, packet, {7, 8})));
    first.rekey(random_key(4));
    EXPECT_TRUE(unwrapped(first, wrapped(client, packet, {7, 8})));
    EXPECT_TRUE(unwrapped(client, wrapped(first, packet, {9, 8})));
    EXPECT_TRUE(first.static_key() == random_key(4));
}

TEST(DynamicKey, IsTheExportMixedWithTheStaticKeyOrAloneWithoutOne) {
    const StaticKey exported = random_key(5), fixed = random_key(6);
    EXPECT_TRUE(dynamic_key(exported, nullptr) == exported);
    const StaticKey mixed = dynamic_key(exported, &fixed);
    for (std::size_t i = 0; i < StaticKey::size(); ++i)
        EXPECT_EQ(mixed.view()[i], exported.view()[i] ^ fixed.view()[i]);
}

TEST(WrappedClientKey, UnwrapsWhatAStockServerWrapped) {
    using namespace vectors;
    Buffer datagram = from_hex(v2_hello);
    append(datagram, from_hex(v2_wrapped_key));
    const auto split = split_wrapped_client_key(datagram);
    ASSERT_TRUE(split);
    EXPECT_EQ(split->wrapped_key.size(), 299U);
    const auto client = unwrap_client_key(captured_server_key(), split->wrapped_key);
    ASSERT_TRUE(client);
    EXPECT_EQ(to_hex(client->metadata), v2_metadata);
    EXPECT_EQ(sha256_of(client->key.view()), v2_client_key_sha256);
    EXPECT_EQ(wrap_client_key(captured_server_key(), *client), from_hex(v2_wrapped_key));

    TlsCrypt server(client->key, Side::server);
    const auto hello = unwrapped(server, split->packet);
    ASSERT_TRUE(hello);
    EXPECT_EQ(hello->packet, from_hex(v2_hello_plain));
    EXPECT_EQ(hello->replay.id, 0x0f000001U);
    EXPECT_EQ(wrapped(server, from_hex(v2_answer_plain), {.id = 1, .time = 0x6b0457d3}),
              from_hex(v2_answer));
}

TEST(WrappedClientKey, EveryFlippedBitAndEveryLengthIsRefused) {
    const Buffer wrapped = from_hex(vectors::v2_wrapped_key);
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        Buffer changed = wrapped;
        changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_FALSE(unwrap_client_key(captured_server_key(), changed)) << bit;
    }
    for (std::size_t length = 0; length < wrapped.size(); ++length) {
        const Bytes prefix = Bytes(wrapped).first(length);
        EXPECT_FALSE(unwrap_client_key(captured_server_key(), prefix)) << length;
        EXPECT_FALSE(split_wrapped_client_key(prefix)) << length;
    }
    EXPECT_FALSE(split_wrapped_client_key(wrapped)) << "nothing is left for the packet";
}

TEST(WrappedClientKey, EveryValueOfTheFirstKeyOctetSurvives) {
    for (unsigned value = 0; value < 256; ++value) {
        ClientKeyV2 client{.key = random_key(value), .metadata = Buffer(value * 2)};
        client.key.mutable_view()[0] = static_cast<std::byte>(value);
        const auto back = unwrap_client_key(captured_server_key(),
                                            wrap_client_key(captured_server_key(), client));
        ASSERT_TRUE(back) << value;
        EXPECT_TRUE(back->key == client.key);
        EXPECT_EQ(back->metadata.size(), value * 2);
    }
}

TEST(ServerKeyV2, ReadsTheKeyFileAndRefusesOtherText) {
    std::string base64;
    for (int i = 0; i < 42; ++i) base64 += i % 10 == 9 ? "AAEC\n" : "AAEC";
    const std::string begin = "-----BEGIN OpenVPN tls-crypt-v2 server key-----\n";
    const std::string end = "\n-----END OpenVPN tls-crypt-v2 server key-----\n";
    const auto key = parse_server_key_v2(begin + base64 + "AAE=" + end);
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->cipher.view().first(4)), "00010200");
    EXPECT_EQ(to_hex(key->mac.view().first(4)), "01020001");
    EXPECT_FALSE(parse_server_key_v2(begin + base64 + end));
    EXPECT_FALSE(parse_server_key_v2(begin + base64 + "AA*=" + end));
    EXPECT_FALSE(parse_server_key_v2(begin + base64 + "AA=A" + end));
    EXPECT_FALSE(parse_server_key_v2(begin + base64 + "AAE=="));
}

}  // namespace
}  // namespace kanmon::crypto
