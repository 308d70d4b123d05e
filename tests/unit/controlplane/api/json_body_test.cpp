// JSON bodies as parameters, and what is refused with which words.
#include "controlplane/api/json_body.h"

#include <gmock/gmock.h>

namespace kanmon::api {
namespace {

using testing::HasSubstr;

std::string refused(const std::string& body) {
    const auto read = json_parameters(body);
    return read ? "it was read" : read.error().code + " " + read.error().message;
}

std::string nested_in(std::size_t depth, const std::string& inner) {
    std::string text = inner;
    for (std::size_t i = 0; i < depth; ++i) text = "{\"A\":" + text + "}";
    return text;
}

TEST(JsonBody, IsTheParametersThatAFormWouldHave) {
    const auto read = json_parameters(
        R"({"Name":"x","Weight":100,"Dry":true,"Off":false,"Rate":1.50,"None":null,"Minus":-1,)"
        R"("Tag":[{"Key":"a","Value":"b"},null,{"Key":"c"}],"Ids":["i","j"],"Empty":[],"No":{},)"
        R"("Tunnel":[{"Ike":{"Psk":"k"}}]})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, (Parameters{{"Name", "x"},
                                 {"Weight", "100"},
                                 {"Dry", "true"},
                                 {"Off", "false"},
                                 {"Rate", "1.50"},
                                 {"Minus", "-1"},
                                 {"Tag.1.Key", "a"},
                                 {"Tag.1.Value", "b"},
                                 {"Tag.3.Key", "c"},
                                 {"Ids.1", "i"},
                                 {"Ids.2", "j"},
                                 {"Tunnel.1.Ike.Psk", "k"}}));
    EXPECT_TRUE(json_parameters("")->empty());
    EXPECT_TRUE(json_parameters(" {} ")->empty());
}

TEST(JsonBody, ThatIsNoObjectIsRefused) {
    for (const char* body : {"1", "null", "[]", "[{}]", "\"x\"", "true", "{", "{\"A\":}", "{}{}",
                             "{\"A\":1,}", "{'A':1}", "{A:1}", "nul", "{\"A\":1} x", "\xff"})
        EXPECT_THAT(refused(body), HasSubstr("InvalidJson")) << body;
}

TEST(JsonBody, NamesTheFieldThatStandsThereTwice) {
    EXPECT_THAT(refused(R"({"A":1,"A":1})"), HasSubstr("In the body, A: the name stands there"));
    EXPECT_THAT(refused(R"({"Tag":[{"Key":"a","Key":"b"}]})"), HasSubstr("Tag.1.Key"));
    EXPECT_THAT(refused(R"({"Tag":{"K":"a"},"Tag":"b"})"), HasSubstr("In the body, Tag: "));
    EXPECT_TRUE(json_parameters(R"({"Tag":[{"Key":"a"},{"Key":"a"}]})"));
}

TEST(JsonBody, NamesTheFieldWithControlCharacters) {
    EXPECT_THAT(refused(R"({"Tag":[{"Key":"a\u0000b"}]})"), HasSubstr("Tag.1.Key"));
    EXPECT_THAT(refused(R"({"Name":"a\nb"})"), HasSubstr("Name"));
    EXPECT_THAT(refused(R"({"Name":"a\u007fb"})"), HasSubstr("Name"));
    EXPECT_THAT(refused("{\"Name\":\"a\xff\"}"), HasSubstr("In the body, Name: "));
    EXPECT_THAT(refused(std::string("{\"Name\":\"a\0\"}", 12)), HasSubstr("In the body, Name"));
    EXPECT_THAT(refused(R"({"Name":"\ud800"})"), HasSubstr("In the body, Name"));
    EXPECT_TRUE(json_parameters(R"({"Crl":"line\nline\n"})"));
}

TEST(JsonBody, TakesNamesOfLettersAndDigitsOnly) {
    for (const char* name : {"", "A.B", "A b", "A\\u0000", "é", "A\\n", "Tag.1.Key"})
        EXPECT_THAT(refused("{\"" + std::string(name) + "\":1}"), HasSubstr("InvalidJson")) << name;
    EXPECT_TRUE(json_parameters("{\"" + std::string(64, 'a') + "\":1}"));
    EXPECT_THAT(refused("{\"" + std::string(65, 'a') + "\":1}"), HasSubstr("InvalidJson"));
    EXPECT_LT(refused("{\"" + std::string(70'000, 'a') + "\":1}").size(), 400u);
}

TEST(JsonBody, KeepsNumbersAsTheyAreAndNamesOnesThatNobodyCanHold) {
    EXPECT_EQ(json_parameters(R"({"A":18446744073709551615})")->at("A"), "18446744073709551615");
    EXPECT_EQ(json_parameters(R"({"A":-9223372036854775808})")->at("A"), "-9223372036854775808");
    EXPECT_EQ(json_parameters(R"({"A":99999999999999999999})")->at("A"), "99999999999999999999");
    EXPECT_EQ(json_parameters(R"({"A":1e3})")->at("A"), "1e3");
    EXPECT_THAT(refused(R"({"B":1,"A":1e999})"), HasSubstr("In the body, A: the number is out of"));
}

TEST(JsonBody, HasLimitsOfDepthAndNumber) {
    EXPECT_TRUE(json_parameters(nested_in(json_depth_max, "1")));
    EXPECT_THAT(refused(nested_in(json_depth_max + 1, "1")), HasSubstr("more than 6 objects"));
    EXPECT_THAT(refused(std::string(200'000, '[')), HasSubstr("a list stands alone"));
    EXPECT_THAT(refused("{\"A\":" + std::string(200'000, '[')), HasSubstr("more than 6 objects"));
    const auto list = [](std::size_t count, const std::string& of) {
        std::string text = "{\"A\":[";
        for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + of;
        return text + "]}";
    };
    EXPECT_TRUE(json_parameters(list(parameters_max, "1")));
    EXPECT_THAT(refused(list(parameters_max + 1, "1")), HasSubstr("more than 500 parameters"));
    EXPECT_TRUE(json_parameters(list(json_values_max - 1, "{}")));
    EXPECT_THAT(refused(list(json_values_max, "{}")), HasSubstr("more than 1000 values"));
    EXPECT_THAT(refused(list(json_values_max, "null")), HasSubstr("more than 1000 values"));
}

}  // namespace
}  // namespace kanmon::api
