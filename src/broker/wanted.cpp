#include "broker/wanted.h"

#include <algorithm>

#include "base/escape.h"

namespace kanmon::broker {

namespace {

constexpr std::uint16_t mtu_min = 576;      // what every IPv4 host must accept
constexpr std::uint16_t mtu_v6_min = 1280;  // and every IPv6 one
constexpr std::uint16_t mtu_max = 65535;

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// One path component without surprises: no slash, no leading dot or dash, at most 64 octets.
bool is_namespace_name(std::string_view name) {
    const auto allowed = [](char c) {
        return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
    };
    return name.size() <= 64 && std::ranges::all_of(name, allowed) && name.front() != '.' &&
           name.front() != '-';
}

bool is_device_name(std::string_view name) {
    return !name.empty() && name.size() <= 15 && std::ranges::all_of(name, is_lower_or_digit) &&
           name != "all" && name != "default" && name != "lo";
}

/// Global or unique local: neither multicast, nor link-local, nor one that embeds IPv4.
bool is_unicast(const Cidr6& network) {
    const unsigned first = network.base.octets[0];
    return network.prefix >= 7 && ((first & 0xe0) == 0x20 || (first & 0xfe) == 0xfc);
}

std::string problem_with_ipv6(const bridge::WantedServer& server) {
    const Cidr6& pool6 = *server.client_pool6;
    const std::string which = "the IPv6 client pool " + to_string(pool6);
    if (pool6.has_host_bits() || !is_unicast(pool6)) return which + " is no unicast network";
    if (128 - pool6.prefix < 32 - server.client_pool.prefix)
        return which + " has fewer addresses than " + to_string(server.client_pool);
    if (server.mtu < mtu_v6_min)
        return "the MTU " + std::to_string(server.mtu) + " must be at least 1280 for IPv6";
    return {};
}

std::string problem_with(const bridge::WantedServer& server) {
    const std::string who = "SSL server " + escaped(server.server_id, 64) + ": ";
    if (server.server_id.empty()) return "an SSL server has no id";
    if (!is_device_name(server.device))
        return who + "the device name \"" + escaped(server.device, 64) +
               "\" must be 1 to 15 lower-case letters and digits";
    if (!server.vpc_namespace.empty() && !is_namespace_name(server.vpc_namespace))
        return who + "\"" + escaped(server.vpc_namespace, 64) + "\" is no namespace name";
    if (server.client_pool.prefix < 8 || server.client_pool.prefix > 29)
        return who + "the client pool " + to_string(server.client_pool) +
               " must have a prefix of 8 to 29";
    if (!server.client_pool.contains(server.server_address) ||
        server.server_address == server.client_pool.base ||
        server.server_address.value + 1 >= server.client_pool.last().value)
        return who + "the server address " + to_string(server.server_address) +
               " must lie inside the client pool " + to_string(server.client_pool) +
               ", with room for its peer";
    if (server.mtu < mtu_min || server.mtu > mtu_max)
        return who + "the MTU " + std::to_string(server.mtu) + " must be at least 576";
    if (server.client_pool6)
        if (const std::string problem = problem_with_ipv6(server); !problem.empty())
            return who + problem;
    if (server.queues < 1 || server.queues > 64) return who + "1 to 64 queues are possible";
    for (const bridge::Listener& listener : server.listeners)
        if (listener.local.port == 0) return who + "a listener has no port";
    return {};
}

std::string clash_between(const bridge::WantedServer& one, const bridge::WantedServer& other) {
    if (one.server_id == other.server_id)
        return "SSL server " + escaped(one.server_id, 64) + " is wanted twice";
    if (one.vpc_namespace != other.vpc_namespace) return {};
    const std::string both = "SSL servers " + escaped(one.server_id, 64) + " and " +
                             escaped(other.server_id, 64) + " in " + place_of(one.vpc_namespace);
    if (one.device == other.device) return both + " want the same device " + one.device;
    if (one.client_pool.overlaps(other.client_pool))
        return both + " have overlapping client pools " + to_string(one.client_pool) + " and " +
               to_string(other.client_pool);
    if (one.client_pool6 && other.client_pool6 && one.client_pool6->overlaps(*other.client_pool6))
        return both + " have overlapping client pools " + to_string(*one.client_pool6) + " and " +
               to_string(*other.client_pool6);
    return {};
}

}  // namespace

std::string place_of(std::string_view vpc_namespace) {
    if (vpc_namespace.empty()) return "the host";
    return "the namespace " + escaped(vpc_namespace, 64);
}

std::string problem_with(const bridge::Want& want) {
    for (std::size_t i = 0; i < want.servers.size(); ++i) {
        if (auto problem = problem_with(want.servers[i]); !problem.empty()) return problem;
        for (std::size_t j = 0; j < i; ++j)
            if (auto clash = clash_between(want.servers[j], want.servers[i]); !clash.empty())
                return clash;
    }
    return {};
}

}  // namespace kanmon::broker
