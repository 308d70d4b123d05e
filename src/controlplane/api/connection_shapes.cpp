#include "controlplane/api/connection_shapes.h"

#include "controlplane/api/action.h"

namespace kanmon::api {
namespace {

using model::TunnelGroup;

enum class Numbers : std::uint8_t { as_numbers, as_texts };

std::string_view text_of(bool flag) {
    return flag ? "true" : "false";
}

void add_setting(JsonObject& fields, const model::TunnelSetting& setting, const std::string& text,
                 Numbers numbers) {
    if (setting.is_number && numbers == Numbers::as_numbers)
        fields.number(setting.name, std::int64_t{std::stoll(text)});
    else
        fields.text(setting.name, text);
}

JsonObject group_fields(const model::TunnelSettings& settings, TunnelGroup group, Numbers numbers) {
    JsonObject fields;
    for (const model::TunnelSetting& setting : model::tunnel_settings())
        if (setting.group == group) add_setting(fields, setting, setting.read(settings), numbers);
    return fields;
}

/// The names under which both sides know each other when none was given: their addresses.
model::TunnelSettings named(const usecases::VpnConnectionView& view,
                            const usecases::TunnelView& one) {
    model::TunnelSettings settings = one.tunnel.settings;
    if (settings.local_id.empty()) settings.local_id = to_string(view.gateway.public_address);
    if (settings.remote_id.empty()) settings.remote_id = to_string(one.remote_address);
    return settings;
}

JsonObject ike_fields(const model::TunnelSettings& settings, const SecretBuffer& psk,
                      Numbers numbers) {
    JsonObject fields = group_fields(settings, TunnelGroup::ike, numbers);
    fields.secret("Psk", text_view(psk.view()));
    return fields;
}

/// The other host of the /30 inside the tunnel.
std::string peer_inner_ip(const model::TunnelSettings& settings) {
    if (!settings.inner_cidr || !settings.local_inner_ip) return {};
    const std::uint32_t base = settings.inner_cidr->base.value;
    return to_string(Ipv4{base + (settings.local_inner_ip->value == base + 1 ? 2 : 1)});
}

JsonObject bgp_fields(const usecases::TunnelView& one, Numbers numbers) {
    JsonObject fields = group_fields(one.tunnel.settings, TunnelGroup::bgp, numbers);
    if (numbers == Numbers::as_numbers)
        fields.number("PeerAsn", one.remote_asn);
    else
        fields.text("PeerAsn", one.remote_asn == 0 ? "" : std::to_string(one.remote_asn));
    fields.text("PeerBgpIp", peer_inner_ip(one.tunnel.settings));
    return fields;
}

JsonObject health_fields(const model::HealthCheck& health) {
    JsonObject fields;
    fields.text("Enable", text_of(health.enabled))
        .text("Dip", health.destination)
        .text("Sip", health.source)
        .number("Interval", health.interval_seconds)
        .number("Retry", health.retries)
        .text("Policy", health.policy)
        .text("Status", health.enabled ? "failed" : "");
    return fields;
}

void add_flag(JsonObject& fields, std::string_view name, bool flag, Numbers numbers) {
    if (numbers == Numbers::as_numbers)
        fields.flag(name, flag);
    else
        fields.text(name, text_of(flag));
}

/// A row of TunnelOptions. When it is read, texts only, but for the place; the answer of the action
/// that changes it has numbers and flags, as the original's.
JsonObject tunnel_row(const usecases::VpnConnectionView& view, const usecases::TunnelView& one,
                      std::uint32_t place, Numbers numbers) {
    const model::TunnelSettings settings = named(view, one);
    JsonObject row;
    row.text("TunnelId", one.tunnel.id.text)
        .number("TunnelIndex", place)
        .text("CustomerGatewayId", one.tunnel.customer_gateway.text)
        .text("Role", model::tunnel_role_text(one.tunnel.role))
        .text("InternetIp", to_string(view.gateway.public_address))
        .text("State", "active")
        .text("Status", model::no_tunnel_yet)
        .text("RemoteCaCertificate", "")
        .text("ZoneNo", "")
        .object("TunnelIkeConfig", ike_fields(settings, one.psk, numbers))
        .object("TunnelIpsecConfig", group_fields(settings, TunnelGroup::ipsec, numbers));
    add_flag(row, "EnableDpd", one.tunnel.dead_peer_detection, numbers);
    add_flag(row, "EnableNatTraversal", one.tunnel.nat_traversal, numbers);
    JsonObject bgp = bgp_fields(one, numbers);
    bgp.text("BgpStatus", view.connection.dynamic_routing ? "failed" : "");
    row.object("TunnelBgpConfig", std::move(bgp));
    return row;
}

void add_only_tunnel(JsonObject& fields, const usecases::VpnConnectionView& view) {
    if (view.tunnels.empty()) return;
    const usecases::TunnelView& one = view.tunnels.front();
    const model::TunnelSettings settings = named(view, one);
    fields.text("CustomerGatewayId", one.tunnel.customer_gateway.text)
        .flag("EnableDpd", one.tunnel.dead_peer_detection)
        .flag("EnableNatTraversal", one.tunnel.nat_traversal)
        .object("IkeConfig", ike_fields(settings, one.psk, Numbers::as_numbers))
        .object("IpsecConfig", group_fields(settings, TunnelGroup::ipsec, Numbers::as_numbers));
    JsonObject bgp = bgp_fields(one, Numbers::as_numbers);
    bgp.text("EnableBgp", text_of(view.connection.dynamic_routing))
        .text("Status", view.connection.dynamic_routing ? "failed" : "");
    fields.object("VpnBgpConfig", std::move(bgp));
}

JsonObject fields_of(const usecases::VpnConnectionView& view, Numbers of_tunnels) {
    const model::VpnConnection& connection = view.connection;
    JsonObject fields;
    fields.text("VpnConnectionId", connection.id.text)
        .text("VpnGatewayId", connection.gateway.text)
        .text("Name", connection.name)
        .text("LocalSubnet", connection.local_subnet)
        .text("RemoteSubnet", connection.remote_subnet)
        .flag("EffectImmediately", connection.effective_at_once)
        .flag("AutoConfigRoute", connection.auto_route)
        .flag("EnableTunnelsBgp", connection.dynamic_routing && connection.named_tunnels)
        .number("CreateTime", milliseconds(connection.created_at))
        .text("State", "active")
        .text("Status", model::no_tunnel_yet)
        .text("AttachType", "VPNGW")
        .text("AttachInstanceId", connection.gateway.text)
        .flag("CrossAccountAuthorized", false)
        .text("InternetIp", to_string(view.gateway.public_address))
        .text("NetworkType", view.gateway.network_type)
        .text("ResourceGroupId", view.gateway.resource_group)
        .text("Spec", std::to_string(view.gateway.bandwidth_mbit) + "M")
        .text("RemoteCaCertificate", "")
        .text("TunnelBandwidth", "Standard")
        .text("TransitRouterId", "")  // of connections that are attached to one
        .text("TransitRouterName", "")
        .text("ZoneNo", "")
        .object("VcoHealthCheck", health_fields(connection.health))
        .texts("Warnings", view.warnings);
    add_only_tunnel(fields, view);
    std::vector<JsonObject> rows;
    if (connection.named_tunnels)
        for (std::uint32_t place = 0; place < view.tunnels.size(); ++place)
            rows.push_back(tunnel_row(view, view.tunnels[place], place + 1, of_tunnels));
    add_nested_list(fields, "TunnelOptionsSpecification", "TunnelOptions", std::move(rows));
    return fields;
}

}  // namespace

JsonObject connection_fields(const usecases::VpnConnectionView& view) {
    return fields_of(view, Numbers::as_texts);
}

JsonObject modified_connection_fields(const usecases::VpnConnectionView& view) {
    JsonObject fields = fields_of(view, Numbers::as_numbers);
    fields.text("Description", "");  // this action only
    return fields;
}

JsonObject tunnel_fields(const usecases::VpnConnectionView& view, const usecases::TunnelView& one) {
    const model::TunnelSettings settings = named(view, one);
    JsonObject fields;
    fields.text("TunnelId", one.tunnel.id.text)
        .text("CustomerGatewayId", one.tunnel.customer_gateway.text)
        .text("Role", model::tunnel_role_text(one.tunnel.role))
        .flag("EnableDpd", one.tunnel.dead_peer_detection)
        .flag("EnableNatTraversal", one.tunnel.nat_traversal)
        .text("InternetIp", to_string(view.gateway.public_address))
        .text("State", "active")
        .text("RemoteCaCertificate", "")
        .text("ZoneNo", "")
        .object("TunnelIkeConfig", ike_fields(settings, one.psk, Numbers::as_numbers))
        .object("TunnelIpsecConfig",
                group_fields(settings, TunnelGroup::ipsec, Numbers::as_numbers));
    JsonObject bgp = bgp_fields(one, Numbers::as_numbers);
    bgp.flag("EnableBgp", view.connection.dynamic_routing);
    fields.object("TunnelBgpConfig", std::move(bgp));
    return fields;
}

JsonObject peer_config(const usecases::VpnConnectionView& view) {
    JsonObject config;
    config.text("LocalSubnet", view.connection.local_subnet)
        .text("RemoteSubnet", view.connection.remote_subnet)
        .text("Local", to_string(view.gateway.public_address));
    std::vector<JsonObject> tunnels;
    std::vector<JsonObject> sessions;
    for (const usecases::TunnelView& one : view.tunnels) {
        const model::TunnelSettings settings = named(view, one);
        JsonObject tunnel;
        tunnel.text("TunnelId", one.tunnel.id.text)
            .text("Local", to_string(view.gateway.public_address))
            .text("Remote", to_string(one.remote_address))
            .object("IkeConfig", ike_fields(settings, one.psk, Numbers::as_numbers))
            .object("IpsecConfig", group_fields(settings, TunnelGroup::ipsec, Numbers::as_numbers));
        tunnels.push_back(std::move(tunnel));
        if (!view.connection.dynamic_routing) continue;
        JsonObject session = bgp_fields(one, Numbers::as_texts);
        session.text("TunnelId", one.tunnel.id.text);
        sessions.push_back(std::move(session));
    }
    if (!view.tunnels.empty()) {
        const usecases::TunnelView& first = view.tunnels.front();
        const model::TunnelSettings settings = named(view, first);
        config.text("Remote", to_string(first.remote_address))
            .object("IkeConfig", ike_fields(settings, first.psk, Numbers::as_numbers))
            .object("IpsecConfig", group_fields(settings, TunnelGroup::ipsec, Numbers::as_numbers));
    }
    add_nested_list(config, "TunnelsConfig", "TunnelConfig", std::move(tunnels));
    add_nested_list(config, "BgpConfigs", "BgpConfig", std::move(sessions));
    return config;
}

}  // namespace kanmon::api
