// What gateways, SSL servers and clients carry, and what the machine under them gives. Kanmon's own
// actions; the names of rates are those of the cloud's monitoring (namespace acs_vpn): rx is what
// the gateway receives from clients.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

using bridge::Meter;

std::uint64_t value_of(const usecases::MeterPoint& point, Meter meter) {
    return point.meters[static_cast<std::size_t>(meter)];
}

JsonObject drops_of(const usecases::MeterPoint& point) {
    JsonObject drops;
    for (const auto& [code, count] : point.drops) drops.number(code, count);
    return drops;
}

/// The present minute or hour has been going on for less than its length.
std::uint64_t seconds_in(const usecases::MeterPoint& point, std::int64_t period, UnixTime now) {
    return static_cast<std::uint64_t>(
        std::clamp<std::int64_t>((now - point.at).count(), 1, period));
}

JsonObject point_fields(const usecases::MeterPoint& point, std::int64_t period, UnixTime now) {
    const std::uint64_t seconds = period == 1 ? 1 : seconds_in(point, period, now);
    const auto bits = [&](Meter octets, std::uint64_t live) {
        return period == 1 ? live : value_of(point, octets) * 8 / seconds;
    };
    JsonObject fields;
    fields.number("Time", milliseconds(point.at))
        .number("net_rx.rate", bits(Meter::received_octets, point.received_most))
        .number("net_tx.rate", bits(Meter::sent_octets, point.sent_most))
        .number("net_rx.Pkgs", value_of(point, Meter::received_packets) / seconds)
        .number("net_tx.Pkgs", value_of(point, Meter::sent_packets) / seconds)
        .number("net_rx.peak", point.received_most)
        .number("net_tx.peak", point.sent_most)
        .number("ReceiveBytes", value_of(point, Meter::received_octets))
        .number("SendBytes", value_of(point, Meter::sent_octets))
        .number("Connections", point.online_most)
        .number("PoolUsed", point.slots_most)
        .number("Handshakes", value_of(point, Meter::handshakes_begun))
        .number("HandshakesDone", value_of(point, Meter::handshakes_done))
        .number("HandshakesRefused", value_of(point, Meter::handshakes_refused))
        .number("Renegotiations", value_of(point, Meter::renegotiations))
        .number("Moves", value_of(point, Meter::moves))
        .number("DroppedPackets", value_of(point, Meter::dropped_packets))
        .object("Drops", drops_of(point));
    return fields;
}

/// As the fields of answers are written: "UdpSegment" of "udp_segment".
std::string capitalized(std::string_view code) {
    std::string name;
    for (std::size_t i = 0; i < code.size(); ++i) {
        if (code[i] == '_') continue;
        const bool first = i == 0 || code[i - 1] == '_';
        name += first ? static_cast<char>(code[i] - 'a' + 'A') : code[i];
    }
    return name;
}

JsonObject batch_fields(std::size_t shard, std::size_t kind, const bridge::BatchSizes& sizes) {
    JsonObject fields;
    fields.number("Shard", static_cast<std::uint32_t>(shard))
        .text("Calls", bridge::batch_names[kind])
        .number("Count", std::accumulate(sizes.calls.begin(), sizes.calls.end(), std::uint64_t{0}))
        .number("Packets", sizes.packets);
    for (std::size_t bucket = 0; bucket + 1 < bridge::batch_buckets; ++bucket)
        fields.number(fmt::format("UpTo{}", bridge::most_of_bucket(bucket)), sizes.calls[bucket]);
    fields.number("More", sizes.calls.back());
    return fields;
}

std::vector<JsonObject> batches_of(const bridge::MachineFact& machine) {
    std::vector<JsonObject> rows;
    for (std::size_t shard = 0; shard < machine.shards.size(); ++shard)
        for (std::size_t kind = 0; kind < bridge::batch_names.size(); ++kind)
            rows.push_back(batch_fields(shard, kind, machine.shards[shard][kind]));
    return rows;
}

}  // namespace

ActionAnswer describe_vpn_machine(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(0).map([&](int) {
        const bridge::MachineFact machine = request.plane.monitoring.machine();
        JsonObject answer;
        answer.text("Ciphers", machine.ciphers)
            .number("Shards", static_cast<std::uint32_t>(machine.shards.size()));
        for (std::size_t i = 0; i < machine.provisions.size(); ++i)
            answer.text(capitalized(bridge::provision_names[i]),
                        bridge::presence_name(machine.provisions[i]));
        add_nested_list(answer, "Batches", "Batch", batches_of(machine));
        return answer;
    });
}

ActionAnswer describe_vpn_metrics(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeMetrics wanted{.resource = read.required("ResourceId"),
                                     .client = read.text("Client"),
                                     .period = read.optional_number("Period"),
                                     .from = read.optional_number("From"),
                                     .to = read.optional_number("To")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.monitoring.series(request.call, checked);
        })
        .map([&](const auto& series) {
            JsonObject answer;
            answer.text("ResourceId", wanted.resource)
                .number("Period", series.period)
                .number("PoolSize", series.slots);
            add_nested_list(answer, "Points", "Point", rows_of(series.points, [&](const auto& row) {
                                return point_fields(row, series.period, request.call.now);
                            }));
            return answer;
        });
}

}  // namespace kanmon::api
