// The epoch format: captured packets, and how its keys follow each other.
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "dataplane/crypto/epoch_schedule.h"
#include "dataplane/crypto/key_slots.h"
#include "vectors.h"

namespace kanmon::crypto {
namespace {

constexpr std::uint32_t future_epochs = 16;

KeyMaterial material_of(Side side, KeyLimits limits = {},
                        CipherSuite suite = CipherSuite::aes_256_gcm) {
    SeededRandom random(3);
    return {.suite = suite,
            .block = KeyBlock(random.array<256>()),
            .side = side,
            .format = DataFormat::epoch,
            .limits = limits};
}

KeySlots slots_of(Side side, KeyLimits limits = {}) {
    KeySlots slots;
    slots.set_peer_id(7);
    slots.install(0, material_of(side, limits));
    slots.send_with(0);
    return slots;
}

Buffer sealed(KeySlots& slots, Bytes payload = from_hex("45")) {
    Buffer packet(slots.front_octets() + payload.size() + slots.back_octets());
    std::ranges::copy(payload, packet.begin() + static_cast<std::ptrdiff_t>(slots.front_octets()));
    const auto datagram = slots.seal(packet, payload.size());
    slots.prepare();
    return datagram ? copy_of(*datagram) : Buffer{};
}

std::string opened(KeySlots& slots, Buffer datagram) {
    const auto packet = slots.open(datagram);
    return packet ? to_hex(packet->payload) : std::string(row_of(packet.error()).code);
}

std::string opened_and_prepared(KeySlots& slots, const Buffer& datagram) {
    std::string result = opened(slots, datagram);
    slots.prepare();
    return result;
}

std::uint32_t epoch_of(const Buffer& datagram) {
    return ByteReader(Bytes(datagram).subspan(4)).u16();
}

/// A client that stands in `epoch` with its sending key, without having sent anything before.
class Peer {
public:
    Buffer packet(std::uint32_t epoch, std::uint64_t counter = 1) {
        EpochSchedule schedule(CipherSuite::aes_256_gcm, material_.block.view().first(32));
        EpochMaterial key = schedule.next();
        while (key.epoch != epoch && schedule.epoch() <= 0xffff) key = schedule.next();
        BufferWriter out;
        out.u32(0x48000007);
        out.u64(std::uint64_t{epoch} << 48 | counter);
        out.u8(0x45);
        out.bytes(Buffer(16));
        Buffer datagram = out.finish();
        std::array<std::byte, 12> nonce{};
        std::ranges::copy(key.iv.view(), nonce.begin());
        for (std::size_t i = 0; i < 8; ++i) nonce[i] ^= datagram[4 + i];
        const auto cipher = make_aead_key(CipherSuite::aes_256_gcm,
                                          key.key_of(CipherSuite::aes_256_gcm), Way::encrypt);
        const MutableBytes whole = datagram;
        cipher->seal(nonce, whole.first(12), whole.subspan(12, 1), whole.last(16));
        return datagram;
    }

private:
    KeyMaterial material_ = material_of(Side::client);
};

// --- vectors -------------------------------------------------------------------------------------

TEST(Epoch, KeysAreExpandedAsStockPeersDo) {
    for (const auto& vector : {vectors::epoch_to_server, vectors::epoch_to_client}) {
        EpochSchedule schedule(CipherSuite::aes_256_gcm, from_hex(vector.secret));
        const EpochMaterial first = schedule.next();
        EXPECT_EQ(first.epoch, 1);
        EXPECT_EQ(to_hex(first.key_of(CipherSuite::aes_256_gcm)), vector.data_key);
        EXPECT_EQ(to_hex(first.iv.view()), vector.data_iv);
        EXPECT_EQ(to_hex(schedule.secret().view()), vector.next_secret);
        EXPECT_EQ(schedule.epoch(), 2U);
    }
}

TEST(Epoch, PacketsOfStockPeersOpenAndAreSealedOctetForOctet) {
    KeyBlock block;
    const Buffer to_server = from_hex(vectors::epoch_to_server.secret);
    const Buffer to_client = from_hex(vectors::epoch_to_client.secret);
    std::ranges::copy(to_server, block.mutable_view().begin());
    std::ranges::copy(to_client, block.mutable_view().begin() + 128);
    KeySlots server, client;
    for (KeySlots* slots : {&server, &client}) {
        slots->set_peer_id(0);
        slots->install(0, {.suite = CipherSuite::aes_256_gcm,
                           .block = block,
                           .side = slots == &server ? Side::server : Side::client,
                           .format = DataFormat::epoch});
        slots->send_with(0);
    }
    const auto& up = vectors::epoch_to_server;
    const auto& down = vectors::epoch_to_client;
    EXPECT_EQ(opened(server, from_hex(up.packet)), up.plain);
    EXPECT_EQ(opened(client, from_hex(down.packet)), down.plain);
    EXPECT_EQ(opened(server, from_hex(up.packet)), "replayed");
    EXPECT_EQ(sealed(client, from_hex(up.plain)), from_hex(up.packet));
    EXPECT_EQ(sealed(server, from_hex(down.plain)), from_hex(down.packet));
}

// --- how far a peer may be ahead -----------------------------------------------------------------

// CVE-2025-15497, and the clamp of 2026-03: epochs far ahead met an assertion.
TEST(Epoch, JumpsUpToSixteenAreFollowedAndFurtherOnesAreDropped) {
    Peer peer;
    for (const std::uint32_t jump : {1U, 2U, future_epochs - 1, future_epochs}) {
        KeySlots server = slots_of(Side::server);
        EXPECT_EQ(opened_and_prepared(server, peer.packet(1 + jump)), "45") << jump;
        EXPECT_EQ(epoch_of(sealed(server)), 1 + jump) << "we follow";
    }
    for (const std::uint32_t epoch : {0U, future_epochs + 2, 0x8000U, 0xffffU}) {
        KeySlots server = slots_of(Side::server);
        EXPECT_EQ(opened_and_prepared(server, peer.packet(epoch)), "epoch_unknown") << epoch;
        EXPECT_EQ(opened_and_prepared(server, peer.packet(1)), "45") << "nothing else happened";
        EXPECT_EQ(epoch_of(sealed(server)), 1U);
    }
}

TEST(Epoch, OnlyAPacketThatAuthenticatesMovesTheEpoch) {
    Peer peer;
    KeySlots server = slots_of(Side::server);
    for (std::uint32_t epoch = 2; epoch <= 1 + future_epochs; ++epoch) {
        Buffer forged = peer.packet(epoch);
        forged.back() ^= std::byte{1};
        EXPECT_EQ(opened_and_prepared(server, forged), "bad_tag") << epoch;
    }
    EXPECT_EQ(epoch_of(sealed(server)), 1U);
    EXPECT_EQ(opened_and_prepared(server, peer.packet(1)), "45");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(2)), "45");
}

