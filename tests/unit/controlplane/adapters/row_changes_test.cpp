// What the audit log tells of rows, before and after.
#include "controlplane/adapters/row_changes.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <set>

#include "contract/books_contract.h"
#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/sqlite_books.h"
#include "temporary_folder.h"

namespace kanmon::adapters {
namespace {

using nlohmann::json;
using namespace usecases;

class AuditedRows : public testing::Test {
protected:
    AuditedRows() {
        change([](Ledger& ledger) {
            ledger.accounts().put(contract_account());
            ledger.vpcs().put(contract_vpc("vpc-1", "blue"));
        });
    }
    AuditRow change(const Look& edit) {
        const auto done = books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            edit(ledger);
            return Outcome<Receipt>(Receipt{"x", ""});
        });
        EXPECT_TRUE(done);
        return audit_rows(*books, 1).front();
    }
    static json list(const std::string& text) {
        return text.empty() ? json::array() : json::parse(text);
    }

    TemporaryFolder folder;
    std::string path = folder.path() + "/kanmon.db";
    std::unique_ptr<Books> books = std::move(*open_sqlite_books(path));
};

TEST_F(AuditedRows, AreThereBeforeAndAfterAChange) {
    const AuditRow made =
        change([](Ledger& ledger) { ledger.vpcs().put(contract_vpc("vpc-2", "green")); });
    EXPECT_EQ(made.before, "");
    EXPECT_EQ(list(made.after)[0]["Kind"], "vpcs");
    EXPECT_EQ(list(made.after)[0]["id"], "vpc-2");
    EXPECT_EQ(list(made.after)[0]["name"], "名前");

    const AuditRow renamed = change([](Ledger& ledger) {
        model::Vpc vpc = *ledger.vpcs().find("vpc-2");
        vpc.name = "between";
        ledger.vpcs().put(vpc);
        vpc.name = "a \"quoted\"\nname";
        ledger.vpcs().put(vpc);
        ledger.vpcs().put(*ledger.vpcs().find("vpc-1"));
    });
    ASSERT_EQ(list(renamed.before).size(), 1U) << "what ends as it began is left out";
    EXPECT_EQ(list(renamed.before)[0]["name"], "名前");
    EXPECT_EQ(list(renamed.after)[0]["name"], "a \"quoted\"\nname");

    const AuditRow gone = change([](Ledger& ledger) { ledger.vpcs().remove("vpc-2"); });
    EXPECT_EQ(list(gone.before)[0]["id"], "vpc-2");
    EXPECT_EQ(gone.after, "");
    EXPECT_EQ(books->broken_audit_row()->has_value(), false);
}

TEST_F(AuditedRows, OfAChangeThatWasRefusedStandNowhere) {
    const std::size_t before = audit_rows(*books, 100).size();
    const auto refused =
        books->transact(contract_actor, contract_token(""), [](Ledger& ledger) -> Outcome<Receipt> {
            ledger.vpcs().put(contract_vpc("vpc-3", "red"));
            return model::refuse("No", "no");
        });
    EXPECT_FALSE(refused);
    EXPECT_EQ(audit_rows(*books, 100).size(), before);
}

TEST_F(AuditedRows, HaveLimitsAndTellHowManyMoreThereWere) {
    const AuditRow many = change([](Ledger& ledger) {
        for (int number = 0; number < 500; ++number)
            ledger.vpcs().put(
                contract_vpc("vpc-x" + std::to_string(number), "n" + std::to_string(number)));
    });
    EXPECT_EQ(many.before, "[{\"More\":480}]");
    EXPECT_EQ(list(many.after).size(), RowChanges::rows_shown_max + 1);
    EXPECT_EQ(list(many.after).back()["More"], 480);
    const AuditRow wide = change([](Ledger& ledger) {
        for (int number = 0; number < 10; ++number) {
            model::Vpc vpc =
                contract_vpc("vpc-y" + std::to_string(number), "m" + std::to_string(number));
            vpc.description = std::string(3000, 'd');
            ledger.vpcs().put(vpc);
        }
    });
    EXPECT_LE(wide.after.size(), RowChanges::octets_shown_max + 100);
    EXPECT_EQ(list(wide.after).back()["More"], 8);
}

TEST_F(AuditedRows, AreInTheChain) {
    change([](Ledger& ledger) { ledger.vpcs().put(contract_vpc("vpc-2", "green")); });
    books.reset();
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(raw,
                           "DROP TRIGGER audit_keeps_values;"
                           "UPDATE audit SET state_after = '' WHERE number = 2",
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(raw);
    books = std::move(*open_sqlite_books(path));
    EXPECT_EQ(*books->broken_audit_row(), std::optional<std::uint64_t>(2));
}

// A column that comes later is shown or not by its name: whoever adds one decides here.
TEST(AuditedColumns, AreThese) {
    const TemporaryFolder folder;
    Database database(folder.path() + "/kanmon.db");
    migrate(database, migrations);
    std::set<std::string> hidden;
    Statement tables = database.prepare(
        "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND m.name NOT IN ('audit', 'tokens', 'leases', 'counters', "
        "'events', 'event_marks', 'used_codes', 'login_failures', 'ssl_server_sources')");
    std::size_t shown = 0;
    while (tables.step()) {
        const std::string table = tables.text();
        const std::string column = tables.text();
        if (is_shown(column))
            ++shown;
        else
            hidden.insert(table + "." + column);
    }
    EXPECT_THAT(
        hidden,
        testing::UnorderedElementsAre(
            "access_keys.sealed_secret", "bearer_tokens.token_hash", "bundle_links.sealed_password",
            "bundle_links.token_hash", "client_certificates.certificate_pem",
            "client_certificates.sealed_key", "customer_gateways.sealed_auth_key",
            "idaas_users.password_hash", "idaas_users.sealed_totp", "ipsec_tunnels.sealed_psk",
            "recovery_codes.hash", "revocation_lists.serials", "ssl_servers.authority_pem",
            "ssl_servers.certificate_pem", "ssl_servers.client_authority_pem",
            "ssl_servers.sealed_authority_key", "ssl_servers.sealed_key",
            "ssl_servers.sealed_token_key", "ssl_servers.sealed_wrapping_key",
            "vpn_gateways.changed_by", "vpn_gateways.created_by"));
    EXPECT_EQ(shown, 224U) << "a column more or less: is it a secret?";
}

}  // namespace
}  // namespace kanmon::adapters
