#include "controlplane/usecases/monitoring.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

using bridge::Meter;

constexpr std::size_t index_of(Meter meter) {
    return static_cast<std::size_t>(meter);
}

/// What came between two readings of counters that only grow; a counter that shrank began anew.
Meters growth(const Meters& former, const Meters& present) {
    Meters grown{};
    for (std::size_t i = 0; i < grown.size(); ++i)
        grown[i] = present[i] < former[i] ? present[i] : present[i] - former[i];
    return grown;
}

Meters meters_of(const bridge::ClientTraffic& traffic) {
    Meters meters{};
    std::ranges::copy(traffic.meters, meters.begin());
    return meters;
}

/// Bits in a second; nothing for a span too short or too long to be one.
std::uint64_t rate(std::uint64_t octets, Duration span) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
    if (milliseconds < 100 || milliseconds > 10'000) return 0;
    return octets * 8000 / static_cast<std::uint64_t>(milliseconds);
}

MeterPoint second_of(const Meters& grown, Duration span, UnixTime wall) {
    return {.at = wall,
            .meters = grown,
            .received_most = rate(grown[index_of(Meter::received_octets)], span),
            .sent_most = rate(grown[index_of(Meter::sent_octets)], span)};
}

void add_drops(MeterPoint& point, const bridge::ServerFact& former,
               const bridge::ServerFact& present) {
    for (std::size_t i = 0; i < cause_count; ++i) {
        const std::uint64_t before = present.drops[i] < former.drops[i] ? 0 : former.drops[i];
        if (present.drops[i] != before)
            point.drops[std::string(cause_table[i].code)] = present.drops[i] - before;
    }
}

std::string subject_of(const bridge::ClientFact& fact) {
    return fact.server_id + '/' + (fact.common_name.empty() ? fact.username : fact.common_name);
}

bridge::ClientTraffic traffic_of(const bridge::ClientFact& fact) {
    return {fact.session,
            {fact.received_octets, fact.sent_octets, fact.received_packets, fact.sent_packets,
             fact.refused_packets + fact.late_packets}};
}

/// The point of this time, made where there is none; the list is in order of time.
MeterPoint& point_at(std::vector<MeterPoint>& points, UnixTime at) {
    const auto place = std::ranges::lower_bound(points, at, {}, &MeterPoint::at);
    if (place != points.end() && place->at == at) return *place;
    return *points.insert(place, MeterPoint{.at = at});
}

}  // namespace

std::vector<WatchedServer> watched_servers(const bridge::Snapshot& snapshot) {
    std::vector<WatchedServer> servers;
    for (const bridge::SslServer& server : snapshot.servers) {
        const auto gateway =
            std::ranges::find(snapshot.gateways, server.gateway_id, &bridge::Gateway::id);
        servers.push_back(
            {.id = server.id,
             .gateway = server.gateway_id,
             .slots = bridge::pool_capacity(server.client_pool, server.topology),
             .connections_max = gateway == snapshot.gateways.end() ? 0 : gateway->connections_max});
    }
    return servers;
}

// --- what the data process says ------------------------------------------------------------------

/// A process that begins leaves a mark in the store: whatever is not there later was not stored.
void Monitoring::hello(const bridge::DataHello& hello, UnixTime wall) {
    constexpr const char* mark = "process";
    if (hello.snapshot_number == 0)
        static_cast<void>(ports_.meters.add({}, hello.process, {{.key = mark}}, wall));
    const auto stored = ports_.meters.baselines(hello.process);
    const std::lock_guard lock(mutex_);
    connected_ = true;
    if (hello.process == process_) return;  // it only connected again
    process_ = hello.process;
    for (auto& [subject, open] : open_) open.baselines.clear();  // of counters that are gone
    sessions_.clear();
    clients_.clear();
    servers_.clear();
    baselines_.clear();
    if (stored)
        for (const Baseline& row : *stored) baselines_[row.key] = row.meters;
    // It worked under an earlier control that left no word of how far it had come.
    unsure_ = hello.snapshot_number != 0 && baselines_.empty();
}

void Monitoring::gone() {
    const std::lock_guard lock(mutex_);
    connected_ = false;
    clients_.clear();
}

