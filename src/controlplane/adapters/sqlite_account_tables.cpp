// How accounts, their access keys and the audit log lie in their tables.
#include "controlplane/adapters/sqlite_account_tables.h"

#include <array>

#include "controlplane/adapters/sha256.h"
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
    row.before = in.text();
    row.after = in.text();
    row.link = in.text();
    return row;
}

constexpr auto audit_columns =
    "number, at, account, access_key, request_id, action, subject, parameters, state_before, "
    "state_after, link";

/// Each field with its length in front, so that nothing moves from one into the next. Rows from
/// before there were states have none, and those of today that touch nothing are linked like them.
std::string link_of(const std::string& before, const usecases::AuditRow& row) {
    std::vector<std::string> fields{std::to_string(row.number),
                                    std::to_string(seconds_of(row.at)),
                                    row.account,
                                    row.access_key,
                                    row.request_id,
                                    row.action,
                                    row.subject,
                                    row.parameters};
    if (!row.before.empty() || !row.after.empty()) {
        fields.push_back(row.before);
        fields.push_back(row.after);
    }
    std::string text = before;
    for (const std::string& field : fields) text += fmt::format("\n{}:{}", field.size(), field);
    return sha256_text(text);
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
    Statement in = database.prepare(fmt::format(
        "SELECT {} {} ORDER BY number DESC LIMIT ?7 OFFSET ?8", audit_columns, audit_filter));
    bind_filter(in, query)
        .bind(query.page.size)
        .bind(std::uint64_t{query.page.number - 1} * query.page.size);
    while (in.step()) page.items.push_back(read_audit_row(in));
    return page;
}

usecases::AuditHead read_audit_head(Database& database) {
    Statement in = database.prepare("SELECT number, link FROM audit ORDER BY number DESC LIMIT 1");
    usecases::AuditHead head;
    if (!in.step()) return head;
    head.number = static_cast<std::uint64_t>(in.number());
    head.link = in.text();
    return head;
}

bool has_audit_row(Database& database, const usecases::AuditHead& head) {
    if (head.number == 0) return true;
    Statement in = database.prepare("SELECT link FROM audit WHERE number = ?");
    in.bind(head.number);
    return in.step() && in.text() == head.link;
}

void append_audit(Database& database, usecases::AuditRow row) {
    const usecases::AuditHead head = read_audit_head(database);
    row.number = head.number + 1;
    database
        .prepare(fmt::format("INSERT INTO audit ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                             audit_columns))
        .bind(row.number)
        .bind(seconds_of(row.at))
        .bind(row.account)
        .bind(row.access_key)
        .bind(row.request_id)
        .bind(row.action)
        .bind(row.subject)
        .bind(row.parameters)
        .bind(row.before)
        .bind(row.after)
        .bind(link_of(head.link, row))
        .run();
}

std::optional<std::uint64_t> first_broken_audit_row(Database& database) {
    Statement in =
        database.prepare(fmt::format("SELECT {} FROM audit ORDER BY number", audit_columns));
    std::string before;
    std::uint64_t expected = 0;
    while (in.step()) {
        usecases::AuditRow row = read_audit_row(in);
        const bool follows = expected == 0 || row.number == expected;
        const bool unlinked_yet = before.empty() && row.link.empty();
        const bool linked = unlinked_yet || row.link == link_of(before, row);
        if (!follows || !linked) return row.number;
        expected = row.number + 1;
        before = std::move(row.link);
    }
    return std::nullopt;
}

}  // namespace kanmon::adapters
