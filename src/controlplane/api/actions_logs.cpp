// The log of connection attempts and of clients' lives: as the original's lines, and as records.
// The filters behind SslVpnClientCertId and DescribeSslVpnServerRecords are Kanmon's own.
#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

constexpr std::size_t text_octets_shown = 256;

usecases::LogFilter read_filter(ParameterReader& read) {
    return {.certificate = read.text("SslVpnClientCertId"),
            .username = read.text("UserName"),
            .address = read.text("ClientAddress"),
            .outcome = read.text("Outcome"),
            .cause = read.text("Cause"),
            .from = read.optional_number("From"),
            .to = read.optional_number("To"),
            .minute_period = read.optional_number("MinutePeriod")};
}

std::string shown(const std::string& text) {
    return escaped(text, text_octets_shown);
}

/// What a kind of record does not have is left out.
JsonObject record_fields(const usecases::StoredAttempt& row) {
    const bridge::AttemptRecord& record = row.record;
    JsonObject fields;
    fields.number("RecordId", row.number)
        .number("Time", milliseconds(record.at))
        .text("Outcome", usecases::happening_text(record.happening))
        .text("Stage", usecases::stage_text(record.stage))
        .text("Ip", address_text(record.remote))
        .number("Port", std::uint32_t{record.remote.port})
        .text("Proto", model::transport_text(record.transport))
        .flag("Known", record.known)
        .text("Line", usecases::attempt_line(record));
    const auto add = [&](std::string_view name, const std::string& text) {
        if (!text.empty()) fields.text(name, text);
    };
    add("Cause", usecases::has_cause(record) ? std::string(row_of(record.cause).code) : "");
    add("CommonName", shown(record.common_name));
    add("UserName", shown(record.username));
    add("PrivateIp", record.tunnel_address == Ipv4{} ? "" : to_string(record.tunnel_address));
    add("Cipher", shown(record.cipher));
    add("Version", shown(record.version));
    add("Platform", shown(record.platform));
    add("Detail", record.detail);
    if (record.happening == bridge::Happening::moved)
        fields.text("FormerIp", address_text(record.former))
            .number("FormerPort", std::uint32_t{record.former.port});
    if (record.happening == bridge::Happening::ended)
        fields.number("ReceiveBytes", record.received_octets)
            .number("SendBytes", record.sent_octets);
    return fields;
}

}  // namespace

ActionAnswer describe_vpn_ssl_server_logs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeSslServerLogs wanted{.server = read.required("VpnSslServerId"),
                                           .filter = read_filter(read),
                                           .page = read.page()};
    return read.finish(wanted)
        .and_then(
            [&](const auto& checked) { return request.plane.attempts.logs(request.call, checked); })
        .map([](const auto& found) {
            JsonObject lines;
            lines.texts("Logs", found.lines);
            JsonObject answer;
            answer.number("Count", static_cast<std::uint64_t>(found.lines.size()))
                .object("Data", std::move(lines))
                .flag("IsCompleted", found.completed)
                .number("PageNumber", found.page.number)
                .number("PageSize", found.page.size);
            return answer;
        });
}

ActionAnswer describe_ssl_vpn_server_records(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeSslServerRecords wanted{.server = read.required("SslVpnServerId"),
                                              .filter = read_filter(read),
                                              .cursor = read.optional_number("Cursor"),
                                              .newest = read.flag("Newest", false),
                                              .results_max = read.optional_number("MaxResults")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.attempts.records(request.call, checked);
        })
        .map([](const auto& found) {
            JsonObject answer;
            add_nested_list(answer, "Records", "Record", rows_of(found.records, record_fields));
            answer.number("Cursor", found.cursor);
            return answer;
        });
}

}  // namespace kanmon::api