void Monitoring::know(const std::vector<WatchedServer>& servers) {
    const std::lock_guard lock(mutex_);
    watched_.clear();
    of_gateway_.clear();
    for (const WatchedServer& server : servers) {
        watched_[server.id] = server;
        of_gateway_[server.gateway].push_back(server.id);
    }
    std::erase_if(servers_, [&](const auto& entry) { return !watched_.contains(entry.first); });
}

/// Where to count on from: nothing when that is not known.
std::optional<Meters> Monitoring::start_of(const std::string& key) const {
    if (const auto found = baselines_.find(key); found != baselines_.end()) return found->second;
    if (unsure_) return std::nullopt;
    return Meters{};
}

void Monitoring::gather(const std::string& subject, const MeterPoint& second) {
    Open& open = open_[subject];
    add(point_at(open.minutes, beginning_of(second.at, MeterGrain::minute)), second);
    if (open.minutes.size() > open_minutes_max) open.minutes.erase(open.minutes.begin());
}

void Monitoring::learn(const bridge::ClientFact& fact, Instant now, UnixTime wall) {
    const std::lock_guard lock(mutex_);
    if (fact.status == bridge::ClientStatus::ended) {
        const auto found = sessions_.find(fact.session);
        if (found == sessions_.end()) return;
        learn_client(traffic_of(fact), now, wall);
        const std::string& subject = found->second.subject;
        open_[subject].baselines[std::to_string(fact.session)].gone = true;
        clients_.erase(subject);
        sessions_.erase(found);
        return;
    }
    const auto [place, fresh] = sessions_.try_emplace(fact.session);
    Session& session = place->second;
    session.subject = subject_of(fact);
    session.path.note(fact, wall);
    if (!fresh) return;
    session.last = start_of(std::to_string(fact.session)).value_or(meters_of(traffic_of(fact)));
}

std::optional<model::RecentPath> Monitoring::recent_path(std::uint64_t session) const {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return std::nullopt;
    return found->second.path.recent();
}

void Monitoring::learn(const bridge::TrafficFact& fact, Instant now, UnixTime wall) {
    const std::lock_guard lock(mutex_);
    for (const bridge::ClientTraffic& traffic : fact.clients) learn_client(traffic, now, wall);
}

/// Its name comes by a ClientFact; what is said of it before is said again.
void Monitoring::learn_client(const bridge::ClientTraffic& traffic, Instant now, UnixTime wall) {
    const auto found = sessions_.find(traffic.session);
    if (found == sessions_.end()) return;
    Session& session = found->second;
    const Meters present = meters_of(traffic);
    const MeterPoint second =
        second_of(growth(session.last, present), now - std::exchange(session.at, now), wall);
    session.last = present;
    clients_[session.subject] = second;
    gather(session.subject, second);
    const std::string key = std::to_string(traffic.session);
    open_[session.subject].baselines[key] = {key, present};
}

void Monitoring::learn(const bridge::ServerFact& fact, std::uint32_t slots_used, Instant now,
                       UnixTime wall) {
    const std::lock_guard lock(mutex_);
    const auto [place, fresh] = servers_.try_emplace(fact.server_id);
    Server& server = place->second;
    if (fresh) {
        server.fact = fact;
        server.fact.meters = start_of(fact.server_id).value_or(fact.meters);
        if (!unsure_ && !baselines_.contains(fact.server_id)) server.fact.drops = {};
    }
    MeterPoint second = second_of(growth(server.fact.meters, fact.meters),
                                  now - std::exchange(server.at, now), wall);
    second.online_most = fact.online;
    second.slots_most = slots_used;
    add_drops(second, server.fact, fact);
    server.fact = fact;
    server.slots_used = slots_used;
    server.seconds.push_back(second);
    if (server.seconds.size() > live_seconds) server.seconds.pop_front();
    gather(fact.server_id, second);
    open_[fact.server_id].baselines[fact.server_id] = {fact.server_id, fact.meters};
    if (const auto watched = watched_.find(fact.server_id); watched != watched_.end())
        gather_gateway(watched->second.gateway, second);
}

