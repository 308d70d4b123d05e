#include "controlplane/model/vpn_gateway.h"

#include <fmt/core.h>

#include "base/escape.h"

namespace kanmon::model {

Outcome<std::uint32_t> check_bandwidth(std::int64_t mbit) {
    if (mbit < 1 || mbit > bandwidth_mbit_max)
        return illegal("Bandwidth", fmt::format("A gateway's bandwidth is between 1 and {} Mbit/s; "
                                                "{} is not. 10 would do.",
                                                bandwidth_mbit_max, mbit));
    return static_cast<std::uint32_t>(mbit);
}

Outcome<std::uint32_t> check_ssl_connections(std::int64_t connections) {
    if (connections < 1 || connections > ssl_connections_limit)
        return illegal("SslConnections",
                       fmt::format("A gateway has between 1 and {} SSL connections; {} is not. "
                                   "5 would do.",
                                   ssl_connections_limit, connections));
    return static_cast<std::uint32_t>(connections);
}

Outcome<void> check_network_type(std::string_view type) {
    if (type != "public" && type != "private")
        return illegal(
            "NetworkType",
            fmt::format("The network type is public or private, not '{}'.", escaped(type, 64)));
    return {};
}

GatewayStatus status_of(const VpnGateway& gateway, std::uint64_t settled) {
    if (gateway.changed_by <= settled) return GatewayStatus::active;
    return gateway.created_by > settled ? GatewayStatus::provisioning : GatewayStatus::updating;
}

std::string_view status_text(GatewayStatus status) {
    switch (status) {
        case GatewayStatus::provisioning:
            return "provisioning";
        case GatewayStatus::active:
            return "active";
        case GatewayStatus::updating:
            return "updating";
    }
    return "active";
}

}  // namespace kanmon::model
