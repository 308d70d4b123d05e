// vSwitches: the parts of a VPC's network.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct CreateVSwitch {
    std::string region = {};
    std::string vpc = {};
    std::string zone = {};
    std::string cidr = {};  // CidrBlock
    std::string name = {};
    std::string description = {};
    model::Tags tags = {};
};
struct DescribeVSwitches {
    std::string id = {};  // each filter: empty is all; one or several, comma separated
    std::string vpc = {};
    std::string zone = {};
    std::string name = {};
    model::Tags tags = {};
    PageRequest page = {};
};
/// Absent: unchanged.
struct ModifyVSwitch {
    std::string id = {};
    std::optional<std::string> name = {};
    std::optional<std::string> description = {};
};
struct VSwitchView {
    model::VSwitch part = {};
    std::string region = {};
    model::Tags tags = {};
};

class VSwitches {
public:
    explicit VSwitches(Ports& ports) : ports_(ports) {}

    Outcome<model::VSwitchId> create(const Call& call, const CreateVSwitch& request);
    Outcome<VSwitchView> find(const Call& call, const std::string& id);
    Outcome<Page<VSwitchView>> list(const Call& call, const DescribeVSwitches& request);
    Outcome<void> modify(const Call& call, const ModifyVSwitch& request);
    /// DependencyViolation while a gateway names it; InvalidVSwitchId.NotFound (404).
    Outcome<void> remove(const Call& call, const std::string& id);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
