#include "controlplane/adapters/sqlite_books.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "controlplane/adapters/group_sync.h"
#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/sqlite_account_tables.h"
#include "controlplane/adapters/sqlite_events.h"
#include "controlplane/adapters/sqlite_guard.h"
#include "controlplane/adapters/sqlite_logins.h"
#include "controlplane/adapters/sqlite_tables.h"

namespace kanmon::adapters {

namespace {

using namespace usecases;

constexpr std::chrono::days token_retention{7};
constexpr std::string_view disk_refused =
    "The disk has refused to keep what was written; see the kernel's log, and restart the gateway "
    "once the disk is well";

class SqliteLedger final : public Ledger {
public:
    SqliteLedger(Database& database, std::uint64_t number, RowChanges* changes = nullptr)
        : accounts_(database, changes),
          access_keys_(database, changes),
          access_key_uses_(database, changes),
          bearer_tokens_(database, changes),
          vpcs_(database, changes),
          vpn_gateways_(database, changes),
          ssl_servers_(database, changes),
          client_certificates_(database, changes),
          revoked_certificates_(database, changes),
          revocation_lists_(database, changes),
          access_rules_(database, changes),
          blocked_clients_(database, changes),
          bundle_links_(database, changes),
          held_bundles_(database, changes),
          idaas_instances_(database, changes),
          idaas_users_(database, changes),
          idaas_groups_(database, changes),
          group_members_(database, changes),
          idaas_applications_(database, changes),
          assignments_(database, changes),
          recovery_codes_(database, changes),
          vswitches_(database, changes),
          customer_gateways_(database, changes),
          vpn_connections_(database, changes),
          ipsec_tunnels_(database, changes),
          vpn_routes_(database, changes),
          resource_tags_(database, changes),
          diagnoses_(database, changes),
          database_(database),
          number_(number) {}

    Table<model::Account>& accounts() override { return accounts_; }
    Table<model::AccessKey>& access_keys() override { return access_keys_; }
    Table<model::AccessKeyUse>& access_key_uses() override { return access_key_uses_; }
    Table<model::BearerToken>& bearer_tokens() override { return bearer_tokens_; }
    Table<model::Vpc>& vpcs() override { return vpcs_; }
    Table<model::VpnGateway>& vpn_gateways() override { return vpn_gateways_; }
    Table<model::SslServer>& ssl_servers() override { return ssl_servers_; }
    Table<model::ClientCertificate>& client_certificates() override { return client_certificates_; }
    Table<model::RevokedCertificate>& revoked_certificates() override {
        return revoked_certificates_;
    }
    Table<model::RevocationList>& revocation_lists() override { return revocation_lists_; }
    Table<model::AccessRule>& access_rules() override { return access_rules_; }
    Table<model::BlockedClient>& blocked_clients() override { return blocked_clients_; }
    Table<model::BundleLink>& bundle_links() override { return bundle_links_; }
    Table<model::HeldBundle>& held_bundles() override { return held_bundles_; }
    Table<model::IdaasInstance>& idaas_instances() override { return idaas_instances_; }
    Table<model::IdaasUser>& idaas_users() override { return idaas_users_; }
    Table<model::IdaasGroup>& idaas_groups() override { return idaas_groups_; }
    Table<model::GroupMember>& group_members() override { return group_members_; }
    Table<model::IdaasApplication>& idaas_applications() override { return idaas_applications_; }
    Table<model::Assignment>& assignments() override { return assignments_; }
    Table<model::RecoveryCode>& recovery_codes() override { return recovery_codes_; }
    Table<model::VSwitch>& vswitches() override { return vswitches_; }
    Table<model::CustomerGateway>& customer_gateways() override { return customer_gateways_; }
    Table<model::VpnConnection>& vpn_connections() override { return vpn_connections_; }
    Table<model::IpsecTunnel>& ipsec_tunnels() override { return ipsec_tunnels_; }
    Table<model::VpnRoute>& vpn_routes() override { return vpn_routes_; }
    Table<model::ResourceTag>& resource_tags() override { return resource_tags_; }
    Table<model::Diagnosis>& diagnoses() override { return diagnoses_; }
    std::vector<bridge::StaticAddress> static_addresses(const std::string& server) const override {
        return read_static_addresses(database_, server);
    }
    std::optional<model::IdaasUser> idaas_user_named(const std::string& instance,
                                                     const std::string& name) const override {
        std::string id;
        {
            auto in =
                database_.prepare("SELECT id FROM idaas_users WHERE instance = ? AND name = ?");
            in.bind(instance).bind(name);
            if (!in.step()) return std::nullopt;
            id = in.text();
        }
        return idaas_users_.find(id);
    }
    std::uint64_t number() const override { return number_; }

private:
    SqliteTable<model::Account> accounts_;
    SqliteTable<model::AccessKey> access_keys_;
    SqliteTable<model::AccessKeyUse> access_key_uses_;
    SqliteTable<model::BearerToken> bearer_tokens_;
    SqliteTable<model::Vpc> vpcs_;
    SqliteTable<model::VpnGateway> vpn_gateways_;
    SqliteTable<model::SslServer> ssl_servers_;
    SqliteTable<model::ClientCertificate> client_certificates_;
    SqliteTable<model::RevokedCertificate> revoked_certificates_;
    SqliteTable<model::RevocationList> revocation_lists_;
    SqliteTable<model::AccessRule> access_rules_;
    SqliteTable<model::BlockedClient> blocked_clients_;
    SqliteTable<model::BundleLink> bundle_links_;
    SqliteTable<model::HeldBundle> held_bundles_;
    SqliteTable<model::IdaasInstance> idaas_instances_;
    SqliteTable<model::IdaasUser> idaas_users_;
    SqliteTable<model::IdaasGroup> idaas_groups_;
    SqliteTable<model::GroupMember> group_members_;
    SqliteTable<model::IdaasApplication> idaas_applications_;
    SqliteTable<model::Assignment> assignments_;
    SqliteTable<model::RecoveryCode> recovery_codes_;
    SqliteTable<model::VSwitch> vswitches_;
    SqliteTable<model::CustomerGateway> customer_gateways_;
    SqliteTable<model::VpnConnection> vpn_connections_;
    SqliteTable<model::IpsecTunnel> ipsec_tunnels_;
    SqliteTable<model::VpnRoute> vpn_routes_;
    SqliteTable<model::ResourceTag> resource_tags_;
    SqliteTable<model::Diagnosis> diagnoses_;
    Database& database_;
    std::uint64_t number_;
};

class SqliteBooks final : public Books {
public:
    explicit SqliteBooks(const std::string& path) : database_(path) {
        migrate(database_, migrations);
        sync_.emplace(path + "-wal", &::fdatasync);
    }

