// Finding what belongs to the caller. What belongs to somebody else answers exactly like what does
// not exist: one function decides both.
#pragma once

#include "controlplane/usecases/books.h"

namespace kanmon::usecases {

/// InvalidVpcId.NotFound
Outcome<model::Vpc> own_vpc(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidVpnGatewayInstanceId.NotFound
Outcome<model::VpnGateway> own_gateway(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidSslVpnServerId.NotFound
Outcome<model::SslServer> own_server(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidVSwitchId.NotFound
Outcome<model::VSwitch> own_vswitch(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidCustomerGatewayInstanceId.NotFound
Outcome<model::CustomerGateway> own_customer_gateway(Ledger& ledger, const Call& call,
                                                     const std::string& id);
/// InvalidVpnConnectionInstanceId.NotFound
Outcome<model::VpnConnection> own_connection(Ledger& ledger, const Call& call,
                                             const std::string& id);
/// InvalidIDaaSInstanceId.NotFound
Outcome<model::IdaasInstance> own_idaas_instance(Ledger& ledger, const Call& call,
                                                 const std::string& id);
/// InvalidIDaaSUserId.NotFound
Outcome<model::IdaasUser> own_idaas_user(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidIDaaSGroupId.NotFound
Outcome<model::IdaasGroup> own_idaas_group(Ledger& ledger, const Call& call, const std::string& id);
/// InvalidIDaaSApplicationId.NotFound
Outcome<model::IdaasApplication> own_idaas_application(Ledger& ledger, const Call& call,
                                                       const std::string& id);
/// `code` differs between the actions of the original.
Outcome<model::ClientCertificate> own_certificate(Ledger& ledger, const Call& call,
                                                  const std::string& id, std::string_view code);

/// InvalidAccessRuleId.NotFound
Outcome<model::AccessRule> own_access_rule(Ledger& ledger, const Call& call, const std::string& id);

/// InvalidBundleLinkId.NotFound
Outcome<model::BundleLink> own_bundle_link(Ledger& ledger, const Call& call, const std::string& id);

/// InvalidBearerTokenId.NotFound
Outcome<model::BearerToken> own_bearer_token(Ledger& ledger, const Call& call,
                                             const std::string& id);

/// The bearer tokens of an access key go.
void remove_tokens(Ledger& ledger, const model::AccessKeyId& key);
/// What belongs to a certificate goes with it; its own row too.
void remove_certificate(Ledger& ledger, const model::ClientCertificateId& id);
/// What lies below a server goes with it; its own row too.
void remove_server(Ledger& ledger, const model::SslServer& server);
/// The gateway of a server has work to do in the kernel.
void mark_changed(Ledger& ledger, const model::VpnGatewayId& id);

/// Runs a look that itself may refuse.
template <class T>
Outcome<T> look_for(Books& books, const std::function<Outcome<T>(Ledger&)>& look) {
    Outcome<T> result = model::unavailable("The store gave no answer.");
    const Outcome<void> looked = books.look([&](Ledger& ledger) { result = look(ledger); });
    if (!looked) return unexpected(looked.error());
    return result;
}

}  // namespace kanmon::usecases
