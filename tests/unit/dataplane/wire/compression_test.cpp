#include "dataplane/wire/compression.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "dataplane/wire/in_band.h"

namespace kanmon::wire {
namespace {

constexpr std::array framings{Framing::none, Framing::lzo, Framing::swap, Framing::stub_v2};

std::string framed(Framing framing, std::string_view packet) {
    const Buffer octets = from_hex(packet);
    Buffer room(octets.size() + framing_octets_max);
    room.resize(put_frame(framing, octets, room));
    return to_hex(room);
}

std::string unframed(Framing framing, std::string_view payload) {
    Buffer octets = from_hex(payload);
    const auto plain = take_frame(framing, octets);
    return plain ? to_hex(*plain) : std::string(row_of(plain.error()).code);
}

TEST(Compression, FramesAsTheCapturedPeersDo) {
    EXPECT_EQ(framed(Framing::none, "4500"), "4500");
    EXPECT_EQ(framed(Framing::lzo, "4500"), "fa4500");
    EXPECT_EQ(framed(Framing::swap, "60000000083aff"), "fb000000083aff60");
    EXPECT_EQ(framed(Framing::stub_v2, "4500"), "4500");
    EXPECT_EQ(framed(Framing::stub_v2, "5000"), "50005000");
    EXPECT_EQ(framed(Framing::swap, ""), "");
    EXPECT_EQ(framed(Framing::stub_v2, ""), "");
}

TEST(Compression, EveryPacketComesBackOutOfItsFrame) {
    SeededRandom random(1);
    for (const Framing framing : framings)
        for (std::size_t length = 1; length < 300; ++length) {
            Buffer packet(length);
            random.fill(packet);
            if (length % 3 == 0) packet[0] = std::byte{0x50};
            const std::string text = to_hex(packet);
            EXPECT_EQ(unframed(framing, framed(framing, text)), text);
        }
}

TEST(Compression, PingsAndGoodbyesAreFramedAsPacketsAre) {
    const std::string ping = to_hex(ping_payload());
    EXPECT_EQ(unframed(Framing::lzo, "fa" + ping), ping);
    EXPECT_EQ(unframed(Framing::swap, "fb" + ping.substr(2) + "2a"), ping);
    EXPECT_EQ(unframed(Framing::stub_v2, ping), ping);
}

// VORACLE: what is compressed is neither made nor read.
TEST(Compression, WhatIsCompressedIsRefusedWhateverItsLength) {
    for (const std::string_view tail : {"", "00", "0102030405"}) {
        EXPECT_EQ(unframed(Framing::lzo, "66" + std::string(tail)), "unsupported_framing");
        EXPECT_EQ(unframed(Framing::swap, "69" + std::string(tail)), "unsupported_framing");
        for (const std::string_view algorithm : {"01", "02", "03", "ff"})
            EXPECT_EQ(unframed(Framing::stub_v2, "50" + std::string(algorithm) + std::string(tail)),
                      "unsupported_framing");
    }
    EXPECT_EQ(unframed(Framing::stub_v2, "50"), "unsupported_framing");
}

TEST(Compression, EveryOctetThatIsNotTheFramesOwnIsRefused) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const std::array payload{static_cast<std::byte>(octet), std::byte{0x45}};
        const std::string text = to_hex(payload);
        EXPECT_EQ(unframed(Framing::lzo, text) == "45", octet == 0xfa);
        EXPECT_EQ(unframed(Framing::swap, text) == "45", octet == 0xfb);
        EXPECT_EQ(unframed(Framing::none, text), text);
        EXPECT_EQ(unframed(Framing::stub_v2, text) == text, octet != 0x50);
    }
    for (const Framing framing : {Framing::lzo, Framing::swap, Framing::stub_v2})
        EXPECT_EQ(unframed(framing, ""), "truncated");
    EXPECT_EQ(unframed(Framing::swap, "fb"), "") << "a frame around nothing";
}

TEST(Compression, AFrameIsToldFromEverythingThatMayStandBareInATunnel) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const std::array payload{static_cast<std::byte>(octet)};
        const auto framing = framing_of(payload);
        EXPECT_EQ(framing == Framing::lzo, octet == 0xfa);
        EXPECT_EQ(framing == Framing::swap, octet == 0xfb);
    }
    EXPECT_FALSE(framing_of({}));
    EXPECT_FALSE(framing_of(ping_payload()));
    EXPECT_FALSE(framing_of(occ_exit_payload()));
}

}  // namespace
}  // namespace kanmon::wire
