#include "controlplane/model/vpc.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::string_view vpc_prefix = "vpc-";
constexpr std::string_view router_prefix = "vrt-";
constexpr std::string_view route_table_prefix = "vtb-";

std::string renamed(std::string_view id, std::string_view from, std::string_view to) {
    if (!id.starts_with(from)) return {};
    return std::string(to) + std::string(id.substr(from.size()));
}

}  // namespace

std::string router_id(const VpcId& vpc) {
    return renamed(vpc.text, vpc_prefix, router_prefix);
}

std::string route_table_id(const VpcId& vpc) {
    return renamed(vpc.text, vpc_prefix, route_table_prefix);
}

VpcId vpc_of_route_table(std::string_view route_table) {
    return {renamed(route_table, route_table_prefix, vpc_prefix)};
}

Outcome<Cidr> check_vpc_cidr(std::string_view text) {
    const Outcome<Cidr> cidr = read_cidr("CidrBlock", text);
    if (!cidr) return cidr;
    if (cidr->prefix < 8 || cidr->prefix > 29)
        return illegal("CidrBlock",
                       fmt::format("The mask of a VPC is between /8 and /29; {} is not. "
                                   "192.168.0.0/16 would do.",
                                   to_string(*cidr)));
    for (const ReservedRange& range : reserved_for_local_networks())
        if (range.cidr.overlaps(*cidr))
            return illegal("CidrBlock",
                           fmt::format("{} overlaps {} ({}); use a private network "
                                       "such as 192.168.0.0/16.",
                                       to_string(*cidr), to_string(range.cidr), range.what));
    return cidr;
}

Outcome<void> check_namespace(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    };
    if (name.size() > 64 || name.starts_with('.') || !std::ranges::all_of(name, allowed))
        return illegal("Namespace",
                       fmt::format("'{}' does not name a network namespace: 1 to 64 letters, "
                                   "digits, '_', '-' and '.', no dot first.",
                                   escaped(name, 64)));
    return {};
}

}  // namespace kanmon::model
