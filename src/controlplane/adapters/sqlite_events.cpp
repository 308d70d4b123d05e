#include "controlplane/adapters/sqlite_events.h"

#include <set>

#include "controlplane/adapters/sqlite_tables.h"

namespace kanmon::adapters {

namespace {

/// False when its mark is there already.
bool put_event(Database& database, const usecases::EventWrite& write) {
    if (!write.mark.empty()) {
        auto out = database.prepare(
            "INSERT INTO event_marks VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING mark");
        out.bind(write.mark).bind(seconds_of(write.mark_kept_until));
        if (!out.step()) return false;
        out.step();
    }
    database.prepare("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?, ?)")
        .bind(write.event.account.text)
        .bind(seconds_of(write.event.at))
        .bind(write.event.kind)
        .bind(write.event.resource)
        .bind(write.event.server)
        .bind(write.event.message)
        .run();
    return true;
}

void push_out_the_oldest(Database& database, const std::string& account) {
    database
        .prepare(
            "DELETE FROM events WHERE account = ?1 AND number <= "
            "(SELECT number FROM events WHERE account = ?1 "
            "ORDER BY number DESC LIMIT 1 OFFSET ?2)")
        .bind(account)
        .bind(std::uint64_t{model::events_max})
        .run();
}

const std::string event_columns =
    "SELECT number, account, at, kind, resource, server, message FROM events ";

std::vector<model::Event> rows_of(Statement& in) {
    std::vector<model::Event> rows;
    while (in.step()) {
        model::Event row;
        row.number = static_cast<std::uint64_t>(in.number());
        row.account.text = in.text();
        row.at = unix_time_of(in.number());
        row.kind = in.text();
        row.resource = in.text();
        row.server = in.text();
        row.message = in.text();
        rows.push_back(std::move(row));
    }
    return rows;
}

}  // namespace

void put_held_bundles(Database& database, const std::vector<model::HeldBundle>& held) {
    database.survive(Durability::process_death);
    Transaction transaction(database);
    const SqliteTable<model::ClientCertificate> certificates(database);
    SqliteTable<model::HeldBundle> bundles(database);
    for (const model::HeldBundle& row : held)
        if (certificates.find(row.id.text)) bundles.put(row);
    transaction.commit();
}

std::size_t put_events(Database& database, const std::vector<usecases::EventWrite>& events,
                       UnixTime now) {
    database.survive(Durability::power_loss);
    Transaction transaction(database);
    database.prepare("DELETE FROM event_marks WHERE kept_until < ?").bind(seconds_of(now)).run();
    std::size_t added = 0;
    std::set<std::string> accounts;
    for (const usecases::EventWrite& write : events)
        if (put_event(database, write)) {
            ++added;
            accounts.insert(write.event.account.text);
        }
    for (const std::string& account : accounts) push_out_the_oldest(database, account);
    transaction.commit();
    return added;
}

std::vector<model::Event> read_events(Database& database, const usecases::EventQuery& query) {
    Statement in = database.prepare(
        event_columns +
        "WHERE account = ?1 AND (?2 = '' OR kind = ?2) AND (?3 = '' OR resource = ?3) "
        "AND (?4 = '' OR server = ?4) ORDER BY number DESC");
    in.bind(query.account.text).bind(query.kind).bind(query.resource).bind(query.server);
    return rows_of(in);
}

std::vector<model::Event> read_events_after(Database& database, std::uint64_t number,
                                            std::size_t count) {
    Statement in = database.prepare(event_columns + "WHERE number > ?1 ORDER BY number LIMIT ?2");
    in.bind(number).bind(std::uint64_t{count});
    return rows_of(in);
}

}  // namespace kanmon::adapters
