#include "controlplane/usecases/attempts.h"

#include <fmt/core.h>

#include "base/date.h"
#include "base/escape.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

std::string_view stage_text(bridge::Stage stage) {
    switch (stage) {
        case bridge::Stage::reset:
            return "first packet";
        case bridge::Stage::tls:
            return "TLS";
        case bridge::Stage::key_exchange:
            return "key exchange";
        case bridge::Stage::admission:
            return "admission";
        case bridge::Stage::pushed:
            return "configuration pushed";
        case bridge::Stage::connected:
            return "connected";
        case bridge::Stage::ended:
            return "ended";
    }
    return "unknown stage";
}

struct Span {
    UnixTime from{};
    UnixTime to{};
};

/// From needs To or MinutePeriod, To needs From or MinutePeriod, neither needs MinutePeriod.
Outcome<Span> span_of(const DescribeSslServerLogs& request, UnixTime now) {
    constexpr std::int64_t minutes_max = 60 * 24 * 366;
    const auto& [from, to, minutes] = std::tie(request.from, request.to, request.minute_period);
    if (minutes && (*minutes < 1 || *minutes > minutes_max))
        return model::illegal("MinutePeriod", "MinutePeriod is between 1 and 527040; 10 would do.");
    if (const auto fit = check_times(from, to); !fit) return unexpected(fit.error());
    if (from && to) return Span{unix_time_of(*from), unix_time_of(*to)};
    if (!minutes) return model::missing("MinutePeriod");
    const std::chrono::minutes period(*minutes);
    if (from) return Span{unix_time_of(*from), unix_time_of(*from) + period};
    const UnixTime end = to ? unix_time_of(*to) : now;
    return Span{end - period, end};
}

}  // namespace

std::string attempt_line(const bridge::AttemptRecord& record) {
    std::string line = fmt::format("{} {} {}", date_text(record.at), clock_text(record.at),
                                   to_string(record.remote));
    if (!record.common_name.empty()) line += " CN=" + escaped(record.common_name, 128);
    if (record.refused) {
        const CauseRow& row = row_of(record.cause);
        const std::string what = record.stage == bridge::Stage::ended
                                     ? std::string("ended")
                                     : fmt::format("refused at {}", stage_text(record.stage));
        line += fmt::format(" {}: {} ({})", what, row.words, row.code);
    } else {
        line += fmt::format(" {}", stage_text(record.stage));
    }
    if (!record.detail.empty()) line += " - " + escaped(record.detail, 1024);
    return line;
}

Outcome<SslServerLogs> Attempts::logs(const Call& call, const DescribeSslServerLogs& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.server.empty()) return model::missing("VpnSslServerId");
    const auto span = span_of(request, call.now);
    if (!span) return unexpected(span.error());
    if (const auto page = check_page(request.page); !page) return unexpected(page.error());
    const auto server = look_for<model::SslServer>(
        ports_.books, [&](Ledger& ledger) { return own_server(ledger, call, request.server); });
    if (!server) return unexpected(server.error());
    const auto records = ports_.books.attempts({.server_id = request.server,
                                                .common_name = request.certificate,
                                                .from = span->from,
                                                .to = span->to,
                                                .page = request.page});
    if (!records) return unexpected(records.error());
    SslServerLogs logs{.lines = {}, .completed = true, .page = request.page};
    for (const bridge::AttemptRecord& record : *records) logs.lines.push_back(attempt_line(record));
    return logs;
}

Outcome<void> Attempts::record(const std::vector<bridge::AttemptRecord>& records) {
    const std::lock_guard turn(ports_.turn);
    return ports_.books.append_attempts(records);
}

}  // namespace kanmon::usecases
