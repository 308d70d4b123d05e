#include "controlplane/api/place_filters.h"

namespace kanmon::api {

bool asks_for_others(ParameterReader& read, const usecases::Call& call, std::string_view owner) {
    const bool special = read.flag("IsDefault", false) || read.flag("EnableIpv6", false);
    const auto account = read.optional_number(owner);
    return special || !read.text("ResourceGroupId").empty() ||
           !read.text("DhcpOptionsSetId").empty() ||
           (account && *account != account_number(call.actor.account));
}

model::Outcome<void> refuse_foreign_networks(ParameterReader& read) {
    // The original writes the flag's name in two ways.
    bool v6 = read.flag("EnableIpv6", false) || read.flag("EnableIPv6", false);
    for (const std::string_view name : {"Ipv6CidrBlock", "VpcIpv6CidrBlock", "Ipv6IpamPoolId"})
        v6 = v6 || !read.text(name).empty();
    if (v6)
        return model::unsupported(
            "A VPC and its vSwitches have IPv4 networks only here; what clients reach over IPv6 is "
            "LocalSubnet6 of an SSL server.");
    if (!read.text("Ipv4IpamPoolId").empty())
        return model::unsupported(
            "There are no pools of addresses here to take a network from; give CidrBlock.");
    return {};
}

}  // namespace kanmon::api
