#include "controlplane/adapters/sqlite_database.h"

#include <sqlite3.h>

namespace kanmon::adapters {

namespace {

[[noreturn]] void fail(sqlite3* database) {
    throw StoreError(database ? sqlite3_errmsg(database) : "out of memory");
}

}  // namespace

IdleStatements::~IdleStatements() {
    for (const auto& [text, statements] : by_text_)
        for (sqlite3_stmt* statement : statements) sqlite3_finalize(statement);
}

sqlite3_stmt* IdleStatements::take(const std::string& sql) {
    const auto found = by_text_.find(sql);
    if (found == by_text_.end() || found->second.empty()) return nullptr;
    sqlite3_stmt* statement = found->second.back();
    found->second.pop_back();
    return statement;
}

void IdleStatements::put(sqlite3_stmt* statement) {
    sqlite3_reset(statement);  // its error was reported by the step that met it
    sqlite3_clear_bindings(statement);
    by_text_[sqlite3_sql(statement)].push_back(statement);
}

Statement::Statement(sqlite3* database, IdleStatements& idle, const std::string& sql)
    : statement_(idle.take(sql), Returner{&idle}) {
    if (statement_) return;
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v3(database, sql.c_str(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    if (result != SQLITE_OK || !statement) fail(database);
}

void Statement::check(int result) const {
    if (result != SQLITE_OK) fail(sqlite3_db_handle(statement_.get()));
}

Statement& Statement::bind(std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), ++bound_, text.data() ? text.data() : "",
                              text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    check(sqlite3_bind_int64(statement_.get(), ++bound_, number));
    return *this;
}

Statement& Statement::bind_blob(Bytes octets) {
    ++bound_;
    check(octets.empty() ? sqlite3_bind_zeroblob(statement_.get(), bound_, 0)
                         : sqlite3_bind_blob64(statement_.get(), bound_, octets.data(),
                                               octets.size(), SQLITE_TRANSIENT));
    return *this;
}

bool Statement::step() {
    column_ = 0;
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) fail(sqlite3_db_handle(statement_.get()));
    return false;
}

void Statement::run() {
    while (step()) {
    }
}

std::string Statement::text() {
    return as_text(blob());
}

std::int64_t Statement::number() {
    return sqlite3_column_int64(statement_.get(), column_++);
}

Buffer Statement::blob() {
    const void* octets = sqlite3_column_blob(statement_.get(), column_);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column_));
    ++column_;
    return octets ? copy_of(Bytes(static_cast<const std::byte*>(octets), size)) : Buffer{};
}

void Database::Closer::operator()(sqlite3* database) const {
    sqlite3_close(database);
}

Database::Database(const std::string& path) {
    sqlite3* database = nullptr;
    const int result = sqlite3_open_v2(
        path.c_str(), &database,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_FULLMUTEX,
        nullptr);
    database_.reset(database);
    if (result != SQLITE_OK) fail(database);
    // SQLite reads on when it may not write; whoever starts like that would never write again.
    if (sqlite3_db_readonly(database, "main") == 1)
        throw StoreError("it can be read but not written");
    sqlite3_busy_timeout(database, 5000);
    run("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
}

void Database::run(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        fail(database_.get());
}

void Database::survive(Durability durability) {
    if (durability_ == durability) return;
    run(durability == Durability::power_loss ? "PRAGMA synchronous=FULL"
                                             : "PRAGMA synchronous=NORMAL");
    durability_ = durability;
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        database_.prepare("ROLLBACK").run();
    } catch (const StoreError&) {
        // SQLite has rolled back by itself already.
        open_ = false;
    }
}

void Transaction::commit() {
    database_.prepare("COMMIT").run();
    open_ = false;
}

}  // namespace kanmon::adapters
