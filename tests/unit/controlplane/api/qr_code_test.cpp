#include "controlplane/api/qr_code.h"

#include <gtest/gtest.h>

namespace kanmon::api {
namespace {

TEST(QrCode, IsAPictureWithItsThreeCornersInAQuietZone) {
    const std::string svg = qr_svg("otpauth://totp/staff:anna?secret=ABCDEFGH");
    EXPECT_TRUE(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 "));
    EXPECT_TRUE(svg.ends_with("</svg>"));
    // Each corner begins with a row of seven black modules; the first after four empty ones.
    EXPECT_NE(svg.find("M4 4h7v1h-7z"), std::string::npos);
    EXPECT_EQ(svg.find("M3 "), std::string::npos);
    EXPECT_NE(qr_svg("a"), qr_svg("b"));
}

TEST(QrCode, OfMoreThanACodeHoldsThereIsNone) {
    EXPECT_FALSE(qr_svg(std::string(2331, 'a')).empty());
    EXPECT_TRUE(qr_svg(std::string(2332, 'a')).empty());
}

}  // namespace
}  // namespace kanmon::api
