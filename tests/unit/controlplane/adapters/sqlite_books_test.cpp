#include "controlplane/adapters/sqlite_books.h"

#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "contract/certificates_contract.h"
#include "contract/people_contract.h"
#include "source_folder/source_folder.h"
#include "temporary_folder.h"

namespace kanmon::usecases {
namespace {

namespace fs = std::filesystem;

/// A folder of its own that goes with it.
struct SqliteMaker {
    std::unique_ptr<Books> make() {
        auto books = adapters::open_sqlite_books(path());
        EXPECT_TRUE(books);
        return std::move(*books);
    }
    std::string path() const { return folder + "/books.db"; }
    /// What SQLite says to a statement of an intruder who has the file.
    int run(const char* sql) const {
        sqlite3* database = nullptr;
        sqlite3_open(path().c_str(), &database);
        const int result = sqlite3_exec(database, sql, nullptr, nullptr, nullptr);
        sqlite3_close(database);
        return result;
    }
    TemporaryFolder temporary;
    const std::string& folder = temporary.path();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, BooksContract, SqliteMaker);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, PeopleContract, SqliteMaker);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CertificatesContract, SqliteMaker);

TEST(SqliteBooks, RemembersEverythingAcrossAStart) {
    SqliteMaker maker;
    const StoredLease lease{{"vss-1", Ipv4{1}, "vsc-1", 7, {}}, "boot"};
    std::uint64_t number = 0;
    {
        const auto books = maker.make();
        ASSERT_TRUE(books->transact(contract_actor, contract_token("token"), [](Ledger& ledger) {
            ledger.accounts().put(contract_account());
            return Outcome<Receipt>(Receipt{"first", ""});
        }));
        ASSERT_TRUE(books->write_leases({{lease}}));
        number = *books->next_snapshot_number();
    }
    const auto books = maker.make();
    const auto again =
        books->transact(contract_actor, contract_token("token"), [](Ledger&) -> Outcome<Receipt> {
            return model::refuse("Unexpected", "the change ran again");
        });
    ASSERT_TRUE(again);
    EXPECT_EQ(again->subject, "first");
    EXPECT_EQ(*books->leases(), std::vector{lease});
    EXPECT_GT(*books->next_snapshot_number(), number);
}

