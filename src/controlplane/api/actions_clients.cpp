// Connected clients and held slots. `held`, and everything after Status in a row, are Kanmon's
// extensions, as are the actions that end a session, keep somebody away and free a slot.
#include <fmt/core.h>

#include "base/escape.h"
#include "base/ip_numbers.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

/// The original writes the subject of the certificate, and a user's name as it is.
std::string common_name(const std::string& name) {
    return name.starts_with("vsc-") ? "CN=" + escaped(name) : escaped(name);
}

/// Of the path outside; what was not measured is left out.
void add_path(JsonObject& row, const model::ClientConnection& client) {
    const bridge::PathQuality& path = client.path;
    row.number("RefusedPackets", client.refused_packets)
        .number("LatePackets", client.late_packets)
        .number("OversizePackets", client.oversize_packets)
        .number("FragmentedPackets", client.fragmented_packets);
    if (client.segment_limit != 0) row.number("SegmentLimit", std::uint64_t{client.segment_limit});
    if (client.clock_behind_seconds)
        row.number("ClockBehindSeconds", std::int64_t{*client.clock_behind_seconds});
    row.number("LostPackets", path.lost_packets).number("ReorderedPackets", path.reordered_packets);
    if (path.round_trip_microseconds)
        row.number("RoundTripMicroseconds", *path.round_trip_microseconds);
    if (path.least_round_trip_microseconds)
        row.number("LeastRoundTripMicroseconds", *path.least_round_trip_microseconds);
    if (path.stream)
        row.number("TcpRoundTripMicroseconds", path.stream->round_trip_microseconds)
            .number("TcpRepeatedSegments", path.stream->repeated_segments);
}

JsonObject client_row(const model::ClientConnection& client) {
    JsonObject row;
    row.text("CommonName", common_name(client.common_name))
        .text("UserName", client.username)
        .number("ConnectedTime", milliseconds(client.connected_at))
        .text("Ip", client.remote ? address_text(*client.remote) : "")
        .text("Port", client.remote ? std::to_string(client.remote->port) : "")
        .text("PrivateIp", to_string(client.tunnel_address))
        .number("ReceiveBytes", client.received_octets)
        .number("SendBytes", client.sent_octets)
        .text("Status", client.online ? "online" : "held")
        .text("SslVpnServerId", client.server.text)
        .number("ReceivePackets", client.received_packets)
        .number("SendPackets", client.sent_packets);
    if (!client.online) return std::move(row.number("HeldSeconds", client.held_seconds_left));
    row.text("CertificateName", escaped(client.certificate))
        .text("Proto", client.transport ? model::transport_text(*client.transport) : "")
        .text("Cipher", escaped(client.cipher))
        .text("Version", escaped(client.version))
        .text("Platform", escaped(client.platform))
        .text("BundleRevision", escaped(client.revision))
        .flag("BundleIsStale", client.stale_bundle);
    add_path(row, client);
    return row;
}

JsonObject blocked_row(const model::BlockedClient& blocked) {
    JsonObject row;
    row.text("CommonName", escaped(blocked.name))
        .number("BlockedUntil", milliseconds(blocked.until))
        .number("BlockTime", milliseconds(blocked.created_at))
        .text("AccessKeyId", blocked.access_key);
    return row;
}

struct ClientPlace {
    std::string server;
    std::string address;
    usecases::PageRequest page = {};
};

/// PrivateIp. IllegalParam.PrivateIp.
model::Outcome<Ipv4> tunnel_address(const std::string& text) {
    if (const auto address = parse_ipv4(text)) return *address;
    return model::illegal("PrivateIp",
                          fmt::format("PrivateIp is '{}', which is not an IPv4 address such as "
                                      "192.168.0.6.",
                                      escaped(text, 64)));
}

std::string protocol_text(std::uint8_t number) {
    switch (number) {
        case protocol_icmp:
            return "icmp";
        case protocol_tcp:
            return "tcp";
        case protocol_udp:
            return "udp";
        case protocol_icmp6:
            return "icmpv6";
        default:
            return std::to_string(number);
    }
}

