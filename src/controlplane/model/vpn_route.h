// A route of a gateway into an IPsec connection: by destination, or by source and destination
// (policy-based, which is looked up first).
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

struct VpnRoute {
    VpnRouteId id;  // inside only: the API names a route by what it is
    AccountId account;
    VpnGatewayId gateway;
    VpnConnectionId next_hop;
    bool policy_based = false;
    Cidr source{Ipv4{}, 0};  // of policy-based ones
    Cidr destination;
    std::uint32_t weight = 100;   // 100: active, 0: standby
    std::uint32_t priority = 10;  // of policy-based ones; the lower wins
    bool published = false;       // to the VPC
    std::string description;
    UnixTime created_at{};
    friend bool operator==(const VpnRoute&, const VpnRoute&) = default;
};

/// A network without reserved ranges, 0.0.0.0/0 included. IllegalParam.<parameter>.
Outcome<Cidr> check_route_network(std::string_view parameter, std::string_view text);
/// 0 or 100. IllegalParam.<parameter>.
Outcome<std::uint32_t> check_route_weight(std::string_view parameter, std::int64_t weight);
/// 1 - 100. IllegalParam.<parameter>.
Outcome<std::uint32_t> check_route_priority(std::string_view parameter, std::int64_t priority);

/// "10.0.0.0/8", "10.0.0.0/8 from 192.168.0.0/24": how refusals name it.
std::string route_text(const VpnRoute& route);
std::string_view route_state_text(const VpnRoute& route);  // "published", "normal"

}  // namespace kanmon::model
