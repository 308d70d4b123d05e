#include "controlplane/model/vpn_route.h"

#include <fmt/core.h>

#include "controlplane/model/network.h"

namespace kanmon::model {

Outcome<Cidr> check_route_network(std::string_view parameter, std::string_view text) {
    const Outcome<Cidr> cidr = read_cidr(parameter, text);
    if (!cidr || cidr->prefix == 0) return cidr;
    for (const ReservedRange& range : reserved_for_local_networks())
        if (range.cidr.overlaps(*cidr))
            return illegal(parameter,
                           fmt::format("{} overlaps {} ({}), which no tunnel leads to; use the "
                                       "other site's network, such as 192.168.0.0/24.",
                                       to_string(*cidr), to_string(range.cidr), range.what));
    return cidr;
}

Outcome<std::uint32_t> check_route_weight(std::string_view parameter, std::int64_t weight) {
    if (weight == 0 || weight == 100) return static_cast<std::uint32_t>(weight);
    return illegal(parameter,
                   fmt::format("A weight is 100 (active) or 0 (standby); {} is neither.", weight));
}

Outcome<std::uint32_t> check_route_priority(std::string_view parameter, std::int64_t priority) {
    constexpr std::int64_t lowest = 100;
    if (priority >= 1 && priority <= lowest) return static_cast<std::uint32_t>(priority);
    return illegal(parameter,
                   fmt::format("A priority is between 1 (first) and {} (last); {} is not. 10 would "
                               "do.",
                               lowest, priority));
}

std::string route_text(const VpnRoute& route) {
    return route.policy_based
               ? fmt::format("{} from {}", to_string(route.destination), to_string(route.source))
               : to_string(route.destination);
}

std::string_view route_state_text(const VpnRoute& route) {
    return route.published ? "published" : "normal";
}

}  // namespace kanmon::model
