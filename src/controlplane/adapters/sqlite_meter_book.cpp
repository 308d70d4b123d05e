#include "controlplane/adapters/sqlite_meter_book.h"

#include <fmt/core.h>

#include <algorithm>
#include <mutex>
#include <sstream>

#include "controlplane/adapters/migrations.h"
#include "controlplane/adapters/sqlite_guard.h"

namespace kanmon::adapters {

namespace {

using namespace usecases;

// Beyond the limit, points of a kind leave in the order in which they came.
constexpr const char* first_tables = R"sql(
CREATE TABLE points (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, subject TEXT NOT NULL, at INTEGER NOT NULL,
    received_octets INTEGER NOT NULL, sent_octets INTEGER NOT NULL,
    received_packets INTEGER NOT NULL, sent_packets INTEGER NOT NULL,
    dropped_packets INTEGER NOT NULL, handshakes_begun INTEGER NOT NULL,
    handshakes_done INTEGER NOT NULL, handshakes_refused INTEGER NOT NULL,
    renegotiations INTEGER NOT NULL, moves INTEGER NOT NULL, online_most INTEGER NOT NULL,
    slots_most INTEGER NOT NULL, received_most INTEGER NOT NULL, sent_most INTEGER NOT NULL,
    drops TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX points_subject ON points(subject, kind, at);
CREATE INDEX points_kind ON points(kind, number);
CREATE TABLE baselines (key TEXT PRIMARY KEY, process INTEGER NOT NULL, meters TEXT NOT NULL)
    STRICT, WITHOUT ROWID;
)sql";
constexpr const char* by_time = R"sql(
CREATE INDEX points_time ON points(kind, at);
)sql";
constexpr std::array<const char*, 2> steps{first_tables, by_time};

constexpr const char* columns =
    "received_octets, sent_octets, received_packets, sent_packets, dropped_packets, "
    "handshakes_begun, handshakes_done, handshakes_refused, renegotiations, moves, online_most, "
    "slots_most, received_most, sent_most, drops";

enum class Kind : std::uint8_t { server_minute, server_hour, client_minute, client_hour };
constexpr std::array kinds{Kind::server_minute, Kind::server_hour, Kind::client_minute,
                           Kind::client_hour};

Kind kind_of(const std::string& subject, MeterGrain grain) {
    if (is_client(subject))
        return grain == MeterGrain::minute ? Kind::client_minute : Kind::client_hour;
    return grain == MeterGrain::minute ? Kind::server_minute : Kind::server_hour;
}

/// "bad_tag 3 replayed 1": codes outlive the numbers of causes.
std::string drops_text(const std::map<std::string, std::uint64_t>& drops) {
    std::string text;
    for (const auto& [code, count] : drops) text += fmt::format("{} {} ", code, count);
    return text;
}

std::map<std::string, std::uint64_t> read_drops(const std::string& text) {
    std::istringstream words(text);
    std::map<std::string, std::uint64_t> drops;
    std::uint64_t count = 0;
    for (std::string code; words >> code >> count;) drops[code] += count;
    return drops;
}

std::string meters_text(const Meters& meters) {
    std::string text;
    for (const std::uint64_t value : meters) text += std::to_string(value) + ' ';
    return text;
}

Meters read_meters(const std::string& text) {
    std::istringstream words(text);
    Meters meters{};
    for (std::uint64_t& value : meters) words >> value;
    if (!words) throw StoreError("stored counters cannot be read");
    return meters;
}

MeterPoint read_point(Statement& in) {
    MeterPoint point;
    point.at = unix_time_of(in.number());
    for (std::uint64_t& value : point.meters) value = static_cast<std::uint64_t>(in.number());
    point.online_most = static_cast<std::uint32_t>(in.number());
    point.slots_most = static_cast<std::uint32_t>(in.number());
    point.received_most = static_cast<std::uint64_t>(in.number());
    point.sent_most = static_cast<std::uint64_t>(in.number());
    point.drops = read_drops(in.text());
    return point;
}

class SqliteMeterBook final : public MeterBook {
public:
    SqliteMeterBook(const std::string& path, const MeterLimits& limits)
        : limits_(limits), writer_(path) {
        migrate(writer_, steps);
        writer_.survive(Durability::process_death);
        reader_.emplace(path);
    }