TEST(Epoch, OneKeyIsScheduledForForgedEpochsUntilTheRunIsOver) {
    Peer peer;
    KeySlots server = slots_of(Side::server);
    EXPECT_FALSE(server.wants_preparation());
    Buffer forged = peer.packet(5);
    forged.back() ^= std::byte{1};
    EXPECT_EQ(opened(server, forged), "bad_tag");
    EXPECT_TRUE(server.wants_preparation());
    EXPECT_EQ(opened(server, peer.packet(6)), "epoch_unknown");
    EXPECT_EQ(opened(server, peer.packet(1)), "45") << "the present epoch is not touched";
    server.prepare();
    EXPECT_FALSE(server.wants_preparation());
    EXPECT_EQ(opened(server, peer.packet(6)), "45");
}

TEST(Epoch, TheOneBeforeIsStillOpenedAndAnOlderOneIsNot) {
    Peer peer;
    KeySlots server = slots_of(Side::server);
    EXPECT_EQ(opened_and_prepared(server, peer.packet(1, 5)), "45");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(3, 1)), "45");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(1, 4)), "45") << "late, but not lost";
    EXPECT_EQ(opened_and_prepared(server, peer.packet(1, 5)), "replayed");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(3, 1)), "replayed");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(2, 1)), "epoch_unknown");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(4, 1)), "45");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(3, 2)), "45");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(1, 6)), "epoch_unknown");
    EXPECT_EQ(opened_and_prepared(server, peer.packet(4, 0)), "replayed") << "0 is no counter";
}

TEST(Epoch, GoesUpToTheLastOneAndNoFurther) {
    const KeyLimits limits{.epoch_soft = 18, .epoch_last = 20};
    Peer peer;
    KeySlots server = slots_of(Side::server, limits);
    EXPECT_EQ(opened_and_prepared(server, peer.packet(17)), "45");
    EXPECT_EQ(server.limit(), KeyLimit::far);
    EXPECT_EQ(opened_and_prepared(server, peer.packet(20)), "45");
    EXPECT_EQ(server.limit(), KeyLimit::soft);
    EXPECT_EQ(opened_and_prepared(server, peer.packet(21)), "epoch_unknown");
    EXPECT_FALSE(server.wants_preparation());
    EXPECT_EQ(epoch_of(sealed(server)), 20U);
}

