// The log in memory, for tests of what stands above it.
#pragma once

#include <algorithm>

#include "controlplane/usecases/attempt_log.h"

namespace kanmon::usecases {

class MemoryAttemptLog final : public AttemptLog {
public:
    explicit MemoryAttemptLog(LogLimits limits = {}) : limits_(limits) {}

    Outcome<void> append(const std::vector<bridge::AttemptRecord>& records, UnixTime now) override {
        if (away) return model::unavailable("The log is away.");
        for (const auto& record : records) rows_.push_back({++last_, record});
        std::uint64_t last = 0;
        std::erase_if(rows_, [&](const StoredAttempt& row) {
            if (row.record.at >= now - limits_.age_max) return false;
            last = std::max(last, row.number);
            return true;
        });
        std::erase_if(rows_, [&](const StoredAttempt& row) {
            return row.record.at > now && row.number < last;
        });
        return {};
    }

    Outcome<std::vector<StoredAttempt>> find(const AttemptQuery& query) override {
        if (away) return model::unavailable("The log is away.");
        std::vector<StoredAttempt> found;
        for (const StoredAttempt& row : rows_)
            if (fits(row, query)) found.push_back(row);
        if (query.order == AttemptOrder::time)
            std::ranges::stable_sort(found, {}, [](const auto& row) { return row.record.at; });
        const bool newest = query.order == AttemptOrder::newest;
        if (newest) std::ranges::reverse(found);
        const auto skipped = std::min<std::uint64_t>(query.skipped, found.size());
        found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(skipped));
        if (found.size() > query.count) found.resize(query.count);
        if (newest) std::ranges::reverse(found);
        return found;
    }

    bool away = false;

private:
    static bool fits(const StoredAttempt& row, const AttemptQuery& query) {
        const bridge::AttemptRecord& record = row.record;
        const auto& range = query.addresses;
        return record.server_id == query.server_id && row.number > query.after &&
               record.at >= query.from && record.at <= query.to &&
               (query.common_name.empty() || record.common_name == query.common_name) &&
               (query.username.empty() || record.username == query.username) &&
               (!query.happening || record.happening == *query.happening) &&
               (query.cause.empty() ||
                (has_cause(record) && row_of(record.cause).code == query.cause)) &&
               (!range ||
                (record.remote.address >= range->first && record.remote.address <= range->last));
    }

    LogLimits limits_;
    std::uint64_t last_ = 0;
    std::vector<StoredAttempt> rows_;
};

}  // namespace kanmon::usecases
