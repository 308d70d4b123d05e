// VPCs: the networks behind gateways.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateVpc {
    std::string region;
    std::string cidr;  // CidrBlock; empty: 172.16.0.0/12, as the original
    std::string name;
    std::string description;
    std::string network_namespace;  // extension `Namespace`; empty: the host itself
    model::Tags tags = {};
};
struct VpcCreated {
    model::VpcId id;
};
struct DescribeVpcs {
    std::string id;  // VpcId: one or several, comma separated; empty: all
    std::string name;
    model::Tags tags = {};
    PageRequest page = {};
};

/// Absent: unchanged.
struct ModifyVpc {
    std::string id = {};
    std::optional<std::string> name = {};
    std::optional<std::string> description = {};
    std::optional<std::string> cidr = {};
};

struct VpcView {
    model::Vpc vpc;
    std::vector<std::string> vswitches = {};  // ids
    std::size_t gateways = 0;
    model::Tags tags = {};
};

class Vpcs {
public:
    explicit Vpcs(Ports& ports) : ports_(ports) {}

    Outcome<VpcCreated> create(const Call& call, const CreateVpc& request);
    Outcome<Page<VpcView>> list(const Call& call, const DescribeVpcs& request);
    /// Where the account has something, and "local".
    Outcome<std::vector<std::string>> regions(const Call& call);
    Outcome<VpcView> find(const Call& call, const model::VpcId& id);
    /// Another CIDR has to hold the vSwitches and to keep clear of everything that the present one
    /// does. IllegalParam.CidrBlock, InvalidVpcId.NotFound (404).
    Outcome<void> modify(const Call& call, const ModifyVpc& request);
    /// DependencyViolation while gateways or vSwitches are in it; InvalidVpcId.NotFound (404).
    Outcome<void> remove(const Call& call, const model::VpcId& id);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