    Outcome<void> add(const std::vector<MeterWrite>& writes, std::uint64_t process,
                      const std::vector<Baseline>& baselines, UnixTime now) override {
        const std::lock_guard lock(writing_);
        return guarded<void>([&]() -> Outcome<void> {
            if (!counted_) count();
            counted_ = false;  // until the commit
            write(writes, process, baselines, now);
            counted_ = true;
            return {};
        });
    }

    Outcome<std::vector<MeterPoint>> find(const MeterQuery& query) override;
    Outcome<std::vector<Baseline>> baselines(std::uint64_t process) override;

private:
    void count();
    void write(const std::vector<MeterWrite>& writes, std::uint64_t process,
               const std::vector<Baseline>& baselines, UnixTime now);
    std::optional<MeterPoint> present(Kind kind, const std::string& subject, UnixTime at);
    void put(const std::string& subject, MeterGrain grain, MeterPoint point);
    void keep(const Baseline& baseline, std::uint64_t process);
    void make_room(Kind kind, UnixTime now);
    std::uint64_t let_go(Kind kind, Statement& out);
    std::uint64_t rows_max(Kind kind) const;
    std::uint64_t& rows(Kind kind) { return rows_[static_cast<std::size_t>(kind)]; }

    MeterLimits limits_;
    std::mutex writing_;
    Database writer_;
    bool counted_ = false;
    std::array<std::uint64_t, kinds.size()> rows_{};
    std::mutex reading_;
    std::optional<Database> reader_;  // opened when the tables are there
};

void SqliteMeterBook::count() {
    rows_ = {};
    Statement in = writer_.prepare("SELECT kind, count(*) FROM points GROUP BY kind");
    while (in.step()) {
        const auto kind = static_cast<std::size_t>(in.number());
        if (kind >= rows_.size()) throw StoreError("a stored kind cannot be read");
        rows_[kind] = static_cast<std::uint64_t>(in.number());
    }
}

std::uint64_t SqliteMeterBook::rows_max(Kind kind) const {
    switch (kind) {
        case Kind::server_minute:
            return limits_.server_minutes_max;
        case Kind::server_hour:
            return limits_.server_hours_max;
        case Kind::client_minute:
            return limits_.client_minutes_max;
        case Kind::client_hour:
            break;
    }
    return limits_.client_hours_max;
}

void SqliteMeterBook::write(const std::vector<MeterWrite>& writes, std::uint64_t process,
                            const std::vector<Baseline>& baselines, UnixTime now) {
    Transaction transaction(writer_);
    for (const MeterWrite& row : writes) {
        put(row.subject, MeterGrain::minute, row.point);
        put(row.subject, MeterGrain::hour, row.point);
    }
    writer_.prepare("DELETE FROM baselines WHERE process <> ?").bind(process).run();
    for (const Baseline& baseline : baselines) keep(baseline, process);
    for (const Kind kind : kinds) make_room(kind, now);
    transaction.commit();
}

std::optional<MeterPoint> SqliteMeterBook::present(Kind kind, const std::string& subject,
                                                   UnixTime at) {
    Statement in = writer_.prepare(fmt::format(
        "SELECT at, {} FROM points WHERE subject = ? AND kind = ? AND at = ?", columns));
    in.bind(subject).bind(static_cast<std::int64_t>(kind)).bind(seconds_of(at));
    if (!in.step()) return std::nullopt;
    return read_point(in);
}

void SqliteMeterBook::put(const std::string& subject, MeterGrain grain, MeterPoint point) {
    const Kind kind = kind_of(subject, grain);
    point.at = beginning_of(point.at, grain);
    const auto former = present(kind, subject, point.at);
    if (former) usecases::add(point, *former);
    Statement out = writer_.prepare(
        former ? "UPDATE points SET (received_octets, sent_octets, received_packets, sent_packets, "
                 "dropped_packets, handshakes_begun, handshakes_done, handshakes_refused, "
                 "renegotiations, moves, online_most, slots_most, received_most, sent_most, drops) "
                 "= (?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) "
                 "WHERE kind = ?1 AND subject = ?2 AND at = ?3"
               : "INSERT INTO points VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                 "?12, ?13, ?14, ?15, ?16, ?17, ?18)");
    out.bind(static_cast<std::int64_t>(kind)).bind(subject).bind(seconds_of(point.at));
    for (const std::uint64_t value : point.meters) out.bind(value);
    out.bind(point.online_most).bind(point.slots_most).bind(point.received_most);
    out.bind(point.sent_most).bind(drops_text(point.drops)).run();
    if (!former) ++rows(kind);
}

void SqliteMeterBook::keep(const Baseline& baseline, std::uint64_t process) {
    if (baseline.gone)
        return writer_.prepare("DELETE FROM baselines WHERE key = ?").bind(baseline.key).run();
    writer_.prepare("INSERT OR REPLACE INTO baselines VALUES (?, ?, ?)")
        .bind(baseline.key)
        .bind(process)
        .bind(meters_text(baseline.meters))
        .run();
}

/// What is beyond the limit, and some of what is too old: as much at a time as may have come. Age
/// goes by dates and not by the order of arrival: a clock that was ahead has dated some into the
/// future, which would keep all behind them. Those go with what came after them.
void SqliteMeterBook::make_room(Kind kind, UnixTime now) {
    constexpr std::uint64_t swept_at_once = 1000;
    const bool minutes = kind == Kind::server_minute || kind == Kind::client_minute;
    const UnixTime oldest = now - (minutes ? std::chrono::seconds(limits_.minutes_age_max)
                                           : std::chrono::seconds(limits_.hours_age_max));
    const std::uint64_t most = rows_max(kind);
    const std::uint64_t beyond = rows(kind) > most ? rows(kind) - most : 0;
    const auto rows_that = [&](const char* which) {
        Statement out = writer_.prepare(
            fmt::format("DELETE FROM points WHERE number IN (SELECT number FROM points WHERE "
                        "kind = ? AND {} LIMIT ?) RETURNING number",
                        which));
        out.bind(static_cast<std::int64_t>(kind));
        return out;
    };
    if (beyond > 0) {
        Statement first = rows_that("true ORDER BY number");
        let_go(kind, first.bind(beyond));
    }
    Statement old = rows_that("at < ? ORDER BY at");
    const std::uint64_t last = let_go(kind, old.bind(seconds_of(oldest)).bind(swept_at_once));
    if (last == 0) return;
    Statement ahead = rows_that("at > ? AND number < ?");
    let_go(kind, ahead.bind(seconds_of(now)).bind(last).bind(swept_at_once));
}

/// The largest number among them; 0: there were none.
std::uint64_t SqliteMeterBook::let_go(Kind kind, Statement& out) {
    std::uint64_t last = 0;
    for (; out.step(); --rows(kind))
        last = std::max(last, static_cast<std::uint64_t>(out.number()));
    return last;
}

Outcome<std::vector<MeterPoint>> SqliteMeterBook::find(const MeterQuery& query) {
    using Points = std::vector<MeterPoint>;
    const std::lock_guard lock(reading_);
    return guarded<Points>([&]() -> Outcome<Points> {
        Statement in =
            reader_->prepare(fmt::format("SELECT at, {} FROM points WHERE subject = ? AND kind = ? "
                                         "AND at BETWEEN ? AND ? ORDER BY at DESC LIMIT ?",
                                         columns));
        in.bind(query.subject)
            .bind(static_cast<std::int64_t>(kind_of(query.subject, query.grain)))
            .bind(seconds_of(beginning_of(query.from, query.grain)))
            .bind(seconds_of(query.to))
            .bind(query.count);
        Points points;
        while (in.step()) points.push_back(read_point(in));
        std::ranges::reverse(points);
        return points;
    });
}

Outcome<std::vector<Baseline>> SqliteMeterBook::baselines(std::uint64_t process) {
    using Baselines = std::vector<Baseline>;
    const std::lock_guard lock(reading_);
    return guarded<Baselines>([&]() -> Outcome<Baselines> {
        Statement in =
            reader_->prepare("SELECT key, meters FROM baselines WHERE process = ? ORDER BY key");
        in.bind(process);
        Baselines rows;
        while (in.step()) {
            Baseline row;
            row.key = in.text();
            row.meters = read_meters(in.text());
            rows.push_back(std::move(row));
        }
        return rows;
    });
}

}  // namespace

model::Outcome<std::unique_ptr<usecases::MeterBook>> open_sqlite_meter_book(
    const std::string& path, const usecases::MeterLimits& limits) {
    try {
        return std::make_unique<SqliteMeterBook>(path, limits);
    } catch (const StoreError& error) {
        return model::unavailable(
            fmt::format("The meters {} cannot be opened: {}.", path, error.what()));
    }
}

}  // namespace kanmon::adapters
