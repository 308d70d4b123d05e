// The routes of a VPC as the vendor's tools read them: one system table each, whose entries follow
// from what is configured - vSwitches, client CIDRs of SSL servers, published routes of gateways.
// Nothing of it is stored.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct DescribeRouteTables {
    std::string id = {};  // each filter: empty is all
    std::string router = {};
    std::string vpc = {};
    std::string kind = {};  // RouteTableType: all there are are System
    PageRequest page = {};
};
struct RouteTableView {
    model::Vpc vpc = {};
    std::vector<std::string> vswitches = {};  // ids
};
struct DescribeRouteEntries {
    std::string table = {};
    std::string id = {};  // each filter: empty is all
    std::string kind = {};
    std::string next_hop = {};
    std::string next_hop_kind = {};
    std::string ip_version = {};                 // ipv4, ipv6
    std::vector<std::string> destinations = {};  // as written
    std::string next_token = {};                 // empty: from the beginning
    std::int64_t results_max = 50;               // 1-100
};
struct RouteEntryView {
    std::string id = {};
    std::string destination = {};
    bool is_v6 = false;
    std::string_view kind = {};           // System, Custom
    std::string_view next_hop_kind = {};  // local, VpnGateway
    std::string next_hop = {};            // id; empty for local
    std::string description = {};
    UnixTime created_at{};
};
struct RouteEntryPage {
    std::vector<RouteEntryView> rows = {};
    std::size_t total = 0;
    std::string next_token = {};  // empty: there are no more
};

class RouteTables {
public:
    explicit RouteTables(Ports& ports) : ports_(ports) {}

    Outcome<Page<RouteTableView>> list(const Call& call, const DescribeRouteTables& request);
    /// InvalidRouteTableId.NotFound (404); IllegalParam.MaxResult.
    Outcome<RouteEntryPage> entries(const Call& call, const DescribeRouteEntries& request);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
