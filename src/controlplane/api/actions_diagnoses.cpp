// Diagnosis of IPsec connections: the shapes of the original. The description of an item is JSON in
// a text.
#include <algorithm>

#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {
namespace {

/// Facts of one name are one text, a sentence a line: JSON has a name once.
std::string description_of(const model::DiagnosisItem& item) {
    Parameters joined;
    for (const auto& [name, value] : item.facts) {
        std::string& text = joined[name];
        if (!text.empty()) text += '\n';
        text += value;
    }
    JsonObject facts;
    for (const auto& [name, value] : joined) facts.text(name, value);
    return facts.dump();
}

JsonObject item_fields(const model::DiagnosisItem& item) {
    JsonObject row;
    row.text("DiagnoseName", item.name)
        .text("DiagnoseResultLevel", model::diagnosis_level_text(item.level))
        .text("DiagnoseResultDescription", description_of(item));
    return row;
}

JsonObject tunnel_fields(const usecases::TunnelDiagnosis& row) {
    JsonObject fields;
    fields.text("VpnConnectionId", row.connection.text)
        .text("TunnelId", row.tunnel.text)
        .text("FailedReasonCode", "TunnelNotMade")
        .text("FailedReason",
              "Connections are kept and checked here, and no tunnel is made: the other site gets "
              "no answer.")
        .number("FailedTime", milliseconds(row.since))
        .text("MismatchLocalParam", "")
        .text("MismatchRemoteParam", "")
        .text("Severity", "Critical")
        .text("SourceLog", "");
    return fields;
}

/// IllegalParam.IPsecExtendInfo for a name that is not known.
model::Outcome<void> read_pair(ParameterReader& read, usecases::DiagnoseVpnGateway& wanted) {
    for (const auto& [name, value] : read.json("IPsecExtendInfo")) {
        if (name == "PrivateSourceIp")
            wanted.source = value;
        else if (name == "PrivateDestinationIp")
            wanted.destination = value;
        else
            return model::illegal("IPsecExtendInfo",
                                  "Its names are PrivateSourceIp and PrivateDestinationIp; the "
                                  "text has another one.");
    }
    return {};
}

}  // namespace

ActionAnswer diagnose_vpn_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DiagnoseVpnGateway wanted{.gateway = read.required("VpnGatewayId"),
                                        .kind = read.required("ResourceType"),
                                        .connection = read.required("ResourceId")};
    if (auto pair = read_pair(read, wanted); !pair) return unexpected(pair.error());
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.diagnoses.make(request.call, checked);
        })
        .map([](const auto& id) {
            JsonObject answer;
            answer.text("DiagnoseId", id.text);
            return answer;
        });
}

ActionAnswer get_vpn_gateway_diagnose_result(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::GetDiagnosis wanted{.gateway = read.text("VpnGatewayId"),
                                  .id = read.text("DiagnoseId")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.diagnoses.find(request.call, checked);
        })
        .map([](const model::Diagnosis& made) {
            JsonObject answer;
            answer.text("DiagnoseId", made.id.text)
                .text("VpnGatewayId", made.gateway.text)
                .text("ResourceType", "IPsec")
                .text("ResourceInstanceId", made.connection.text)
                .text("BeginTime", timestamp_text(made.made_at))
                .text("FinishTime", timestamp_text(made.made_at))
                .number("TotalCount", static_cast<std::uint64_t>(made.items.size()))
                .number("FinishedCount", static_cast<std::uint64_t>(made.items.size()))
                .list("DiagnoseResult", rows_of(made.items, item_fields));
            return answer;
        });
}

ActionAnswer diagnose_vpn_connections(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DiagnoseVpnConnections wanted{.gateway = read.text("VpnGatewayId"),
                                            .connections = read.texts("VpnConnectionIds"),
                                            .tunnels = read.texts("TunnelIds"),
                                            .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.diagnoses.tunnels(request.call, checked);
        })
        .map([](const auto& page) {
            JsonObject answer;
            answer.list("VpnConnections", rows_of(page.items, tunnel_fields));
            add_page(answer, page);
            return answer;
        });
}

}  // namespace kanmon::api
