#include "controlplane/api/place_filters.h"

namespace kanmon::api {

bool asks_for_others(ParameterReader& read, const usecases::Call& call, std::string_view owner) {
    const bool special = read.flag("IsDefault", false) || read.flag("EnableIpv6", false);
    const auto account = read.optional_number(owner);
    return special || !read.text("ResourceGroupId").empty() ||
           !read.text("DhcpOptionsSetId").empty() ||
           (account && *account != account_number(call.actor.account));
}

Unexpected<model::Refusal> no_ipv6_of_vpcs() {
    return model::unsupported(
        "A VPC and its vSwitches have IPv4 networks only here; what clients reach over IPv6 is "
        "LocalSubnet6 of an SSL server.");
}

}  // namespace kanmon::api
