// A thin owner for SQLite's connection and statements. Errors are StoreError, which no adapter lets
// out.
//
// Owner: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kanmon::adapters {

struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Values are bound in the order of the question marks and read in the order of the columns.
class Statement {
public:
    Statement(sqlite3* database, std::string_view sql);

    Statement& bind(std::string_view text);
    Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
    Statement& bind(const char* text) { return bind(std::string_view(text)); }
    Statement& bind(std::int64_t number);
    Statement& bind(std::uint64_t number) { return bind(static_cast<std::int64_t>(number)); }
    Statement& bind(std::uint32_t number) { return bind(std::int64_t{number}); }
    Statement& bind(std::uint16_t number) { return bind(std::int64_t{number}); }
    Statement& bind(bool value) { return bind(std::int64_t{value ? 1 : 0}); }
    Statement& bind_blob(Bytes octets);

    /// True when there is a row; reading starts at its first column.
    bool step();
    void run();  // to its end

    std::string text();
    std::int64_t number();
    Buffer blob();

private:
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    void check(int result) const;

    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
    int bound_ = 0;
    int column_ = 0;
};

class Database {
public:
    /// Creates the file when it is not there; WAL, foreign keys, five seconds of patience.
    explicit Database(const std::string& path);

    Statement prepare(std::string_view sql) { return Statement(database_.get(), sql); }
    void run(const std::string& sql);  // one or more statements without values

private:
    struct Closer {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Closer> database_;
};

/// Rolled back unless committed.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) {
        database_.run("BEGIN IMMEDIATE");
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace kanmon::adapters
