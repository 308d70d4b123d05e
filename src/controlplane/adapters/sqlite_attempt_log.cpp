#include "controlplane/adapters/sqlite_attempt_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "controlplane/adapters/log_room.h"
#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/sqlite_guard.h"

namespace kanmon::adapters {

namespace {

using namespace usecases;
using bridge::AttemptRecord;

constexpr std::uint64_t row_octets_around = 208;  // numbers, keys and the entries of the indices
constexpr std::uint64_t rows_at_once = 64;        // that one owner gives way with
constexpr std::uint64_t expired_at_once = 256;    // that one append sweeps out

// AUTOINCREMENT: a number is never given twice, since cursors are numbers.
constexpr const char* first_tables = R"sql(
CREATE TABLE records (
    number INTEGER PRIMARY KEY AUTOINCREMENT, stranger INTEGER NOT NULL, owner TEXT NOT NULL,
    octets INTEGER NOT NULL, server TEXT NOT NULL, at INTEGER NOT NULL,
    remote_address BLOB NOT NULL, remote_port INTEGER NOT NULL, transport INTEGER NOT NULL,
    session INTEGER NOT NULL, happening TEXT NOT NULL, stage INTEGER NOT NULL, cause TEXT NOT NULL,
    common_name TEXT NOT NULL, username TEXT NOT NULL, tunnel_address INTEGER NOT NULL,
    cipher TEXT NOT NULL, version TEXT NOT NULL, platform TEXT NOT NULL,
    former_address BLOB NOT NULL, former_port INTEGER NOT NULL, received_octets INTEGER NOT NULL,
    sent_octets INTEGER NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX records_server ON records(server, at, number);
CREATE INDEX records_owner ON records(stranger, owner, number);
)sql";
constexpr const char* by_time = R"sql(
CREATE INDEX records_at ON records(at);
)sql";
constexpr std::array<const char*, 2> steps{first_tables, by_time};

constexpr const char* columns =
    "number, stranger, server, at, remote_address, remote_port, transport, session, happening, "
    "stage, cause, common_name, username, tunnel_address, cipher, version, platform, "
    "former_address, former_port, received_octets, sent_octets, detail";

std::uint64_t octets_of(const AttemptRecord& record, const std::string& owner) {
    return row_octets_around + 2 * owner.size() + 2 * record.server_id.size() +
           record.common_name.size() + record.username.size() + record.cipher.size() +
           record.version.size() + record.platform.size() + record.detail.size();
}

Bytes octets_of(const Ipv6& address) {
    return std::as_bytes(std::span(address.octets));
}

Ipv6 read_address(Statement& in) {
    const Buffer octets = in.blob();
    Ipv6 address;
    if (octets.size() != address.octets.size()) throw StoreError("a stored address cannot be read");
    std::memcpy(address.octets.data(), octets.data(), octets.size());
    return address;
}

template <class E>
E read_choice(Statement& in, E last) {
    const std::int64_t number = in.number();
    if (number < 0 || number > static_cast<std::int64_t>(last))
        throw StoreError("a stored choice cannot be read");
    return static_cast<E>(number);
}

/// Causes are kept by their codes, since rows of the table move; one that is gone reads as
/// malformed.
Cause cause_of_code(std::string_view code) {
    const auto row = std::ranges::find(cause_table, code, &CauseRow::code);
    return row == cause_table.end() ? Cause::malformed : row->cause;
}

StoredAttempt read_row(Statement& in) {
    StoredAttempt row;
    AttemptRecord& record = row.record;
    row.number = static_cast<std::uint64_t>(in.number());
    record.known = in.number() == 0;
    record.server_id = in.text();
    record.at = unix_time_of(in.number());
    record.remote.address = read_address(in);
    record.remote.port = static_cast<std::uint16_t>(in.number());
    record.transport = read_choice(in, bridge::Transport::tcp);
    record.session = static_cast<std::uint64_t>(in.number());
    const auto happening = happening_of(in.text());
    if (!happening) throw StoreError("a stored happening cannot be read");
    record.happening = *happening;
    record.stage = read_choice(in, bridge::Stage::ended);
    record.cause = cause_of_code(in.text());
    record.common_name = in.text();
    record.username = in.text();
    record.tunnel_address = Ipv4{static_cast<std::uint32_t>(in.number())};
    record.cipher = in.text();
    record.version = in.text();
    record.platform = in.text();
    record.former.address = read_address(in);
    record.former.port = static_cast<std::uint16_t>(in.number());
    record.received_octets = static_cast<std::uint64_t>(in.number());
    record.sent_octets = static_cast<std::uint64_t>(in.number());
    record.detail = in.text();
    return row;
}

void insert(Database& database, const AttemptRecord& record, const std::string& owner) {
    database
        .prepare(
            "INSERT INTO records VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(!record.known)
        .bind(owner)
        .bind(octets_of(record, owner))
        .bind(record.server_id)
        .bind(seconds_of(record.at))
        .bind_blob(octets_of(record.remote.address))
        .bind(record.remote.port)
        .bind(static_cast<std::int64_t>(record.transport))
        .bind(record.session)
        .bind(happening_text(record.happening))
        .bind(static_cast<std::int64_t>(record.stage))
        .bind(row_of(record.cause).code)
        .bind(record.common_name)
        .bind(record.username)
        .bind(record.tunnel_address.value)
        .bind(record.cipher)
        .bind(record.version)
        .bind(record.platform)
        .bind_blob(octets_of(record.former.address))
        .bind(record.former.port)
        .bind(record.received_octets)
        .bind(record.sent_octets)
        .bind(record.detail)
        .run();
}

std::string query_text(const AttemptQuery& query) {
    const char* order = query.order == AttemptOrder::time      ? "at, number"
                        : query.order == AttemptOrder::arrival ? "number"
                                                               : "number DESC";
    return fmt::format(
        "SELECT {} FROM records WHERE server = ?1 AND at BETWEEN ?2 AND ?3 AND number > ?4 "
        "AND (?5 = '' OR common_name = ?5) AND (?6 = '' OR username = ?6) "
        "AND (?7 = '' OR happening = ?7) "
        "AND (?8 = '' OR (cause = ?8 AND happening IN ('refused', 'ended', 'denied'))) "
        "AND (?9 = 0 OR remote_address BETWEEN ?10 AND ?11) ORDER BY {} LIMIT ?12 OFFSET ?13",
        columns, order);
}

class SqliteAttemptLog final : public AttemptLog {
public:
    SqliteAttemptLog(const std::string& path, const LogLimits& limits)
        : limits_(limits), writer_(path) {
        migrate(writer_, steps);
        writer_.survive(Durability::process_death);
        reader_.emplace(path);
        measure();
    }

    Outcome<void> append(const std::vector<AttemptRecord>& records, UnixTime now) override {
        const std::lock_guard lock(writing_);
        return guarded<void>([&]() -> Outcome<void> {
            if (unsure_) measure();
            unsure_ = true;  // until the commit: what was counted may be rolled back
            write(records, now);
            unsure_ = false;
            return {};
        });
    }

    Outcome<std::vector<StoredAttempt>> find(const AttemptQuery& query) override {
        const std::lock_guard lock(reading_);
        using Rows = std::vector<StoredAttempt>;
        return guarded<Rows>([&]() -> Outcome<Rows> { return read(query); });
    }

private:
    void measure();
    void write(const std::vector<AttemptRecord>& records, UnixTime now);
    void make_room(bool stranger);
    void expire(UnixTime now);
    std::uint64_t let_go(Statement& out);
    std::vector<StoredAttempt> read(const AttemptQuery& query);
    LogRoom& room(bool stranger) { return stranger ? strangers_ : clients_; }

    LogLimits limits_;
    std::mutex writing_;
    Database writer_;
    LogRoom clients_{limits_.client_octets_max};
    LogRoom strangers_{limits_.stranger_octets_max};
    bool unsure_ = false;
    std::mutex reading_;
    std::optional<Database> reader_;  // opened when the tables are there
};

void SqliteAttemptLog::measure() {
    clients_.clear();
    strangers_.clear();
    Statement in = writer_.prepare(
        "SELECT stranger, owner, sum(octets) FROM records GROUP BY stranger, owner");
    while (in.step()) {
        LogRoom& filled = room(in.number() != 0);
        const std::string owner = in.text();
        filled.add(owner, static_cast<std::uint64_t>(in.number()));
    }
}

void SqliteAttemptLog::write(const std::vector<AttemptRecord>& records, UnixTime now) {
    Transaction transaction(writer_);
    for (const AttemptRecord& record : records) {
        const std::string owner = room_of(record);
        insert(writer_, record, owner);
        room(!record.known).add(owner, octets_of(record, owner));
    }
    make_room(false);
    make_room(true);
    expire(now);
    transaction.commit();
}

/// As many octets as came go, so that one append costs what it brings, however full the log is.
void SqliteAttemptLog::make_room(bool stranger) {
    LogRoom& filled = room(stranger);
    while (filled.overfull() && !filled.empty()) {
        const std::string owner = filled.largest();
        Statement out = writer_.prepare(
            "DELETE FROM records WHERE number IN (SELECT number FROM records "
            "WHERE stranger = ? AND owner = ? ORDER BY number LIMIT ?) RETURNING octets");
        out.bind(stranger).bind(owner).bind(rows_at_once);
        bool any = false;
        for (; out.step(); any = true) filled.take(owner, static_cast<std::uint64_t>(out.number()));
        if (!any) throw StoreError("the log and its measures differ");
    }
}

/// By their dates, and not in the order of arrival: a clock that was ahead has dated some into the
/// future, which would keep all behind them. Those go with what came after them.
void SqliteAttemptLog::expire(UnixTime now) {
    Statement old = writer_.prepare(
        "DELETE FROM records WHERE number IN (SELECT number FROM records WHERE at < ? ORDER BY at "
        "LIMIT ?) RETURNING stranger, owner, octets, number");
    old.bind(seconds_of(now - limits_.age_max)).bind(expired_at_once);
    const std::uint64_t last = let_go(old);
    if (last == 0) return;
    Statement ahead = writer_.prepare(
        "DELETE FROM records WHERE number IN (SELECT number FROM records WHERE at > ? AND number < "
        "? LIMIT ?) RETURNING stranger, owner, octets, number");
    ahead.bind(seconds_of(now)).bind(last).bind(expired_at_once);
    let_go(ahead);
}

/// The largest number among them; 0: there were none.
std::uint64_t SqliteAttemptLog::let_go(Statement& out) {
    std::uint64_t last = 0;
    while (out.step()) {
        LogRoom& filled = room(out.number() != 0);
        const std::string owner = out.text();
        filled.take(owner, static_cast<std::uint64_t>(out.number()));
        last = std::max(last, static_cast<std::uint64_t>(out.number()));
    }
    return last;
}

std::vector<StoredAttempt> SqliteAttemptLog::read(const AttemptQuery& query) {
    Statement in = reader_->prepare(query_text(query));
    const AddressRange range = query.addresses.value_or(AddressRange{});
    in.bind(query.server_id)
        .bind(seconds_of(query.from))
        .bind(seconds_of(query.to))
        .bind(query.after)
        .bind(query.common_name)
        .bind(query.username)
        .bind(query.happening ? happening_text(*query.happening) : std::string_view())
        .bind(query.cause)
        .bind(query.addresses.has_value())
        .bind_blob(octets_of(range.first))
        .bind_blob(octets_of(range.last))
        .bind(query.count)
        .bind(query.skipped);
    std::vector<StoredAttempt> rows;
    while (in.step()) rows.push_back(read_row(in));
    if (query.order == AttemptOrder::newest) std::ranges::reverse(rows);
    return rows;
}

}  // namespace

model::Outcome<std::unique_ptr<usecases::AttemptLog>> open_sqlite_attempt_log(
    const std::string& path, const usecases::LogLimits& limits) {
    try {
        return std::make_unique<SqliteAttemptLog>(path, limits);
    } catch (const StoreError& error) {
        return model::unavailable(
            fmt::format("The log {} cannot be opened: {}.", path, error.what()));
    }
}

}  // namespace kanmon::adapters
