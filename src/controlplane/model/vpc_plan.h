// Which networks of one VPC may lie where: the rules between client CIDRs, local networks, the VPC
// and what IPsec connections and routes lead to, decided the same way from every side.
//
//   a client CIDR         keeps clear of everything but what a default route leads to: a route for
//                         everything is the last that is looked at, and clients are found before
//   a local network       keeps clear of client CIDRs
//   a destination         keeps clear of client CIDRs, and is not inside the VPC; one around the
//   VPC
//                         is allowed, since the VPC's own routes are the narrower ones
//   a policy's            is looked up before all routes, so that even everything hides client
//   CIDRs
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/model/ssl_server.h"
#include "controlplane/model/vpc.h"

namespace kanmon::model {

/// What a tunnel leads to.
struct Destination {
    Cidr cidr;
    std::string what;        // "the route 10.0.0.0/8 of the VPN gateway vpn-…"
    bool by_policy = false;  // of a policy-based route
};

/// Everything there is beside what is checked.
struct VpcPlan {
    Neighbour vpc;
    std::vector<Neighbour> parts;            // its vSwitches
    std::vector<Neighbour> outer_addresses;  // of its gateways
    std::vector<Neighbour> client_pools;     // IPv4, of SSL servers
    std::vector<Neighbour> local_networks;   // of SSL servers
    std::vector<Destination> destinations;
};

/// A client in `pool` would not be answered, because the answer leaves through the tunnel.
bool hides(const Destination& destination, const Cidr& pool);

/// IllegalParam.ClientIpPool, naming the other side and a client CIDR that is free.
Outcome<void> check_pool_in(const VpcPlan& plan, const Cidr& pool);
/// IllegalParam.LocalSubnet, naming the SSL server.
Outcome<void> check_local_in(const VpcPlan& plan, const Cidr& network);
/// IllegalParam.<parameter>, naming the other side and what would work.
Outcome<void> check_destination_in(const VpcPlan& plan, std::string_view parameter,
                                   const Destination& destination);

}  // namespace kanmon::model
