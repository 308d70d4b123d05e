// VPN gateways.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateVpnGateway {
    std::string region;
    std::string vpc;
    std::int64_t bandwidth = 0;  // required
    bool enable_ssl = false;
    bool enable_ipsec = true;
    std::optional<std::int64_t> ssl_connections;  // 5 when absent
    std::string network_type;                     // public when empty
    std::string name;
    std::string vswitch = {};         // of the VPC
    std::string second_vswitch = {};  // DisasterRecoveryVSwitchId
    std::string vpn_type = {};        // Normal when empty
    std::string charge_type = {};     // POSTPAY when empty
    std::string resource_group = {};
};
struct VpnGatewayCreated {
    model::VpnGatewayId id;
    std::string name;
};
struct DescribeVpnGateways {
    std::string id;  // each filter: empty is all
    std::string vpc;
    std::string status;
    std::string business_status = {};  // always Normal
    std::string gateway_type = {};     // always Traditional
    std::string resource_group = {};
    model::Tags tags = {};
    PageRequest page = {};
};
/// Absent: unchanged. Bandwidth, EnableSsl, EnableIpsec and SslConnections are extensions.
struct ModifyVpnGateway {
    std::string id;
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<std::int64_t> bandwidth;
    std::optional<bool> enable_ssl;
    std::optional<std::int64_t> ssl_connections;
    std::optional<bool> enable_ipsec = {};
    std::optional<bool> auto_propagate = {};
};
struct VpnGatewayView {
    model::VpnGateway gateway;
    model::GatewayStatus status = model::GatewayStatus::active;
    bool dynamic_routing = false;  // of any of its connections
    model::Tags tags = {};
};

class VpnGateways {
public:
    explicit VpnGateways(Ports& ports) : ports_(ports) {}

    Outcome<VpnGatewayCreated> create(const Call& call, const CreateVpnGateway& request);
    Outcome<Page<VpnGatewayView>> list(const Call& call, const DescribeVpnGateways& request);
    /// InvalidVpnGatewayInstanceId.NotFound (404).
    Outcome<VpnGatewayView> find(const Call& call, const model::VpnGatewayId& id);
    Outcome<VpnGatewayView> modify(const Call& call, const ModifyVpnGateway& request);
    /// Takes its SSL servers and their certificates with it. DependencyViolation while it has IPsec
    /// connections.
    Outcome<void> remove(const Call& call, const model::VpnGatewayId& id);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
