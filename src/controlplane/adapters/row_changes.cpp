#include "controlplane/adapters/row_changes.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace kanmon::adapters {

namespace {

/// What is long and says nothing to people, and what only counts changes.
constexpr std::array<std::string_view, 3> untold{"serials", "created_by", "changed_by"};

/// SELECT json_object('Kind', 'vpcs', 'id', id, …); what is no text and no number is left out.
std::string query_of(const char* table, std::span<const char* const> columns) {
    std::string fields = fmt::format("'Kind', '{}'", table);
    for (const std::string_view column : columns)
        if (is_shown(column)) fields += fmt::format(", '{0}', {0}", column);
    return fmt::format("SELECT json_object({}) FROM {} WHERE id = ?", fields, table);
}

void append(std::string& list, const std::string& item) {
    if (!item.empty()) list += (list.empty() ? "" : ",") + item;
}

std::string bracketed(const std::string& list) {
    return list.empty() ? std::string() : "[" + list + "]";
}

}  // namespace

bool is_shown(std::string_view column) {
    return !column.starts_with("sealed_") && !column.ends_with("hash") &&
           !column.ends_with("_pem") && std::ranges::find(untold, column) == untold.end();
}

std::string RowChanges::read(const std::string& query, const std::string& id) {
    Statement in = database_.prepare(query);
    in.bind(id);
    return in.step() ? in.text() : std::string();
}

void RowChanges::touch(const char* table, std::span<const char* const> columns,
                       const std::string& id) {
    if (!touched_.emplace(table, id).second) return;
    if (rows_.size() == rows_read_max) {
        ++unread_;
        return;
    }
    std::string query = query_of(table, columns);
    std::string before = read(query, id);
    rows_.push_back({std::move(query), id, std::move(before)});
}

RowChanges::Told RowChanges::tell() {
    Told told;
    std::size_t shown = 0;
    std::size_t more = unread_;
    for (const Row& row : rows_) {
        const std::string now = read(row.query, row.id);
        if (now == row.before) continue;
        const bool fits = shown < rows_shown_max &&
                          told.before.size() + row.before.size() <= octets_shown_max &&
                          told.after.size() + now.size() <= octets_shown_max;
        if (!fits) {
            ++more;
            continue;
        }
        ++shown;
        append(told.before, row.before);
        append(told.after, now);
    }
    if (more != 0) {
        const std::string rest = fmt::format("{{\"More\":{}}}", more);
        append(told.before, rest);
        append(told.after, rest);
    }
    return {bracketed(told.before), bracketed(told.after)};
}

}  // namespace kanmon::adapters
