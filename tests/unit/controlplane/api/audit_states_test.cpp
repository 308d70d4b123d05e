// The audit log over every action that changes something: what was before, what is after, and no
// secret in either.
#include <set>

#include "account_matrix.h"
#include "controlplane/adapters/sqlite_books.h"
#include "temporary_folder.h"

namespace kanmon::api {
namespace {

/// Texts below fields of these names, and those that the owner can be shown of the store.
void collect_secrets(const json& value, std::set<std::string>& secrets) {
    static const std::set<std::string> names{
        "AccessKeySecret", "Token",     "OtpauthUri", "RecoveryCodes", "ClientKey",  "Psk",
        "Password",        "QrCodeSvg", "Content",    "ClientConfig",  "PrivateKey", "AuthKey"};
    if (value.is_object())
        for (const auto& [name, inner] : value.items()) {
            if (!names.contains(name)) {
                collect_secrets(inner, secrets);
            } else if (inner.is_string()) {
                secrets.insert(inner.get<std::string>());
            } else if (inner.is_array()) {
                for (const json& text : inner) secrets.insert(text.get<std::string>());
            }
        }
    if (value.is_array())
        for (const json& inner : value) collect_secrets(inner, secrets);
}

struct Recorded {
    std::string action, before, after;
    std::set<std::string> secrets;
};

/// What the owner's call of each action that changes something leaves behind, on a real store.
std::vector<Recorded> recorded() {
    const TemporaryFolder folder;
    std::vector<Recorded> all;
    for (const Row& row : matrix()) {
        if (row.owner != "200") continue;
        auto store = adapters::open_sqlite_books(folder.path() + "/" + std::string(row.action));
        EXPECT_TRUE(store);
        Tenants tenants(**store);
        const std::size_t changes = tenants.changes();
        Recorded one;
        for (const std::string& secret : tenants.secrets()) one.secrets.insert(secret);
        const json answer =
            json::parse(tenants.as_owner(row.action, tenants.filled(row, false)).body);
        if (tenants.changes() == changes) continue;
        collect_secrets(answer, one.secrets);
        const usecases::AuditRow record = usecases::audit_rows(**store, 1).front();
        one.action = record.action;
        one.before = record.before;
        one.after = record.after;
        all.push_back(std::move(one));
    }
    return all;
}

TEST(AuditStates, AreThereForEveryChangeAndHoldNoSecret) {
    // These order something, change only what is secret, or find all as they are to make it.
    static const std::set<std::string> nothing{"ReleaseSslVpnClientSlot",  "UnlockIDaaSUser",
                                               "RenewSslVpnServerCert",    "EnrolIDaaSUserTotp",
                                               "UpdateAccessKey",          "UnTagResources",
                                               "RemoveUsersFromIDaaSGroup"};
    std::size_t seen = 0;
    for (const Recorded& one : recorded()) {
        ++seen;
        const std::string both = one.before + one.after;
        EXPECT_EQ(both.empty(), nothing.contains(one.action)) << one.action << " " << both;
        if (one.action.starts_with("Delete")) {
            EXPECT_FALSE(one.before.empty()) << one.action;
        }
        if (one.action.starts_with("Create")) {
            EXPECT_FALSE(one.after.empty()) << one.action;
        }
        std::set<std::string> canaries = one.secrets;
        canaries.insert({"long enough", "hash of", "key of ", "|"});  // as the doubles keep them
        for (const std::string& secret : canaries) {
            const std::string text = json(secret).dump();
            EXPECT_EQ(both.find(text.substr(1, text.size() - 2)), std::string::npos)
                << one.action << " shows " << secret << " in " << both;
        }
    }
    EXPECT_GE(seen, 55U);
}

TEST(AuditStates, AreShownByTheApi) {
    const TemporaryFolder folder;
    auto store = adapters::open_sqlite_books(folder.path() + "/kanmon.db");
    ASSERT_TRUE(store);
    Tenants tenants(**store);
    const std::string vpc = tenants.ids["$vpc"];
    tenants.as_owner("ModifyVpcAttribute", {{"VpcId", vpc}, {"VpcName", "renamed"}});
    const json record = json::parse(
        tenants.as(tenants.viewer, "DescribeAuditRecords", {{"ResourceId", vpc}, {"PageSize", "1"}})
            .body)["AuditRecords"]["AuditRecord"][0];
    EXPECT_EQ(json::parse(record["Before"].get<std::string>())[0]["name"], "");
    EXPECT_EQ(json::parse(record["After"].get<std::string>())[0]["name"], "renamed");
}

}  // namespace
}  // namespace kanmon::api
