// What gateways, servers and clients carry: live values in memory, minutes and hours in the store.
//
// Promises: facts are absolute, so nothing is counted twice or lost when control starts again, and
//           a new data process, which counts from zero, takes nothing away. A client is its
//           certificate or user: its series goes on when it connects anew.
// Owner:    `hello`, `learn`, `know` and `store` are the loop's; anybody may ask. It has its own
//           lock and needs no turn.
// Limits:   `live_seconds` of each server, one second of each client; `writes_at_once` points a
//           call of `store`; while the store is away `open_minutes_max` minutes wait.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "controlplane/model/recent_path.h"
#include "controlplane/usecases/meter_book.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

inline constexpr std::size_t live_seconds = 60;
inline constexpr std::size_t writes_at_once = 500;
inline constexpr std::size_t open_minutes_max = 60;
inline constexpr std::uint32_t points_max = 9000;

/// A server of the present snapshot, for what facts do not say.
struct WatchedServer {
    std::string id;
    std::string gateway;
    std::uint32_t slots = 0;  // of the client pool
    std::uint32_t connections_max = 0;
    friend bool operator==(const WatchedServer&, const WatchedServer&) = default;
};

std::vector<WatchedServer> watched_servers(const bridge::Snapshot& snapshot);

struct DescribeMetrics {
    std::string resource;                     // vpn-… or vss-…
    std::string client = {};                  // of an SSL server: its certificate or user
    std::optional<std::int64_t> period = {};  // seconds: 1, 60 or 3600
    std::optional<std::int64_t> from = {};    // seconds
    std::optional<std::int64_t> to = {};
};
struct MetricSeries {
    std::int64_t period = 60;  // seconds
    std::uint32_t slots = 0;   // of the pools now
    std::vector<MeterPoint> points = {};
};

/// What stands at this moment, for /metrics.
struct LiveServer {
    WatchedServer server;
    bridge::ServerFact fact = {};
    std::uint32_t slots_used = 0;
};
struct LiveState {
    std::vector<LiveServer> servers;
    bridge::DropFact process;     // of the whole data process
    bridge::MachineFact machine;  // what the data process found, and its batches
    bool data_connected = false;
};

class Monitoring {
public:
    explicit Monitoring(Ports& ports) : ports_(ports) {}

    void hello(const bridge::DataHello& hello, UnixTime wall);
    void gone();  // the data process left the bridge
    void know(const std::vector<WatchedServer>& servers);
    void learn(const bridge::ClientFact& fact, Instant now, UnixTime wall);
    void learn(const bridge::TrafficFact& fact, Instant now, UnixTime wall);
    void learn(const bridge::ServerFact& fact, std::uint32_t slots_used, Instant now,
               UnixTime wall);
    void learn(const bridge::DropFact& fact);
    void learn(const bridge::MachineFact& fact);
    /// Once a minute, or at once: writes what has come together, in parts. True when more waits.
    Outcome<bool> store(UnixTime wall, bool at_once = false);

    /// Refused like any action that names the resource (404).
    Outcome<MetricSeries> series(const Call& call, const DescribeMetrics& request);
    LiveState live() const;
    /// Nothing of a session that is not known.
    std::optional<model::RecentPath> recent_path(std::uint64_t session) const;
    bridge::MachineFact machine() const;

private:
    struct Session {
        std::string subject;
        model::PathMarks path;
        Meters last{};
        Instant at{};
    };
    struct Server {
        bridge::ServerFact fact;
        Instant at{};
        std::uint32_t slots_used = 0;
        std::deque<MeterPoint> seconds{};
    };
    /// What is not stored yet of a subject, with where its counters stand.
    struct Open {
        std::vector<MeterPoint> minutes;
        std::map<std::string, Baseline> baselines;
    };

    Outcome<void> check_owner(const Call& call, const DescribeMetrics& request);
    std::optional<Meters> start_of(const std::string& key) const;
    void gather(const std::string& subject, const MeterPoint& second);
    void gather_gateway(const std::string& gateway, const MeterPoint& second);
    void learn_client(const bridge::ClientTraffic& traffic, Instant now, UnixTime wall);
    std::vector<MeterPoint> last_seconds(const DescribeMetrics& request, UnixTime now) const;
    void add_open(const std::string& subject, MeterGrain grain,
                  std::vector<MeterPoint>& points) const;
    std::vector<MeterWrite> writes_of(const std::string& subject) const;

    Ports& ports_;
    mutable std::mutex mutex_;
    std::uint64_t process_ = 0;
    bool connected_ = false;
    bool unsure_ = false;  // how much of what this process has counted is stored already
    std::unordered_map<std::string, Meters> baselines_;  // of this process, from the store
    std::map<std::string, WatchedServer> watched_;
    std::map<std::string, std::vector<std::string>> of_gateway_;  // ids of its servers
    std::map<std::string, Server> servers_;
    std::unordered_map<std::uint64_t, Session> sessions_;
    std::unordered_map<std::string, MeterPoint> clients_;  // the latest second, by subject
    std::map<std::string, Open> open_;
    std::vector<std::string> due_;  // subjects whose turn to be stored has come
    UnixTime store_at_{};
    bridge::DropFact process_drops_;
    bridge::MachineFact machine_;
};

}  // namespace kanmon::usecases
