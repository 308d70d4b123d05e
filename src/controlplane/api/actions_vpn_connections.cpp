// IPsec connections. The only tunnel of a connection is in the connection's own fields (IkeConfig
// and the like, JSON in one text); named tunnels are in TunnelOptionsSpecification, one parameter a
// field, and are answered with texts only.
#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/api/actions.h"
#include "controlplane/api/connection_shapes.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

constexpr std::string_view specification = "TunnelOptionsSpecification";

/// The key leaves the settings, which are shown and written down.
void take_psk(usecases::TunnelChange& tunnel) {
    const auto psk = tunnel.ike.find("Psk");
    if (psk == tunnel.ike.end()) return;
    tunnel.psk = SecretBuffer(as_bytes(psk->second));
    tunnel.ike.erase(psk);
}

model::Outcome<void> refuse_own_authority(ParameterReader& read) {
    if (read.text("RemoteCaCertificate").empty()) return {};
    return model::unsupported(
        "RemoteCaCertificate belongs to gateways with the SM ciphers, which are not made here; "
        "connections use a pre-shared key.");
}

/// One tunnel's parameters, without what stands before them.
model::Outcome<usecases::TunnelChange> read_tunnel(ParameterReader read) {
    if (auto fits = refuse_own_authority(read); !fits) return unexpected(fits.error());
    usecases::TunnelChange tunnel{.named = true,
                                  .id = read.text("TunnelId"),
                                  .role = read.optional_text("Role"),
                                  .customer_gateway = read.optional_text("CustomerGatewayId"),
                                  .dead_peer_detection = read.optional_flag("EnableDpd"),
                                  .nat_traversal = read.optional_flag("EnableNatTraversal"),
                                  .psk = {},
                                  .ike = read.below("TunnelIkeConfig"),
                                  .ipsec = read.below("TunnelIpsecConfig"),
                                  .bgp = read.below("TunnelBgpConfig")};
    take_psk(tunnel);
    return read.finish(std::move(tunnel));
}

model::Outcome<std::vector<usecases::TunnelChange>> read_tunnels(ParameterReader& read) {
    std::vector<usecases::TunnelChange> tunnels;
    for (const std::size_t number : read.numbers(specification)) {
        auto tunnel =
            read_tunnel(read.inside(std::string(specification) + "." + std::to_string(number)));
        if (!tunnel) return unexpected(tunnel.error());
        tunnels.push_back(std::move(*tunnel));
    }
    return read.finish(std::move(tunnels));
}

/// The connection's own fields that are its only tunnel's; none when nothing of a tunnel was given.
std::optional<usecases::TunnelChange> read_only_tunnel(ParameterReader& read, Parameters bgp) {
    usecases::TunnelChange tunnel{.named = false,
                                  .id = {},
                                  .role = {},
                                  .customer_gateway = read.optional_text("CustomerGatewayId"),
                                  .dead_peer_detection = read.optional_flag("EnableDpd"),
                                  .nat_traversal = read.optional_flag("EnableNatTraversal"),
                                  .psk = {},
                                  .ike = read.json("IkeConfig"),
                                  .ipsec = read.json("IpsecConfig"),
                                  .bgp = std::move(bgp)};
    take_psk(tunnel);
    if (tunnel.says_more() || tunnel.dead_peer_detection || tunnel.nat_traversal) return tunnel;
    return std::nullopt;
}

/// EnableBgp is the connection's; what remains is the tunnel's.
model::Outcome<Parameters> read_bgp(ParameterReader& read, usecases::ConnectionChange& change) {
    Parameters bgp = read.json("BgpConfig");
    const auto enabled = bgp.find("EnableBgp");
    if (enabled == bgp.end()) return bgp;
    const std::string word = lower_case(enabled->second);
    if (word != "true" && word != "false")
        return model::illegal("BgpConfig",
                              fmt::format("EnableBgp is '{}'; it can be true or false.",
                                          escaped(enabled->second, 64)));
    change.dynamic_routing = word == "true";
    bgp.erase(enabled);
    return bgp;
}

/// MinutePeriod: 1 to 10. IllegalParam.MinutePeriod.
model::Outcome<void> check_log_period(std::optional<std::int64_t> minutes) {
    if (!minutes || (*minutes >= 1 && *minutes <= 10)) return {};
    return model::illegal("MinutePeriod",
                          fmt::format("MinutePeriod is {}; it can be 1 to 10 minutes, and From and "
                                      "To name longer ones.",
                                      *minutes));
}

/// InvalidTunnelId.NotFound. Empty is any.
model::Outcome<void> check_own_tunnel(const usecases::VpnConnectionView& connection,
                                      const std::string& id) {
    if (id.empty() || std::ranges::any_of(connection.tunnels, [&](const auto& view) {
            return view.tunnel.id.text == id;
        }))
        return {};
    return model::not_found("InvalidTunnelId.NotFound", "tunnel", escaped(id, 64));
}

