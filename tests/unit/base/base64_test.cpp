#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace kanmon {
namespace {

TEST(Base64, EncodesAndDecodesTheVectorsOfItsStandard) {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : vectors) {
        EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
        const auto decoded = from_base64(encoded);
        ASSERT_TRUE(decoded) << encoded;
        EXPECT_EQ(as_text(*decoded), plain);
    }
}

TEST(Base64, RefusesEveryTextThatItWouldNotWriteItself) {
    for (const std::string_view text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Z===", "=Zg=",
                                        "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm9-", "Zm9_", "Zm9v="})
        EXPECT_FALSE(from_base64(text)) << text;
}

TEST(Base64, GivesBackEveryOctet) {
    SeededRandom random(1);
    for (std::size_t size = 0; size < 300; ++size) {
        Buffer octets(size);
        random.fill(octets);
        EXPECT_EQ(from_base64(to_base64(octets)), octets);
    }
}

}  // namespace
}  // namespace kanmon
