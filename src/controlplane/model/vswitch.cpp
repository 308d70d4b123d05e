#include "controlplane/model/vswitch.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::uint8_t prefix_longest = 29;

/// A network of this prefix inside the VPC that no vSwitch has.
std::string free_text(std::uint8_t prefix, const Vpc& vpc, const std::vector<VSwitch>& others) {
    std::vector<Cidr> taken;
    for (const VSwitch& other : others) taken.push_back(other.cidr);
    const auto proposal = free_network(vpc.cidr, std::max(prefix, vpc.cidr.prefix), taken);
    return proposal ? to_string(*proposal) + " is free"
                    : std::string("no network of this size is free in the VPC");
}

}  // namespace

Outcome<Cidr> check_vswitch_cidr(std::string_view text, const Vpc& vpc,
                                 const std::vector<VSwitch>& others) {
    const Outcome<Cidr> cidr = read_cidr("CidrBlock", text);
    if (!cidr) return cidr;
    if (cidr->prefix > prefix_longest)
        return illegal("CidrBlock", fmt::format("The mask of a vSwitch is at most /{}; {} is not.",
                                                prefix_longest, to_string(*cidr)));
    if (!vpc.cidr.contains(*cidr))
        return illegal("CidrBlock", fmt::format("{} is not inside the VPC {} ({}); {}.",
                                                to_string(*cidr), vpc.id.text, to_string(vpc.cidr),
                                                free_text(cidr->prefix, vpc, others)));
    for (const VSwitch& other : others)
        if (other.cidr.overlaps(*cidr))
            return illegal(
                "CidrBlock",
                fmt::format("{} overlaps the vSwitch {} ({}); {}.", to_string(*cidr), other.id.text,
                            to_string(other.cidr), free_text(cidr->prefix, vpc, others)));
    return cidr;
}

Outcome<void> check_zone(std::string_view zone, std::string_view region) {
    constexpr std::size_t zone_octets_max = 64;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (zone.size() <= zone_octets_max && zone.starts_with(region) &&
        zone.size() > region.size() + 1 && zone[region.size()] == '-' &&
        std::ranges::all_of(zone, allowed))
        return {};
    return illegal("ZoneId", fmt::format("'{}' is no zone of the region {}; {}-a is one.",
                                         escaped(zone, 64), region, region));
}

std::vector<std::string> zones_of(std::string_view region) {
    return {fmt::format("{}-a", region), fmt::format("{}-b", region)};
}

}  // namespace kanmon::model