    Outcome<Receipt> transact(const Actor& actor, const Token& token,
                              const Change& change) override {
        return guarded<Receipt>([&] { return change_books(actor, token, change); });
    }

    Outcome<void> settle() override {
        if (sync_->settle()) return {};
        return model::unavailable(std::string(disk_refused));
    }

    Outcome<void> look(const Look& look) override {
        return guarded<void>([&]() -> Outcome<void> {
            SqliteLedger ledger(database_, last_number());
            look(ledger);
            return {};
        });
    }

    Outcome<Page<AuditRow>> audit(const AuditQuery& query) override {
        return guarded<Page<AuditRow>>(
            [&]() -> Outcome<Page<AuditRow>> { return read_audit(database_, query); });
    }
    Outcome<std::optional<std::uint64_t>> broken_audit_row() override {
        using Found = std::optional<std::uint64_t>;
        return guarded<Found>(
            [&]() -> Outcome<Found> { return first_broken_audit_row(database_); });
    }
    Outcome<AuditHead> audit_head() override {
        return guarded<AuditHead>(
            [&]() -> Outcome<AuditHead> { return read_audit_head(database_); });
    }
    Outcome<bool> reaches(const AuditHead& head) override {
        return guarded<bool>([&]() -> Outcome<bool> { return has_audit_row(database_, head); });
    }
    Outcome<void> write_key_use(const model::AccessKeyUse& use) override {
        return guarded<void>([&]() -> Outcome<void> {
            put_key_use(database_, use);
            return {};
        });
    }
    Outcome<void> write_token_use(const model::BearerTokenId& id, UnixTime used_at) override {
        return guarded<void>([&]() -> Outcome<void> {
            put_token_use(database_, id, used_at);
            return {};
        });
    }
    Outcome<void> write_leases(const std::vector<LeaseWrite>& writes) override;
    Outcome<std::vector<StoredLease>> leases() override;
    Outcome<void> write_held_bundles(const std::vector<model::HeldBundle>& held) override {
        return guarded<void>([&]() -> Outcome<void> {
            put_held_bundles(database_, held);
            return {};
        });
    }
    Outcome<std::size_t> append_events(const std::vector<EventWrite>& events,
                                       UnixTime now) override {
        return guarded<std::size_t>(
            [&]() -> Outcome<std::size_t> { return put_events(database_, events, now); });
    }
    Outcome<std::vector<model::Event>> events(const EventQuery& query) override {
        return guarded<std::vector<model::Event>>(
            [&]() -> Outcome<std::vector<model::Event>> { return read_events(database_, query); });
    }
    Outcome<bool> use_code(const std::string& user, std::int64_t step) override {
        return guarded<bool>([&]() -> Outcome<bool> { return use_code_of(database_, user, step); });
    }
    Outcome<bool> use_recovery_code(const std::string& user, const std::string& hash) override {
        return guarded<bool>(
            [&]() -> Outcome<bool> { return use_recovery_code_of(database_, user, hash); });
    }
    Outcome<void> write_login_failures(const LoginFailures& failures) override {
        return guarded<void>([&]() -> Outcome<void> {
            put_login_failures(database_, failures);
            return {};
        });
    }
    Outcome<std::vector<LoginFailures>> login_failures() override {
        return guarded<std::vector<LoginFailures>>([&]() -> Outcome<std::vector<LoginFailures>> {
            return read_login_failures(database_);
        });
    }
    Outcome<std::uint64_t> next_snapshot_number() override;

private:
    void take_over();
    void write_lease(const LeaseWrite& write);
    Outcome<Receipt> change_books(const Actor& actor, const Token& token, const Change& change);
    bool was_used(const Actor& actor);
    void use(const Actor& actor, UnixTime now);
    std::optional<Outcome<Receipt>> remembered(const Actor& actor, const Token& token);
    void remember(const Actor& actor, const Token& token, const Receipt& receipt,
                  RowChanges::Told told);