model::Outcome<usecases::ConnectionChange> read_change(ParameterReader& read) {
    if (auto fits = refuse_own_authority(read); !fits) return unexpected(fits.error());
    usecases::ConnectionChange change{
        .name = read.optional_text("Name"),
        .local_subnet = read.optional_text("LocalSubnet"),
        .remote_subnet = read.optional_text("RemoteSubnet"),
        .effective_at_once = read.optional_flag("EffectImmediately"),
        .auto_route = read.optional_flag("AutoConfigRoute"),
        .dynamic_routing = read.optional_flag("EnableTunnelsBgp"),
        .health = read.json("HealthCheckConfig"),
    };
    auto tunnels = read_tunnels(read);
    auto bgp = read_bgp(read, change);
    if (!bgp) return unexpected(bgp.error());
    change.only_tunnel = read_only_tunnel(read, std::move(*bgp));
    if (!tunnels) return unexpected(tunnels.error());
    change.tunnels = std::move(*tunnels);
    return read.finish(std::move(change));
}

}  // namespace

ActionAnswer create_vpn_connection(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateVpnConnection wanted{.gateway = read.required("VpnGatewayId")};
    read.required("LocalSubnet");
    read.required("RemoteSubnet");
    wanted.tags = read.tags("Tags");
    return read_change(read)
        .and_then([&](auto values) {
            wanted.values = std::move(values);
            return request.plane.vpn_connections.create(request.call, wanted);
        })
        .map([](const auto& made) {
            JsonObject answer;
            answer.text("VpnConnectionId", made.id.text)
                .text("Name", made.name)
                .number("CreateTime", milliseconds(made.created_at));
            return answer;
        });
}

ActionAnswer describe_vpn_connection(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("VpnConnectionId"))
        .and_then(
            [&](const auto& id) { return request.plane.vpn_connections.find(request.call, id); })
        .map([](const auto& view) {
            JsonObject fields = connection_fields(view);
            add_tags(fields, "Tags", view.tags);
            return fields;
        });
}

ActionAnswer describe_vpn_connections(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeVpnConnections wanted{.id = read.text("VpnConnectionId"),
                                            .gateway = read.text("VpnGatewayId"),
                                            .customer_gateway = read.text("CustomerGatewayId"),
                                            .resource_group = read.text("ResourceGroupId"),
                                            .tags = read.tags("Tag"),
                                            .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_connections.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "VpnConnections", "VpnConnection", [](const auto& view) {
                JsonObject row = connection_fields(view);
                add_tags(row, "Tag", view.tags);  // the list calls them so, and only the list
                return row;
            });
        });
}

ActionAnswer modify_vpn_connection_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyVpnConnection wanted{.id = read.required("VpnConnectionId")};
    return read_change(read)
        .and_then([&](auto change) {
            wanted.change = std::move(change);
            return request.plane.vpn_connections.modify(request.call, wanted);
        })
        .map(modified_connection_fields);
}

ActionAnswer modify_tunnel_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    const std::string connection = read.required("VpnConnectionId");
    const std::string tunnel = read.required("TunnelId");
    auto wanted = read_tunnel(read.inside(specification));
    return read.finish(true)
        .and_then([&](bool) { return std::move(wanted); })
        .and_then([&](usecases::TunnelChange change) {
            change.id = tunnel;
            change.role.reset();
            return request.plane.vpn_connections.modify_tunnel(request.call, connection, change);
        })
        .map([&](const auto& view) {
            const auto changed = std::ranges::find(
                view.tunnels, tunnel, [](const auto& one) { return one.tunnel.id.text; });
            return tunnel_fields(view, *changed);
        });
}

ActionAnswer delete_vpn_connection(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("VpnConnectionId"))
        .and_then(
            [&](const auto& id) { return request.plane.vpn_connections.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

ActionAnswer download_vpn_connection_config(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(read.required("VpnConnectionId"))
        .and_then(
            [&](const auto& id) { return request.plane.vpn_connections.find(request.call, id); })
        .map([](const auto& view) {
            JsonObject answer;
            answer.object("VpnConnectionConfig", peer_config(view));
            return answer;
        });
}

ActionAnswer describe_vpn_connection_logs(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    const std::string id = read.required("VpnConnectionId");
    const std::string tunnel = read.text("TunnelId");
    const auto period = read.optional_number("MinutePeriod");
    const auto from = read.optional_number("From"), to = read.optional_number("To");
    if ((!from || !to) && !period) read.required("MinutePeriod");
    const usecases::PageRequest page = read.page();
    return read.finish(id)
        .and_then([&](const auto&) { return usecases::check_times(from, to); })
        .and_then([&] { return check_log_period(period); })
        .and_then([&] { return request.plane.vpn_connections.find(request.call, id); })
        .and_then([&](const auto& found) { return check_own_tunnel(found, tunnel); })
        .and_then([&] { return usecases::page_of(std::vector<std::string>(), page); })
        .map([](const auto& none) {
            JsonObject lines;
            lines.texts("Logs", none.items);
            JsonObject answer;
            answer.number("Count", std::uint64_t{0})
                .object("Data", std::move(lines))
                .flag("IsCompleted", true)
                .number("PageNumber", none.number)
                .number("PageSize", none.size);
            return answer;
        });
}

}  // namespace kanmon::api
