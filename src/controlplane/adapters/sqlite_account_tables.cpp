// How accounts, their access keys and the audit log lie in their tables.
#include "controlplane/adapters/sqlite_account_tables.h"

#include <array>

#include "controlplane/adapters/sqlite_shape.h"

namespace kanmon::adapters {

namespace {

model::KeyRole read_key_role(Statement& in) {
    const std::string text = in.text();
    const auto role = model::check_key_role(text);
    if (!role || text.empty()) throw StoreError("the stored role of a key cannot be read");
    return *role;
}

/// The rows that a query is about; bound in this order.
constexpr auto audit_filter =
    "FROM audit WHERE (?1 = '' OR account = ?1) AND at >= ?2 AND at <= ?3 "
    "AND (?4 = '' OR action = ?4) AND (?5 = '' OR subject = ?5) "
    "AND (?6 = '' OR access_key = ?6)";

Statement& bind_filter(Statement& in, const usecases::AuditQuery& query) {
    return in.bind(query.account.text)
        .bind(seconds_of(query.from))
        .bind(seconds_of(query.to))
        .bind(query.action)
        .bind(query.subject)
        .bind(query.access_key);
}

usecases::AuditRow read_audit_row(Statement& in) {
    usecases::AuditRow row;
    row.number = static_cast<std::uint64_t>(in.number());
    row.at = read_time(in);
    row.account = in.text();
    row.access_key = in.text();
    row.request_id = in.text();
    row.action = in.text();
    row.subject = in.text();
    row.parameters = in.text();
    return row;
}

}  // namespace

template <>
struct Shape<model::Account> {
    static constexpr auto table = "accounts";
    static constexpr std::array columns{"id", "name", "role", "created_at"};
    static constexpr auto account = "id", parent = "id";
    static void write(Statement& out, const model::Account& row) {
        out.bind(row.id.text)
            .bind(row.name)
            .bind(row.role == model::Role::root ? "root" : "owner")
            .bind(seconds_of(row.created_at));
    }
    static model::Account read(Statement& in) {
        model::Account row;
        row.id.text = in.text();
        row.name = in.text();
        row.role = in.text() == "root" ? model::Role::root : model::Role::owner;
        row.created_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::AccessKey> {
    static constexpr auto table = "access_keys";
    static constexpr std::array columns{"id",   "account", "sealed_secret", "created_at",
                                        "name", "role",    "enabled"};
    static constexpr auto account = "account", parent = "account";
    static void write(Statement& out, const model::AccessKey& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind_blob(row.sealed_secret)
            .bind(seconds_of(row.created_at))
            .bind(row.name)
            .bind(model::key_role_text(row.role))
            .bind(row.enabled);
    }
    static model::AccessKey read(Statement& in) {
        model::AccessKey row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.sealed_secret = in.blob();
        row.created_at = read_time(in);
        row.name = in.text();
        row.role = read_key_role(in);
        row.enabled = in.number() != 0;
        return row;
    }
};

template <>
struct Shape<model::AccessKeyUse> {
    static constexpr auto table = "access_key_uses";
    static constexpr std::array columns{"id", "account", "used_at"};
    static constexpr auto account = "account", parent = "account";
    static void write(Statement& out, const model::AccessKeyUse& row) {
        out.bind(row.id.text).bind(row.account.text).bind(seconds_of(row.used_at));
    }
    static model::AccessKeyUse read(Statement& in) {
        model::AccessKeyUse row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.used_at = read_time(in);
        return row;
    }
};

template <>
struct Shape<model::BearerToken> {
    static constexpr auto table = "bearer_tokens";
    static constexpr std::array columns{"id",         "account", "access_key", "name",
                                        "kind",       "role",    "token_hash", "created_at",
                                        "expires_at", "used_at"};
    static constexpr auto account = "account", parent = "access_key";
    static void write(Statement& out, const model::BearerToken& row) {
        out.bind(row.id.text)
            .bind(row.account.text)
            .bind(row.access_key.text)
            .bind(row.name)
            .bind(model::token_kind_text(row.kind))
            .bind(model::key_role_text(row.role))
            .bind_blob(row.token_hash)
            .bind(seconds_of(row.created_at))
            .bind(seconds_of(row.expires_at))
            .bind(seconds_of(row.used_at));
    }
    static model::BearerToken read(Statement& in) {
        model::BearerToken row;
        row.id.text = in.text();
        row.account.text = in.text();
        row.access_key.text = in.text();
        row.name = in.text();
        row.kind = in.text() == "session" ? model::TokenKind::session : model::TokenKind::token;
        row.role = read_key_role(in);
        row.token_hash = in.blob();
        row.created_at = read_time(in);
        row.expires_at = read_time(in);
        row.used_at = read_time(in);
        return row;
    }
};

template class SqliteTable<model::Account>;
template class SqliteTable<model::AccessKey>;
template class SqliteTable<model::AccessKeyUse>;
template class SqliteTable<model::BearerToken>;

void put_key_use(Database& database, const model::AccessKeyUse& use) {
    database.survive(Durability::process_death);
    Transaction transaction(database);
    if (SqliteTable<model::AccessKey>(database).find(use.id.text))
        SqliteTable<model::AccessKeyUse>(database).put(use);
    transaction.commit();
}

void put_token_use(Database& database, const model::BearerTokenId& id, UnixTime used_at) {
    database.survive(Durability::process_death);
    database.prepare("UPDATE bearer_tokens SET used_at = ? WHERE id = ?")
        .bind(seconds_of(used_at))
        .bind(id.text)
        .run();
}

usecases::Page<usecases::AuditRow> read_audit(Database& database,
                                              const usecases::AuditQuery& query) {
    usecases::Page<usecases::AuditRow> page{
        .items = {}, .number = query.page.number, .size = query.page.size, .total = 0};
    {
        Statement count = database.prepare(fmt::format("SELECT count(*) {}", audit_filter));
        bind_filter(count, query).step();
        page.total = static_cast<std::uint64_t>(count.number());
        count.step();
    }
    Statement in = database.prepare(
        fmt::format("SELECT number, at, account, access_key, request_id, action, subject, "
                    "parameters {} ORDER BY number DESC LIMIT ?7 OFFSET ?8",
                    audit_filter));
    bind_filter(in, query)
        .bind(query.page.size)
        .bind(std::uint64_t{query.page.number - 1} * query.page.size);
    while (in.step()) page.items.push_back(read_audit_row(in));
    return page;
}

}  // namespace kanmon::adapters
