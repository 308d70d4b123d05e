#include "dataplane/routing/policy.h"

#include <algorithm>

namespace kanmon::routing {

namespace {

using Verdict = Expected<void, Cause>;

constexpr Ipv4 everybody{0xffffffff};

bool is_broadcast_of(const Cidr& network, Ipv4 address) {
    return network.prefix <= 30 && address == network.last();
}

bool is_outer(const Ipv6& outer, Ipv4 address) {
    const Endpoint endpoint{outer, 0};
    return endpoint.is_v4() && endpoint.as_v4() == address && address != Ipv4{};
}

Verdict check_v4(const InnerPacket& packet, const Sender& client, const Neighbourhood& around) {
    const Ipv4 to = packet.destination;
    if (packet.source != client.address)
        return unexpected(is_link_local(packet.source) ? Cause::link_local : Cause::spoofed_source);
    if (packet.source_routed) return unexpected(Cause::source_routed);
    if (is_multicast(to)) return unexpected(Cause::multicast);
    if (is_martian(to)) return unexpected(Cause::martian);
    if (is_link_local(to)) return unexpected(Cause::link_local);
    if (around.client_pool.contains(to)) {
        if (to == around.server_address) return {};
        const bool edge = to == around.client_pool.base || to == around.client_pool.last();
        return unexpected(edge ? Cause::multicast : Cause::client_to_client);
    }
    if (std::ranges::any_of(around.local_networks,
                            [to](const Cidr& network) { return is_broadcast_of(network, to); }))
        return unexpected(Cause::multicast);
    if (is_outer(client.outer, to)) return unexpected(Cause::tunnel_in_tunnel);
    return {};
}

Verdict check_v6(const InnerPacket& packet, const Sender& client, const Neighbourhood& around) {
    const Ipv6& to = packet.destination6;
    // Before the switch: every client system sends these, whether it was given an address or not.
    if (is_link_local(packet.source6)) return unexpected(Cause::link_local);
    if (!around.client_pool6) return unexpected(Cause::ipv6_off);
    if (packet.source6 != client.address6) return unexpected(Cause::spoofed_source);
    if (packet.source_routed) return unexpected(Cause::source_routed);
    if (is_multicast(to)) return unexpected(Cause::multicast);
    if (is_martian(to)) return unexpected(Cause::martian);
    if (is_link_local(to)) return unexpected(Cause::link_local);
    if (around.client_pool6->contains(to) && to != around.server_address6)
        return unexpected(Cause::client_to_client);
    if (to == client.outer) return unexpected(Cause::tunnel_in_tunnel);
    return {};
}

}  // namespace

bool is_multicast(const Ipv6& address) {
    return address.octets[0] == 0xff;
}

bool is_multicast(Ipv4 address) {
    return address.value >> 28 == 0xe || address == everybody;
}

bool is_link_local(const Ipv6& address) {
    return (address.octets[0] == 0xfe && (address.octets[1] & 0xc0) == 0x80) || address == Ipv6{};
}

bool is_link_local(Ipv4 address) {
    return address.value >> 16 == 0xa9fe || address == Ipv4{};
}

bool is_martian(const Ipv6& address) {
    // ::/96 holds the zeros, loopback and IPv4-compatible addresses, ::ffff:0:0/96 the mapped ones.
    const auto& octets = address.octets;
    const bool zeros =
        std::all_of(octets.begin(), octets.begin() + 10, [](auto o) { return o == 0; });
    return zeros && (octets[10] == octets[11] && (octets[10] == 0 || octets[10] == 0xff));
}

bool is_martian(Ipv4 address) {
    const std::uint32_t top = address.value >> 24;
    return top == 0 || top == 127 || top >= 240;
}

Verdict check_from_client(const InnerPacket& packet, const Sender& client,
                          const Neighbourhood& around) {
    return packet.v6 ? check_v6(packet, client, around) : check_v4(packet, client, around);
}

Verdict check_to_client(const InnerPacket& packet, const Neighbourhood& around) {
    if (packet.v6) {
        if (is_multicast(packet.destination6)) return unexpected(Cause::multicast);
        if (is_link_local(packet.destination6)) return unexpected(Cause::link_local);
        if (!around.client_pool6) return unexpected(Cause::ipv6_off);
        const bool ours = packet.source6 == around.server_address6;
        if (around.client_pool6->contains(packet.source6) && !ours)
            return unexpected(Cause::client_to_client);
        return {};
    }
    const Ipv4 to = packet.destination;
    const bool edge = to == around.client_pool.base || to == around.client_pool.last();
    if (is_multicast(to) || edge) return unexpected(Cause::multicast);
    const bool ours = packet.source == around.server_address;
    if (around.client_pool.contains(packet.source) && !ours)
        return unexpected(Cause::client_to_client);
    return {};
}

}  // namespace kanmon::routing
