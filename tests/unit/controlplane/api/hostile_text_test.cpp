// Text that means something to a database, in every parameter of every action, on a real store.
#include <array>

#include "account_matrix.h"
#include "controlplane/adapters/sqlite_books.h"
#include "temporary_folder.h"

namespace kanmon::api {
namespace {

// CVE-2021-20016: a parameter that becomes a part of a statement.
TEST(HostileText, MeansNothingToTheStoreInAnyParameterOfAnyAction) {
    static constexpr std::array texts{"' OR '1'='1", "\" OR 1=1 --", "x'; DROP TABLE vpcs; --",
                                      "' UNION SELECT id FROM accounts --", "%"};
    const TemporaryFolder folder;
    for (const Row& row : matrix()) {
        if (row.owner == refused_here || row.parameters.empty()) continue;
        auto store = adapters::open_sqlite_books(folder.path() + "/" + std::string(row.action));
        ASSERT_TRUE(store);
        Tenants tenants(**store);
        const std::string before = tenants.standing();
        const bool reads = row.action.starts_with("Describe") || row.action.starts_with("List");
        for (const auto& [name, value] : row.parameters)
            for (const char* text : texts) {
                Parameters parameters = tenants.filled(row, false);
                parameters[name] = text;
                const HttpResponse answer = tenants.as_owner(row.action, parameters);
                EXPECT_LT(answer.status, 500) << row.action << " " << name << "=" << text;
                if (!reads) continue;
                EXPECT_EQ(json::parse(answer.body).value("TotalCount", 0), 0)
                    << row.action << " " << name << "=" << text;
            }
        EXPECT_EQ(tenants.standing(), before) << row.action;
        EXPECT_EQ(tenants.owner_outcome("DescribeVpcs", {{"RegionId", "local"}}), "200")
            << row.action;
    }
}

// CVE-2023-4966: an answer that shows more than what was sent, where that is long or absent.
TEST(HostileText, HostsOfAnyLengthAreShownEscapedAndCut) {
    Tenants tenants;
    for (const std::size_t octets : {0U, 1U, 64U, 255U, 4096U, 100000U})
        for (const char letter : {'h', '\0', '\x7f', '\xff', '\n', '"'}) {
            HttpRequest request = Tenants::nobodys_request("DescribeVpcs", {});
            request.headers.front().second = std::string(octets, letter);
            const HttpResponse answer = tenants.answer(request);
            EXPECT_EQ(answer.status, 400);
            EXPECT_LT(answer.body.size(), 2000U) << octets;
            for (const char shown : json::parse(answer.body)["HostId"].get<std::string>())
                EXPECT_TRUE(shown >= 0x20 && shown <= 0x7e) << octets;
        }
}

}  // namespace
}  // namespace kanmon::api
