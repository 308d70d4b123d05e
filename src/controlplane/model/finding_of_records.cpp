// What records tell: who is refused and has not come in since, whose connections break, and who
// push each other out.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/date.h"
#include "base/escape.h"
#include "controlplane/model/finding.h"

namespace kanmon::model {

namespace {

using bridge::AttemptRecord;
using bridge::Happening;

constexpr std::size_t breaks_least = 3, replaced_least = 3, others_least = 3;
constexpr std::size_t detail_octets_shown = 256;

/// As lists call a client: its user, where one logged in.
const std::string& name_of(const AttemptRecord& record) {
    return record.username.empty() ? record.common_name : record.username;
}

std::string latest_text(const AttemptRecord& record) {
    std::string text = fmt::format("the latest at {} from {}: {}", time_text(record.at),
                                   to_string(record.remote), row_of(record.cause).words);
    if (!record.detail.empty()) text += " - " + escaped(record.detail, detail_octets_shown);
    return text;
}

std::string_view times_text(std::size_t count) {
    return count == 1 ? "time" : "times";
}

class Reading {
public:
    Reading(const ServerEvidence& server, UnixTime now) : server_(server), now_(now) {
        for (const AttemptRecord& record : server.records)
            if (record.known && record.happening == Happening::connected)
                note_connected(name_of(record), record.at);
        for (const LiveClient& client : server.clients)
            note_connected(client.now.common_name, client.now.connected_at);
    }

    std::vector<Finding> findings() {
        refusals();
        breaks();
        conflicts();
        return std::move(found_);
    }

private:
    using Records = std::vector<const AttemptRecord*>;

    void note_connected(const std::string& name, UnixTime at) {
        UnixTime& latest = connected_.try_emplace(name, at).first->second;
        latest = std::max(latest, at);
    }

    bool came_in_since(const AttemptRecord& record) const {
        const auto entered = connected_.find(name_of(record));
        return entered != connected_.end() && entered->second >= record.at;
    }

    Finding& add(std::string_view code, Confidence confidence, const Records& told) {
        found_.push_back({.code = std::string(code),
                          .server = server_.id,
                          .subject = name_of(*told.back()),
                          .cause = std::string(row_of(told.back()->cause).code),
                          .confidence = confidence,
                          .first = told.front()->at,
                          .last = told.back()->at});
        give_fix(found_.back());
        return found_.back();
    }

    /// Strangers are nobody's trouble: only who showed a certificate or a password of ours counts.
    void refusals() {
        std::map<std::pair<std::string, Cause>, Records> refused;
        Records full;
        for (const AttemptRecord& record : server_.records) {
            const bool counts = record.known && record.happening == Happening::refused &&
                                row_of(record.cause).faq_row != "-" &&
                                record.at >= server_.complete_from &&
                                record.at >= now_ - refusals_looked_at;
            if (!counts || came_in_since(record)) continue;
            if (row_of(record.cause).faq_row == "CONN-LIMIT")
                full.push_back(&record);
            else
                refused[{name_of(record), record.cause}].push_back(&record);
        }
        for (const auto& [who, told] : refused) {
            Finding& made = add(row_of(who.second).faq_row, Confidence::certain, told);
            made.evidence = {fmt::format("it was refused {} {} and has not come in since",
                                         told.size(), times_text(told.size())),
                             latest_text(*told.back())};
        }
        if (!full.empty()) too_many(full);
    }

    /// Of the gateway, not of each who came too late.
    void too_many(const Records& refused) {
        std::set<std::string> names;
        for (const AttemptRecord* record : refused) names.insert(name_of(*record));
        Finding& made = add("CONN-LIMIT", Confidence::certain, refused);
        made.subject.clear();
        made.evidence = {
            fmt::format("{} clients were refused and have not come in since", names.size()),
            latest_text(*refused.back()),
            fmt::format("{} of {} slots are taken now, held ones among them", server_.slots_used,
                        server_.connections_max)};
    }

    static bool is_break(const AttemptRecord& record) {
        return record.cause == Cause::keepalive_timeout ||
               record.cause == Cause::connection_broken ||
               record.cause == Cause::renegotiation_failed;
    }

    std::map<std::string, Records> recent_ends(auto wanted) const {
        std::map<std::string, Records> ends;
        for (const AttemptRecord& record : server_.records)
            if (record.happening == Happening::ended && record.known && wanted(record) &&
                record.at >= now_ - breaks_looked_at)
                ends[name_of(record)].push_back(&record);
        return ends;
    }

    void breaks() {
        const auto broken = recent_ends(is_break);
        for (const auto& [name, told] : broken) {
            if (told.size() < breaks_least) continue;
            const bool vanishes = std::ranges::all_of(told, [](const AttemptRecord* record) {
                return record->cause == Cause::keepalive_timeout &&
                       record->transport == bridge::Transport::udp;
            });
            const auto others = static_cast<std::size_t>(
                std::ranges::count_if(server_.clients, [&name = name](const LiveClient& client) {
                    return client.now.common_name != name;
                }));
            const bool alone = broken.size() == 1 && others >= others_least;
            const char* code = alone ? "CLIENT-FAULT" : vanishes ? "CONN-PHANTOM" : "LINK-UNSTABLE";
            Finding& made = add(code, alone ? Confidence::possible : Confidence::likely, told);
            made.evidence = {
                fmt::format("its connection broke {} times within an hour", told.size()),
                latest_text(*told.back())};
            if (alone)
                made.evidence.push_back(
                    fmt::format("{} other clients had no such trouble meanwhile", others));
        }
    }

    void conflicts() {
        const auto pushed_out = recent_ends([](const AttemptRecord& record) {
            return record.cause == Cause::replaced || record.cause == Cause::certificate_shared;
        });
        for (const auto& [name, told] : pushed_out) {
            const bool sure = std::ranges::any_of(told, [](const AttemptRecord* record) {
                return record->cause == Cause::certificate_shared;
            });
            if (!sure && told.size() < replaced_least) continue;
            Finding& made =
                add("APP-CONFLICT", sure ? Confidence::certain : Confidence::likely, told);
            made.evidence = {
                fmt::format("{} of its sessions were pushed out by another within an hour",
                            told.size()),
                latest_text(*told.back())};
        }
    }

    const ServerEvidence& server_;
    const UnixTime now_;
    std::map<std::string, UnixTime> connected_;
    std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> findings_of_records(const ServerEvidence& server, UnixTime now) {
    return Reading(server, now).findings();
}

}  // namespace kanmon::model