/// Its counters are those of its servers, added when these are stored; what is the most of it at
/// once is not.
void Monitoring::gather_gateway(const std::string& gateway, const MeterPoint& second) {
    MeterPoint most{.at = second.at};
    for (const std::string& id : of_gateway_[gateway]) {
        const auto found = servers_.find(id);
        if (found == servers_.end()) continue;
        const Server& server = found->second;
        most.online_most += server.fact.online;
        most.slots_most += server.slots_used;
        if (server.seconds.empty() || server.seconds.back().at + 2s < second.at) continue;
        most.received_most += server.seconds.back().received_most;
        most.sent_most += server.seconds.back().sent_most;
    }
    gather(gateway, most);
}

void Monitoring::learn(const bridge::DropFact& fact) {
    const std::lock_guard lock(mutex_);
    process_drops_ = fact;
}

void Monitoring::learn(const bridge::MachineFact& fact) {
    const std::lock_guard lock(mutex_);
    machine_ = fact;
}

bridge::MachineFact Monitoring::machine() const {
    const std::lock_guard lock(mutex_);
    return machine_;
}

// --- what is stored ------------------------------------------------------------------------------

std::vector<MeterWrite> Monitoring::writes_of(const std::string& subject) const {
    std::vector<MeterWrite> writes;
    const auto watched = watched_.find(subject);
    for (const MeterPoint& point : open_.at(subject).minutes) {
        writes.push_back({subject, point});
        if (watched == watched_.end()) continue;
        MeterPoint share{.at = point.at, .meters = point.meters, .drops = point.drops};
        writes.push_back({watched->second.gateway, std::move(share)});
    }
    return writes;
}

Outcome<bool> Monitoring::store(UnixTime wall, bool at_once) {
    const std::lock_guard lock(mutex_);
    if (due_.empty()) {
        // A time that lies further ahead is one of before the clock was set back.
        constexpr std::chrono::minutes every{1};
        if (!at_once && wall < store_at_ && store_at_ - wall <= every) return false;
        store_at_ = beginning_of(wall, MeterGrain::minute) + every;
        for (const auto& [subject, open] : open_) due_.push_back(subject);
    }
    std::vector<MeterWrite> writes;
    std::vector<Baseline> baselines;
    std::vector<std::string> written;
    while (!due_.empty() && (at_once || writes.size() < writes_at_once)) {
        const std::string subject = due_.back();
        due_.pop_back();
        if (!open_.contains(subject)) continue;
        std::ranges::move(writes_of(subject), std::back_inserter(writes));
        for (const auto& [key, baseline] : open_.at(subject).baselines)
            baselines.push_back(baseline);
        written.push_back(subject);
    }
    if (written.empty()) return false;
    const auto stored = ports_.meters.add(writes, process_, baselines, wall);
    if (!stored) {
        due_.clear();  // tried again in a minute
        return unexpected(stored.error());
    }
    for (const std::string& subject : written) open_.erase(subject);
    return !due_.empty();
}

// --- what people ask -----------------------------------------------------------------------------

Outcome<void> Monitoring::check_owner(const Call& call, const DescribeMetrics& request) {
    const std::lock_guard turn(ports_.turn);
    Outcome<void> owned;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        if (request.resource.starts_with("vss-")) {
            if (const auto own = own_server(ledger, call, request.resource); !own)
                owned = unexpected(own.error());
        } else if (const auto own = own_gateway(ledger, call, request.resource); !own) {
            owned = unexpected(own.error());
        }
    });
    if (!looked) return looked;
    return owned;
}

/// The last seconds: of a gateway the sum of its servers.
std::vector<MeterPoint> Monitoring::last_seconds(const DescribeMetrics& request,
                                                 UnixTime now) const {
    std::vector<MeterPoint> points;
    if (!request.client.empty()) {
        const auto found = clients_.find(request.resource + '/' + request.client);
        if (found != clients_.end() && found->second.at + 3s >= now)
            points.push_back(found->second);
        return points;
    }
    for (const auto& [id, server] : servers_) {
        const auto watched = watched_.find(id);
        const bool counts = id == request.resource || (watched != watched_.end() &&
                                                       watched->second.gateway == request.resource);
        if (!counts) continue;
        for (const MeterPoint& second : server.seconds) {
            MeterPoint& sum = point_at(points, second.at);
            const MeterPoint former = sum;
            add(sum, second);
            sum.online_most = former.online_most + second.online_most;
            sum.slots_most = former.slots_most + second.slots_most;
            sum.received_most = former.received_most + second.received_most;
            sum.sent_most = former.sent_most + second.sent_most;
        }
    }
    return points;
}

