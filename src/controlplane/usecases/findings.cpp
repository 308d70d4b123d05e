#include "controlplane/usecases/findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

Outcome<std::vector<model::ServerEvidence>> Findings::evidence(const Call& call,
                                                               const DescribeFindings& request) {
    using Evidence = std::vector<model::ServerEvidence>;
    const std::lock_guard turn(ports_.turn);
    return look_for<Evidence>(ports_.books, [&](Ledger& ledger) -> Outcome<Evidence> {
        const auto gateway = own_gateway(ledger, call, request.gateway);
        if (!gateway) return unexpected(gateway.error());
        if (!request.server.empty()) {
            const auto server = own_server(ledger, call, request.server);
            if (!server) return unexpected(server.error());
            if (server->gateway != gateway->id)
                return model::refuse(
                    "InvalidSslVpnServerId.NotFound",
                    fmt::format("The SSL server {} belongs to the gateway {}, not "
                                "to {}.",
                                server->id.text, server->gateway.text, gateway->id.text));
        }
        Evidence servers;
        std::uint32_t used = 0;
        for (const model::SslServer& server : ledger.ssl_servers().below(gateway->id.text)) {
            used += clients_.slots_taken(server.id);
            if (!request.server.empty() && server.id.text != request.server) continue;
            servers.push_back({.id = server.id,
                               .revision = server.revision,
                               .connections_max = gateway->ssl_connections_max,
                               .clients = live_clients(server)});
        }
        for (model::ServerEvidence& server : servers) server.slots_used = used;
        return servers;
    });
}

std::vector<model::LiveClient> Findings::live_clients(const model::SslServer& server) const {
    std::vector<model::LiveClient> live;
    for (model::ClientConnection& client : clients_.connected_to(server)) {
        const auto lately = monitoring_.recent_path(client.session);
        live.push_back({std::move(client), lately.value_or(model::RecentPath())});
    }
    return live;
}

/// Of each kind the newest: where there are more, what came before them is left out.
Outcome<void> Findings::read_log(model::ServerEvidence& server, UnixTime now) {
    using bridge::Happening;
    for (const Happening happening : {Happening::refused, Happening::connected, Happening::ended}) {
        auto found = ports_.log.find({.server_id = server.id.text,
                                      .happening = happening,
                                      .from = now - model::refusals_looked_at,
                                      .order = AttemptOrder::newest,
                                      .count = records_judged_max});
        if (!found) return unexpected(found.error());
        if (happening == Happening::connected && found->size() == records_judged_max)
            server.complete_from = found->front().record.at;
        for (StoredAttempt& row : *found) server.records.push_back(std::move(row.record));
    }
    std::ranges::stable_sort(server.records, {}, &bridge::AttemptRecord::at);
    return {};
}

Outcome<Page<model::Finding>> Findings::list(const Call& call, const DescribeFindings& request) {
    if (request.gateway.empty()) return model::missing("VpnGatewayId");
    auto servers = evidence(call, request);
    if (!servers) return unexpected(servers.error());
    std::vector<model::Finding> all;
    for (model::ServerEvidence& server : *servers) {
        if (const auto read = read_log(server, call.now); !read) return unexpected(read.error());
        std::ranges::move(model::findings_of(server, call.now), std::back_inserter(all));
    }
    std::erase_if(all, [&](const model::Finding& finding) {
        return !request.subject.empty() && finding.subject != request.subject;
    });
    std::ranges::stable_sort(all, std::greater(), &model::Finding::last);
    return page_of(std::move(all), request.page);
}

}  // namespace kanmon::usecases