JsonObject flow_row(const usecases::ClientFlow& flow, Instant now, UnixTime wall) {
    const auto time_of = [&](Instant at) {
        return milliseconds(wall - std::chrono::duration_cast<std::chrono::seconds>(now - at));
    };
    const bridge::ObservedFlow& seen = flow.seen;
    JsonObject row;
    row.text("RemoteIp", address_text(Endpoint{seen.remote, 0}))
        .text("Protocol", protocol_text(seen.protocol))
        .number("Port", std::uint32_t{seen.port})
        .text("AskedBy", seen.of_client ? "client" : "vpc")
        .text("Outcome", usecases::text_of(flow.outcome))
        .text("LocalNetwork", flow.network)
        .number("ReceivePackets", seen.packets_out)
        .number("SendPackets", seen.packets_back)
        .number("ConnectionsOpened", seen.opened)
        .number("ConnectionsAnswered", seen.answered)
        .number("ConnectionsRefused", seen.refused)
        .number("ConnectionsReset", seen.reset)
        .number("ConnectionsClosed", seen.closed)
        .number("DeniedPackets", seen.denied)
        .text("DeniedBy", seen.denied_by ? row_of(*seen.denied_by).code : "")
        .number("IcmpErrors", seen.icmp_errors);
    if (seen.icmp_errors > 0)
        row.number("IcmpType", std::uint32_t{seen.icmp_latest} >> 8)
            .number("IcmpCode", std::uint32_t{seen.icmp_latest} & 0xff);
    row.number("FirstTime", time_of(seen.first_at)).number("LastTime", time_of(seen.seen_at));
    return row;
}

}  // namespace

ActionAnswer describe_ssl_vpn_clients(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    const std::string region = read.region();
    usecases::DescribeClients wanted{.gateway = read.required("VpnGatewayId"), .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.clients.list(request.call, checked, request.now);
        })
        .map([&](const auto& page) {
            std::vector<JsonObject> rows;
            for (const auto& client : page.items) rows.push_back(client_row(client));
            JsonObject answer;
            answer.text("RegionId", region).text("VpnGatewayId", wanted.gateway);
            answer.list("ClientInfoList", std::move(rows));
            add_page(answer, page);
            return answer;
        });
}

ActionAnswer describe_ssl_vpn_client_flows(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const ClientPlace wanted{read.required("SslVpnServerId"), read.required("PrivateIp"),
                             read.page()};
    return read.finish(wanted)
        .and_then([](const ClientPlace& checked) { return tunnel_address(checked.address); })
        .and_then([&](Ipv4 address) {
            return request.plane.client_flows.describe(request.call,
                                                       {wanted.server, address, wanted.page});
        })
        .map([&](const usecases::ClientFlowPage& found) {
            JsonObject answer =
                page_answer(found.flows, "Flows", "Flow", [&](const usecases::ClientFlow& flow) {
                    return flow_row(flow, request.now, request.call.now);
                });
            const bridge::ClientFact& client = found.client;
            answer.text("SslVpnServerId", client.server_id)
                .text("PrivateIp", to_string(client.tunnel_address))
                .text("CommonName", common_name(usecases::shown_name(client)))
                .text("UserName", escaped(client.username))
                .number("DisplacedFlows", found.displaced);
            return answer;
        });
}

ActionAnswer disconnect_ssl_vpn_client(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::DisconnectClient wanted{.server = read.required("SslVpnServerId"),
                                            .name = name_of_client(read.required("CommonName")),
                                            .block_minutes = read.optional_number("BlockMinutes")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.clients.disconnect(request.call, checked);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer describe_ssl_vpn_blocked_clients(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::ListBlocked wanted{.server = read.required("SslVpnServerId"),
                                       .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.clients.blocked(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "BlockedClients", "BlockedClient", blocked_row);
        });
}

ActionAnswer unblock_ssl_vpn_client(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string server = read.required("SslVpnServerId");
    return read.finish(name_of_client(read.required("CommonName")))
        .and_then([&](const auto& name) {
            return request.plane.clients.unblock(request.call, server, name);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer release_ssl_vpn_client_slot(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const ClientPlace wanted{read.required("SslVpnServerId"), read.required("PrivateIp")};
    return read.finish(wanted)
        .and_then([](const ClientPlace& checked) { return tunnel_address(checked.address); })
        .and_then([&](Ipv4 address) {
            return request.plane.clients.release(request.call, {wanted.server}, address);
        })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
