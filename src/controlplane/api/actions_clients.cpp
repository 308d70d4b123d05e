// Connected clients and held slots. `held`, and everything after Status in a row, are Kanmon's
// extensions, as are the two actions that end a session and free a slot.
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

struct WantedDisconnect {
    model::SslServerId server;
    std::string common_name;
};
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
    const WantedDisconnect wanted{{read.required("SslVpnServerId")},
                                  without_prefix(read.required("CommonName"))};
    return read.finish(wanted)
        .and_then([&](const WantedDisconnect& checked) {
            return request.plane.clients.disconnect(request.call, checked.server,
                                                    checked.common_name);
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