void Monitoring::add_open(const std::string& subject, MeterGrain grain,
                          std::vector<MeterPoint>& points) const {
    const auto put = [&](const std::string& of, bool only_counters) {
        const auto open = open_.find(of);
        if (open == open_.end()) return;
        for (const MeterPoint& minute : open->second.minutes) {
            MeterPoint part =
                only_counters ? MeterPoint{.meters = minute.meters, .drops = minute.drops} : minute;
            add(point_at(points, beginning_of(minute.at, grain)), part);
        }
    };
    put(subject, false);
    for (const auto& [id, server] : watched_)
        if (server.gateway == subject) put(id, true);
}

namespace {

Outcome<MeterQuery> query_of(const DescribeMetrics& request, UnixTime now) {
    if (const auto fits = check_times(request.from, request.to); !fits)
        return unexpected(fits.error());
    const std::int64_t period = request.period.value_or(60);
    if (period != 1 && period != 60 && period != 3600)
        return model::illegal("Period", fmt::format("Period is {}; it is 1 (the last seconds), 60 "
                                                    "(minutes of a day) or 3600 (hours of a year).",
                                                    period));
    const Duration usual = period == 3600 ? Duration(std::chrono::hours(24)) : Duration(1h);
    MeterQuery query{.subject = request.resource,
                     .grain = period == 3600 ? MeterGrain::hour : MeterGrain::minute,
                     .to = request.to ? unix_time_of(*request.to) : now,
                     .count = points_max};
    query.from = request.from ? unix_time_of(*request.from)
                              : query.to - std::chrono::duration_cast<std::chrono::seconds>(usual);
    if (query.from > query.to)
        return model::illegal("From", fmt::format("From {} lies after To {}.",
                                                  seconds_of(query.from), seconds_of(query.to)));
    if (!request.client.empty()) {
        if (!request.resource.starts_with("vss-"))
            return model::illegal("Client",
                                  "Client belongs to an SSL server: ResourceId has to be "
                                  "a vss-… then.");
        query.subject += '/' + request.client;
    }
    return query;
}

}  // namespace

Outcome<MetricSeries> Monitoring::series(const Call& call, const DescribeMetrics& request) {
    if (!request.resource.starts_with("vss-") && !request.resource.starts_with("vpn-"))
        return model::illegal("ResourceId",
                              "ResourceId is a VPN gateway (vpn-…) or an SSL server (vss-…).");
    const auto query = query_of(request, call.now);
    if (!query) return unexpected(query.error());
    if (const auto owned = check_owner(call, request); !owned) return unexpected(owned.error());
    MetricSeries series{.period = request.period.value_or(60)};
    if (series.period != 1) {
        auto stored = ports_.meters.find(*query);
        if (!stored) return unexpected(stored.error());
        series.points = std::move(*stored);
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [id, server] : watched_)
        if (id == request.resource || server.gateway == request.resource)
            series.slots += server.slots;
    if (series.period == 1)
        series.points = last_seconds(request, call.now);
    else
        add_open(query->subject, query->grain, series.points);
    std::erase_if(series.points, [&](const MeterPoint& point) {
        return series.period != 1 &&
               (point.at < beginning_of(query->from, query->grain) || point.at > query->to);
    });
    return series;
}

LiveState Monitoring::live() const {
    const std::lock_guard lock(mutex_);
    LiveState state{.servers = {},
                    .process = process_drops_,
                    .machine = machine_,
                    .data_connected = connected_};
    for (const auto& [id, watched] : watched_) {
        LiveServer row{.server = watched};
        if (const auto found = servers_.find(id); found != servers_.end()) {
            row.fact = found->second.fact;
            row.slots_used = found->second.slots_used;
        }
        state.servers.push_back(std::move(row));
    }
    return state;
}

}  // namespace kanmon::usecases
