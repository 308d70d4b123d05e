#include "controlplane/api/form.h"

#include <gtest/gtest.h>

namespace kanmon::api {
namespace {

std::string refusal_of(std::string_view text) {
    Parameters parameters;
    const auto added = add_form(parameters, text);
    return added ? "" : added.error().code;
}

TEST(Form, DecodesPercentAndPlus) {
    Parameters parameters;
    ASSERT_TRUE(add_form(parameters, "a=1&b=x%20y+z&c=&d&e=%E9%96%A2&&f=%3D%26"));

    EXPECT_EQ(
        parameters,
        (Parameters{
            {"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", ""}, {"e", "\xE9\x96\xA2"}, {"f", "=&"}}));
    EXPECT_EQ(canonical_form(parameters), "a=1&b=x%20y%20z&c=&d=&e=%E9%96%A2&f=%3D%26");
}

TEST(Form, TheSameNameTwiceNeedsTheSameValue) {
    EXPECT_EQ(refusal_of("RegionId=local&RegionId=local"), "");
    EXPECT_EQ(refusal_of("RegionId=local&RegionId=other"), "InvalidParameter");
}

TEST(Form, RefusesWhatIsNotPlainText) {
    for (const std::string_view bad :
         {"a=%", "a=%4", "a=%zz", "a=%00", "a=%0A", "a=%0d%0a", "a=%1b", "a=%7f", "a=%80",
          "a=%c0%af", "a=%ed%a0%80", "a=%f5%80%80%80", "a=%e9%96", "=1", "%00=1"})
        EXPECT_EQ(refusal_of(bad), "InvalidParameter") << bad;
}

TEST(Form, TakesLineEndsInPemOnly) {
    for (const std::string_view name : {"CaCertificate", "CaPrivateKey", "Crl"}) {
        EXPECT_EQ(refusal_of(std::string(name) + "=a%0d%0Ab"), "") << name;
        EXPECT_EQ(refusal_of(std::string(name) + "=a%00"), "InvalidParameter") << name;
        EXPECT_EQ(refusal_of(std::string(name) + "=a%1b"), "InvalidParameter") << name;
    }
    EXPECT_EQ(refusal_of("cacertificate=a%0Ab"), "InvalidParameter");
}

TEST(Form, HasABoundOnNames) {
    std::string text;
    for (std::size_t i = 0; i <= parameters_max; ++i) text += "p" + std::to_string(i) + "=&";

    EXPECT_EQ(refusal_of(text), "InvalidParameter");
}

}  // namespace
}  // namespace kanmon::api
