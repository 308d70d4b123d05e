#include "dataplane/wire/in_band.h"

#include <gtest/gtest.h>

namespace kanmon::wire {
namespace {

constexpr std::string_view occ_magic = "287f346bd4ef7a812d56b8d3afc5459c";

TEST(InBand, TellsPingAndCapturedExit) {
    EXPECT_EQ(classify(from_hex("2a187bf3641eb4cb07ed2d0a981fc748")), InBand::ping);
    EXPECT_EQ(classify(from_hex("287f346bd4ef7a812d56b8d3afc5459c 06")), InBand::occ_exit);
    EXPECT_EQ(classify(ping_payload()), InBand::ping);
    EXPECT_EQ(classify(occ_exit_payload()), InBand::occ_exit);
    EXPECT_EQ(ping_payload().size(), 16U);
    EXPECT_EQ(occ_exit_payload().size(), 17U);
}

TEST(InBand, TellsEveryOccType) {
    const std::array types{
        InBand::occ_request,  InBand::occ_reply,       InBand::occ_mtu_load_request,
        InBand::occ_mtu_load, InBand::occ_mtu_request, InBand::occ_mtu_reply,
        InBand::occ_exit};
    for (unsigned type = 0; type < 256; ++type) {
        Buffer payload = from_hex(occ_magic);
        payload.push_back(static_cast<std::byte>(type));
        EXPECT_EQ(classify(payload), type < types.size() ? types[type] : InBand::occ_unknown)
            << type;
    }
    EXPECT_EQ(classify(from_hex(occ_magic)), InBand::occ_unknown);
}

TEST(InBand, LeavesPacketsAlone) {
    EXPECT_EQ(classify({}), InBand::none);
    EXPECT_EQ(classify(from_hex("45000014")), InBand::none);
    const Bytes ping = ping_payload();
    for (std::size_t length = 0; length < ping.size(); ++length)
        EXPECT_EQ(classify(ping.first(length)), InBand::none) << length;
    Buffer longer = copy_of(ping);
    longer.push_back(std::byte{0});
    EXPECT_EQ(classify(longer), InBand::none);
}

TEST(InBand, AnswersAnOccRequestWithTextAndNul) {
    EXPECT_EQ(to_hex(occ_reply_payload("V4")), std::string(occ_magic) + "01563400");
    EXPECT_EQ(classify(occ_reply_payload("V4")), InBand::occ_reply);
}

TEST(InBand, AnswersAnMtuRequestWithSizesThatNobodyMeasured) {
    EXPECT_EQ(to_hex(occ_mtu_reply_payload()), std::string(occ_magic) + "0500000000");
    EXPECT_EQ(classify(occ_mtu_reply_payload()), InBand::occ_mtu_reply);
}

}  // namespace
}  // namespace kanmon::wire
