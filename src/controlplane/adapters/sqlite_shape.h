// What every shape of a row is written with, and the table adapter that follows from a shape.
// Included by the files that hold shapes, and by nobody else.
#pragma once

#include <fmt/core.h>

#include <vector>

#include "controlplane/adapters/sqlite_tables.h"

namespace kanmon::adapters {

inline UnixTime read_time(Statement& in) {
    return unix_time_of(in.number());
}

inline std::uint32_t read_u32(Statement& in) {
    return static_cast<std::uint32_t>(in.number());
}

/// A network that does not read back is a damaged file, not a value.
inline Cidr read_cidr(Statement& in) {
    const auto cidr = parse_cidr(in.text());
    if (!cidr) throw StoreError("a stored network cannot be read");
    return *cidr;
}

inline std::optional<Ipv4> read_optional_address(Statement& in) {
    const std::string text = in.text();
    if (text.empty()) return std::nullopt;
    const auto address = parse_ipv4(text);
    if (!address) throw StoreError("a stored address cannot be read");
    return address;
}

inline Ipv4 read_address(Statement& in) {
    const auto address = parse_ipv4(in.text());
    if (!address) throw StoreError("a stored address cannot be read");
    return *address;
}

template <class Row>
const std::string& column_list() {
    static const std::string list = [] {
        std::string names;
        for (const char* column : Shape<Row>::columns)
            names += (names.empty() ? "" : ", ") + std::string(column);
        return names;
    }();
    return list;
}

template <class Row>
std::vector<Row> read_all(Statement& in) {
    std::vector<Row> rows;
    while (in.step()) rows.push_back(Shape<Row>::read(in));
    return rows;
}

template <class Row>
std::vector<Row> read_where(Database& database, const char* column, const std::string& value) {
    Statement in = database.prepare(fmt::format("SELECT {} FROM {} WHERE {} = ? ORDER BY rowid",
                                                column_list<Row>(), Shape<Row>::table, column));
    in.bind(value);
    return read_all<Row>(in);
}

template <class Row>
std::optional<Row> SqliteTable<Row>::find(const std::string& id) const {
    std::vector<Row> rows = read_where<Row>(database_, "id", id);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

template <class Row>
std::vector<Row> SqliteTable<Row>::all() const {
    Statement in = database_.prepare(
        fmt::format("SELECT {} FROM {} ORDER BY rowid", column_list<Row>(), Shape<Row>::table));
    return read_all<Row>(in);
}

template <class Row>
std::vector<Row> SqliteTable<Row>::of_account(const model::AccountId& account) const {
    return read_where<Row>(database_, Shape<Row>::account, account.text);
}

template <class Row>
std::vector<Row> SqliteTable<Row>::below(const std::string& parent) const {
    return read_where<Row>(database_, Shape<Row>::parent, parent);
}

template <class Row>
const char* column_of(const usecases::Scope& scope) {
    return scope.of == usecases::Scope::Of::account ? Shape<Row>::account : Shape<Row>::parent;
}

template <class Row>
std::size_t SqliteTable<Row>::count(const usecases::Scope& scope) const {
    Statement in = database_.prepare(fmt::format("SELECT count(*) FROM {} WHERE {} = ?",
                                                 Shape<Row>::table, column_of<Row>(scope)));
    in.bind(scope.id);
    in.step();
    return static_cast<std::size_t>(in.number());
}

template <class Row>
std::vector<Row> SqliteTable<Row>::slice(const usecases::Scope& scope, std::size_t first,
                                         std::size_t most) const {
    Statement in = database_.prepare(
        fmt::format("SELECT {} FROM {} WHERE {} = ? ORDER BY rowid LIMIT ? OFFSET ?",
                    column_list<Row>(), Shape<Row>::table, column_of<Row>(scope)));
    in.bind(scope.id).bind(std::uint64_t{most}).bind(std::uint64_t{first});
    return read_all<Row>(in);
}

template <class Row>
void SqliteTable<Row>::put(const Row& row) {
    if (changes_ != nullptr) changes_->touch(Shape<Row>::table, Shape<Row>::columns, row.id.text);
    // Not INSERT OR REPLACE: that would delete the row first, and what refers to it.
    std::string marks;
    std::string updates;
    for (const char* column : Shape<Row>::columns) {
        marks += marks.empty() ? "?" : ", ?";
        updates += fmt::format("{}{} = excluded.{}", updates.empty() ? "" : ", ", column, column);
    }
    Statement out = database_.prepare(
        fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT (id) DO UPDATE SET {}",
                    Shape<Row>::table, column_list<Row>(), marks, updates));
    Shape<Row>::write(out, row);
    out.run();
}

template <class Row>
void SqliteTable<Row>::remove(const std::string& id) {
    if (changes_ != nullptr) changes_->touch(Shape<Row>::table, Shape<Row>::columns, id);
    database_.prepare(fmt::format("DELETE FROM {} WHERE id = ?", Shape<Row>::table)).bind(id).run();
}

}  // namespace kanmon::adapters
