// Connected clients and held slots. `held`, and everything after Status in a row, are Kanmon's
// extensions, as are the actions that end a session, keep somebody away and free a slot.
#include <fmt/core.h>

#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

/// The original writes the subject of the certificate, and a user's name as it is.
std::string common_name(const std::string& name) {
    return name.starts_with("vsc-") ? "CN=" + escaped(name) : escaped(name);
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
    row.text("Proto", client.transport ? model::transport_text(*client.transport) : "")
        .text("Cipher", escaped(client.cipher))
        .text("Version", escaped(client.version))
        .text("Platform", escaped(client.platform))
        .text("BundleRevision", escaped(client.revision))
        .flag("BundleIsStale", client.stale_bundle);
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

struct WantedRelease {
    model::SslServerId server;
    std::string address;
};

std::string without_prefix(const std::string& name) {
    return name.starts_with("CN=") ? name.substr(3) : name;
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

ActionAnswer disconnect_ssl_vpn_client(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const usecases::DisconnectClient wanted{.server = read.required("SslVpnServerId"),
                                            .name = without_prefix(read.required("CommonName")),
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
    return read.finish(without_prefix(read.required("CommonName")))
        .and_then([&](const auto& name) {
            return request.plane.clients.unblock(request.call, server, name);
        })
        .map([] { return JsonObject(); });
}

ActionAnswer release_ssl_vpn_client_slot(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const WantedRelease wanted{{read.required("SslVpnServerId")}, read.required("PrivateIp")};
    return read.finish(wanted)
        .and_then([&](const WantedRelease& checked) -> model::Outcome<void> {
            const auto address = parse_ipv4(checked.address);
            if (!address)
                return model::illegal("PrivateIp",
                                      fmt::format("PrivateIp is '{}', which is not an IPv4 "
                                                  "address such as 192.168.0.6.",
                                                  escaped(checked.address, 64)));
            return request.plane.clients.release(request.call, checked.server, *address);
        })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
