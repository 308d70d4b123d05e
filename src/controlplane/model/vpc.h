// A network behind the gateway: a Linux network namespace, or the host itself (one VPC at most).
#pragma once

#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct Vpc {
    VpcId id;
    AccountId account;
    std::string region;
    std::string name;
    std::string description;
    Cidr cidr;
    std::string network_namespace;  // below /run/netns; empty: the host itself
    UnixTime created_at{};
    friend bool operator==(const Vpc&, const Vpc&) = default;
};

/// Its router and the only table of that: ids that tools look up, made of the VPC's own.
std::string router_id(const VpcId& vpc);
std::string route_table_id(const VpcId& vpc);
/// Empty for a text that is no route table's id.
VpcId vpc_of_route_table(std::string_view route_table);

/// "10.0.0.0/8": host bits zero, prefix /8-/29, not loopback, link-local or multicast.
/// IllegalParam.CidrBlock; a CIDR with host bits is answered with the one that was meant.
Outcome<Cidr> check_vpc_cidr(std::string_view text);
/// A file name below /run/netns: 1-64 of letters, digits, _ - and dots, no dot first.
/// IllegalParam.Namespace.
Outcome<void> check_namespace(std::string_view name);

}  // namespace kanmon::model
