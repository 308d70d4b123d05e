#include "controlplane/adapters/sqlite_database.h"

#include <sqlite3.h>

namespace kanmon::adapters {

namespace {

[[noreturn]] void fail(sqlite3* database) {
    throw StoreError(database ? sqlite3_errmsg(database) : "out of memory");
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int result =
        sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
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
    sqlite3_busy_timeout(database, 5000);
    run("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;");
}

void Database::run(const std::string& sql) {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        fail(database_.get());
}

Transaction::~Transaction() {
    if (!open_) return;
    try {
        database_.run("ROLLBACK");
    } catch (const StoreError&) {
        // SQLite has rolled back by itself already.
        open_ = false;
    }
}

void Transaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

}  // namespace kanmon::adapters
