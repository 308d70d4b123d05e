// Every action, one function each, in a file per resource. `find_action` gives them their names.
#pragma once

#include "controlplane/api/action.h"

namespace kanmon::api {

ActionAnswer create_account(const ActionRequest& request);
ActionAnswer describe_accounts(const ActionRequest& request);
ActionAnswer create_access_key(const ActionRequest& request);
ActionAnswer describe_access_keys(const ActionRequest& request);
ActionAnswer update_access_key(const ActionRequest& request);
ActionAnswer delete_access_key(const ActionRequest& request);
ActionAnswer describe_audit_records(const ActionRequest& request);

ActionAnswer create_bearer_token(const ActionRequest& request);
ActionAnswer describe_bearer_tokens(const ActionRequest& request);
ActionAnswer delete_bearer_token(const ActionRequest& request);

ActionAnswer create_vpc(const ActionRequest& request);
ActionAnswer describe_vpcs(const ActionRequest& request);
ActionAnswer describe_vpc_attribute(const ActionRequest& request);
ActionAnswer modify_vpc_attribute(const ActionRequest& request);
ActionAnswer delete_vpc(const ActionRequest& request);

ActionAnswer create_vswitch(const ActionRequest& request);
ActionAnswer describe_vswitches(const ActionRequest& request);
ActionAnswer describe_vswitch_attributes(const ActionRequest& request);
ActionAnswer modify_vswitch_attribute(const ActionRequest& request);
ActionAnswer delete_vswitch(const ActionRequest& request);

ActionAnswer describe_route_table_list(const ActionRequest& request);
ActionAnswer describe_route_entry_list(const ActionRequest& request);

ActionAnswer describe_regions(const ActionRequest& request);
ActionAnswer describe_zones(const ActionRequest& request);
ActionAnswer describe_vpn_gateway_available_zones(const ActionRequest& request);
ActionAnswer check_vpn_bgp_enabled(const ActionRequest& request);

ActionAnswer create_customer_gateway(const ActionRequest& request);
ActionAnswer describe_customer_gateway(const ActionRequest& request);
ActionAnswer describe_customer_gateways(const ActionRequest& request);
ActionAnswer modify_customer_gateway_attribute(const ActionRequest& request);
ActionAnswer delete_customer_gateway(const ActionRequest& request);

ActionAnswer create_vpn_connection(const ActionRequest& request);
ActionAnswer describe_vpn_connection(const ActionRequest& request);
ActionAnswer describe_vpn_connections(const ActionRequest& request);
ActionAnswer modify_vpn_connection_attribute(const ActionRequest& request);
ActionAnswer modify_tunnel_attribute(const ActionRequest& request);
ActionAnswer delete_vpn_connection(const ActionRequest& request);
ActionAnswer download_vpn_connection_config(const ActionRequest& request);
ActionAnswer describe_vpn_connection_logs(const ActionRequest& request);

ActionAnswer diagnose_vpn_gateway(const ActionRequest& request);
ActionAnswer get_vpn_gateway_diagnose_result(const ActionRequest& request);
ActionAnswer diagnose_vpn_connections(const ActionRequest& request);

ActionAnswer create_vpn_route_entry(const ActionRequest& request);
ActionAnswer describe_vpn_route_entries(const ActionRequest& request);
ActionAnswer delete_vpn_route_entry(const ActionRequest& request);
ActionAnswer modify_vpn_route_entry_weight(const ActionRequest& request);
ActionAnswer publish_vpn_route_entry(const ActionRequest& request);
ActionAnswer create_vpn_pbr_route_entry(const ActionRequest& request);
ActionAnswer describe_vpn_pbr_route_entries(const ActionRequest& request);
ActionAnswer delete_vpn_pbr_route_entry(const ActionRequest& request);
ActionAnswer modify_vpn_pbr_route_entry_attribute(const ActionRequest& request);
ActionAnswer modify_vpn_pbr_route_entry_priority(const ActionRequest& request);
ActionAnswer modify_vpn_pbr_route_entry_weight(const ActionRequest& request);

ActionAnswer refuse_enhanced_gateways(const ActionRequest& request);
ActionAnswer refuse_sm_certificates(const ActionRequest& request);
ActionAnswer refuse_attachments(const ActionRequest& request);
ActionAnswer refuse_ipsec_servers(const ActionRequest& request);

ActionAnswer tag_resources(const ActionRequest& request);
ActionAnswer untag_resources(const ActionRequest& request);
ActionAnswer list_tag_resources(const ActionRequest& request);
ActionAnswer move_vpn_resource_group(const ActionRequest& request);

ActionAnswer create_vpn_gateway(const ActionRequest& request);
ActionAnswer describe_vpn_gateway(const ActionRequest& request);
ActionAnswer describe_vpn_gateways(const ActionRequest& request);
ActionAnswer modify_vpn_gateway_attribute(const ActionRequest& request);
ActionAnswer delete_vpn_gateway(const ActionRequest& request);

ActionAnswer create_ssl_vpn_server(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_servers(const ActionRequest& request);
ActionAnswer modify_ssl_vpn_server(const ActionRequest& request);
ActionAnswer delete_ssl_vpn_server(const ActionRequest& request);
ActionAnswer describe_vpn_ssl_server_logs(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_server_records(const ActionRequest& request);
ActionAnswer describe_vpn_metrics(const ActionRequest& request);
ActionAnswer describe_vpn_machine(const ActionRequest& request);

ActionAnswer create_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_client_certs(const ActionRequest& request);
ActionAnswer modify_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer delete_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer get_ssl_vpn_client_cert_bundle(const ActionRequest& request);
ActionAnswer get_ssl_vpn_server_profile(const ActionRequest& request);
ActionAnswer renew_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer create_ssl_vpn_client_cert_link(const ActionRequest& request);
ActionAnswer delete_ssl_vpn_client_cert_link(const ActionRequest& request);

ActionAnswer import_ssl_vpn_server_ca(const ActionRequest& request);
ActionAnswer remove_ssl_vpn_server_ca(const ActionRequest& request);
ActionAnswer renew_ssl_vpn_server_cert(const ActionRequest& request);
ActionAnswer upload_ssl_vpn_server_crl(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_server_ca(const ActionRequest& request);
ActionAnswer describe_events(const ActionRequest& request);

ActionAnswer create_idaas_instance(const ActionRequest& request);
ActionAnswer describe_idaas_instances(const ActionRequest& request);
ActionAnswer delete_idaas_instance(const ActionRequest& request);
ActionAnswer create_idaas_user(const ActionRequest& request);
ActionAnswer describe_idaas_users(const ActionRequest& request);
ActionAnswer modify_idaas_user(const ActionRequest& request);
ActionAnswer unlock_idaas_user(const ActionRequest& request);
ActionAnswer delete_idaas_user(const ActionRequest& request);
ActionAnswer enrol_idaas_user_totp(const ActionRequest& request);
ActionAnswer create_idaas_user_recovery_codes(const ActionRequest& request);

ActionAnswer create_idaas_group(const ActionRequest& request);
ActionAnswer describe_idaas_groups(const ActionRequest& request);
ActionAnswer delete_idaas_group(const ActionRequest& request);
ActionAnswer add_users_to_idaas_group(const ActionRequest& request);
ActionAnswer remove_users_from_idaas_group(const ActionRequest& request);
ActionAnswer describe_idaas_group_users(const ActionRequest& request);
ActionAnswer create_idaas_application(const ActionRequest& request);
ActionAnswer describe_idaas_applications(const ActionRequest& request);
ActionAnswer delete_idaas_application(const ActionRequest& request);
ActionAnswer authorize_idaas_application(const ActionRequest& request);
ActionAnswer revoke_idaas_application(const ActionRequest& request);
ActionAnswer describe_idaas_application_assignments(const ActionRequest& request);

ActionAnswer describe_ssl_vpn_clients(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_client_flows(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_findings(const ActionRequest& request);
ActionAnswer create_ssl_vpn_access_rule(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_access_rules(const ActionRequest& request);
ActionAnswer modify_ssl_vpn_access_rule(const ActionRequest& request);
ActionAnswer delete_ssl_vpn_access_rule(const ActionRequest& request);

ActionAnswer disconnect_ssl_vpn_client(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_blocked_clients(const ActionRequest& request);
ActionAnswer unblock_ssl_vpn_client(const ActionRequest& request);
ActionAnswer release_ssl_vpn_client_slot(const ActionRequest& request);

}  // namespace kanmon::api
