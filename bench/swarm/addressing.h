// What a pushed configuration asks of a tunnel's device: addresses, routes, MTU. Pure.
//
// Routes without a network of their own (redirect-gateway) are passed over: a load generator does
// not take its machine's default route away.
#pragma once

#include <vector>

#include "broker/netlink.h"
#include "client/pushed.h"

namespace kanmon::swarm {

struct Addressing {
    broker::InterfaceAddress address;
    std::optional<broker::InterfaceAddress6> address6;
    std::vector<Cidr> routes;  // that of the address itself first
    std::vector<Cidr6> routes6;
    std::uint16_t tun_mtu = 1500;
};

/// Errors: a sentence that names the option that makes no sense.
Expected<Addressing, std::string> read_addressing(const client::Pushed& pushed);

/// Why no packets can be carried with this configuration; nothing when they can.
std::optional<std::string> why_not_carried(const client::Pushed& pushed);

/// The largest packet inside the tunnel whose outer packet fits 1,500 octets; over TCP, which cuts
/// by itself, what the server said.
std::uint16_t fitting_mtu(std::uint16_t pushed, std::size_t sealing_octets, bool outer_v6,
                          bool outer_tcp);

}  // namespace kanmon::swarm
