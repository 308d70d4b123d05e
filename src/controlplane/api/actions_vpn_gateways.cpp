// VPN gateways. Bandwidth, EnableSsl, EnableIpsec and SslConnections of ModifyVpnGatewayAttribute
// are Kanmon's extensions: the original changes them through its order system only.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

constexpr std::string_view capabilities =
    R"({"VpnEnableBgp":"true","VisuallySsl":"true","PbrPriority":"true",)"
    R"("VpnNewImage":"true","IDaaSNewVersion":"false"})";

std::string_view enabled_text(bool on) {
    return on ? "enable" : "disable";
}

/// What Describe… answers, flat or as a row.
JsonObject gateway_fields(const usecases::VpnGatewayView& view) {
    const model::VpnGateway& gateway = view.gateway;
    const std::string address = to_string(gateway.public_address);
    JsonObject fields;
    fields.text("VpnGatewayId", gateway.id.text)
        .text("VpcId", gateway.vpc.text)
        .text("VSwitchId", gateway.vswitch.text)
        .text("Name", gateway.name)
        .text("Description", gateway.description)
        .text("Status", model::status_text(view.status))
        .text("BusinessStatus", "Normal")
        .text("ChargeType", "PostpayByFlow")
        .text("Spec", std::to_string(gateway.bandwidth_mbit))
        .text("InternetIp", address)
        .text("SslVpn", enabled_text(gateway.ssl_enabled))
        .text("IpsecVpn", enabled_text(gateway.ipsec_enabled))
        .number("SslMaxConnections", gateway.ssl_connections_max)
        .number("CreateTime", milliseconds(gateway.created_at))
        .text("VpnType", "Normal")
        .text("NetworkType", gateway.network_type)
        .text("GatewayType", "Traditional")
        .text("DisasterRecoveryVSwitchId", gateway.second_vswitch.text)
        .text("ResourceGroupId", gateway.resource_group)
        .flag("AutoPropagate", gateway.auto_propagate)
        .flag("EnableBgp", view.dynamic_routing)
        .text("Tag", capabilities);
    if (gateway.ssl_enabled) fields.text("SslVpnInternetIp", address);
    add_tags(fields, "Tags", view.tags);
    JsonObject interfaces;
    interfaces.texts("EniInstanceId", {});
    fields.object("EniInstanceIds", std::move(interfaces));
    return fields;
}

JsonObject modified_fields(const usecases::VpnGatewayView& view) {
    const model::VpnGateway& gateway = view.gateway;
    JsonObject fields;
    fields.text("VpnGatewayId", gateway.id.text)
        .text("VpcId", gateway.vpc.text)
        .text("VSwitchId", gateway.vswitch.text)
        .text("Name", gateway.name)
        .text("Description", gateway.description)
        .text("Status", model::status_text(view.status))
        .text("BusinessStatus", "Normal")
        .text("Spec", std::to_string(gateway.bandwidth_mbit) + "M")  // this action only
        .text("InternetIp", to_string(gateway.public_address))
        .text("IntranetIp", "")
        .number("CreateTime", milliseconds(gateway.created_at))
        .text("DisasterRecoveryVSwitchId", gateway.second_vswitch.text)
        .text("ResourceGroupId", gateway.resource_group)
        .flag("AutoPropagate", gateway.auto_propagate)
        .flag("EnableBgp", view.dynamic_routing);
    if (gateway.ssl_enabled) fields.text("SslVpnInternetIp", to_string(gateway.public_address));
    return fields;
}

}  // namespace

ActionAnswer create_vpn_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    usecases::CreateVpnGateway wanted{.region = read.region(),
                                      .vpc = read.required("VpcId"),
                                      .bandwidth = read.required_number("Bandwidth"),
                                      .enable_ssl = read.flag("EnableSsl", false),
                                      .enable_ipsec = read.flag("EnableIpsec", true),
                                      .ssl_connections = read.optional_number("SslConnections"),
                                      .network_type = read.text("NetworkType"),
                                      .name = read.text("Name"),
                                      .vswitch = read.text("VSwitchId"),
                                      .second_vswitch = read.text("DisasterRecoveryVSwitchId"),
                                      .vpn_type = read.text("VpnType"),
                                      .charge_type = read.text("InstanceChargeType"),
                                      .resource_group = read.text("ResourceGroupId")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_gateways.create(request.call, checked);
        })
        .map([](const auto& made) {
            JsonObject answer;
            answer.text("VpnGatewayId", made.id.text)
                .text("Name", made.name)
                .number("OrderId", std::int64_t{0});  // nothing is sold here
            return answer;
        });
}

ActionAnswer describe_vpn_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::VpnGatewayId{read.required("VpnGatewayId")})
        .and_then([&](const auto& id) { return request.plane.vpn_gateways.find(request.call, id); })
        .map(gateway_fields);
}

ActionAnswer describe_vpn_gateways(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeVpnGateways wanted{.id = read.text("VpnGatewayId"),
                                         .vpc = read.text("VpcId"),
                                         .status = read.text("Status"),
                                         .business_status = read.text("BusinessStatus"),
                                         .gateway_type = read.text("GatewayType"),
                                         .resource_group = read.text("ResourceGroupId"),
                                         .tags = read.tags("Tag"),
                                         .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_gateways.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "VpnGateways", "VpnGateway", gateway_fields);
        });
}

ActionAnswer modify_vpn_gateway_attribute(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifyVpnGateway wanted{.id = read.required("VpnGatewayId"),
                                      .name = read.optional_text("Name"),
                                      .description = read.optional_text("Description"),
                                      .bandwidth = read.optional_number("Bandwidth"),
                                      .enable_ssl = read.optional_flag("EnableSsl"),
                                      .ssl_connections = read.optional_number("SslConnections"),
                                      .enable_ipsec = read.optional_flag("EnableIpsec"),
                                      .auto_propagate = read.optional_flag("AutoPropagate")};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.vpn_gateways.modify(request.call, checked);
        })
        .map(modified_fields);
}

ActionAnswer delete_vpn_gateway(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::VpnGatewayId{read.required("VpnGatewayId")})
        .and_then(
            [&](const auto& id) { return request.plane.vpn_gateways.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
