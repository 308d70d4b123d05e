// What a transaction does to rows, for the audit log: each row that it touches, as it was before
// and as it is after, in JSON.
//
// Promises: secrets are in neither, sealed or not: octets, hashes and certificates are left out,
//           and tests/unit/controlplane/adapters/row_changes_test.cpp lists every column that is
//           shown. A row that ends as it began is left out.
// Owner:    one transaction; what it holds is worth nothing after that.
// Limits:   `rows_shown_max` rows and `octets_shown_max` octets a side; of the others the number,
//           those beyond `rows_read_max` counted even where they end as they began.
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "controlplane/adapters/sqlite_database.h"

namespace kanmon::adapters {

class RowChanges {
public:
    static constexpr std::size_t rows_shown_max = 20;
    static constexpr std::size_t octets_shown_max = 8192;
    static constexpr std::size_t rows_read_max = 100;

    explicit RowChanges(Database& database) : database_(database) {}

    /// Right before a row of this table is written or removed.
    void touch(const char* table, std::span<const char* const> columns, const std::string& id);

    /// [{"Kind":"vpcs","id":"vpc-…",…},…,{"More":3}]; empty where no row is.
    struct Told {
        std::string before;
        std::string after;
    };
    Told tell();

private:
    struct Row {
        std::string query;  // of the row as JSON, by its id
        std::string id;
        std::string before;  // empty: there was none
    };
    std::string read(const std::string& query, const std::string& id);

    Database& database_;
    std::vector<Row> rows_;                                  // in the order of touching
    std::set<std::pair<std::string, std::string>> touched_;  // table and id
    std::size_t unread_ = 0;
};

/// Whether the audit log shows this column.
bool is_shown(std::string_view column);

}  // namespace kanmon::adapters
