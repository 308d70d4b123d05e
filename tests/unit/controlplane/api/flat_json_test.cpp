#include "controlplane/api/flat_json.h"

#include <gtest/gtest.h>

namespace kanmon::api {
namespace {

TEST(FlatJson, ReadsPlainValuesAsTheyWereWritten) {
    const auto values = flat_json(R"( {"a":"x","b":3600,"c":true,"d":1.50,"e":null,"f":-1} )");
    ASSERT_TRUE(values);
    EXPECT_EQ(*values,
              (Parameters{{"a", "x"}, {"b", "3600"}, {"c", "true"}, {"d", "1.50"}, {"f", "-1"}}));
    EXPECT_TRUE(flat_json("{}")->empty());
}

TEST(FlatJson, RefusesWhatIsNotOneObjectOfPlainValues) {
    for (const char* text : {"", "x", "[]", "[1]", "1", "\"x\"", "null", "{\"a\":{}}", "{\"a\":[]}",
                             "{\"a\":1", "{\"a\":1}{}", "{\"a\":1,\"a\":2}", "{\"\":1}",
                             "{\"a\":\"\\n\"}", "{\"a\":\"\xff\"}", "{'a':1}"})
        EXPECT_FALSE(flat_json(text)) << text;
    EXPECT_FALSE(flat_json(std::string(200'000, '[')));
}

TEST(FlatJson, HasALimitOfNames) {
    const auto object = [](int names) {
        std::string text = "{";
        for (int i = 0; i < names; ++i)
            text += (i == 0 ? "" : ",") + std::string("\"n") + std::to_string(i) + "\":1";
        return text + "}";
    };
    EXPECT_TRUE(flat_json(object(64)));
    EXPECT_FALSE(flat_json(object(65)));
}

}  // namespace
}  // namespace kanmon::api
