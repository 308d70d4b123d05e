// The log of connection attempts: kept as rows, shown as lines.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct DescribeSslServerLogs {
    std::string server;
    std::string certificate;           // SslVpnClientCertId; empty: all
    std::optional<std::int64_t> from;  // seconds
    std::optional<std::int64_t> to;
    std::optional<std::int64_t> minute_period;
    PageRequest page;
};
struct SslServerLogs {
    std::vector<std::string> lines;
    bool completed = true;
    PageRequest page;
};

class Attempts {
public:
    explicit Attempts(Ports& ports) : ports_(ports) {}

    Outcome<SslServerLogs> logs(const Call& call, const DescribeSslServerLogs& request);
    /// From the data process; bounded by the caller.
    Outcome<void> record(const std::vector<bridge::AttemptRecord>& records);

private:
    Ports& ports_;
};

/// "2026-11-23 08:00:00 203.0.113.7:4711 refused at tls: certificate expired …", escaped.
std::string attempt_line(const bridge::AttemptRecord& record);

}  // namespace kanmon::usecases
