// Every action of the table, asked by the owner, by another account, by keys of each role, by a
// disabled key and by nobody.
//
// What the owner has is made anew for each action. Another account that names the owner's resources
// gets, octet for octet, what it gets for ids that nobody has; it changes nothing of the owner's,
// and learns no id that it did not send. An action without a row here fails.
#include "account_matrix.h"

#include <array>
#include <set>

namespace kanmon::api {
namespace {

TEST(AccountMatrix, HasOneRowForEveryAction) {
    std::vector<std::string_view> rows;
    for (const Row& row : matrix()) rows.push_back(row.action);
    std::ranges::sort(rows);
    std::vector<std::string_view> table;
    for (const NamedAction& action : actions()) table.push_back(action.name);
    EXPECT_EQ(rows, table);
}

TEST(AccountMatrix, NobodyGetsInAndChangesNothing) {
    Tenants tenants;
    const std::size_t before = tenants.changes();
    for (const Row& row : matrix())
        EXPECT_EQ(tenants.outcome(tenants.as_nobody(row.action, tenants.filled(row, false))),
                  "400 MissingAccessKeyId")
            << row.action;
    EXPECT_EQ(tenants.changes(), before);
}

TEST(AccountMatrix, AnotherAccountIsAnsweredAsIfTheOwnersResourcesDidNotExist) {
    for (const Row& row : matrix()) {
        if (row.stranger != "foreign") continue;
        Tenants tenants;
        const std::size_t before = tenants.changes();
        const HttpResponse foreign =
            tenants.as(tenants.other, row.action, tenants.filled(row, false));
        const HttpResponse absent =
            tenants.as(tenants.other, row.action, tenants.filled(row, true));
        EXPECT_EQ(tenants.comparable(foreign), tenants.comparable(absent)) << row.action;
        EXPECT_EQ(tenants.changes(), before) << row.action;
        const json body = json::parse(foreign.body);
        EXPECT_TRUE(foreign.status >= 400 || body.value("TotalCount", 0) == 0) << row.action;
    }
}

// An action of the matrix is named there by one id; this one can be by another.
TEST(AccountMatrix, ATunnelOfAnotherAccountIsNoTunnel) {
    Tenants tenants;
    const auto rows = matrix();
    Row row = *std::ranges::find(rows, "DiagnoseVpnConnections", &Row::action);
    row.parameters = {{"TunnelIds.1", "$tunnel"}};
    EXPECT_EQ(tenants.outcome(tenants.as(tenants.owner, row.action, tenants.filled(row, false))),
              "200");
    EXPECT_EQ(tenants.comparable(tenants.as(tenants.other, row.action, tenants.filled(row, false))),
              tenants.comparable(tenants.as(tenants.other, row.action, tenants.filled(row, true))));
}

TEST(AccountMatrix, WhatConcernsOnlyTheCallerTellsNothingOfOthers) {
    for (const Row& row : matrix()) {
        if (row.stranger != "own") continue;
        Tenants tenants;
        const std::string body =
            tenants.as(tenants.other, row.action, tenants.filled(row, false)).body;
        for (const auto& [name, id] : tenants.ids)
            EXPECT_EQ(body.find(id), std::string::npos) << row.action << " tells " << name;
    }
}

TEST(AccountMatrix, TheOwnerIsAnsweredByTheAction) {
    for (const Row& row : matrix()) {
        Tenants tenants;
        const HttpResponse answer =
            tenants.as(tenants.owner, row.action, tenants.filled(row, false));
        EXPECT_EQ(tenants.outcome(answer), row.owner) << row.action << ": " << answer.body;
    }
}

TEST(AccountMatrix, ADisabledKeyGetsInNowhereAndChangesNothing) {
    Tenants tenants;
    const std::size_t before = tenants.changes();
    for (const Row& row : matrix())
        EXPECT_EQ(
            tenants.outcome(tenants.as(tenants.disabled, row.action, tenants.filled(row, false))),
            "400 InvalidAccessKeyId.Inactive")
            << row.action;
    EXPECT_EQ(tenants.changes(), before);
}

// Said once more, so that a role that slips in the table of actions is noticed.
model::KeyRole least_role(std::string_view action) {
    static constexpr std::array operators{"TagResources",
                                          "UnTagResources",
                                          "CreateSslVpnClientCert",
                                          "ModifySslVpnClientCert",
                                          "DeleteSslVpnClientCert",
                                          "GetSslVpnClientCertBundle",
                                          "RenewSslVpnClientCert",
                                          "CreateSslVpnClientCertLink",
                                          "GetSslVpnServerProfile",
                                          "DeleteSslVpnClientCertLink",
                                          "UploadSslVpnServerCrl",
                                          "DisconnectSslVpnClient",
                                          "UnblockSslVpnClient",
                                          "UnlockIDaaSUser",
                                          "CreateIDaaSUser",
                                          "ReleaseSslVpnClientSlot",
                                          "ModifyIDaaSUser",
                                          "DownloadVpnConnectionConfig",
                                          "DeleteIDaaSUser",
                                          "EnrolIDaaSUserTotp",
                                          "AddUsersToIDaaSGroup",
                                          "RemoveUsersFromIDaaSGroup",
                                          "RevokeIDaaSApplication",
                                          "AuthorizeIDaaSApplication",
                                          "CreateIDaaSUserRecoveryCodes",
                                          "DiagnoseVpnGateway"};
    if (std::ranges::find(operators, action) != operators.end()) return model::KeyRole::operating;
    for (const std::string_view reads : {"Describe", "List", "Check", "CreateBearerToken",
                                         "GetVpnGatewayDiagnoseResult", "DiagnoseVpnConnections"})
        if (action.starts_with(reads)) return model::KeyRole::viewer;
    return model::KeyRole::administrator;
}

/// Each action as `caller`, whose role is `role`.
void expect_no_more_than(model::KeyRole role, SigningClient Tenants::*caller) {
    for (const Row& row : matrix()) {
        if (row.owner == refused_here) continue;  // refused to everybody
        Tenants tenants;
        const std::size_t before = tenants.changes();
        const HttpResponse answer =
            tenants.as(tenants.*caller, row.action, tenants.filled(row, false));
        const bool may = least_role(row.action) <= role;
        EXPECT_EQ(tenants.outcome(answer), may ? row.owner : "403 Forbidden.RAM") << row.action;
        // Everybody may make a token that does no more than they may.
        if (!may || (role == model::KeyRole::viewer && row.action != "CreateBearerToken")) {
            EXPECT_EQ(tenants.changes(), before) << row.action;
        }
    }
}

TEST(AccountMatrix, AViewerReadsAndChangesNothing) {
    expect_no_more_than(model::KeyRole::viewer, &Tenants::viewer);
}

TEST(AccountMatrix, AnOperatorDoesTheDaysWorkAndNothingBeyond) {
    expect_no_more_than(model::KeyRole::operating, &Tenants::day_worker);
}

TEST(AccountMatrix, AViewerSeesNoSecretThatAnAdministratorSees) {
    Tenants tenants;
    const std::vector<std::string> secrets = tenants.secrets();
    std::set<std::string> seen;
    for (const Row& row : matrix()) {
        if (least_role(row.action) != model::KeyRole::viewer) continue;
        const Parameters parameters = tenants.filled(row, false);
        const json shown = json::parse(tenants.as(tenants.owner, row.action, parameters).body);
        const json hidden = json::parse(tenants.as(tenants.viewer, row.action, parameters).body);
        const std::string all = shown.dump();
        const std::string some = hidden.dump();
        for (const std::string& secret : secrets) {
            const std::string text = json(secret).dump();
            if (all.find(text.substr(1, text.size() - 2)) != std::string::npos) seen.insert(secret);
            EXPECT_EQ(some.find(text.substr(1, text.size() - 2)), std::string::npos)
                << row.action << " shows " << secret;
        }
        EXPECT_EQ(shown.size(), hidden.size()) << row.action << " has lost a field";
    }
    EXPECT_EQ(seen.size(), secrets.size()) << "what nobody is shown proves nothing";
}

void collect_names(const json& value, std::set<std::string>& names) {
    if (value.is_object())
        for (const auto& [name, inner] : value.items()) {
            names.insert(name);
            collect_names(inner, names);
        }
    if (value.is_array())
        for (const json& inner : value) collect_names(inner, names);
}

/// Every field that any answer has, and some that other portals have been caught by.
std::set<std::string> field_names() {
    std::set<std::string> names{"IsAdmin",
                                "isAdmin",
                                "KeyRole",
                                "Account",
                                "Enabled",
                                "OwnerId",
                                "ResourceOwnerId",
                                "OwnerAccount",
                                "UserRole",
                                "TenantId",
                                "ResourceOwnerAccount"};
    Tenants tenants;
    for (const Row& row : matrix())
        if (row.action.starts_with("Describe"))
            collect_names(
                json::parse(tenants.as(tenants.owner, row.action, tenants.filled(row, false)).body),
                names);
    for (const char* names_the_call : {"RequestId", "HostId", "Code", "Message", "Recommend"})
        names.erase(names_the_call);
    return names;
}

// CVE-2026-27899: whoever may send a record may not send every field of it.
TEST(AccountMatrix, NoFieldThatIsSentAlongRaisesARoleOrReachesAnotherAccount) {
    const std::set<std::string> names = field_names();
    ASSERT_GT(names.size(), 100u);
    const std::string_view own_keys = "CreateAccessKey UpdateAccessKey DeleteAccessKey";
    for (const auto caller : {&Tenants::viewer, &Tenants::day_worker}) {
        for (const Row& row : matrix()) {
            Tenants tenants;
            const std::string before = tenants.standing();
            for (const std::string& name : names) {
                Parameters parameters = tenants.filled(row, false);
                parameters.try_emplace(name, name == "Role" ? "administrator" : "true");
                tenants.as(tenants.*caller, row.action, parameters);
            }
            EXPECT_EQ(tenants.standing(), before) << row.action;
        }
    }
    for (const Row& row : matrix()) {
        if (own_keys.find(row.action) != std::string_view::npos) continue;
        Tenants tenants;
        const std::string before = tenants.standing();
        const json others = json::parse(
            tenants.as(tenants.other, "DescribeAccounts", {}).body)["Accounts"]["Account"][0];
        for (const std::string& name : names) {
            Parameters parameters = tenants.filled(row, false);
            parameters.try_emplace(name, others["AccountId"].get<std::string>());
            tenants.as(tenants.owner, row.action, parameters);
        }
        EXPECT_EQ(tenants.standing(), before) << row.action;
    }
}

// Audit evasion: a change that nobody can find again.
TEST(AccountMatrix, EveryChangeLeavesExactlyOneAuditRecordAndReadingNone) {
    static constexpr std::array read_by_operators{
        "GetSslVpnClientCertBundle", "GetSslVpnServerProfile", "DownloadVpnConnectionConfig"};
    for (const Row& row : matrix()) {
        Tenants tenants;
        const std::size_t before = tenants.changes();
        const HttpResponse answer =
            tenants.as(tenants.owner, row.action, tenants.filled(row, false));
        const bool reads =
            (least_role(row.action) == model::KeyRole::viewer &&
             row.action != "CreateBearerToken") ||
            std::ranges::find(read_by_operators, row.action) != read_by_operators.end();
        const bool changed = answer.status == 200 && !reads;
        ASSERT_EQ(tenants.changes(), before + (changed ? 1 : 0)) << row.action;
        if (!changed) continue;
        const usecases::AuditRow record = usecases::audit_rows(tenants.world_books(), 1).front();
        EXPECT_EQ(record.action, row.action);
        EXPECT_EQ(record.access_key, tenants.owner.access_key) << row.action;
        EXPECT_EQ(record.request_id, json::parse(answer.body)["RequestId"]) << row.action;
    }
}

// CVE-2022-40684: a header that makes a request a trusted one.
TEST(AccountMatrix, NoHeaderMakesAStrangerTrusted) {
    Tenants tenants;
    const std::size_t before = tenants.changes();
    for (const char* header :
         {"forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host", "x-original-url",
          "x-rewrite-url", "x-forwarded-proto", "via", "x-acs-accesskey-id", "authorization"})
        for (const std::string& value : {std::string("for=127.0.0.1"), std::string("127.0.0.1"),
                                         std::string("localhost"), tenants.owner.access_key})
            for (const Row& row : {Row{"CreateVpc", {}}, Row{"DescribeAccessKeys", {}}}) {
                HttpRequest request = tenants.nobodys_request(row.action, row.parameters);
                request.headers.emplace_back(header, value);
                EXPECT_GE(tenants.answer(request).status, 400) << header << ": " << value;
            }
    EXPECT_EQ(tenants.changes(), before);
}

TEST(AccountMatrix, ARoleThatIsTooLowIsToldWhichWouldDo) {
    Tenants tenants;
    const HttpResponse answer =
        tenants.as(tenants.viewer, "CreateVpc", {{"RegionId", "local"}, {"Namespace", "x"}});
    const std::string message = json::parse(answer.body)["Message"];
    EXPECT_NE(message.find("has the role viewer"), std::string::npos) << message;
    EXPECT_NE(message.find("wants administrator"), std::string::npos) << message;
}

}  // namespace
}  // namespace kanmon::api
