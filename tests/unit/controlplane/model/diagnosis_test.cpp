#include "controlplane/model/diagnosis.h"

#include <gtest/gtest.h>

namespace kanmon::model {
namespace {

TEST(Diagnosis, ItemsAreReadBackAsTheyWereStored) {
    const std::vector<DiagnosisItem> items{
        {"A", DiagnosisLevel::error, {{"x", "1=2"}, {"y", ""}, {"x", "3"}}},
        {"B", DiagnosisLevel::normal, {}},
        quota_item("C", "many", 1, 2)};
    EXPECT_EQ(diagnosis_items_of(stored_text(items)), items);
    EXPECT_EQ(diagnosis_items_of(""), std::vector<DiagnosisItem>());
}

TEST(Diagnosis, ATextThatIsNoneIsRefused) {
    for (const char* text : {"A", "A\n", "A\tnormal\n", "A\tdire\t\n", "A\terror\tx=1\n",
                             "A\terror\tx\t\n", "A\terror\t"})
        EXPECT_FALSE(diagnosis_items_of(text)) << text;
}

TEST(Diagnosis, AQuotaWarnsFromNineTenthsAndErrsWhenFull) {
    const auto level = [](std::size_t used) { return quota_item("q", "n", used, 200).level; };
    EXPECT_EQ(level(179), DiagnosisLevel::normal);
    EXPECT_EQ(level(180), DiagnosisLevel::warning);
    EXPECT_EQ(level(199), DiagnosisLevel::warning);
    EXPECT_EQ(level(200), DiagnosisLevel::error);
}

}  // namespace
}  // namespace kanmon::model
