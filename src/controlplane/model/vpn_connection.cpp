#include "controlplane/model/vpn_connection.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "base/escape.h"
#include "controlplane/model/network.h"

namespace kanmon::model {

namespace {

constexpr std::uint8_t prefix_shortest = 8;
constexpr std::string_view health_parameter = "HealthCheckConfig";

Outcome<Cidr> check_subnet(std::string_view parameter, const std::string& text) {
    const Outcome<Cidr> cidr = read_cidr(parameter, text);
    if (!cidr || *cidr == everything) return cidr;
    if (cidr->prefix < prefix_shortest)
        return illegal(parameter, fmt::format("The mask of a network is between /8 and /32, or the "
                                              "network is 0.0.0.0/0 alone; {} is neither. "
                                              "10.0.0.0/8 would do.",
                                              to_string(*cidr)));
    for (const ReservedRange& range : reserved_for_local_networks())
        if (range.cidr.overlaps(*cidr))
            return illegal(parameter,
                           fmt::format("{} overlaps {} ({}); use a private network such as "
                                       "192.168.0.0/24.",
                                       to_string(*cidr), to_string(range.cidr), range.what));
    return cidr;
}

Outcome<void> health_address(std::string_view key, std::string_view text, std::string& place) {
    if (!text.empty() && !parse_ipv4(text))
        return illegal(health_parameter, fmt::format("{} is '{}', which is not an IPv4 address.",
                                                     key, escaped(text, 64)));
    place = text;
    return {};
}

Outcome<void> health_number(std::string_view key, std::string_view text, std::uint32_t& place) {
    constexpr std::uint32_t most = 3600;
    std::uint32_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end || value < 1 || value > most)
        return illegal(health_parameter,
                       fmt::format("{} is a whole number between 1 and {}; '{}' is not. 3 would "
                                   "do.",
                                   key, most, escaped(text, 64)));
    place = value;
    return {};
}

Outcome<void> write_one(HealthCheck& health, std::string_view key, std::string_view text) {
    if (key == "dip") return health_address(key, text, health.destination);
    if (key == "sip") return health_address(key, text, health.source);
    if (key == "interval") return health_number(key, text, health.interval_seconds);
    if (key == "retry") return health_number(key, text, health.retries);
    if (key == "enable" && (text == "true" || text == "false")) {
        health.enabled = text == "true";
        return {};
    }
    if (key == "Policy" && (text == "revoke_route" || text == "reserve_route")) {
        health.policy = text;
        return {};
    }
    return illegal(health_parameter,
                   fmt::format("'{}' cannot be '{}': there are enable (true, false), dip, sip, "
                               "interval, retry and Policy (revoke_route, reserve_route).",
                               escaped(key, 64), escaped(text, 64)));
}

}  // namespace

Outcome<std::vector<Cidr>> check_connection_subnets(std::string_view parameter,
                                                    std::string_view text) {
    const std::vector<std::string> parts = comma_separated(text);
    if (parts.empty()) return missing(parameter);
    if (parts.size() > connection_subnets_max)
        return illegal(parameter,
                       fmt::format("A side of a connection has at most {} networks; {} were given. "
                                   "Join neighbouring ones, or make a second connection.",
                                   connection_subnets_max, parts.size()));
    std::vector<Cidr> networks;
    for (const std::string& part : parts) {
        const Outcome<Cidr> cidr = check_subnet(parameter, part);
        if (!cidr) return unexpected(cidr.error());
        networks.push_back(*cidr);
    }
    if (networks.size() > 1 && std::ranges::find(networks, everything) != networks.end())
        return illegal(parameter,
                       "0.0.0.0/0 holds all the other networks; give it alone, or leave it out.");
    return networks;
}

Outcome<void> check_sides(const std::vector<Cidr>& local, const std::vector<Cidr>& remote) {
    const auto is_everything = [](const std::vector<Cidr>& side) {
        return std::ranges::find(side, everything) != side.end();
    };
    if (is_everything(local) && is_everything(remote)) return {};
    if (is_everything(local) || is_everything(remote))
        return illegal("RemoteSubnet",
                       "LocalSubnet and RemoteSubnet are both 0.0.0.0/0, where routes decide what "
                       "enters the tunnel, or both name networks; give both in the same way.");
    for (const Cidr& here : local)
        for (const Cidr& there : remote)
            if (here.overlaps(there))
                return illegal("RemoteSubnet",
                               fmt::format("The remote network {0} overlaps the local network {1}, "
                                           "so packets could belong to either side; leave {0} out "
                                           "of RemoteSubnet or {1} out of LocalSubnet.",
                                           to_string(there), to_string(here)));
    return {};
}

bool is_routed(const VpnConnection& connection) {
    const std::vector<Cidr> remote = remote_side(connection);
    return std::ranges::find(remote, everything) != remote.end();
}

std::vector<Cidr> local_side(const VpnConnection& connection) {
    return check_connection_subnets("LocalSubnet", connection.local_subnet)
        .value_or(std::vector<Cidr>());
}

std::vector<Cidr> remote_side(const VpnConnection& connection) {
    return check_connection_subnets("RemoteSubnet", connection.remote_subnet)
        .value_or(std::vector<Cidr>());
}

Outcome<void> write_health_check(HealthCheck& health, const SettingTexts& texts) {
    for (const auto& [key, text] : texts)
        if (auto written = write_one(health, key, text); !written) return written;
    if (health.enabled && (health.destination.empty() || health.source.empty()))
        return illegal(health_parameter,
                       "A health check pings dip from sip; give both addresses, or enable=false.");
    return {};
}

Outcome<TunnelRole> check_tunnel_role(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower == "master") return TunnelRole::master;
    if (lower == "slave") return TunnelRole::slave;
    return illegal("Role",
                   fmt::format("A tunnel is master or slave, not '{}'.", escaped(text, 64)));
}

std::string_view tunnel_role_text(TunnelRole role) {
    return role == TunnelRole::master ? "master" : "slave";
}

}  // namespace kanmon::model
