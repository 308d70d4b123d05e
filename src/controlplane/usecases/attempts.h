// The log of connection attempts and of clients' lives: kept as records, shown also as lines.
#pragma once

#include "controlplane/usecases/familiar_words.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// What both ways of reading the log take; empty or nothing: all.
struct LogFilter {
    std::string certificate = {};  // SslVpnClientCertId, or the common name of a foreign one
    std::string username = {};
    std::string address = {};               // an address or a network
    std::string outcome = {};               // of happening_text
    std::string cause = {};                 // a code of docs/causes.md
    std::optional<std::int64_t> from = {};  // seconds
    std::optional<std::int64_t> to = {};
    std::optional<std::int64_t> minute_period = {};
};

struct DescribeSslServerLogs {
    std::string server;
    LogFilter filter;
    PageRequest page;
};
struct SslServerLogs {
    std::vector<std::string> lines;
    bool completed = true;
    PageRequest page;
};

/// Records by a cursor. Without one: the oldest, or the `newest` ones.
struct DescribeSslServerRecords {
    std::string server;
    LogFilter filter = {};
    std::optional<std::int64_t> cursor = {};  // the last one that the caller has seen
    bool newest = false;
    std::optional<std::int64_t> results_max = {};
};
struct SslServerRecords {
    std::vector<StoredAttempt> records;
    std::uint64_t cursor = 0;
};

inline constexpr std::int64_t records_a_call_max = 500;

class Attempts {
public:
    explicit Attempts(Ports& ports) : ports_(ports) {}

    /// From needs To or MinutePeriod, To needs From or MinutePeriod, neither needs MinutePeriod.
    Outcome<SslServerLogs> logs(const Call& call, const DescribeSslServerLogs& request);
    /// Lowest number first. Times may be left out.
    Outcome<SslServerRecords> records(const Call& call, const DescribeSslServerRecords& request);
    /// From the data process; bounded by the caller.
    Outcome<void> record(const std::vector<bridge::AttemptRecord>& records, UnixTime now);

private:
    Outcome<void> check_owner(const Call& call, const std::string& server);

    Ports& ports_;
};

}  // namespace kanmon::usecases
