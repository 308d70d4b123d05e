#include "controlplane/api/parameter_reader.h"

#include <gtest/gtest.h>

namespace kanmon::api {
namespace {

std::string code_after(const Parameters& parameters, void (*read)(ParameterReader&)) {
    ParameterReader reader(parameters);
    read(reader);
    const auto outcome = reader.finish(0);
    return outcome ? "" : outcome.error().code;
}

TEST(ParameterReader, NamesTheFieldTheValueAndTheRule) {
    const Parameters parameters{{"Port", "11x94"}};
    ParameterReader reader(parameters);
    reader.optional_number("Port");

    const auto outcome = reader.finish(0);

    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, "IllegalParam.Port");
    EXPECT_NE(outcome.error().message.find("'11x94'"), std::string::npos);
    EXPECT_NE(outcome.error().message.find("whole number"), std::string::npos);
}

TEST(ParameterReader, ReportsTheFirstOfSeveral) {
    EXPECT_EQ(code_after({{"B", "maybe"}},
                         [](ParameterReader& read) {
                             read.required("A");
                             read.optional_flag("B");
                         }),
              "MissingA");
}

TEST(ParameterReader, RequiresWhatIsRequired) {
    EXPECT_EQ(code_after({{"VpcId", ""}}, [](ParameterReader& read) { read.required("VpcId"); }),
              "MissingVpcId");
    EXPECT_EQ(code_after({}, [](ParameterReader& read) { read.required_number("Bandwidth"); }),
              "MissingBandwidth");
    EXPECT_EQ(code_after({}, [](ParameterReader& read) { read.region(); }), "MissingRegionId");
    EXPECT_EQ(code_after({{"RegionId", "../etc"}}, [](ParameterReader& read) { read.region(); }),
              "InvalidRegionId.NotFound");
}

TEST(ParameterReader, NumbersAreWholeDecimalAndInRange) {
    for (const std::string bad : {"1.5", "0x10", " 1", "1 ", "+1", "9223372036854775808", "one"})
        EXPECT_EQ(code_after({{"Port", bad}},
                             [](ParameterReader& read) { read.optional_number("Port"); }),
                  "IllegalParam.Port")
            << bad;
    const Parameters parameters{{"Port", "-1"}, {"Empty", ""}};
    ParameterReader reader(parameters);
    EXPECT_EQ(reader.optional_number("Port"), -1);
    EXPECT_EQ(reader.optional_number("Empty"), std::nullopt);
    EXPECT_TRUE(reader.finish(0));
}

TEST(ParameterReader, FlagsAreTrueOrFalseInAnyCase) {
    const Parameters parameters{{"A", "True"}, {"B", "false"}, {"C", "yes"}};
    ParameterReader reader(parameters);
    EXPECT_TRUE(reader.flag("A", false));
    EXPECT_FALSE(reader.flag("B", true));
    EXPECT_TRUE(reader.flag("absent", true));
    EXPECT_TRUE(reader.finish(0));
    reader.flag("C", true);
    EXPECT_EQ(reader.finish(0).error().code, "IllegalParam.C");
}

TEST(ParameterReader, PagesOutOfRangeStayOutOfRange) {
    const Parameters parameters{{"PageNumber", "-1"}, {"PageSize", "99999999999"}};
    ParameterReader reader(parameters);

    const auto page = reader.page();

    EXPECT_EQ(page.number, 0U);
    EXPECT_EQ(page.size, 0U);
}

}  // namespace
}  // namespace kanmon::api
