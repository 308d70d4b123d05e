#include "controlplane/api/action.h"

#include <algorithm>
#include <charconv>

#include "controlplane/api/actions.h"
#include "controlplane/api/parameter_reader.h"
#include "controlplane/model/name.h"

namespace kanmon::api {

namespace {

using Actions = std::vector<NamedAction>;

// Who may: whoever reads, whoever does the day's work - certificates, bundles, users, clients -, or
// whoever decides over networks, servers, authorities and keys. docs/api.md, section Roles.
constexpr auto view = model::KeyRole::viewer;
constexpr auto operate = model::KeyRole::operating;
constexpr auto administer = model::KeyRole::administrator;

Actions people_actions() {
    return {
        {"CreateAccount", create_account, administer},
        {"DescribeAccounts", describe_accounts, view},
        {"CreateAccessKey", create_access_key, administer},
        {"UpdateAccessKey", update_access_key, administer},
        {"DescribeAccessKeys", describe_access_keys, view},
        {"DeleteAccessKey", delete_access_key, administer},
        {"CreateBearerToken", create_bearer_token, view},
        {"DescribeBearerTokens", describe_bearer_tokens, view},
        {"DeleteBearerToken", delete_bearer_token, administer},
        {"DescribeAuditRecords", describe_audit_records, view},
    };
}

Actions identity_actions() {
    return {
        {"CreateIDaaSInstance", create_idaas_instance, administer},
        {"DescribeIDaaSInstances", describe_idaas_instances, view},
        {"DeleteIDaaSInstance", delete_idaas_instance, administer},
        {"CreateIDaaSUser", create_idaas_user, operate},
        {"DescribeIDaaSUsers", describe_idaas_users, view},
        {"ModifyIDaaSUser", modify_idaas_user, operate},
        {"UnlockIDaaSUser", unlock_idaas_user, operate},
        {"DeleteIDaaSUser", delete_idaas_user, operate},
        {"EnrolIDaaSUserTotp", enrol_idaas_user_totp, operate},
        {"CreateIDaaSUserRecoveryCodes", create_idaas_user_recovery_codes, operate},
        {"CreateIDaaSGroup", create_idaas_group, administer},
        {"DescribeIDaaSGroups", describe_idaas_groups, view},
        {"DeleteIDaaSGroup", delete_idaas_group, administer},
        {"AddUsersToIDaaSGroup", add_users_to_idaas_group, operate},
        {"RemoveUsersFromIDaaSGroup", remove_users_from_idaas_group, operate},
        {"DescribeIDaaSGroupUsers", describe_idaas_group_users, view},
        {"CreateIDaaSApplication", create_idaas_application, administer},
        {"DescribeIDaaSApplications", describe_idaas_applications, view},
        {"DeleteIDaaSApplication", delete_idaas_application, administer},
        {"AuthorizeIDaaSApplication", authorize_idaas_application, operate},
        {"RevokeIDaaSApplication", revoke_idaas_application, operate},
        {"DescribeIDaaSApplicationAssignments", describe_idaas_application_assignments, view},
    };
}

Actions place_actions() {
    return {
        {"CreateVpc", create_vpc, administer},
        {"DescribeVpcs", describe_vpcs, view},
        {"DescribeVpcAttribute", describe_vpc_attribute, view},
        {"ModifyVpcAttribute", modify_vpc_attribute, administer},
        {"DeleteVpc", delete_vpc, administer},
        {"CreateVSwitch", create_vswitch, administer},
        {"DescribeVSwitches", describe_vswitches, view},
        {"DescribeVSwitchAttributes", describe_vswitch_attributes, view},
        {"ModifyVSwitchAttribute", modify_vswitch_attribute, administer},
        {"DeleteVSwitch", delete_vswitch, administer},
        {"DescribeRouteTableList", describe_route_table_list, view},
        {"DescribeRouteEntryList", describe_route_entry_list, view},
        {"DescribeRegions", describe_regions, view},
        {"DescribeZones", describe_zones, view},
    };
}

Actions gateway_actions() {
    return {
        {"DescribeVpnGatewayAvailableZones", describe_vpn_gateway_available_zones, view},
        {"CheckVpnBgpEnabled", check_vpn_bgp_enabled, view},
        {"TagResources", tag_resources, operate},
        {"UnTagResources", untag_resources, operate},
        {"ListTagResources", list_tag_resources, view},
        {"MoveVpnResourceGroup", move_vpn_resource_group, administer},
        {"CreateVpnGateway", create_vpn_gateway, administer},
        {"DescribeVpnGateway", describe_vpn_gateway, view},
        {"DescribeVpnGateways", describe_vpn_gateways, view},
        {"ModifyVpnGatewayAttribute", modify_vpn_gateway_attribute, administer},
        {"DeleteVpnGateway", delete_vpn_gateway, administer},
    };
}

Actions ssl_actions() {
    return {
        {"CreateSslVpnServer", create_ssl_vpn_server, administer},
        {"DescribeSslVpnServers", describe_ssl_vpn_servers, view},
        {"ModifySslVpnServer", modify_ssl_vpn_server, administer},
        {"DeleteSslVpnServer", delete_ssl_vpn_server, administer},
        {"DescribeVpnSslServerLogs", describe_vpn_ssl_server_logs, view},
        {"DescribeSslVpnServerRecords", describe_ssl_vpn_server_records, view},
        {"DescribeVpnMetrics", describe_vpn_metrics, view},
        {"DescribeVpnMachine", describe_vpn_machine, view},
        {"CreateSslVpnClientCert", create_ssl_vpn_client_cert, operate},
        {"DescribeSslVpnClientCert", describe_ssl_vpn_client_cert, view},
        {"DescribeSslVpnClientCerts", describe_ssl_vpn_client_certs, view},
        {"ModifySslVpnClientCert", modify_ssl_vpn_client_cert, operate},
        {"DeleteSslVpnClientCert", delete_ssl_vpn_client_cert, operate},
        {"GetSslVpnClientCertBundle", get_ssl_vpn_client_cert_bundle, operate},
        {"CreateSslVpnAccessRule", create_ssl_vpn_access_rule, administer},
        {"DescribeSslVpnAccessRules", describe_ssl_vpn_access_rules, view},
        {"ModifySslVpnAccessRule", modify_ssl_vpn_access_rule, administer},
        {"DeleteSslVpnAccessRule", delete_ssl_vpn_access_rule, administer},
        {"DescribeSslVpnClients", describe_ssl_vpn_clients, view},
        {"DescribeSslVpnClientFlows", describe_ssl_vpn_client_flows, view},
        {"DescribeSslVpnFindings", describe_ssl_vpn_findings, view},
        {"DisconnectSslVpnClient", disconnect_ssl_vpn_client, operate},
        {"DescribeSslVpnBlockedClients", describe_ssl_vpn_blocked_clients, view},
        {"UnblockSslVpnClient", unblock_ssl_vpn_client, operate},
        {"ReleaseSslVpnClientSlot", release_ssl_vpn_client_slot, operate},
    };
}

Actions certificate_actions() {
    return {
        {"RenewSslVpnClientCert", renew_ssl_vpn_client_cert, operate},
        {"CreateSslVpnClientCertLink", create_ssl_vpn_client_cert_link, operate},
        {"DeleteSslVpnClientCertLink", delete_ssl_vpn_client_cert_link, operate},
        {"GetSslVpnServerProfile", get_ssl_vpn_server_profile, operate},
        {"ImportSslVpnServerCa", import_ssl_vpn_server_ca, administer},
        {"RemoveSslVpnServerCa", remove_ssl_vpn_server_ca, administer},
        {"RenewSslVpnServerCert", renew_ssl_vpn_server_cert, administer},
        {"UploadSslVpnServerCrl", upload_ssl_vpn_server_crl, operate},
        {"DescribeSslVpnServerCa", describe_ssl_vpn_server_ca, view},
        {"DescribeEvents", describe_events, view},
    };
}

Actions connection_actions() {
    return {
        {"CreateCustomerGateway", create_customer_gateway, administer},
        {"DescribeCustomerGateway", describe_customer_gateway, view},
        {"DescribeCustomerGateways", describe_customer_gateways, view},
        {"ModifyCustomerGatewayAttribute", modify_customer_gateway_attribute, administer},
        {"DeleteCustomerGateway", delete_customer_gateway, administer},
        {"CreateVpnConnection", create_vpn_connection, administer},
        {"DescribeVpnConnection", describe_vpn_connection, view},
        {"DescribeVpnConnections", describe_vpn_connections, view},
        {"ModifyVpnConnectionAttribute", modify_vpn_connection_attribute, administer},
        {"ModifyTunnelAttribute", modify_tunnel_attribute, administer},
        {"DeleteVpnConnection", delete_vpn_connection, administer},
        {"DownloadVpnConnectionConfig", download_vpn_connection_config, operate},
        {"DescribeVpnConnectionLogs", describe_vpn_connection_logs, view},
        {"DiagnoseVpnGateway", diagnose_vpn_gateway, operate},
        {"GetVpnGatewayDiagnoseResult", get_vpn_gateway_diagnose_result, view},
        {"DiagnoseVpnConnections", diagnose_vpn_connections, view},
    };
}

Actions route_actions() {
    return {
        {"CreateVpnRouteEntry", create_vpn_route_entry, administer},
        {"DescribeVpnRouteEntries", describe_vpn_route_entries, view},
        {"DeleteVpnRouteEntry", delete_vpn_route_entry, administer},
        {"ModifyVpnRouteEntryWeight", modify_vpn_route_entry_weight, administer},
        {"PublishVpnRouteEntry", publish_vpn_route_entry, administer},
        {"CreateVpnPbrRouteEntry", create_vpn_pbr_route_entry, administer},
        {"DescribeVpnPbrRouteEntries", describe_vpn_pbr_route_entries, view},
        {"DeleteVpnPbrRouteEntry", delete_vpn_pbr_route_entry, administer},
        {"ModifyVpnPbrRouteEntryAttribute", modify_vpn_pbr_route_entry_attribute, administer},
        {"ModifyVpnPbrRouteEntryPriority", modify_vpn_pbr_route_entry_priority, administer},
        {"ModifyVpnPbrRouteEntryWeight", modify_vpn_pbr_route_entry_weight, administer},
    };
}

Actions actions_without_meaning() {
    return {
        {"CreateEnhancedVpnGateway", refuse_enhanced_gateways, view},
        {"UpdateEnhancedVpnGateway", refuse_enhanced_gateways, view},
        {"DeleteEnhancedVpnGateway", refuse_enhanced_gateways, view},
        {"AssociateVpnGatewayWithCertificate", refuse_sm_certificates, view},
        {"DissociateVpnGatewayWithCertificate", refuse_sm_certificates, view},
        {"ListVpnCertificateAssociations", refuse_sm_certificates, view},
        {"CreateVpnAttachment", refuse_attachments, view},
        {"DescribeVpnAttachments", refuse_attachments, view},
        {"ModifyVpnAttachmentAttribute", refuse_attachments, view},
        {"DeleteVpnAttachment", refuse_attachments, view},
        {"CreateVcoRouteEntry", refuse_attachments, view},
        {"DescribeVcoRouteEntries", refuse_attachments, view},
        {"ModifyVcoRouteEntryWeight", refuse_attachments, view},
        {"DeleteVcoRouteEntry", refuse_attachments, view},
        {"DescribeVpnCrossAccountAuthorizations", refuse_attachments, view},
        {"CreateIpsecServer", refuse_ipsec_servers, view},
        {"ListIpsecServers", refuse_ipsec_servers, view},
        {"UpdateIpsecServer", refuse_ipsec_servers, view},
        {"DeleteIpsecServer", refuse_ipsec_servers, view},
        {"ListIpsecServerLogs", refuse_ipsec_servers, view},
    };
}

}  // namespace

const std::vector<NamedAction>& actions() {
    static const Actions table = [] {
        Actions rows;
        for (const Actions& part :
             {people_actions(), identity_actions(), place_actions(), gateway_actions(),
              ssl_actions(), certificate_actions(), connection_actions(), route_actions(),
              actions_without_meaning()})
            rows.insert(rows.end(), part.begin(), part.end());
        std::ranges::sort(rows, {}, &NamedAction::name);
        return rows;
    }();
    return table;
}

const NamedAction* find_action(std::string_view name) {
    const auto found = std::ranges::lower_bound(actions(), name, {}, &NamedAction::name);
    return found != actions().end() && found->name == name ? &*found : nullptr;
}

model::Outcome<usecases::Call> with_common(usecases::Call call, const ParameterSource& parameters) {
    ParameterReader read(parameters);
    call.client_token = read.text("ClientToken");
    call.dry_run = read.flag("DryRun", false);
    if (const auto fits = model::check_client_token(call.client_token); !fits)
        return unexpected(fits.error());
    return read.finish(std::move(call));
}

void add_texts(JsonObject& answer, std::string_view outer, std::string_view inner,
               const std::vector<std::string>& texts) {
    JsonObject list;
    list.texts(inner, texts);
    answer.object(outer, std::move(list));
}

std::string name_of_client(const std::string& shown) {
    return shown.starts_with("CN=") ? shown.substr(3) : shown;
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

std::string address_text(const Endpoint& endpoint) {
    return endpoint.is_v4() ? to_string(endpoint.as_v4()) : to_string(endpoint.address);
}

std::int64_t milliseconds(UnixTime time) {
    return seconds_of(time) * 1000;
}

}  // namespace kanmon::api
