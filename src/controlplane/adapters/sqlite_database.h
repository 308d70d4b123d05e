// A thin owner for SQLite's connection and statements. Errors are StoreError, which no adapter lets
// out.
//
// Owner: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace kanmon::adapters {

struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Compiled statements that nobody uses now, by their text. The program's texts are a closed set,
/// so this stays small.
class IdleStatements {
public:
    IdleStatements() = default;
    IdleStatements(const IdleStatements&) = delete;
    IdleStatements& operator=(const IdleStatements&) = delete;
    ~IdleStatements();

    sqlite3_stmt* take(const std::string& sql);  // null when there is none
    void put(sqlite3_stmt* statement);

private:
    std::unordered_map<std::string, std::vector<sqlite3_stmt*>> by_text_;
};

/// Values are bound in the order of the question marks and read in the order of the columns.
class Statement {
public:
    Statement(sqlite3* database, IdleStatements& idle, const std::string& sql);

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
    struct Returner {
        IdleStatements* idle;
        void operator()(sqlite3_stmt* statement) const { idle->put(statement); }
    };
    void check(int result) const;

    std::unique_ptr<sqlite3_stmt, Returner> statement_;
    int bound_ = 0;
    int column_ = 0;
};

/// What has happened when a commit returns: written to the disk, or handed to the kernel.
enum class Durability : std::uint8_t { power_loss, process_death };

class Database {
public:
    /// Creates the file when it is not there; WAL, foreign keys, five seconds of patience.
    explicit Database(const std::string& path);

    /// Compiled at the first use of a text.
    Statement prepare(const std::string& sql) { return {database_.get(), *idle_, sql}; }
    void run(const std::string& sql);  // one or more statements without values
    /// Of the transactions from now on; not inside one.
    void survive(Durability durability);

private:
    struct Closer {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Closer> database_;
    std::unique_ptr<IdleStatements> idle_ = std::make_unique<IdleStatements>();
    std::optional<Durability> durability_;
};

/// Rolled back unless committed.
class Transaction {
public:
    explicit Transaction(Database& database) : database_(database) {
        database_.prepare("BEGIN IMMEDIATE").run();
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
