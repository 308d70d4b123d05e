#include "controlplane/usecases/attempts.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

constexpr std::int64_t minutes_max = 60 * 24 * 366;
constexpr std::size_t value_octets_shown = 64;

struct Span {
    UnixTime from = UnixTime::min();
    UnixTime to = UnixTime::max();
};

Outcome<void> check_filter_times(const LogFilter& filter) {
    const auto& minutes = filter.minute_period;
    if (minutes && (*minutes < 1 || *minutes > minutes_max))
        return model::illegal("MinutePeriod",
                              fmt::format("MinutePeriod is {}; it is between 1 and {} minutes, and "
                                          "10 would do.",
                                          *minutes, minutes_max));
    return check_times(filter.from, filter.to);
}

Outcome<Span> span_of(const LogFilter& filter, UnixTime now) {
    const auto& [from, to, minutes] = std::tie(filter.from, filter.to, filter.minute_period);
    if (const auto fits = check_filter_times(filter); !fits) return unexpected(fits.error());
    if (from && to) return Span{unix_time_of(*from), unix_time_of(*to)};
    if (!minutes) return model::missing("MinutePeriod");
    const std::chrono::minutes period(*minutes);
    if (from) return Span{unix_time_of(*from), unix_time_of(*from) + period};
    const UnixTime end = to ? unix_time_of(*to) : now;
    return Span{end - period, end};
}

/// For records, where no time at all means all of them.
Outcome<Span> open_span_of(const LogFilter& filter, UnixTime now) {
    if (filter.minute_period) return span_of(filter, now);
    if (const auto fits = check_filter_times(filter); !fits) return unexpected(fits.error());
    Span span;
    if (filter.from) span.from = unix_time_of(*filter.from);
    if (filter.to) span.to = unix_time_of(*filter.to);
    return span;
}

Ipv6 last_of(const Cidr6& network) {
    Ipv6 last = network.base;
    for (unsigned bit = network.prefix; bit < 128; ++bit)
        last.octets[bit / 8] = static_cast<std::uint8_t>(last.octets[bit / 8] | 0x80 >> bit % 8);
    return last;
}

Outcome<AddressRange> addresses_of(const std::string& text) {
    const auto mapped = [](Ipv4 address) { return Endpoint::v4(address, 0).address; };
    if (const auto v4 = parse_ipv4(text)) return AddressRange{mapped(*v4), mapped(*v4)};
    if (const auto v6 = parse_ipv6(text)) return AddressRange{*v6, *v6};
    if (const auto cidr = parse_cidr(text))
        return AddressRange{mapped(cidr->base), mapped(cidr->last())};
    if (const auto cidr6 = parse_cidr6(text)) return AddressRange{cidr6->base, last_of(*cidr6)};
    return model::illegal("ClientAddress",
                          fmt::format("ClientAddress is '{}'; it is an address or a network, such "
                                      "as 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.",
                                      escaped(text, value_octets_shown)));
}

Outcome<bridge::Happening> outcome_of(const std::string& text) {
    const auto happening = happening_of(text);
    if (happening) return *happening;
    return model::illegal("Outcome",
                          fmt::format("Outcome is '{}'; it is one of refused, connected, "
                                      "negotiated, renegotiated, moved, ended and denied.",
                                      escaped(text, value_octets_shown)));
}

Outcome<AttemptQuery> query_of(const std::string& server, const LogFilter& filter) {
    AttemptQuery query{.server_id = server,
                       .common_name = filter.certificate,
                       .username = filter.username,
                       .cause = filter.cause};
    if (!filter.address.empty()) {
        const auto addresses = addresses_of(filter.address);
        if (!addresses) return unexpected(addresses.error());
        query.addresses = *addresses;
    }
    if (!filter.outcome.empty()) {
        const auto outcome = outcome_of(filter.outcome);
        if (!outcome) return unexpected(outcome.error());
        query.happening = *outcome;
    }
    const bool known = std::ranges::any_of(
        cause_table, [&](const CauseRow& row) { return row.code == filter.cause; });
    if (!filter.cause.empty() && !known)
        return model::illegal("Cause", fmt::format("Cause is '{}', which is none of the codes of "
                                                   "docs/causes.md, such as certificate_expired.",
                                                   escaped(filter.cause, value_octets_shown)));
    return query;
}

}  // namespace

Outcome<void> Attempts::check_owner(const Call& call, const std::string& server) {
    const std::lock_guard turn(ports_.turn);
    const auto own = look_for<model::SslServer>(
        ports_.books, [&](Ledger& ledger) { return own_server(ledger, call, server); });
    if (!own) return unexpected(own.error());
    return {};
}

Outcome<SslServerLogs> Attempts::logs(const Call& call, const DescribeSslServerLogs& request) {
    if (request.server.empty()) return model::missing("VpnSslServerId");
    const auto span = span_of(request.filter, call.now);
    if (!span) return unexpected(span.error());
    if (const auto fits = check_page(request.page); !fits) return unexpected(fits.error());
    auto query = query_of(request.server, request.filter);
    if (!query) return unexpected(query.error());
    if (const auto owned = check_owner(call, request.server); !owned)
        return unexpected(owned.error());
    query->from = span->from;
    query->to = span->to;
    query->skipped = std::uint64_t{request.page.number - 1} * request.page.size;
    query->count = request.page.size;
    const auto found = ports_.log.find(*query);
    if (!found) return unexpected(found.error());
    SslServerLogs logs{.lines = {}, .completed = true, .page = request.page};
    for (const StoredAttempt& row : *found) logs.lines.push_back(attempt_line(row.record));
    return logs;
}

Outcome<SslServerRecords> Attempts::records(const Call& call,
                                            const DescribeSslServerRecords& request) {
    const auto span = open_span_of(request.filter, call.now);
    if (!span) return unexpected(span.error());
    const std::int64_t count = request.results_max.value_or(page_size_max);
    if (count < 1 || count > records_a_call_max)
        return model::illegal("MaxResults", fmt::format("MaxResults is {}; it is between 1 and {}.",
                                                        count, records_a_call_max));
    if (request.cursor && *request.cursor < 0)
        return model::illegal("Cursor", "Cursor is what an earlier answer has given.");
    auto query = query_of(request.server, request.filter);
    if (!query) return unexpected(query.error());
    if (const auto owned = check_owner(call, request.server); !owned)
        return unexpected(owned.error());
    query->from = span->from;
    query->to = span->to;
    query->count = static_cast<std::uint32_t>(count);
    query->after = static_cast<std::uint64_t>(request.cursor.value_or(0));
    query->order = request.newest ? AttemptOrder::newest : AttemptOrder::arrival;
    auto found = ports_.log.find(*query);
    if (!found) return unexpected(found.error());
    const std::uint64_t last = found->empty() ? query->after : found->back().number;
    return SslServerRecords{.records = std::move(*found), .cursor = last};
}

Outcome<void> Attempts::record(const std::vector<bridge::AttemptRecord>& records, UnixTime now) {
    return ports_.log.append(records, now);
}

}  // namespace kanmon::usecases