TEST(SqliteBooks, ASignedRequestIsRememberedAcrossAStartAndAsLongAsItsSignatureIsGood) {
    SqliteMaker maker;
    const auto change = [&](const std::string& request_id, UnixTime now) {
        Actor actor = contract_actor;
        actor.request_id = request_id;
        actor.signed_request = {.mark = request_id == "other" ? "other" : "mark",
                                .ends = unix_time_of(1'700'000'900)};
        Token token = contract_token("");
        token.now = now;
        return maker.make()->transact(
            actor, token, [](Ledger&) { return Outcome<Receipt>(Receipt{"x", ""}); });
    };
    EXPECT_TRUE(change("first", unix_time_of(1'700'000'000)));
    EXPECT_TRUE(change("other", unix_time_of(1'700'000'900)));
    EXPECT_FALSE(change("replayed", unix_time_of(1'700'000'900)));
    EXPECT_TRUE(change("other", unix_time_of(1'700'000'901)));  // forgets what has ended
    EXPECT_EQ(maker.run("CREATE TABLE empty AS SELECT 1 / (count(*) = 1) AS one "
                        "FROM signed_requests WHERE mark = 'mark'"),
              SQLITE_OK);
}

/// The process was killed between its commit and the fdatasync: the log it left behind is in the
/// kernel's memory, and the next loss of power takes it.
TEST(SqliteBooks, AnAnswerByAnEarlierProcessesTokenDoesNotRestOnItsUnsyncedLog) {
    const auto account = [](Ledger& ledger) {
        ledger.accounts().put(contract_account());
        return Outcome<Receipt>(Receipt{"first", ""});
    };
    SqliteMaker killed;
    const auto books = killed.make();
    ASSERT_TRUE(books->transact(contract_actor, contract_token("token"), account));
    SqliteMaker next;
    fs::copy(killed.path(), next.path());
    fs::copy(killed.path() + "-wal", next.path() + "-wal");
    const auto restarted = next.make();
    ASSERT_TRUE(restarted->transact(contract_actor, contract_token("token"), account));
    ASSERT_TRUE(restarted->settle());
    SqliteMaker without_power;
    fs::copy(next.path(), without_power.path());
    const auto found = without_power.make();
    ASSERT_TRUE(found->look(
        [](Ledger& ledger) { EXPECT_TRUE(ledger.accounts().find(contract_account().id.text)); }));
}

TEST(SqliteBooks, TheAuditLogCanOnlyGrow) {
    SqliteMaker maker;
    const auto books = maker.make();
    ASSERT_TRUE(books->transact(contract_actor, contract_token(""), [](Ledger&) {
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    EXPECT_NE(maker.run("DELETE FROM audit"), SQLITE_OK);
    EXPECT_NE(maker.run("UPDATE audit SET subject = 'y'"), SQLITE_OK);
    EXPECT_EQ(audit_rows(*books, 10).size(), 1u);
}

TEST(SqliteBooks, AnAuditRowThatSomebodyChangedOrTookOutIsFound) {
    const std::string without_triggers =
        "DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_values; ";
    for (const auto& [intrusion, found] :
         {std::pair<std::string, std::optional<std::uint64_t>>("", std::nullopt),
          {"UPDATE audit SET subject = 'y' WHERE number = 3", 3},
          {"UPDATE audit SET access_key = 'KMAK', subject = '1x' WHERE number = 2", 2},
          {"DELETE FROM audit WHERE number = 4", 5},
          {"DELETE FROM audit WHERE number = 1", 2},
          {"INSERT INTO audit (number, at, account, access_key, request_id, action, subject, "
           "parameters) VALUES (6, 0, '', '', '', '', '', '')",
           6}}) {
        SqliteMaker maker;
        const auto books = maker.make();
        for (int i = 0; i < 5; ++i)
            ASSERT_TRUE(books->transact(contract_actor, contract_token(""), [](Ledger&) {
                return Outcome<Receipt>(Receipt{"x", ""});
            }));
        ASSERT_EQ(maker.run((without_triggers + intrusion).c_str()), SQLITE_OK);
        EXPECT_EQ(*books->broken_audit_row(), found) << intrusion;
    }
}

TEST(SqliteBooks, AChangeThatTheTablesRefuseLeavesNothing) {
    SqliteMaker maker;
    const auto books = maker.make();
    const auto refused = books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
        ledger.vpcs().put(contract_vpc("vpc-1", "x"));  // of an account that is not there
        return Outcome<Receipt>(Receipt{"x", ""});
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "ServiceUnavailable");
    EXPECT_TRUE(audit_rows(*books, 10).empty());
}

// 2FA-ACCOUNT: were a rule ever to fail, the tables would not.
TEST(SqliteBooks, TheTablesKeepNoServerThatAsksTheSourceOfAnotherAccount) {
    SqliteMaker maker;
    const auto books = maker.make();
    const auto put = [&](const model::AccountId& owner_of_source) {
        return books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            model::Account other = contract_account();
            other.id = {"1000000000000002"};
            ledger.accounts().put(contract_account());
            ledger.accounts().put(other);
            model::VpnGateway gateway;
            gateway.id = {"vpn-1"};
            gateway.account = contract_actor.account;
            gateway.vpc = contract_vpc("vpc-1", "").id;
            ledger.vpcs().put(contract_vpc("vpc-1", ""));
            ledger.vpn_gateways().put(gateway);
            model::IdaasInstance source = contract_instance();
            source.account = owner_of_source;
            ledger.idaas_instances().put(source);
            ledger.ssl_servers().put(contract_server());
            return Outcome<Receipt>(Receipt{"x", ""});
        });
    };
    const auto refused = put({"1000000000000002"});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("not of this account"), std::string::npos)
        << refused.error().message;
    EXPECT_TRUE(put(contract_actor.account));
    EXPECT_NE(maker.run("DELETE FROM idaas_instances"), SQLITE_OK) << "a server asks it";
}

// Were a rule ever to fail, the tables would not: everything meets within one source.
TEST(SqliteBooks, TheTablesKeepNothingThatJoinsTwoSourcesOrAccounts) {
    SqliteMaker maker;
    const auto books = maker.make();
    const auto put = [&](const Look& change) {
        return books->transact(contract_actor, contract_token(""), [&](Ledger& ledger) {
            change(ledger);
            return Outcome<Receipt>(Receipt{"x", ""});
        });
    };
    model::IdaasUser stranger = contract_user("user-2", "berta");
    stranger.instance = {"idaas-2"};
    ASSERT_TRUE(put([&](Ledger& ledger) {
        ledger.accounts().put(contract_account());
        ledger.idaas_instances().put(contract_instance());
        ledger.idaas_instances().put({{"idaas-2"}, contract_actor.account, "", unix_time_of(1)});
        ledger.idaas_users().put(contract_user("user-1", "anna"));
        ledger.idaas_users().put(stranger);
        ledger.idaas_groups().put(contract_group());
        ledger.idaas_applications().put(contract_application());
        ledger.vpcs().put(contract_vpc("vpc-1", ""));
        ledger.vpn_gateways().put(contract_gateway());
    }));
    EXPECT_FALSE(
        put([](Ledger& ledger) { ledger.group_members().put(contract_member("user-2")); }));
    EXPECT_FALSE(
        put([](Ledger& ledger) { ledger.assignments().put(contract_assignment("user-2")); }));
    EXPECT_FALSE(
        put([](Ledger& ledger) { ledger.assignments().put(contract_assignment("nobody")); }));
    model::SslServer server = contract_server();
    server.idaas_instance = {"idaas-2"};
    server.idaas_application = contract_application().id;
    EXPECT_FALSE(put([&](Ledger& ledger) { ledger.ssl_servers().put(server); }));
    server.idaas_instance = contract_instance().id;
    EXPECT_TRUE(put([&](Ledger& ledger) { ledger.ssl_servers().put(server); }));
    const std::string as_we_do = "PRAGMA foreign_keys = ON; ";
    for (const char* statement :
         {"UPDATE idaas_instances SET account = 'x' WHERE id = 'idaas-1'",
          "DELETE FROM idaas_applications", "UPDATE ssl_server_sources SET instance = 'idaas-2'"})
        EXPECT_NE(maker.run((as_we_do + statement).c_str()), SQLITE_OK) << statement;
    EXPECT_TRUE(put([](Ledger& ledger) {
        ledger.group_members().put(contract_member("user-1"));
        ledger.assignments().put(contract_assignment("user-1"));
        ledger.idaas_users().remove("user-1");
        EXPECT_TRUE(ledger.group_members().all().empty());
        EXPECT_TRUE(ledger.assignments().all().empty());
    }));
}

std::string file_text(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(SqliteBooks, AStoreOfTheFirstVersionKeepsItsRowsAndGetsTheUsualSettings) {
    SqliteMaker maker;
    const std::string store = file_text(in_checkout("tests/data/books/version-1.sql"));
    ASSERT_FALSE(store.empty());
    ASSERT_EQ(maker.run(store.c_str()), SQLITE_OK);
    const auto books = maker.make();
    ASSERT_TRUE(books->look([](Ledger& ledger) {
        const auto server = ledger.ssl_servers().find("vss-1");
        ASSERT_TRUE(server);
        EXPECT_EQ(server->options, model::ServerOptions());
        EXPECT_EQ(server->topology, bridge::Topology::subnet);
        EXPECT_EQ(server->hold_seconds, 77u);
        EXPECT_EQ(server->dns_servers, "10.0.0.53");
        EXPECT_EQ(server->sealed_key, from_hex("02"));
        EXPECT_TRUE(server->sealed_wrapping_key.empty());
        EXPECT_EQ(server->revision, "abc");
        for (const auto& certificate : ledger.client_certificates().below("vss-1"))
            EXPECT_FALSE(certificate.static_address);
        EXPECT_EQ(ledger.client_certificates().all().size(), 2u);
    }));
    EXPECT_EQ(books->leases()->size(), 1u);
    ASSERT_TRUE(books->transact(contract_actor, contract_token(""), [](Ledger& ledger) {
        model::SslServer server = *ledger.ssl_servers().find("vss-1");
        server.options = contract_options();
        ledger.ssl_servers().put(server);
        EXPECT_EQ(ledger.ssl_servers().find("vss-1"), server);
        return Outcome<Receipt>(Receipt{"x", ""});
    }));
    EXPECT_TRUE(maker.make());
}

TEST(SqliteBooks, SettingsThatNobodyWroteAreADamagedStore) {
    SqliteMaker maker;
    ASSERT_EQ(maker.run(file_text(in_checkout("tests/data/books/version-1.sql")).c_str()),
              SQLITE_OK);
    const auto books = maker.make();
    ASSERT_EQ(maker.run("UPDATE ssl_servers SET options = 'TunMtu=x\n'"), SQLITE_OK);
    const auto looked = books->look([](Ledger& ledger) { ledger.ssl_servers().all(); });
    ASSERT_FALSE(looked);
    EXPECT_EQ(looked.error().code, "ServiceUnavailable");
}

TEST(SqliteBooks, AFileOfANewerVersionIsLeftAlone) {
    SqliteMaker maker;
    maker.make();
    ASSERT_EQ(maker.run("PRAGMA user_version = 1000"), SQLITE_OK);
    EXPECT_FALSE(adapters::open_sqlite_books(maker.path()));
}

TEST(SqliteBooks, AFileThatIsNotADatabaseIsSaidSo) {
    SqliteMaker maker;
    EXPECT_FALSE(adapters::open_sqlite_books(maker.folder));
}

}  // namespace
}  // namespace kanmon::usecases
