// What is wrong, for whom, how we know and what to do: an extension of Kanmon's.
#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

JsonObject finding_row(const model::Finding& finding) {
    JsonObject row;
    row.text("Code", finding.code)
        .text("SslVpnServerId", finding.server.text)
        .text("SubjectType", finding.subject.empty() ? "server" : "client")
        .text("Subject", escaped(finding.subject.empty() ? finding.server.text : finding.subject))
        .text("Cause", finding.cause)
        .text("Confidence", model::confidence_text(finding.confidence));
    add_texts(row, "Evidence", "Evidence", finding.evidence);
    row.text("Fix", finding.fix)
        .text("FixAction", finding.action)
        .number("FirstTime", milliseconds(finding.first))
        .number("LastTime", milliseconds(finding.last));
    return row;
}

}  // namespace

ActionAnswer describe_ssl_vpn_findings(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::DescribeFindings wanted{.gateway = read.required("VpnGatewayId"),
                                            .server = read.text("SslVpnServerId"),
                                            .subject = name_of_client(read.text("CommonName")),
                                            .page = read.page()};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.findings.list(request.call, checked); })
        .map(
            [](const auto& page) { return page_answer(page, "Findings", "Finding", finding_row); });
}

}  // namespace kanmon::api
