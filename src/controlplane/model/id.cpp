#include "controlplane/model/id.h"

namespace kanmon::model {

namespace {

// 256 - 256 % 36: octets from there on would make the first letters likelier.
constexpr unsigned unbiased_alphanumerics = 252;
constexpr unsigned unbiased_digits = 250;
constexpr std::size_t random_length = 18;

std::string drawn(Random& random, std::size_t length, std::string_view letters, unsigned unbiased) {
    std::string text;
    while (text.size() < length) {
        const unsigned octet = std::to_integer<unsigned>(random.array<1>()[0]);
        if (octet < unbiased) text.push_back(letters[octet % letters.size()]);
    }
    return text;
}

template <class Resource>
Id<Resource> made(std::string_view prefix, Random& random) {
    return {std::string(prefix) + "km" + random_alphanumerics(random, random_length)};
}

}  // namespace

std::string random_alphanumerics(Random& random, std::size_t length) {
    return drawn(random, length, "0123456789abcdefghijklmnopqrstuvwxyz", unbiased_alphanumerics);
}

AccountId make_account_id(Random& random) {
    return {"1" + drawn(random, 15, "0123456789", unbiased_digits)};
}

AccessKeyId make_access_key_id(Random& random) {
    return {"KMAK" + random_alphanumerics(random, 20)};
}

VpcId make_vpc_id(Random& random) {
    return made<VpcTag>("vpc-", random);
}

VpnGatewayId make_vpn_gateway_id(Random& random) {
    return made<VpnGatewayTag>("vpn-", random);
}

SslServerId make_ssl_server_id(Random& random) {
    return made<SslServerTag>("vss-", random);
}

IdaasInstanceId make_idaas_instance_id(Random& random) {
    return made<IdaasInstanceTag>("idaas-", random);
}

IdaasUserId make_idaas_user_id(Random& random) {
    return made<IdaasUserTag>("user-", random);
}

IdaasGroupId make_idaas_group_id(Random& random) {
    return made<IdaasGroupTag>("group-", random);
}

IdaasApplicationId make_idaas_application_id(Random& random) {
    return made<IdaasApplicationTag>("app_", random);
}

ClientCertificateId make_client_certificate_id(Random& random) {
    return made<ClientCertificateTag>("vsc-", random);
}

VSwitchId make_vswitch_id(Random& random) {
    return made<VSwitchTag>("vsw-", random);
}

CustomerGatewayId make_customer_gateway_id(Random& random) {
    return made<CustomerGatewayTag>("cgw-", random);
}

VpnConnectionId make_vpn_connection_id(Random& random) {
    return made<VpnConnectionTag>("vco-", random);
}

IpsecTunnelId make_ipsec_tunnel_id(Random& random) {
    return made<IpsecTunnelTag>("tun-", random);
}

VpnRouteId make_vpn_route_id(Random& random) {
    return made<VpnRouteTag>("rte-", random);
}

BundleLinkId make_bundle_link_id(Random& random) {
    return made<BundleLinkTag>("lnk-", random);
}

DiagnosisId make_diagnosis_id(Random& random) {
    return made<DiagnosisTag>("vpndgn-", random);
}

BearerTokenId make_bearer_token_id(Random& random) {
    return made<BearerTokenTag>("tok-", random);
}

AccessRuleId make_access_rule_id(Random& random) {
    return made<AccessRuleTag>("acr-", random);
}

}  // namespace kanmon::model
