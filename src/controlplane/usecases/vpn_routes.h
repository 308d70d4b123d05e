// Routes of gateways into IPsec connections, by destination and policy-based. A route is named by
// what it is: gateway, networks and next hop.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// Which route is meant. Weight and priority, where given, have to be those that it has.
struct RouteName {
    std::string gateway = {};
    bool policy_based = false;
    std::string source = {};  // of policy-based ones; empty where any source is meant
    std::string destination = {};
    std::string next_hop = {};
    std::optional<std::int64_t> weight = {};
    std::optional<std::int64_t> priority = {};
};
struct CreateVpnRoute {
    RouteName name = {};  // weight is required, priority is 10 unless given
    bool publish = false;
    std::string overlay_mode = {};  // Ipsec, or empty
    std::string description = {};
};
/// Absent: unchanged.
struct ModifyVpnRoute {
    RouteName name = {};
    std::optional<std::int64_t> weight = {};
    std::optional<std::int64_t> priority = {};
    std::optional<bool> publish = {};
};
struct DescribeVpnRoutes {
    std::string gateway = {};
    bool policy_based = false;
    PageRequest page = {};
};

class VpnRoutes {
public:
    explicit VpnRoutes(Ports& ports) : ports_(ports) {}

    /// InvalidRouteEntry.AlreadyExists; QuotaExceeded.VpnRouteEntry,
    /// QuotaExceeded.PolicyBasedRoute.
    Outcome<model::VpnRoute> create(const Call& call, const CreateVpnRoute& request);
    Outcome<Page<model::VpnRoute>> list(const Call& call, const DescribeVpnRoutes& request);
    /// `action` is the one that was called. InvalidRouteEntry.NotFound (404).
    Outcome<void> modify(const Call& call, std::string_view action, const ModifyVpnRoute& request);
    Outcome<void> remove(const Call& call, const RouteName& name);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
