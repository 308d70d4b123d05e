#include "controlplane/api/action.h"

#include <algorithm>
#include <charconv>

#include "controlplane/api/actions.h"

namespace kanmon::api {

namespace {

using Actions = std::vector<NamedAction>;

Actions people_actions() {
    return {
        {"CreateAccount", create_account},
        {"DescribeAccounts", describe_accounts},
        {"CreateAccessKey", create_access_key},
        {"DescribeAccessKeys", describe_access_keys},
        {"DeleteAccessKey", delete_access_key},
        {"CreateIDaaSInstance", create_idaas_instance},
        {"DescribeIDaaSInstances", describe_idaas_instances},
        {"DeleteIDaaSInstance", delete_idaas_instance},
        {"CreateIDaaSUser", create_idaas_user},
        {"DescribeIDaaSUsers", describe_idaas_users},
        {"ModifyIDaaSUser", modify_idaas_user},
        {"DeleteIDaaSUser", delete_idaas_user},
        {"EnrolIDaaSUserTotp", enrol_idaas_user_totp},
    };
}

Actions place_actions() {
    return {
        {"CreateVpc", create_vpc},
        {"DescribeVpcs", describe_vpcs},
        {"DescribeVpcAttribute", describe_vpc_attribute},
        {"ModifyVpcAttribute", modify_vpc_attribute},
        {"DeleteVpc", delete_vpc},
        {"CreateVSwitch", create_vswitch},
        {"DescribeVSwitches", describe_vswitches},
        {"DescribeVSwitchAttributes", describe_vswitch_attributes},
        {"ModifyVSwitchAttribute", modify_vswitch_attribute},
        {"DeleteVSwitch", delete_vswitch},
        {"DescribeRouteTableList", describe_route_table_list},
        {"DescribeRouteEntryList", describe_route_entry_list},
        {"DescribeRegions", describe_regions},
        {"DescribeZones", describe_zones},
    };
}

Actions gateway_actions() {
    return {
        {"DescribeVpnGatewayAvailableZones", describe_vpn_gateway_available_zones},
        {"CheckVpnBgpEnabled", check_vpn_bgp_enabled},
        {"TagResources", tag_resources},
        {"UnTagResources", untag_resources},
        {"ListTagResources", list_tag_resources},
        {"MoveVpnResourceGroup", move_vpn_resource_group},
        {"CreateVpnGateway", create_vpn_gateway},
        {"DescribeVpnGateway", describe_vpn_gateway},
        {"DescribeVpnGateways", describe_vpn_gateways},
        {"ModifyVpnGatewayAttribute", modify_vpn_gateway_attribute},
        {"DeleteVpnGateway", delete_vpn_gateway},
    };
}

Actions ssl_actions() {
    return {
        {"CreateSslVpnServer", create_ssl_vpn_server},
        {"DescribeSslVpnServers", describe_ssl_vpn_servers},
        {"ModifySslVpnServer", modify_ssl_vpn_server},
        {"DeleteSslVpnServer", delete_ssl_vpn_server},
        {"DescribeVpnSslServerLogs", describe_vpn_ssl_server_logs},
        {"CreateSslVpnClientCert", create_ssl_vpn_client_cert},
        {"DescribeSslVpnClientCert", describe_ssl_vpn_client_cert},
        {"DescribeSslVpnClientCerts", describe_ssl_vpn_client_certs},
        {"ModifySslVpnClientCert", modify_ssl_vpn_client_cert},
        {"DeleteSslVpnClientCert", delete_ssl_vpn_client_cert},
        {"GetSslVpnClientCertBundle", get_ssl_vpn_client_cert_bundle},
        {"DescribeSslVpnClients", describe_ssl_vpn_clients},
        {"DisconnectSslVpnClient", disconnect_ssl_vpn_client},
        {"ReleaseSslVpnClientSlot", release_ssl_vpn_client_slot},
    };
}

Actions certificate_actions() {
    return {
        {"RenewSslVpnClientCert", renew_ssl_vpn_client_cert},
        {"CreateSslVpnClientCertLink", create_ssl_vpn_client_cert_link},
        {"DeleteSslVpnClientCertLink", delete_ssl_vpn_client_cert_link},
        {"GetSslVpnServerProfile", get_ssl_vpn_server_profile},
        {"ImportSslVpnServerCa", import_ssl_vpn_server_ca},
        {"RemoveSslVpnServerCa", remove_ssl_vpn_server_ca},
        {"RenewSslVpnServerCert", renew_ssl_vpn_server_cert},
        {"UploadSslVpnServerCrl", upload_ssl_vpn_server_crl},
        {"DescribeSslVpnServerCa", describe_ssl_vpn_server_ca},
        {"DescribeEvents", describe_events},
    };
}

Actions connection_actions() {
    return {
        {"CreateCustomerGateway", create_customer_gateway},
        {"DescribeCustomerGateway", describe_customer_gateway},
        {"DescribeCustomerGateways", describe_customer_gateways},
        {"ModifyCustomerGatewayAttribute", modify_customer_gateway_attribute},
        {"DeleteCustomerGateway", delete_customer_gateway},
        {"CreateVpnConnection", create_vpn_connection},
        {"DescribeVpnConnection", describe_vpn_connection},
        {"DescribeVpnConnections", describe_vpn_connections},
        {"ModifyVpnConnectionAttribute", modify_vpn_connection_attribute},
        {"ModifyTunnelAttribute", modify_tunnel_attribute},
        {"DeleteVpnConnection", delete_vpn_connection},
        {"DownloadVpnConnectionConfig", download_vpn_connection_config},
        {"DescribeVpnConnectionLogs", describe_vpn_connection_logs},
        {"DiagnoseVpnGateway", diagnose_vpn_gateway},
        {"GetVpnGatewayDiagnoseResult", get_vpn_gateway_diagnose_result},
        {"DiagnoseVpnConnections", diagnose_vpn_connections},
    };
}

Actions route_actions() {
    return {
        {"CreateVpnRouteEntry", create_vpn_route_entry},
        {"DescribeVpnRouteEntries", describe_vpn_route_entries},
        {"DeleteVpnRouteEntry", delete_vpn_route_entry},
        {"ModifyVpnRouteEntryWeight", modify_vpn_route_entry_weight},
        {"PublishVpnRouteEntry", publish_vpn_route_entry},
        {"CreateVpnPbrRouteEntry", create_vpn_pbr_route_entry},
        {"DescribeVpnPbrRouteEntries", describe_vpn_pbr_route_entries},
        {"DeleteVpnPbrRouteEntry", delete_vpn_pbr_route_entry},
        {"ModifyVpnPbrRouteEntryAttribute", modify_vpn_pbr_route_entry_attribute},
        {"ModifyVpnPbrRouteEntryPriority", modify_vpn_pbr_route_entry_priority},
        {"ModifyVpnPbrRouteEntryWeight", modify_vpn_pbr_route_entry_weight},
    };
}

Actions actions_without_meaning() {
    return {
        {"CreateEnhancedVpnGateway", refuse_enhanced_gateways},
        {"UpdateEnhancedVpnGateway", refuse_enhanced_gateways},
        {"DeleteEnhancedVpnGateway", refuse_enhanced_gateways},
        {"AssociateVpnGatewayWithCertificate", refuse_sm_certificates},
        {"DissociateVpnGatewayWithCertificate", refuse_sm_certificates},
        {"ListVpnCertificateAssociations", refuse_sm_certificates},
        {"CreateVpnAttachment", refuse_attachments},
        {"DescribeVpnAttachments", refuse_attachments},
        {"ModifyVpnAttachmentAttribute", refuse_attachments},
        {"DeleteVpnAttachment", refuse_attachments},
        {"CreateVcoRouteEntry", refuse_attachments},
        {"DescribeVcoRouteEntries", refuse_attachments},
        {"ModifyVcoRouteEntryWeight", refuse_attachments},
        {"DeleteVcoRouteEntry", refuse_attachments},
        {"DescribeVpnCrossAccountAuthorizations", refuse_attachments},
        {"CreateIpsecServer", refuse_ipsec_servers},
        {"ListIpsecServers", refuse_ipsec_servers},
        {"UpdateIpsecServer", refuse_ipsec_servers},
        {"DeleteIpsecServer", refuse_ipsec_servers},
        {"ListIpsecServerLogs", refuse_ipsec_servers},
    };
}

}  // namespace

const std::vector<NamedAction>& actions() {
    static const Actions table = [] {
        Actions rows;
        for (const Actions& part : {people_actions(), place_actions(), gateway_actions(),
                                    ssl_actions(), certificate_actions(), connection_actions(),
                                    route_actions(), actions_without_meaning()})
            rows.insert(rows.end(), part.begin(), part.end());
        std::ranges::sort(rows, {}, &NamedAction::name);
        return rows;
    }();
    return table;
}

Action find_action(std::string_view name) {
    const auto found = std::ranges::lower_bound(actions(), name, {}, &NamedAction::name);
    return found != actions().end() && found->name == name ? found->run : nullptr;
}

void add_texts(JsonObject& answer, std::string_view outer, std::string_view inner,
               const std::vector<std::string>& texts) {
    JsonObject list;
    list.texts(inner, texts);
    answer.object(outer, std::move(list));
}

std::int64_t account_number(const model::AccountId& account) {
    std::int64_t number = 0;
    std::from_chars(account.text.data(), account.text.data() + account.text.size(), number);
    return number;
}

void add_tags(JsonObject& answer, std::string_view outer, const model::Tags& tags) {
    const auto fields = [](const model::Tag& tag) {
        JsonObject row;
        row.text("Key", tag.key).text("Value", tag.value);
        return row;
    };
    add_nested_list(answer, outer, "Tag", rows_of(tags, fields));
}

std::int64_t milliseconds(UnixTime time) {
    return seconds_of(time) * 1000;
}

}  // namespace kanmon::api
