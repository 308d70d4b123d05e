// Every action, one function each, in a file per resource. `find_action` gives them their names.
#pragma once

#include "controlplane/api/action.h"

namespace kanmon::api {

ActionAnswer create_account(const ActionRequest& request);
ActionAnswer describe_accounts(const ActionRequest& request);
ActionAnswer create_access_key(const ActionRequest& request);
ActionAnswer describe_access_keys(const ActionRequest& request);
ActionAnswer delete_access_key(const ActionRequest& request);

ActionAnswer create_vpc(const ActionRequest& request);
ActionAnswer describe_vpcs(const ActionRequest& request);
ActionAnswer delete_vpc(const ActionRequest& request);

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

ActionAnswer create_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer describe_ssl_vpn_client_certs(const ActionRequest& request);
ActionAnswer modify_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer delete_ssl_vpn_client_cert(const ActionRequest& request);
ActionAnswer get_ssl_vpn_client_cert_bundle(const ActionRequest& request);

ActionAnswer create_idaas_instance(const ActionRequest& request);
ActionAnswer describe_idaas_instances(const ActionRequest& request);
ActionAnswer delete_idaas_instance(const ActionRequest& request);
ActionAnswer create_idaas_user(const ActionRequest& request);
ActionAnswer describe_idaas_users(const ActionRequest& request);
ActionAnswer modify_idaas_user(const ActionRequest& request);
ActionAnswer delete_idaas_user(const ActionRequest& request);
ActionAnswer enrol_idaas_user_totp(const ActionRequest& request);

ActionAnswer describe_ssl_vpn_clients(const ActionRequest& request);
ActionAnswer disconnect_ssl_vpn_client(const ActionRequest& request);
ActionAnswer release_ssl_vpn_client_slot(const ActionRequest& request);

}  // namespace kanmon::api
