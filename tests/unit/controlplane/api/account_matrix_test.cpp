// Every action of the table, asked by the owner, by another account and by nobody.
//
// What the owner has is made anew for each action. Another account that names the owner's resources
// gets, octet for octet, what it gets for ids that nobody has; it changes nothing of the owner's,
// and learns no id that it did not send. An action without a row here fails.
#include "tenants.h"

namespace kanmon::api {
namespace {

TEST(AccountMatrix, HasOneRowForEveryAction) {
    std::vector<std::string_view> rows;
    for (const ActionRow& row : action_rows()) rows.push_back(row.action);
    std::ranges::sort(rows);
    std::vector<std::string_view> table;
    for (const NamedAction& action : actions()) table.push_back(action.name);
    EXPECT_EQ(rows, table);
}

TEST(AccountMatrix, NobodyGetsInAndChangesNothing) {
    Tenants tenants;
    const std::size_t before = tenants.changes();
    for (const ActionRow& row : action_rows())
        EXPECT_EQ(tenants.outcome(tenants.as_nobody(row.action, tenants.filled(row, false))),
                  "400 MissingAccessKeyId")
            << row.action;
    EXPECT_EQ(tenants.changes(), before);
}

TEST(AccountMatrix, AnotherAccountIsAnsweredAsIfTheOwnersResourcesDidNotExist) {
    for (const ActionRow& row : action_rows()) {
        if (row.stranger != "foreign") continue;
        Tenants tenants;
        const std::size_t before = tenants.changes();
        const HttpResponse foreign = tenants.as_other(row.action, tenants.filled(row, false));
        const HttpResponse absent = tenants.as_other(row.action, tenants.filled(row, true));
        EXPECT_EQ(tenants.comparable(foreign), tenants.comparable(absent)) << row.action;
        EXPECT_EQ(tenants.changes(), before) << row.action;
        const json body = json::parse(foreign.body);
        EXPECT_TRUE(foreign.status >= 400 || body.value("TotalCount", 0) == 0) << row.action;
    }
}

TEST(AccountMatrix, WhatConcernsOnlyTheCallerTellsNothingOfOthers) {
    for (const ActionRow& row : action_rows()) {
        if (row.stranger != "own") continue;
        Tenants tenants;
        const std::string body = tenants.as_other(row.action, tenants.filled(row, false)).body;
        for (const auto& [name, id] : tenants.ids)
            EXPECT_EQ(body.find(id), std::string::npos) << row.action << " tells " << name;
    }
}

TEST(AccountMatrix, TheOwnerIsAnsweredByTheAction) {
    for (const ActionRow& row : action_rows()) {
        Tenants tenants;
        const HttpResponse answer = tenants.as_owner(row.action, tenants.filled(row, false));
        EXPECT_EQ(tenants.outcome(answer), row.owner) << row.action << ": " << answer.body;
    }
}

}  // namespace
}  // namespace kanmon::api
