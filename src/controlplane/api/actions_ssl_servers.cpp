// SSL servers. `Topology`, `HoldSeconds`, the table of
// model/option_table.h, `Warnings` and `BundleRevision` are Kanmon's extensions.
#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/model/option_rules.h"

namespace kanmon::api {
namespace {

void add_option(JsonObject& fields, const model::ServerOption& option, const std::string& text) {
    switch (option.form) {
        case model::OptionForm::text:
            fields.text(option.name, text);
            break;
        case model::OptionForm::number:
            fields.number(option.name, std::int64_t{std::stoll(text)});
            break;
        case model::OptionForm::flag:
            fields.flag(option.name, text == "true");
            break;
    }
}

JsonObject server_fields(const usecases::SslServerView& view) {
    const model::SslServer& server = view.server;
    JsonObject fields;
    fields.text("RegionId", view.region)
        .text("SslVpnServerId", server.id.text)
        .text("VpnGatewayId", server.gateway.text)
        .text("Name", server.name)
        .text("ClientIpPool", to_string(server.client_pool))
        .text("LocalSubnet", server.local_subnet)
        .text("Proto", model::transport_text(server.transport))
        .number("Port", std::uint32_t{server.port})
        .text("Cipher", server.cipher)
        .flag("Compress", server.compress)
        .number("CreateTime", milliseconds(server.created_at))
        .number("Connections", view.connections)
        .number("MaxConnections", view.connections_max)
        .text("InternetIp", to_string(view.public_address))
        .flag("EnableMultiFactorAuth", server.multi_factor)
        .text("IDaaSInstanceId", server.idaas_instance.text)
        .text("ResourceGroupId", view.resource_group)
        .text("DnsServers", server.dns_servers)
        .text("Topology", model::topology_text(server.topology))
        .number("HoldSeconds", server.hold_seconds)
        .text("BundleRevision", server.revision)
        .texts("Warnings", model::warnings_of(server));
    for (const model::ServerOption& option : model::server_options())
        add_option(fields, option, option.read(server.options));
    return fields;
}

}  // namespace

ActionAnswer create_ssl_vpn_server(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::CreateSslServer wanted;
    wanted.gateway = read.required("VpnGatewayId");
    wanted.client_pool = read.required("ClientIpPool");
    wanted.local_subnet = read.required("LocalSubnet");
    wanted.transport = read.text("Proto");
    wanted.port = read.optional_number("Port");
    wanted.cipher = read.text("Cipher");
    wanted.compress = read.flag("Compress", false);
    wanted.enable_multi_factor_auth = read.flag("EnableMultiFactorAuth", false);
    wanted.idaas_instance = read.text("IDaaSInstanceId");
    wanted.dns_servers = read.text("DnsServers");
    wanted.name = read.text("Name");
    wanted.topology = read.text("Topology");
    wanted.hold_seconds = read.optional_number("HoldSeconds");
    wanted.options = read.server_options();
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.ssl_servers.create(request.call, checked);
        })
        .map([](const auto& made) {
            JsonObject answer;
            answer.text("SslVpnServerId", made.id.text).text("Name", made.name);
            return answer;
        });
}

ActionAnswer describe_ssl_vpn_servers(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::DescribeSslServers wanted{.id = read.text("SslVpnServerId"),
                                        .gateway = read.text("VpnGatewayId"),
                                        .name = read.text("Name"),
                                        .resource_group = read.text("ResourceGroupId"),
                                        .page = read.page()};
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.ssl_servers.list(request.call, checked);
        })
        .map([](const auto& page) {
            return page_answer(page, "SslVpnServers", "SslVpnServer", server_fields);
        });
}

ActionAnswer modify_ssl_vpn_server(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    usecases::ModifySslServer wanted;
    wanted.id = read.required("SslVpnServerId");
    wanted.client_pool = read.optional_text("ClientIpPool");
    wanted.local_subnet = read.optional_text("LocalSubnet");
    wanted.transport = read.optional_text("Proto");
    wanted.port = read.optional_number("Port");
    wanted.cipher = read.optional_text("Cipher");
    wanted.compress = read.optional_flag("Compress");
    wanted.enable_multi_factor_auth = read.optional_flag("EnableMultiFactorAuth");
    wanted.idaas_instance = read.optional_text("IDaaSInstanceId");
    wanted.dns_servers = read.optional_text("DnsServers");
    wanted.name = read.optional_text("Name");
    wanted.topology = read.optional_text("Topology");
    wanted.hold_seconds = read.optional_number("HoldSeconds");
    wanted.options = read.server_options();
    return read.finish(wanted)
        .and_then([&](const auto& checked) {
            return request.plane.ssl_servers.modify(request.call, checked);
        })
        .map(server_fields);
}

ActionAnswer delete_ssl_vpn_server(const ActionRequest& request) {
    ParameterReader read(request.parameters);
    read.region();
    return read.finish(model::SslServerId{read.required("SslVpnServerId")})
        .and_then(
            [&](const auto& id) { return request.plane.ssl_servers.remove(request.call, id); })
        .map([] { return JsonObject(); });
}

}  // namespace kanmon::api