    std::uint64_t last_number() {
        Statement in = database_.prepare("SELECT coalesce(max(number), 0) FROM audit");
        in.step();
        return static_cast<std::uint64_t>(in.number());
    }

    Database database_;
    std::optional<GroupSync> sync_;  // from when the log is there
    bool taken_over_ = false;
};

/// What an earlier process wrote may still be in the kernel's memory alone, or be taken for written
/// after an fdatasync that failed. Here a token is answered by it, so it goes into the file first:
/// written anew, and waited for. Not when opening: a full disk must not keep readers out.
void SqliteBooks::take_over() {
    if (taken_over_) return;
    Statement in = database_.prepare("PRAGMA wal_checkpoint(FULL)");
    in.step();
    if (in.number() != 0) throw StoreError("another program holds an old state of the store");
    in.step();
    taken_over_ = true;
}

/// By another request: one may make several changes.
bool SqliteBooks::was_used(const Actor& actor) {
    if (actor.signed_request.mark.empty()) return false;
    Statement in =
        database_.prepare("SELECT 1 FROM signed_requests WHERE mark = ? AND request_id <> ?");
    in.bind(actor.signed_request.mark).bind(actor.request_id);
    return in.step();
}

void SqliteBooks::use(const Actor& actor, UnixTime now) {
    if (actor.signed_request.mark.empty()) return;
    database_.prepare("DELETE FROM signed_requests WHERE ends < ?").bind(seconds_of(now)).run();
    database_.prepare("INSERT OR IGNORE INTO signed_requests VALUES (?, ?, ?)")
        .bind(actor.signed_request.mark)
        .bind(actor.request_id)
        .bind(seconds_of(actor.signed_request.ends))
        .run();
}

std::optional<Outcome<Receipt>> SqliteBooks::remembered(const Actor& actor, const Token& token) {
    if (token.client_token.empty()) return std::nullopt;
    Statement in = database_.prepare(
        "SELECT action, parameters, subject, name FROM tokens WHERE account = ? AND token = ?");
    in.bind(actor.account.text).bind(token.client_token);
    if (!in.step()) return std::nullopt;
    const bool same = in.text() == token.action;
    if (!(in.text() == token.parameters && same))
        return model::refuse("IdempotentParameterMismatch",
                             "This ClientToken was used with other parameters.");
    std::string subject = in.text();
    return Receipt{std::move(subject), in.text()};
}

void SqliteBooks::remember(const Actor& actor, const Token& token, const Receipt& receipt,
                           RowChanges::Told told) {
    append_audit(database_, {.at = token.now,
                             .account = actor.account.text,
                             .access_key = actor.access_key,
                             .request_id = actor.request_id,
                             .action = token.action,
                             .subject = receipt.subject,
                             .parameters = token.parameters,
                             .before = std::move(told.before),
                             .after = std::move(told.after)});
    if (token.client_token.empty()) return;
    database_.prepare("DELETE FROM tokens WHERE at < ?")
        .bind(seconds_of(token.now - token_retention))
        .run();
    database_.prepare("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(actor.account.text)
        .bind(token.client_token)
        .bind(token.action)
        .bind(token.parameters)
        .bind(receipt.subject)
        .bind(receipt.name)
        .bind(seconds_of(token.now))
        .run();
}

Outcome<Receipt> SqliteBooks::change_books(const Actor& actor, const Token& token,
                                           const Change& change) {
    if (sync_->failed()) throw StoreError(std::string(disk_refused));
    database_.survive(Durability::process_death);
    take_over();
    Transaction transaction(database_);
    if (was_used(actor)) return model::signature_used();
    if (auto seen = remembered(actor, token)) return *seen;
    RowChanges changes(database_);
    SqliteLedger ledger(database_, last_number() + 1, &changes);
    const Outcome<Receipt> receipt = change(ledger);
    if (!receipt) return receipt;
    if (token.dry_run) return model::refuse("DryRunOperation", "The request would succeed.");
    remember(actor, token, *receipt, changes.tell());
    use(actor, token.now);
    transaction.commit();
    sync_->written();
    return receipt;
}

void SqliteBooks::write_lease(const LeaseWrite& write) {
    const bridge::Lease& lease = write.row.lease;
    if (write.gone)
        return database_.prepare("DELETE FROM leases WHERE server = ? AND address = ?")
            .bind(lease.server_id)
            .bind(lease.address.value)
            .run();
    database_.prepare("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?, ?)")
        .bind(lease.server_id)
        .bind(lease.address.value)
        .bind(lease.holder)
        .bind(lease.session)
        .bind(nanoseconds_of(lease.held_until))
        .bind(write.row.boot)
        .run();
}

Outcome<void> SqliteBooks::write_leases(const std::vector<LeaseWrite>& writes) {
    return guarded<void>([&]() -> Outcome<void> {
        database_.survive(Durability::process_death);
        Transaction transaction(database_);
        for (const LeaseWrite& write : writes) write_lease(write);
        transaction.commit();
        return {};
    });
}

Outcome<std::vector<StoredLease>> SqliteBooks::leases() {
    return guarded<std::vector<StoredLease>>([&]() -> Outcome<std::vector<StoredLease>> {
        Statement in = database_.prepare(
            "SELECT server, address, holder, session, held_until, boot FROM leases "
            "ORDER BY server, address");
        std::vector<StoredLease> rows;
        while (in.step()) {
            StoredLease row;
            row.lease.server_id = in.text();
            row.lease.address = Ipv4{static_cast<std::uint32_t>(in.number())};
            row.lease.holder = in.text();
            row.lease.session = static_cast<std::uint64_t>(in.number());
            row.lease.held_until = instant_of(in.number());
            row.boot = in.text();
            rows.push_back(std::move(row));
        }
        return rows;
    });
}

Outcome<std::uint64_t> SqliteBooks::next_snapshot_number() {
    return guarded<std::uint64_t>([&]() -> Outcome<std::uint64_t> {
        Statement in = database_.prepare(
            "UPDATE counters SET value = value + 1 WHERE name = 'snapshot' RETURNING value");
        if (!in.step()) throw StoreError("the snapshot counter is missing");
        const auto number = static_cast<std::uint64_t>(in.number());
        in.step();
        return number;
    });
}

}  // namespace

model::Outcome<std::unique_ptr<usecases::Books>> open_sqlite_books(const std::string& path) {
    try {
        return std::make_unique<SqliteBooks>(path);
    } catch (const StoreError& error) {
        return model::unavailable(
            fmt::format("The store {} cannot be opened: {}.", path, error.what()));
    }
}

}  // namespace kanmon::adapters
