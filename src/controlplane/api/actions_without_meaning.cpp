// Operations of the original that belong to other products of its cloud, or to what it sells. Each
// is known and answers why it cannot be here.
#include "controlplane/api/actions.h"

namespace kanmon::api {

ActionAnswer refuse_enhanced_gateways(const ActionRequest&) {
    return model::unsupported(
        "Enhanced gateways are a product of the original's cloud; use CreateVpnGateway and the "
        "actions beside it.");
}

ActionAnswer refuse_sm_certificates(const ActionRequest&) {
    return model::unsupported(
        "Gateways with the SM ciphers are not made here, so no gateway takes their certificates.");
}

ActionAnswer refuse_attachments(const ActionRequest&) {
    return model::unsupported(
        "There is no transit router here to attach to; bind connections to a gateway with "
        "CreateVpnConnection.");
}

ActionAnswer refuse_ipsec_servers(const ActionRequest&) {
    return model::unsupported(
        "There is no IKEv2 server here for the clients that phones have built in; use "
        "CreateSslVpnServer, whose bundles OpenVPN's programs for phones take.");
}

}  // namespace kanmon::api
