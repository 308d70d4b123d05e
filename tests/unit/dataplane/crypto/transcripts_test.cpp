// Every key block, data packet and wrapped control packet of tests/data/crypto/transcripts.txt.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "dataplane/crypto/control_wrap.h"
#include "dataplane/crypto/key_slots.h"
#include "dataplane/crypto/wrapped_client_key.h"
#include "source_folder/source_folder.h"
#include "vectors.h"
#include "wrap_by_value.h"

namespace kanmon::crypto {
namespace {

const std::string folder = in_checkout("tests/data/crypto/");

std::string text_of(const std::string& name) {
    std::ifstream in(folder + name);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::vector<std::string>> facts() {
    std::vector<std::vector<std::string>> rows;
    std::ifstream in(folder + "transcripts.txt");
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        rows.emplace_back(std::istream_iterator<std::string>(words),
                          std::istream_iterator<std::string>());
    }
    return rows;
}

Side receiver_of(const std::string& direction) {
    return direction == "c2s" ? Side::server : Side::client;
}

/// Opens the data packets of one key block as the receiving side of each would.
struct Keys {
    KeyBlock block;
    KeySlots server, client;

    explicit Keys(const std::vector<std::string>& fact) {
        block = vectors::secret<256>(fact[4]);
        const auto key_id = static_cast<std::uint8_t>(std::stoi(fact[2]));
        const auto suite = cipher_suite_of(fact[3]);
        EXPECT_TRUE(suite) << fact[3];
        server.install(key_id, {.suite = *suite, .block = block, .side = Side::server});
        client.install(key_id, {.suite = *suite, .block = block, .side = Side::client});
    }
    KeySlots& of(Side side) { return side == Side::server ? server : client; }
};

TEST(Transcripts, EveryKeyBlockOfOldClientsIsDerivedFromItsRandoms) {
    std::string block;
    int derived = 0;
    for (const auto& fact : facts()) {
        if (fact[0] == "keys") block = fact[4];
        if (fact[0] != "prf") continue;
        const PrfInput input{.pre_master = vectors::secret<48>(fact[1]),
                             .client_random1 = vectors::secret<32>(fact[2]),
                             .client_random2 = vectors::secret<32>(fact[3]),
                             .server_random1 = vectors::secret<32>(fact[4]),
                             .server_random2 = vectors::secret<32>(fact[5]),
                             .client_session_id = vectors::session_id(fact[6]),
                             .server_session_id = vectors::session_id(fact[7])};
        EXPECT_EQ(to_hex(derive_by_prf(input).view()), block);
        ++derived;
    }
    EXPECT_GT(derived, 40);
}

TEST(Transcripts, EveryDataPacketOpensToWhatWasInsideAndOnlyOnce) {
    std::optional<Keys> keys;
    int opened = 0;
    for (const auto& fact : facts()) {
        if (fact[0] == "keys") keys.emplace(fact);
        if (fact[0] != "data") continue;
        KeySlots& slots = keys->of(receiver_of(fact[1]));
        Buffer datagram = from_hex(fact[2]);
        const auto packet = slots.open(datagram);
        ASSERT_TRUE(packet) << row_of(packet.error()).code << ' ' << fact[2];
        EXPECT_EQ(to_hex(packet->payload), fact[3]);
        Buffer again = from_hex(fact[2]);
        EXPECT_EQ(slots.open(again).error(), Cause::replayed);
        ++opened;
    }
    EXPECT_GT(opened, 200);
}

TEST(Transcripts, EveryWrappedControlPacketUnwraps) {
    const StaticKey key = *parse_static_key(text_of("ta.key"));
    const ServerKeyV2 v2_key = *parse_server_key_v2(text_of("v2-server.key"));
    TlsAuth auth_server(key, KeyDirection::normal, Digest::sha1);
    TlsAuth auth_client(key, KeyDirection::inverse, Digest::sha1);
    int count = 0;
    for (const auto& fact : facts()) {
        if (fact[0] != "auth" && fact[0] != "crypt" && fact[0] != "v2") continue;
        const Side side = receiver_of(fact[1]);
        Buffer datagram = from_hex(fact[2]);
        TlsCrypt crypt(key, side);
        if (fact[0] == "v2") {
            const auto split = split_wrapped_client_key(datagram);
            ASSERT_TRUE(split);
            crypt.rekey(unwrap_client_key(v2_key, split->wrapped_key)->key);
            datagram = copy_of(split->packet);
        }
        const auto packet = fact[0] != "auth"      ? unwrapped(crypt, datagram)
                            : side == Side::server ? unwrapped(auth_server, datagram)
                                                   : unwrapped(auth_client, datagram);
        ASSERT_TRUE(packet) << fact[0] << ' ' << fact[2];
        EXPECT_EQ(to_hex(Bytes(packet->packet).subspan(9)), fact[3]);
        ++count;
    }
    EXPECT_GT(count, 80);
}

}  // namespace
}  // namespace kanmon::crypto
