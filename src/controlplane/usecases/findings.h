// What is wrong on a gateway, gathered from live clients and from the log: model/finding.h judges.
#pragma once

#include "controlplane/model/finding.h"
#include "controlplane/usecases/clients.h"
#include "controlplane/usecases/monitoring.h"

namespace kanmon::usecases {

struct DescribeFindings {
    std::string gateway;
    std::string server = {};   // empty: all of the gateway's
    std::string subject = {};  // a client, by its certificate or user; empty: all
    PageRequest page = {};
};

/// Of a server and kind of record; the newest.
inline constexpr std::uint32_t records_judged_max = 500;

class Findings {
public:
    Findings(Ports& ports, const Clients& clients, const Monitoring& monitoring)
        : ports_(ports), clients_(clients), monitoring_(monitoring) {}

    /// The latest first. InvalidVpnGatewayInstanceId.NotFound, InvalidSslVpnServerId.NotFound
    /// (404), ServiceUnavailable (503: the log cannot be read).
    Outcome<Page<model::Finding>> list(const Call& call, const DescribeFindings& request);

private:
    Outcome<std::vector<model::ServerEvidence>> evidence(const Call& call,
                                                         const DescribeFindings& request);
    std::vector<model::LiveClient> live_clients(const model::SslServer& server) const;
    Outcome<void> read_log(model::ServerEvidence& server, UnixTime now);

    Ports& ports_;
    const Clients& clients_;
    const Monitoring& monitoring_;
};

}  // namespace kanmon::usecases
