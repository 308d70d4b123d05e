// What gateways, SSL servers and clients carry. Kanmon's own action; the names of rates are those
// of the cloud's monitoring (namespace acs_vpn): rx is what the gateway receives from clients.
#include <algorithm>

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

}  // namespace

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
