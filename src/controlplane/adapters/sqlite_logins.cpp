#include "controlplane/adapters/sqlite_logins.h"

namespace kanmon::adapters {

namespace {

constexpr std::int64_t used_codes_kept = 20;  // steps; older codes are no longer good anyway

/// Whether the statement, which returns a row for what it has changed, has changed anything.
bool changes_something(Statement& out) {
    const bool changed = out.step();
    if (changed) out.step();
    return changed;
}

}  // namespace

bool use_code_of(Database& database, const std::string& user, std::int64_t step) {
    database.survive(Durability::power_loss);
    Transaction transaction(database);
    bool first = false;
    {
        Statement out = database.prepare(
            "INSERT INTO used_codes VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING step");
        out.bind(user).bind(step);
        first = changes_something(out);
    }
    database.prepare("DELETE FROM used_codes WHERE user = ? AND step < ?")
        .bind(user)
        .bind(step - used_codes_kept)
        .run();
    transaction.commit();
    return first;
}

bool use_recovery_code_of(Database& database, const std::string& user, const std::string& hash) {
    database.survive(Durability::power_loss);
    Transaction transaction(database);
    bool first = false;
    {
        Statement out =
            database.prepare("DELETE FROM recovery_codes WHERE user = ? AND hash = ? RETURNING id");
        out.bind(user).bind(hash);
        first = changes_something(out);
    }
    transaction.commit();
    return first;
}

void put_login_failures(Database& database, const usecases::LoginFailures& failures) {
    database.survive(Durability::process_death);
    Transaction transaction(database);
    if (failures.wrong == 0) {
        database.prepare("DELETE FROM login_failures WHERE key = ?").bind(failures.key).run();
    } else {
        database.prepare("INSERT OR REPLACE INTO login_failures VALUES (?, ?, ?, ?)")
            .bind(failures.key)
            .bind(failures.wrong)
            .bind(seconds_of(failures.locked_until))
            .bind(seconds_of(failures.touched))
            .run();
        database
            .prepare(
                "DELETE FROM login_failures WHERE key IN (SELECT key FROM login_failures "
                "ORDER BY touched DESC LIMIT -1 OFFSET ?)")
            .bind(std::uint64_t{usecases::login_failures_max})
            .run();
    }
    transaction.commit();
}

std::vector<usecases::LoginFailures> read_login_failures(Database& database) {
    Statement in = database.prepare(
        "SELECT key, wrong, locked_until, touched FROM login_failures ORDER BY touched");
    std::vector<usecases::LoginFailures> rows;
    while (in.step()) {
        usecases::LoginFailures row;
        row.key = in.text();
        row.wrong = static_cast<std::uint32_t>(in.number());
        row.locked_until = unix_time_of(in.number());
        row.touched = unix_time_of(in.number());
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace kanmon::adapters
