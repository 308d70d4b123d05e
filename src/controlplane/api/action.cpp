#include "controlplane/api/action.h"

#include <algorithm>

#include "controlplane/api/actions.h"

namespace kanmon::api {

const std::vector<NamedAction>& actions() {
    static const std::vector<NamedAction> table = [] {
        std::vector<NamedAction> rows{
            {"CreateAccount", create_account},
            {"DescribeAccounts", describe_accounts},
            {"CreateAccessKey", create_access_key},
            {"DescribeAccessKeys", describe_access_keys},
            {"DeleteAccessKey", delete_access_key},
            {"CreateVpc", create_vpc},
            {"DescribeVpcs", describe_vpcs},
            {"DeleteVpc", delete_vpc},
            {"CreateVpnGateway", create_vpn_gateway},
            {"DescribeVpnGateway", describe_vpn_gateway},
            {"DescribeVpnGateways", describe_vpn_gateways},
            {"ModifyVpnGatewayAttribute", modify_vpn_gateway_attribute},
            {"DeleteVpnGateway", delete_vpn_gateway},
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
            {"CreateIDaaSInstance", create_idaas_instance},
            {"DescribeIDaaSInstances", describe_idaas_instances},
            {"DeleteIDaaSInstance", delete_idaas_instance},
            {"CreateIDaaSUser", create_idaas_user},
            {"DescribeIDaaSUsers", describe_idaas_users},
            {"ModifyIDaaSUser", modify_idaas_user},
            {"DeleteIDaaSUser", delete_idaas_user},
            {"EnrolIDaaSUserTotp", enrol_idaas_user_totp},
            {"DescribeSslVpnClients", describe_ssl_vpn_clients},
            {"DisconnectSslVpnClient", disconnect_ssl_vpn_client},
            {"ReleaseSslVpnClientSlot", release_ssl_vpn_client_slot},
        };
        std::ranges::sort(rows, {}, &NamedAction::name);
        return rows;
    }();
    return table;
}

Action find_action(std::string_view name) {
    const auto found = std::ranges::lower_bound(actions(), name, {}, &NamedAction::name);
    return found != actions().end() && found->name == name ? found->run : nullptr;
}

std::int64_t milliseconds(UnixTime time) {
    return seconds_of(time) * 1000;
}

}  // namespace kanmon::api
