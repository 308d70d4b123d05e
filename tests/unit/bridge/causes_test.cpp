// The table of causes, and the page that is made from it.
#include "bridge/causes.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "bridge/causes_page.h"
#include "source_folder/source_folder.h"

namespace kanmon {
namespace {

const std::set<std::string_view> faq_rows{"-",
                                          "CONF-LOCALNET",
                                          "CONF-CLIENT",
                                          "CERT-EXPIRED",
                                          "CERT-STALE",
                                          "CONN-LIMIT",
                                          "CONN-PHANTOM",
                                          "IP-CONFLICT",
                                          "POOL-SMALL",
                                          "APP-CONFLICT",
                                          "LINK-UNSTABLE",
                                          "LINK-FAR",
                                          "SERVER-CHANGED",
                                          "CLIENT-FAULT",
                                          "CLOCK-SKEW",
                                          "PING-CLIENT-FW",
                                          "PATH-ASYMMETRIC",
                                          "DNS-ROUTE",
                                          "APP-LEVEL",
                                          "CIDR-OVERLAP",
                                          "IPSEC-OVERLAP",
                                          "SG-BLOCKED",
                                          "VERSION-INCOMPAT",
                                          "BANDWIDTH",
                                          "PROTO-UDP",
                                          "GATEWAY-OLD"};

TEST(Causes, EachHasWordsAnOwnCodeAndAKnownFaqRow) {
    std::set<std::string_view> codes;
    for (const CauseRow& row : cause_table) {
        EXPECT_FALSE(row.words.empty()) << row.code;
        EXPECT_EQ(row.words.find('|'), std::string_view::npos) << row.code;
        EXPECT_TRUE(codes.insert(row.code).second) << row.code;
        EXPECT_TRUE(faq_rows.contains(row.faq_row)) << row.code << " " << row.faq_row;
    }
}

TEST(Causes, ARowStandsAtItsOwnNumber) {
    for (std::size_t i = 0; i < cause_count; ++i)
        EXPECT_EQ(static_cast<std::size_t>(cause_table[i].cause), i);
    EXPECT_EQ(cause_of_number(0), Cause::truncated);
    EXPECT_EQ(cause_of_number(static_cast<std::uint8_t>(cause_count)), std::nullopt);
}

TEST(Causes, ThePageHoldsTheTable) {
    EXPECT_EQ(page_in_checkout("docs/causes.md", causes_page()), causes_page())
        << "docs/causes.md is old; make it again with "
           "KANMON_WRITE_DOCS=1 bin/bridge_test";
}

}  // namespace
}  // namespace kanmon
