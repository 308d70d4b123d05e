// May this tunnelled packet pass? Judged by addresses alone, in both directions.
//
// Pure. One rule a function; which rule a packet broke is its cause, so that a laptop that greets
// its new interface (link_local) is not taken for one that forges addresses (spoofed_source).
#pragma once

#include <optional>
#include <span>

#include "dataplane/routing/inner_packet.h"

namespace kanmon::routing {

/// What one server's clients may send. Borrows `local_networks`.
struct Neighbourhood {
    Cidr client_pool;
    Ipv4 server_address;
    std::span<const Cidr> local_networks;
    std::optional<Cidr6> client_pool6;  // nothing: no IPv6 inside the tunnel
    Ipv6 server_address6;
};

/// Who sends. `outer` is the gateway's own address outside that this client uses, IPv4 mapped;
/// zeros while nobody knows it.
struct Sender {
    Ipv4 address;
    Ipv6 address6;
    Ipv6 outer;
};

/// Errors: spoofed_source, link_local (of the client's own system), source_routed, multicast
/// (broadcast too), martian (an address that no network has), client_to_client, tunnel_in_tunnel,
/// ipv6_off.
Expected<void, Cause> check_from_client(const InnerPacket& packet, const Sender& client,
                                        const Neighbourhood& around);

/// A packet that the VPC sends into the tunnel. Errors: multicast (broadcast too), link_local,
/// client_to_client (it comes from a client, by whatever way), ipv6_off.
Expected<void, Cause> check_to_client(const InnerPacket& packet, const Neighbourhood& around);

bool is_multicast(const Ipv6& address);
/// And 255.255.255.255.
bool is_multicast(Ipv4 address);
/// fe80::/10, or the zeros with which a system asks whether its address is free.
bool is_link_local(const Ipv6& address);
bool is_link_local(Ipv4 address);
/// This host, loopback, and what embeds IPv4: such addresses are on no wire. Source: RFC 6890.
bool is_martian(const Ipv6& address);
bool is_martian(Ipv4 address);

}  // namespace kanmon::routing
