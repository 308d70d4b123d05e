#include "dataplane/crypto/key_slots.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "vectors.h"

namespace kanmon::crypto {
namespace {

struct Kind {
    CipherSuite suite;
    Digest digest;
    bool with_peer_id;
    DataFormat format = DataFormat::classic;

    bool covers_header() const { return is_aead(suite) && with_peer_id; }
};

std::vector<Kind> every_kind() {
    std::vector<Kind> kinds;
    for (const bool with_peer_id : {false, true}) {
        for (const auto suite : {CipherSuite::aes_256_gcm, CipherSuite::aes_192_gcm,
                                 CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305})
            for (const auto format : {DataFormat::classic, DataFormat::epoch})
                kinds.push_back({suite, Digest::sha1, with_peer_id, format});
        for (const auto suite : {CipherSuite::aes_256_cbc, CipherSuite::aes_192_cbc,
                                 CipherSuite::aes_128_cbc, CipherSuite::none})
            for (const auto digest : {Digest::sha1, Digest::sha256, Digest::sha512})
                kinds.push_back({suite, digest, with_peer_id});
    }
    return kinds;
}

KeyMaterial material_of(Kind kind, Side side, std::uint64_t seed = 1, KeyLimits limits = {}) {
    SeededRandom random(seed);
    return {.suite = kind.suite,
            .digest = kind.digest,
            .block = KeyBlock(random.array<256>()),
            .side = side,
            .format = kind.format,
            .limits = limits};
}

KeySlots slots_of(Kind kind, Side side, std::uint8_t key_id = 0, KeyLimits limits = {}) {
    KeySlots slots;
    if (kind.with_peer_id) slots.set_peer_id(0x010203);
    slots.install(key_id, material_of(kind, side, 1, limits));
    slots.send_with(key_id);
    return slots;
}

Buffer sealed(KeySlots& slots, Bytes payload) {
    Buffer packet(slots.front_octets() + payload.size() + slots.back_octets());
    std::ranges::copy(payload, packet.begin() + static_cast<std::ptrdiff_t>(slots.front_octets()));
    const auto datagram = slots.seal(packet, payload.size());
    if (!datagram) return {};
    EXPECT_EQ(datagram->data(), packet.data());
    return copy_of(*datagram);
}

std::string opened(KeySlots& slots, Buffer datagram) {
    const auto packet = slots.open(datagram);
    return packet ? to_hex(packet->payload) : std::string(row_of(packet.error()).code);
}

KeySlots captured(CipherSuite suite, const PrfInput& prf, Side side) {
    KeySlots slots;
    slots.set_peer_id(0);
    slots.install(0, {.suite = suite, .block = derive_by_prf(prf), .side = side});
    slots.send_with(0);
    return slots;
}

TEST(KeySlots, OpensWhatStockPeersSealed) {
    using namespace vectors;
    KeySlots server = captured(CipherSuite::aes_256_gcm, gcm_prf(), Side::server);
    KeySlots client = captured(CipherSuite::aes_256_gcm, gcm_prf(), Side::client);
    EXPECT_EQ(opened(server, from_hex(gcm_to_server)), gcm_to_server_plain);
    EXPECT_EQ(opened(client, from_hex(gcm_to_client)), gcm_to_client_plain);

    KeySlots old = captured(CipherSuite::aes_128_cbc, cbc_prf(), Side::server);
    EXPECT_EQ(opened(old, from_hex(cbc_to_server)), cbc_to_server_plain);
    EXPECT_EQ(opened(old, from_hex(cbc_exit_notify)), cbc_exit_notify_plain);
    EXPECT_EQ(opened(old, from_hex(cbc_to_server)), "replayed");
}

TEST(KeySlots, SealsOctetForOctetAsStockPeersDo) {
    using namespace vectors;
    KeySlots server = captured(CipherSuite::aes_256_gcm, gcm_prf(), Side::server);
    EXPECT_EQ(sealed(server, from_hex(gcm_to_client_plain)), from_hex(gcm_to_client));
    KeySlots client = captured(CipherSuite::aes_256_gcm, gcm_prf(), Side::client);
    EXPECT_EQ(sealed(client, from_hex(gcm_to_server_plain)), from_hex(gcm_to_server));
}

TEST(KeySlots, WhatOneSideSealsTheOtherOpensForEveryCipherLengthAndHeader) {
    for (const Kind kind : every_kind()) {
        KeySlots server = slots_of(kind, Side::server, 3);
        KeySlots client = slots_of(kind, Side::client, 3);
        SeededRandom random(7);
        for (std::size_t length = 0; length < 70; ++length) {
            Buffer payload(length);
            random.fill(payload);
            const Buffer down = sealed(server, payload);
            EXPECT_EQ(std::to_integer<int>(down[0]) >> 3, kind.with_peer_id ? 9 : 6);
            EXPECT_EQ(opened(client, down), to_hex(payload)) << name_of(kind.suite);
            EXPECT_EQ(opened(server, sealed(client, payload)), to_hex(payload));
        }
    }
}

TEST(KeySlots, APeerIdDecidesWhatIsSentNotWhatIsOpened) {
    const Kind v1{CipherSuite::aes_128_gcm, Digest::sha1, false};
    KeySlots server = slots_of({v1.suite, v1.digest, true}, Side::server);
    KeySlots client = slots_of(v1, Side::client);
    const Buffer payload = from_hex("450000");
    EXPECT_EQ(opened(server, sealed(client, payload)), "450000");
    client.set_peer_id(77);
    EXPECT_EQ(to_hex(Bytes(sealed(client, payload)).first(4)), "4800004d");
    EXPECT_EQ(opened(server, sealed(client, payload)), "450000");
}

TEST(KeySlots, EveryFlippedBitIsRefusedAndTheUntouchedPacketStillOpens) {
    for (const Kind kind : every_kind()) {
        KeySlots server = slots_of(kind, Side::server);
        KeySlots client = slots_of(kind, Side::client);
        const Buffer packet = sealed(client, from_hex("45000014aabbccddeeff"));
        for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
            // The HMAC of packets without AEAD does not cover the peer id; the directory checks it.
            if (kind.with_peer_id && !is_aead(kind.suite) && bit >= 8 && bit < 32) continue;
            Buffer changed = packet;
            changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            EXPECT_FALSE(server.open(changed)) << name_of(kind.suite) << ' ' << bit;
        }
        EXPECT_EQ(opened(server, packet), "45000014aabbccddeeff");
    }
}

TEST(KeySlots, EveryPrefixIsRefusedWithoutReadingPastIt) {
    for (const Kind kind : every_kind()) {
        KeySlots server = slots_of(kind, Side::server);
        KeySlots client = slots_of(kind, Side::client);
        const Buffer packet = sealed(client, from_hex("45000014aabbccddeeff"));
        for (std::size_t length = 0; length < packet.size(); ++length) {
            Buffer prefix = copy_of(Bytes(packet).first(length));
            prefix.shrink_to_fit();
            EXPECT_FALSE(server.open(prefix)) << name_of(kind.suite) << ' ' << length;
        }
    }
}

TEST(KeySlots, AReplayIsRefusedAndAForgedPacketDoesNotUseUpAPacketId) {
    for (const Kind kind : every_kind()) {
        KeySlots server = slots_of(kind, Side::server);
        KeySlots client = slots_of(kind, Side::client);
        const Buffer packet = sealed(client, from_hex("45"));
        Buffer forged = packet;
        forged.back() ^= std::byte{1};
        EXPECT_EQ(opened(server, forged), "bad_tag");
        EXPECT_EQ(opened(server, packet), "45");
        EXPECT_EQ(opened(server, packet), "replayed");
    }
}

TEST(KeySlots, RefusalsSayWhatIsMissing) {
    KeySlots none;
    EXPECT_EQ(opened(none, {}), "truncated");
    EXPECT_EQ(opened(none, from_hex("38")), "malformed");
    EXPECT_EQ(opened(none, from_hex("48000000")), "keys_not_ready");
    Buffer room(100);
    EXPECT_EQ(none.seal(room, 1).error(), Cause::keys_not_ready);

    KeySlots some = slots_of({CipherSuite::aes_256_gcm, Digest::sha1, true}, Side::server, 2);
    EXPECT_EQ(opened(some, from_hex("49000000")), "wrong_key_id");
    EXPECT_EQ(opened(some, from_hex("4a000000")), "truncated");
    EXPECT_TRUE(some.has(2));
    some.retire(2);
    EXPECT_FALSE(some.has(2));
    EXPECT_FALSE(some.sending_key());
}

// CVE-2017-7479: packet ids that ran out ended the process.
TEST(KeySlots, PacketIdsEndAtTheLastOneAndAreNeverUsedTwice) {
    for (const Kind kind : every_kind()) {
        if (kind.format == DataFormat::epoch) continue;
        KeySlots server = slots_of(kind, Side::server, 0, {.packet_id_first = 0xfefffffe});
        KeySlots client = slots_of(kind, Side::client);
        EXPECT_EQ(server.limit(), KeyLimit::far);
        sealed(server, from_hex("45"));
        EXPECT_EQ(server.limit(), KeyLimit::far);
        EXPECT_EQ(opened(client, sealed(server, from_hex("45"))), "45");
        EXPECT_EQ(server.limit(), KeyLimit::soft);

        KeySlots last = slots_of(kind, Side::server, 0, {.packet_id_first = 0xffffffff});
        EXPECT_EQ(opened(client, sealed(last, from_hex("45"))), "45");
        EXPECT_EQ(last.limit(), KeyLimit::hard);
        Buffer room(200);
        EXPECT_EQ(last.seal(room, 1).error(), Cause::key_exhausted) << name_of(kind.suite);
    }
}

TEST(KeySlots, TheUsageLimitOfGcmIsNearAtSevenEighthsAndNeverPassed) {
    const KeyLimits limits{.units_max = 80};  // forty packets of one block each
    for (const Kind kind : every_kind()) {
        if (kind.format == DataFormat::epoch) continue;
        KeySlots server = slots_of(kind, Side::server, 0, limits);
        KeySlots client = slots_of(kind, Side::client, 0, limits);
        for (int packet = 1; packet <= 40; ++packet) {
            EXPECT_EQ(opened(client, sealed(server, from_hex("45"))), "45");
            const bool near = counts_units(kind.suite) && packet >= 35;
            EXPECT_EQ(server.limit() != KeyLimit::far, near) << name_of(kind.suite) << packet;
            EXPECT_EQ(client.limit() != KeyLimit::far, near) << "it counts what it opens as well";
        }
        Buffer room(200);
        EXPECT_EQ(server.seal(room, 1).has_value(), !counts_units(kind.suite));
    }
}

TEST(KeySlots, TooManyForgeriesUseAKeyUp) {
    const KeyLimits limits{.failures_soft = 3, .failures_max = 5};
    for (const Kind kind : every_kind()) {
        KeySlots server = slots_of(kind, Side::server, 0, limits);
        KeySlots client = slots_of(kind, Side::client);
        const Buffer packet = sealed(client, from_hex("45"));
        Buffer forged = packet;
        forged.back() ^= std::byte{1};
        for (int i = 1; i <= 5; ++i) {
            EXPECT_EQ(opened(server, forged), "bad_tag");
            if (kind.format == DataFormat::classic) {
                EXPECT_EQ(server.limit() != KeyLimit::far, i >= 3);
            }
        }
        EXPECT_EQ(opened(server, packet), "key_exhausted");
    }
}

TEST(KeySlots, InstallingTheSameMaterialAgainDoesNotStartItsPacketIdsOver) {
    const Kind kind{CipherSuite::aes_256_gcm, Digest::sha1, true};
    KeySlots server = slots_of(kind, Side::server);
    const Buffer first = sealed(server, from_hex("45"));
    server.install(0, material_of(kind, Side::server));
    const Buffer second = sealed(server, from_hex("45"));
    EXPECT_EQ(to_hex(Bytes(second).subspan(4, 4)), "00000002");

    server.install(0, material_of(kind, Side::server, 2));
    EXPECT_EQ(to_hex(Bytes(sealed(server, from_hex("45"))).subspan(4, 4)), "00000001");
}

TEST(KeySlots, AKeyThatOnlyReceivesNearTheEndAsksForRenegotiationToo) {
    const Kind kind{CipherSuite::aes_128_cbc, Digest::sha256, true};
    KeySlots server = slots_of(kind, Side::server);
    KeySlots client = slots_of(kind, Side::client, 0, {.packet_id_first = 0xff000000});
    EXPECT_EQ(opened(server, sealed(client, from_hex("45"))), "45");
    EXPECT_EQ(server.limit(), KeyLimit::soft);
}

}  // namespace
}  // namespace kanmon::crypto
