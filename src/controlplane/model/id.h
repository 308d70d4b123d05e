// Identifiers of resources, as types that do not mix.
//
// An id is its prefix, two region characters and random lower-case letters and digits:
// vpn-km0a1b2c3d4e5f6g7h8i. Accounts have sixteen digits.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/random.h"

namespace kanmon::model {

template <class Resource>
struct Id {
    std::string text;
    bool empty() const { return text.empty(); }
    friend auto operator<=>(const Id&, const Id&) = default;
};

using AccountId = Id<struct AccountTag>;
using AccessKeyId = Id<struct AccessKeyTag>;
using VpcId = Id<struct VpcTag>;
using VpnGatewayId = Id<struct VpnGatewayTag>;
using SslServerId = Id<struct SslServerTag>;
using IdaasInstanceId = Id<struct IdaasInstanceTag>;
using IdaasUserId = Id<struct IdaasUserTag>;
using IdaasGroupId = Id<struct IdaasGroupTag>;
using GroupMemberId = Id<struct GroupMemberTag>;
using IdaasApplicationId = Id<struct IdaasApplicationTag>;
using AssignmentId = Id<struct AssignmentTag>;
using RecoveryCodeId = Id<struct RecoveryCodeTag>;
using ClientCertificateId = Id<struct ClientCertificateTag>;
using VSwitchId = Id<struct VSwitchTag>;
using CustomerGatewayId = Id<struct CustomerGatewayTag>;
using VpnConnectionId = Id<struct VpnConnectionTag>;
using IpsecTunnelId = Id<struct IpsecTunnelTag>;
using VpnRouteId = Id<struct VpnRouteTag>;
using ResourceTagId = Id<struct ResourceTagTag>;
using BundleLinkId = Id<struct BundleLinkTag>;
using DiagnosisId = Id<struct DiagnosisTag>;
using BearerTokenId = Id<struct BearerTokenTag>;
using AccessRuleId = Id<struct AccessRuleTag>;
using BlockedClientId = Id<struct BlockedClientTag>;

AccountId make_account_id(Random& random);
AccessKeyId make_access_key_id(Random& random);
VpcId make_vpc_id(Random& random);
VpnGatewayId make_vpn_gateway_id(Random& random);
SslServerId make_ssl_server_id(Random& random);
IdaasInstanceId make_idaas_instance_id(Random& random);
IdaasUserId make_idaas_user_id(Random& random);
IdaasGroupId make_idaas_group_id(Random& random);
IdaasApplicationId make_idaas_application_id(Random& random);
ClientCertificateId make_client_certificate_id(Random& random);
VSwitchId make_vswitch_id(Random& random);
CustomerGatewayId make_customer_gateway_id(Random& random);
VpnConnectionId make_vpn_connection_id(Random& random);
IpsecTunnelId make_ipsec_tunnel_id(Random& random);
VpnRouteId make_vpn_route_id(Random& random);
BundleLinkId make_bundle_link_id(Random& random);
DiagnosisId make_diagnosis_id(Random& random);
BearerTokenId make_bearer_token_id(Random& random);
AccessRuleId make_access_rule_id(Random& random);

/// `length` random lower-case letters and digits, without bias.
std::string random_alphanumerics(Random& random, std::size_t length);

}  // namespace kanmon::model
