#include "dataplane/routing/upload_hole.h"

#include <gtest/gtest.h>

#include "packets.h"

namespace kanmon::routing {
namespace {

constexpr std::size_t least = 1188;

/// "I have everything up to `acknowledged`, and from `block` on."
Buffer answer(std::uint32_t acknowledged, std::optional<std::uint32_t> block, bool v6 = false,
              std::uint16_t port = 0x3039) {
    BufferWriter options;
    options.u32(0x0101080a);
    options.u64(0x0000000100000002);
    if (block) {
        options.u32(0x0101050a);
        options.u32(*block);
        options.u32(*block + 240);
    }
    return tcp_packet({.acknowledged = acknowledged,
                       .flags = tcp_ack,
                       .options = options.finish(),
                       .payload = {},
                       .from_port = port},
                      v6, true);
}

bool hears(UploadHole& hole, Buffer packet, Instant now) {
    const auto inner = read_inner_packet(packet);
    return hole.answered(*inner, *read_tcp_segment(*inner), least, now);
}

TEST(UploadHole, ThatStaysIsToldToTheClientAsARouterWouldHave) {
    for (const bool v6 : {false, true}) {
        UploadHole hole;
        const Instant began{1000h};
        EXPECT_FALSE(hears(hole, answer(5000, 6328, v6), began));
        ASSERT_EQ(hole.due(), began + UploadHole::patience);
        Buffer room(UploadHole::room_octets);
        const auto error = hole.tell(1228, room);
        ASSERT_TRUE(error);
        const auto read = read_inner_packet(*error);
        ASSERT_TRUE(read);
        EXPECT_EQ(v6 ? read->destination6 == client6 : read->destination == client, true);
        EXPECT_EQ(to_hex(read->transport().first(2)), v6 ? "0200" : "0304");
        const Bytes quoted = read->transport().subspan(8);
        EXPECT_EQ(to_hex(quoted.first(1)), v6 ? "60" : "45");
        EXPECT_EQ(to_hex(quoted.subspan(v6 ? 40 : 20, 8)), "3039005000001388") << "ports, sequence";
        EXPECT_EQ(hole.due(), std::nullopt) << "once";
        EXPECT_FALSE(hears(hole, answer(5000, 6328, v6), began + 2s));
        EXPECT_TRUE(hears(hole, answer(6568, {}, v6), began + 3s)) << "it goes on: proven";
        EXPECT_FALSE(hole.watching());
    }
}

TEST(UploadHole, ThatIsFilledInTimeProvesNothing) {
    UploadHole hole;
    const Instant began{1000h};
    hears(hole, answer(5000, 6328), began);
    EXPECT_FALSE(hears(hole, answer(6568, {}), began + 100ms));
    EXPECT_FALSE(hole.watching());
    EXPECT_EQ(hole.due(), std::nullopt);
}

TEST(UploadHole, OfASmallSegmentIsOrdinaryLoss) {
    UploadHole hole;
    hears(hole, answer(5000, 5000 + least), Instant{1000h});
    EXPECT_FALSE(hole.watching());
    hears(hole, answer(5000, {}), Instant{1000h});
    EXPECT_FALSE(hole.watching());
    hears(hole, answer(5000, 4000), Instant{1000h});
    EXPECT_FALSE(hole.watching()) << "a duplicate block lies behind (RFC 2883)";
}

TEST(UploadHole, IsProvenByItsOwnUploadAloneAndNotForever) {
    UploadHole hole;
    const Instant began{1000h};
    hears(hole, answer(5000, 6328), began);
    Buffer room(UploadHole::room_octets);
    hole.tell(1228, room);
    EXPECT_FALSE(hears(hole, answer(9000, {}, false, 0x4000), began + 2s));
    EXPECT_TRUE(hole.watching());
    EXPECT_FALSE(hears(hole, answer(6568, {}), began + UploadHole::proof_within + 1s));
    EXPECT_FALSE(hole.watching());
}

TEST(UploadHole, SequenceNumbersMayWrap) {
    UploadHole hole;
    hears(hole, answer(0xffffff00, 0x00000430), Instant{1000h});
    EXPECT_TRUE(hole.watching());
    Buffer room(UploadHole::room_octets);
    hole.tell(1228, room);
    EXPECT_TRUE(hears(hole, answer(0x00000430, {}), Instant{1000h} + 1s));
}

TEST(UploadHole, OptionsThatBreakTheirFormatSayNothing) {
    for (const char* options :
         {"05000000", "05040000", "050affff", "00000000", "01010105", "ff010101"}) {
        Buffer packet = tcp_packet({.acknowledged = 1, .options = from_hex(options), .payload = {}},
                                   false, true);
        UploadHole hole;
        EXPECT_FALSE(hears(hole, packet, Instant{1000h}));
        EXPECT_FALSE(hole.watching()) << options;
    }
}

}  // namespace
}  // namespace kanmon::routing
