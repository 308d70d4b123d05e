// Customer gateways: the other ends of IPsec connections.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateCustomerGateway {
    std::string region = {};
    std::string address = {};  // IpAddress
    std::string name = {};
    std::string description = {};
    std::string asn = {};  // empty: none
    SecretBuffer auth_key = {};
    std::string resource_group = {};
    model::Tags tags = {};
};
struct DescribeCustomerGateways {
    std::string id = {};  // each filter: empty is all
    std::string resource_group = {};
    model::Tags tags = {};
    PageRequest page = {};
};
/// Absent: unchanged.
struct ModifyCustomerGateway {
    std::string id = {};
    std::optional<std::string> name = {};
    std::optional<std::string> description = {};
    std::optional<SecretBuffer> auth_key = {};
};
struct CustomerGatewayView {
    model::CustomerGateway gateway = {};
    SecretBuffer auth_key = {};
    model::Tags tags = {};
};

class CustomerGateways {
public:
    explicit CustomerGateways(Ports& ports) : ports_(ports) {}

    /// InvalidIpAddress.AlreadyExist where the region has one with this address.
    Outcome<CustomerGatewayView> create(const Call& call, const CreateCustomerGateway& request);
    /// InvalidCustomerGatewayInstanceId.NotFound (404).
    Outcome<CustomerGatewayView> find(const Call& call, const std::string& id);
    Outcome<Page<CustomerGatewayView>> list(const Call& call,
                                            const DescribeCustomerGateways& request);
    Outcome<CustomerGatewayView> modify(const Call& call, const ModifyCustomerGateway& request);
    /// DependencyViolation while a connection leads to it.
    Outcome<void> remove(const Call& call, const std::string& id);

private:
    Outcome<CustomerGatewayView> view(Ledger& ledger, model::CustomerGateway gateway);

    Ports& ports_;
};

}  // namespace kanmon::usecases