// --- when we go on -------------------------------------------------------------------------------

TEST(Epoch, AUsedUpKeyIsFollowedByTheNextAndTheOtherSideFollowsToo) {
    const KeyLimits limits{.units_max = 6};  // three packets of one block
    KeySlots server = slots_of(Side::server, limits), client = slots_of(Side::client);
    for (std::uint32_t packet = 0; packet < 30; ++packet) {
        const Buffer datagram = sealed(server);
        EXPECT_EQ(epoch_of(datagram), 1 + packet / 3);
        EXPECT_EQ(ByteReader(Bytes(datagram).subspan(8)).u32(), 1 + packet % 3);
        EXPECT_EQ(opened_and_prepared(client, datagram), "45");
        EXPECT_EQ(epoch_of(sealed(client)), 1 + packet / 3);
    }
}

TEST(Epoch, TheEndOfTheCounterIsTheEndOfTheEpoch) {
    KeySlots client = slots_of(Side::client);
    KeySlots server =
        slots_of(Side::server, {.packet_id_first = 0xffffffffffff, .epoch_last = 0xffff});
    const Buffer last = sealed(server);
    EXPECT_EQ(to_hex(Bytes(last).subspan(4, 8)), "0001ffffffffffff");
    const Buffer first = sealed(server);
    EXPECT_EQ(to_hex(Bytes(first).subspan(4, 8)), "0002000000000001");
    EXPECT_EQ(opened_and_prepared(client, last), "45");
    EXPECT_EQ(opened_and_prepared(client, first), "45");
}

TEST(Epoch, AUsedUpReceivingKeyAsksThePeerToGoOnButOnlyByOne) {
    KeySlots server = slots_of(Side::server, {.units_max = 6}), client = slots_of(Side::client);
    for (int packet = 0; packet < 4; ++packet)
        EXPECT_EQ(opened_and_prepared(server, sealed(client)), "45");
    const Buffer answer = sealed(server);
    EXPECT_EQ(epoch_of(answer), 2U);
    EXPECT_EQ(opened_and_prepared(server, sealed(client)), "45");
    EXPECT_EQ(epoch_of(sealed(server)), 2U);
    EXPECT_EQ(opened_and_prepared(client, answer), "45");
    EXPECT_EQ(epoch_of(sealed(client)), 2U);
}

TEST(Epoch, TheLastEpochEndsWithoutUsingAnIdTwice) {
    KeySlots server = slots_of(Side::server, {.units_max = 4, .epoch_soft = 2, .epoch_last = 3});
    std::set<std::string> ids;
    for (int packet = 0; packet < 6; ++packet) {
        const Buffer datagram = sealed(server);
        EXPECT_TRUE(ids.insert(to_hex(Bytes(datagram).subspan(4, 8))).second);
    }
    EXPECT_EQ(server.limit(), KeyLimit::hard);
    Buffer room(100);
    EXPECT_EQ(server.seal(room, 1).error(), Cause::key_exhausted);
}

TEST(Epoch, WithoutPreparationAUsedUpKeySealsNothingRatherThanAgain) {
    KeySlots server = slots_of(Side::server, {.units_max = 2});
    Buffer room(100);
    EXPECT_TRUE(server.seal(room, 1));
    EXPECT_TRUE(server.seal(room, 1)) << "the next epoch was ready";
    EXPECT_TRUE(server.wants_preparation());
    EXPECT_EQ(server.seal(room, 1).error(), Cause::key_exhausted);
    server.prepare();
    EXPECT_TRUE(server.seal(room, 1));
}

TEST(Epoch, EveryAeadSuiteAndBothHeadersAdvanceInStep) {
    for (const auto suite : {CipherSuite::aes_256_gcm, CipherSuite::aes_192_gcm,
                             CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305}) {
        const KeyLimits limits{.units_max = 4, .epoch_counter_last = 2};
        KeySlots server, client;
        server.install(1, material_of(Side::server, limits, suite));
        client.install(1, material_of(Side::client, limits, suite));
        server.send_with(1);
        client.send_with(1);
        for (int packet = 0; packet < 20; ++packet) {
            server.set_peer_id(packet % 2 == 0 ? std::optional(9U) : std::nullopt);
            EXPECT_EQ(opened_and_prepared(client, sealed(server)), "45") << name_of(suite);
            EXPECT_EQ(opened_and_prepared(server, sealed(client)), "45") << name_of(suite);
        }
    }
}

}  // namespace
}  // namespace kanmon::crypto
