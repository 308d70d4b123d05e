// Dry runs and ClientToken, over every action that changes something.
//
// Which those are is found out: the owner's call of the row leaves an audit row. What a row of a
// token answers again is in `Row::repeated`: secrets that are shown once are not shown twice.
#include <stdlib.h>

#include <filesystem>

#include "account_matrix.h"
#include "controlplane/adapters/sqlite_books.h"
#include "temporary_folder.h"

namespace kanmon::api {
namespace {

/// Rows whose call by the owner changes something.
const std::vector<Row>& changing_rows() {
    static const std::vector<Row> rows = [] {
        std::vector<Row> all = matrix();
        std::erase_if(all, [](const Row& row) {
            Tenants tenants;
            const std::size_t before = tenants.changes();
            return tenants.owner_outcome(row.action, tenants.filled(row, false)) != "200" ||
                   tenants.changes() == before;
        });
        return all;
    }();
    return rows;
}

Parameters with(Parameters parameters, const std::string& name, const std::string& value) {
    parameters[name] = value;
    return parameters;
}

/// Another value of the same parameter, which its rule would take.
std::string another(const std::string& name, const std::string& value) {
    static const Parameters others{{"Bandwidth", "7"},
                                   {"BlockMinutes", "31"},
                                   {"DestinationCidr.1", "10.1.3.0/24"},
                                   {"Policy", "accept"},
                                   {"PortRange.1", "444"},
                                   {"Protocol", "udp"},
                                   {"CidrBlock", "10.8.0.0/24"},
                                   {"ClientIpPool", "192.168.8.0/24"},
                                   {"Crl", "2"},
                                   {"Format", "ovpn"},
                                   {"IpAddress", "198.51.100.78"},
                                   {"LocalSubnet", "10.2.0.0/16"},
                                   {"NewPriority", "8"},
                                   {"PrivateIp", "192.168.0.10"},
                                   {"PublishVpc", "false"},
                                   {"RemoteSubnet", "172.31.0.0/16"},
                                   {"RouteDest", "172.24.0.0/16"},
                                   {"RouteSource", "10.3.0.0/16"},
                                   {"RouteType", "pbr"},
                                   {"Status", "Active"},
                                   {"Port", "1196"},
                                   {"Priority", "11"},
                                   {"ResourceType", "CustomerGateway"},
                                   {"Tag.1.Key", "y"},
                                   {"ZoneId", "local-b"}};
    if (const auto found = others.find(name); found != others.end()) return found->second;
    if (value == "true" || value == "false") return value == "true" ? "false" : "true";
    if (value == "0" || value == "100") return value == "0" ? "100" : "0";
    return value.size() > 8 ? Tenants::nobodys(value) : value + "y";
}

/// Parameters that another value does not make another call: a secret leaves no trace in the token,
/// and these two have one value that works.
bool is_compared(std::string_view action, std::string_view name) {
    return name != "Password" && !(action == "UnTagResources" && name == "All") &&
           !(action == "DiagnoseVpnGateway" && name == "ResourceType");
}

/// What every action that only reads answers the owner.
std::string everything(Tenants& tenants) {
    std::string state;
    for (const Row& row : matrix())
        if (std::ranges::find(changing_rows(), row.action, &Row::action) == changing_rows().end())
            state += tenants.comparable(tenants.as_owner(row.action, tenants.filled(row, false)));
    return state;
}

TEST(RepeatedCalls, GoOverAllThatChanges) {
    EXPECT_GE(changing_rows().size(), 45u);
    for (const Row& row : changing_rows())
        for (const char* reading : {"Describe", "Get", "List", "Check", "Download"})
            EXPECT_FALSE(row.action.starts_with(reading) &&
                         row.action.find("Bundle") == std::string_view::npos)
                << row.action << " changes something";
}

TEST(RepeatedCalls, ADryRunSaysThatItWouldSucceedAndChangesNothing) {
    for (const Row& row : changing_rows()) {
        Tenants tenants;
        const std::size_t changes = tenants.changes();
        const std::size_t orders = tenants.orders();
        const std::string before = everything(tenants);
        EXPECT_EQ(
            tenants.owner_outcome(row.action, with(tenants.filled(row, false), "DryRun", "true")),
            "400 DryRunOperation")
            << row.action;
        EXPECT_EQ(tenants.changes(), changes) << row.action;
        EXPECT_EQ(tenants.orders(), orders) << row.action;
        EXPECT_EQ(everything(tenants), before) << row.action;
    }
}

TEST(RepeatedCalls, ADryRunOfWhatOnlyReadsIsOneToo) {
    Tenants tenants;
    for (const Row& row : matrix())
        EXPECT_EQ(
            tenants.owner_outcome(row.action, with(tenants.filled(row, false), "DryRun", "true")),
            row.owner == "200" ? "400 DryRunOperation" : std::string(row.owner))
            << row.action;
}

TEST(RepeatedCalls, TheSameTokenGivesTheSameAnswerAndChangesNothingMore) {
    for (const Row& row : changing_rows()) {
        Tenants tenants;
        const Parameters parameters = with(tenants.filled(row, false), "ClientToken", "once");
        const HttpResponse first = tenants.as_owner(row.action, parameters);
        EXPECT_EQ(first.status, 200) << row.action << first.body;
        const std::size_t changes = tenants.changes();
        const std::size_t orders = tenants.orders();
        const HttpResponse second = tenants.as_owner(row.action, parameters);
        EXPECT_EQ(tenants.outcome(second), row.repeated) << row.action;
        if (row.repeated == "200") {
            EXPECT_EQ(tenants.comparable(first), tenants.comparable(second)) << row.action;
        }
        EXPECT_EQ(tenants.changes(), changes) << row.action;
        EXPECT_EQ(tenants.orders(), orders) << row.action;
    }
}

TEST(RepeatedCalls, TheSameTokenWithOtherParametersIsRefused) {
    for (const Row& row : changing_rows()) {
        Tenants tenants;
        const Parameters parameters = with(tenants.filled(row, false), "ClientToken", "once");
        EXPECT_EQ(tenants.owner_outcome(row.action, parameters), "200") << row.action;
        const std::size_t changes = tenants.changes();
        for (const auto& [name, value] : row.parameters) {
            if (!is_compared(row.action, name)) continue;
            EXPECT_EQ(tenants.owner_outcome(
                          row.action, with(parameters, name, another(name, parameters.at(name)))),
                      "400 IdempotentParameterMismatch")
                << row.action << " with another " << name;
        }
        EXPECT_EQ(tenants.changes(), changes) << row.action;
    }
}

TEST(RepeatedCalls, ATokenIsOfOneAction) {
    Tenants tenants;
    tenants.as_owner(
        "CreateVpc",
        {{"RegionId", "local"}, {"Namespace", "third"}, {"ClientToken", "of-the-VPC"}});
    for (const Row& row : changing_rows())
        EXPECT_EQ(tenants.owner_outcome(
                      row.action, with(tenants.filled(row, false), "ClientToken", "of-the-VPC")),
                  "400 IdempotentParameterMismatch")
            << row.action;
}

TEST(RepeatedCalls, TokensAreKnownAfterARestart) {
    const TemporaryFolder temporary;
    const std::string& folder = temporary.path();
    for (const Row& row : changing_rows()) {
        const std::string path = folder + "/" + std::string(row.action);
        auto store = adapters::open_sqlite_books(path);
        ASSERT_TRUE(store);
        Tenants tenants(**store);
        const Parameters parameters = with(tenants.filled(row, false), "ClientToken", "once");
        const HttpResponse first = tenants.as_owner(row.action, parameters);
        const auto reopened = adapters::open_sqlite_books(path);
        ASSERT_TRUE(reopened);
        const HttpResponse second = tenants.as_owner_on(**reopened, row.action, parameters);
        EXPECT_EQ(tenants.outcome(second), row.repeated) << row.action;
        if (row.repeated == "200") {
            EXPECT_EQ(tenants.comparable(first), tenants.comparable(second)) << row.action;
        }
        for (const auto& [name, value] : row.parameters) {
            if (!is_compared(row.action, name)) continue;
            EXPECT_EQ(tenants.outcome(tenants.as_owner_on(
                          **reopened, row.action,
                          with(parameters, name, another(name, parameters.at(name))))),
                      "400 IdempotentParameterMismatch")
                << row.action << " with another " << name;
        }
    }
}

}  // namespace
}  // namespace kanmon::api
