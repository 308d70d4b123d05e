#include "controlplane/usecases/diagnoses.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/usecases/connection_rules.h"
#include "controlplane/usecases/diagnosis_items.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t ids_max = 50;

Outcome<std::optional<Ipv4>> read_address(std::string_view name, const std::string& text) {
    if (text.empty()) return std::optional<Ipv4>();
    if (const auto address = parse_ipv4(text)) return std::optional(*address);
    return model::illegal("IPsecExtendInfo",
                          fmt::format("{} is '{}', which is no IPv4 address; 10.0.0.8 is one.",
                                      name, escaped(text, 64)));
}

/// The connection, which has to be of the gateway where one was named.
Outcome<model::VpnConnection> connection_of(Ledger& ledger, const Call& call,
                                            std::string_view parameter, const std::string& gateway,
                                            const std::string& id) {
    auto connection = own_connection(ledger, call, id);
    if (!connection || gateway.empty() || connection->gateway.text == gateway) return connection;
    return model::illegal(parameter,
                          fmt::format("The IPsec connection {} is of the gateway {}, "
                                      "not of {}; name one of this gateway.",
                                      id, connection->gateway.text, escaped(gateway, 64)));
}

void make_room(Ledger& ledger, const model::VpnGatewayId& gateway) {
    const auto present = ledger.diagnoses().below(gateway.text);
    for (std::size_t i = 0; i + model::diagnoses_max <= present.size(); ++i)
        ledger.diagnoses().remove(present[i].id.text);
}

Outcome<std::vector<TunnelDiagnosis>> named_tunnels(Ledger& ledger, const Call& call,
                                                    const DiagnoseVpnConnections& request) {
    std::vector<TunnelDiagnosis> rows;
    for (const std::string& id : request.connections) {
        const auto connection =
            connection_of(ledger, call, "VpnConnectionIds", request.gateway, id);
        if (!connection) return unexpected(connection.error());
        for (const model::IpsecTunnel& tunnel : tunnels_of(ledger, connection->id))
            rows.push_back({connection->id, tunnel.id, connection->created_at});
    }
    for (const std::string& id : request.tunnels) {
        const auto tunnel = ledger.ipsec_tunnels().find(id);
        if (!tunnel || tunnel->account != call.actor.account)
            return model::not_found("InvalidTunnelId.NotFound", "tunnel", escaped(id, 64));
        const auto connection =
            connection_of(ledger, call, "TunnelIds", request.gateway, tunnel->connection.text);
        if (!connection) return unexpected(connection.error());
        const auto same = [&](const TunnelDiagnosis& row) { return row.tunnel == tunnel->id; };
        if (std::ranges::none_of(rows, same))
            rows.push_back({connection->id, tunnel->id, connection->created_at});
    }
    return rows;
}

}  // namespace

Outcome<model::DiagnosisId> Diagnoses::make(const Call& call, const DiagnoseVpnGateway& request) {
    if (request.kind != "IPsec")
        return model::illegal("ResourceType", fmt::format("'{}' is not diagnosed here; IPsec is.",
                                                          escaped(request.kind, 64)));
    const auto source = read_address("PrivateSourceIp", request.source);
    if (!source) return unexpected(source.error());
    const auto destination = read_address("PrivateDestinationIp", request.destination);
    if (!destination) return unexpected(destination.error());
    const std::lock_guard turn(ports_.turn);
    const Parameters parameters = Parameters()
                                      .add("VpnGatewayId", request.gateway)
                                      .add("ResourceType", request.kind)
                                      .add("ResourceId", request.connection)
                                      .add("PrivateSourceIp", request.source)
                                      .add("PrivateDestinationIp", request.destination);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "DiagnoseVpnGateway", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto gateway = own_gateway(ledger, call, request.gateway);
            if (!gateway) return unexpected(gateway.error());
            const auto connection =
                connection_of(ledger, call, "ResourceId", request.gateway, request.connection);
            if (!connection) return unexpected(connection.error());
            make_room(ledger, gateway->id);
            const model::Diagnosis diagnosis{
                .id = model::make_diagnosis_id(ports_.random),
                .account = call.actor.account,
                .gateway = gateway->id,
                .connection = connection->id,
                .made_at = call.now,
                .items = diagnosis_items(ledger, ports_.installation,
                                         {*gateway, *connection, *source, *destination})};
            ledger.diagnoses().put(diagnosis);
            return Receipt{diagnosis.id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return model::DiagnosisId{receipt->subject};
}

Outcome<model::Diagnosis> Diagnoses::find(const Call& call, const GetDiagnosis& request) {
    if (request.gateway.empty() && request.id.empty()) return model::missing("DiagnoseId");
    const std::lock_guard turn(ports_.turn);
    return look_for<model::Diagnosis>(
        ports_.books, [&](Ledger& ledger) -> Outcome<model::Diagnosis> {
            if (!request.gateway.empty())
                if (const auto gateway = own_gateway(ledger, call, request.gateway); !gateway)
                    return unexpected(gateway.error());
            if (request.id.empty()) {
                const auto all = ledger.diagnoses().below(request.gateway);
                if (!all.empty()) return all.back();
            } else if (auto row = ledger.diagnoses().find(request.id);
                       row && row->account == call.actor.account &&
                       (request.gateway.empty() || row->gateway.text == request.gateway)) {
                return *row;
            }
            return model::not_found("InvalidDiagnoseId.NotFound", "diagnosis",
                                    escaped(request.id, 64));
        });
}

Outcome<Page<TunnelDiagnosis>> Diagnoses::tunnels(const Call& call,
                                                  const DiagnoseVpnConnections& request) {
    if (request.connections.empty() && request.tunnels.empty())
        return model::missing("VpnConnectionIds");
    if (request.connections.size() + request.tunnels.size() > ids_max)
        return model::illegal(
            "VpnConnectionIds",
            fmt::format("{} ids were given; at most {} can be, with TunnelIds.",
                        request.connections.size() + request.tunnels.size(), ids_max));
    const std::lock_guard turn(ports_.turn);
    using Rows = Page<TunnelDiagnosis>;
    return look_for<Rows>(ports_.books, [&](Ledger& ledger) -> Outcome<Rows> {
        auto rows = named_tunnels(ledger, call, request);
        if (!rows) return unexpected(rows.error());
        return page_of(std::move(*rows), request.page);
    });
}

}  // namespace kanmon::usecases
