#include "controlplane/model/vpc_plan.h"

#include <fmt/core.h>

#include <algorithm>

namespace kanmon::model {

namespace {

constexpr std::uint8_t everything_prefix = 0;

/// All that a client CIDR has to keep clear of.
std::vector<Neighbour> taken_for_pools(const VpcPlan& plan) {
    std::vector<Neighbour> taken = plan.local_networks;
    taken.push_back(plan.vpc);
    for (const auto* part : {&plan.outer_addresses, &plan.client_pools})
        taken.insert(taken.end(), part->begin(), part->end());
    for (const Destination& destination : plan.destinations)
        if (hides(destination, destination.cidr))
            taken.push_back({destination.cidr, destination.what});
    return taken;
}

/// Where the pool could be instead, once the destination is there.
std::string other_pool_text(const VpcPlan& plan, const Neighbour& pool,
                            const Destination& destination) {
    std::vector<Neighbour> taken = taken_for_pools(plan);
    taken.push_back({destination.cidr, destination.what});
    const auto proposal = free_pool(pool.cidr.prefix, taken);
    return proposal ? fmt::format("or give the server another ClientIpPool, such as {}",
                                  to_string(*proposal))
                    : std::string("since no private network is left for the server's clients");
}

std::string other_destination_text(const VpcPlan& plan, const Cidr& cidr) {
    std::vector<Neighbour> taken = taken_for_pools(plan);
    const auto proposal = free_pool(cidr.prefix, taken);
    return proposal ? fmt::format("{} would be elsewhere", to_string(*proposal))
                    : std::string("the other site needs networks of its own");
}

}  // namespace

bool hides(const Destination& destination, const Cidr& pool) {
    if (!destination.cidr.overlaps(pool)) return false;
    return destination.by_policy || destination.cidr.prefix != everything_prefix;
}

Outcome<void> check_pool_in(const VpcPlan& plan, const Cidr& pool) {
    return check_pool_overlap(pool, taken_for_pools(plan));
}

Outcome<void> check_local_in(const VpcPlan& plan, const Cidr& network) {
    for (const Neighbour& pool : plan.client_pools)
        if (pool.cidr.overlaps(network))
            return illegal("LocalSubnet",
                           fmt::format("The local network {} overlaps {}; leave {} out of it.",
                                       to_string(network), pool.what, to_string(pool.cidr)));
    return {};
}

Outcome<void> check_destination_in(const VpcPlan& plan, std::string_view parameter,
                                   const Destination& destination) {
    for (const Neighbour& pool : plan.client_pools)
        if (hides(destination, pool.cidr))
            return illegal(parameter,
                           fmt::format("{} overlaps {}, so clients would get no answer; leave {} "
                                       "out of it, {}.",
                                       destination.what, pool.what, to_string(pool.cidr),
                                       other_pool_text(plan, pool, destination)));
    if (!plan.vpc.cidr.contains(destination.cidr)) return {};
    const auto hit = std::ranges::find_if(
        plan.parts, [&](const Neighbour& part) { return part.cidr.overlaps(destination.cidr); });
    return illegal(parameter,
                   fmt::format("{} is inside {}{}, whose hosts would no longer be reached; {}.",
                               destination.what, plan.vpc.what,
                               hit == plan.parts.end() ? "" : ", where " + hit->what + " is",
                               other_destination_text(plan, destination.cidr)));
}

}  // namespace kanmon::model
