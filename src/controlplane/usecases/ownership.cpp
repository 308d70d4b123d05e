#include "controlplane/usecases/ownership.h"

#include "base/escape.h"

namespace kanmon::usecases {

namespace {

template <class Row>
Outcome<Row> own(const Table<Row>& table, const Call& call, const std::string& id,
                 std::string_view code, std::string_view what) {
    if (auto row = table.find(id); row && row->account == call.actor.account) return *row;
    return model::not_found(code, what, escaped(id, 64));
}

}  // namespace

Outcome<model::Vpc> own_vpc(Ledger& ledger, const Call& call, const std::string& id) {
    return own(ledger.vpcs(), call, id, "InvalidVpcId.NotFound", "VPC");
}

Outcome<model::VpnGateway> own_gateway(Ledger& ledger, const Call& call, const std::string& id) {
    return own(ledger.vpn_gateways(), call, id, "InvalidVpnGatewayInstanceId.NotFound",
               "VPN gateway");
}

Outcome<model::SslServer> own_server(Ledger& ledger, const Call& call, const std::string& id) {
    return own(ledger.ssl_servers(), call, id, "InvalidSslVpnServerId.NotFound", "SSL server");
}

Outcome<model::VSwitch> own_vswitch(Ledger& ledger, const Call& call, const std::string& id) {
    return own(ledger.vswitches(), call, id, "InvalidVSwitchId.NotFound", "vSwitch");
}

Outcome<model::CustomerGateway> own_customer_gateway(Ledger& ledger, const Call& call,
                                                     const std::string& id) {
    return own(ledger.customer_gateways(), call, id, "InvalidCustomerGatewayInstanceId.NotFound",
               "customer gateway");
}

Outcome<model::VpnConnection> own_connection(Ledger& ledger, const Call& call,
                                             const std::string& id) {
    return own(ledger.vpn_connections(), call, id, "InvalidVpnConnectionInstanceId.NotFound",
               "IPsec connection");
}

Outcome<model::IdaasInstance> own_idaas_instance(Ledger& ledger, const Call& call,
                                                 const std::string& id) {
    return own(ledger.idaas_instances(), call, id, "InvalidIDaaSInstanceId.NotFound",
               "identity source");
}

Outcome<model::IdaasUser> own_idaas_user(Ledger& ledger, const Call& call, const std::string& id) {
    return own(ledger.idaas_users(), call, id, "InvalidIDaaSUserId.NotFound", "user");
}

Outcome<model::IdaasGroup> own_idaas_group(Ledger& ledger, const Call& call,
                                           const std::string& id) {
    return own(ledger.idaas_groups(), call, id, "InvalidIDaaSGroupId.NotFound", "group");
}

Outcome<model::IdaasApplication> own_idaas_application(Ledger& ledger, const Call& call,
                                                       const std::string& id) {
    return own(ledger.idaas_applications(), call, id, "InvalidIDaaSApplicationId.NotFound",
               "application");
}

Outcome<model::ClientCertificate> own_certificate(Ledger& ledger, const Call& call,
                                                  const std::string& id, std::string_view code) {
    return own(ledger.client_certificates(), call, id, code, "client certificate");
}

Outcome<model::AccessRule> own_access_rule(Ledger& ledger, const Call& call,
                                           const std::string& id) {
    return own(ledger.access_rules(), call, id, "InvalidAccessRuleId.NotFound", "access rule");
}

Outcome<model::BundleLink> own_bundle_link(Ledger& ledger, const Call& call,
                                           const std::string& id) {
    return own(ledger.bundle_links(), call, id, "InvalidBundleLinkId.NotFound", "link");
}

Outcome<model::BearerToken> own_bearer_token(Ledger& ledger, const Call& call,
                                             const std::string& id) {
    return own(ledger.bearer_tokens(), call, id, "InvalidBearerTokenId.NotFound", "bearer token");
}

void remove_tokens(Ledger& ledger, const model::AccessKeyId& key) {
    for (const auto& token : ledger.bearer_tokens().below(key.text))
        ledger.bearer_tokens().remove(token.id.text);
}

void remove_certificate(Ledger& ledger, const model::ClientCertificateId& id) {
    for (const auto& link : ledger.bundle_links().below(id.text))
        ledger.bundle_links().remove(link.id.text);
    ledger.held_bundles().remove(id.text);
    ledger.client_certificates().remove(id.text);
}

void remove_server(Ledger& ledger, const model::SslServer& server) {
    for (const auto& certificate : ledger.client_certificates().below(server.id.text))
        remove_certificate(ledger, certificate.id);
    ledger.revocation_lists().remove(server.id.text);
    for (const auto& revoked : ledger.revoked_certificates().below(server.id.text))
        ledger.revoked_certificates().remove(revoked.id.text);
    for (const auto& rule : ledger.access_rules().below(server.id.text))
        ledger.access_rules().remove(rule.id.text);
    for (const auto& blocked : ledger.blocked_clients().below(server.id.text))
        ledger.blocked_clients().remove(blocked.id.text);
    ledger.ssl_servers().remove(server.id.text);
}

void mark_changed(Ledger& ledger, const model::VpnGatewayId& id) {
    auto gateway = ledger.vpn_gateways().find(id.text);
    if (!gateway) return;
    gateway->changed_by = ledger.number();
    ledger.vpn_gateways().put(*gateway);
}

}  // namespace kanmon::usecases
