// From what was made and what is wanted to the steps between. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/broker_messages.h"

namespace kanmon::broker {

/// A TUN device that this broker made, or was about to make.
struct DeviceTrace {
    std::string vpc_namespace;
    std::string device;
    friend auto operator<=>(const DeviceTrace&, const DeviceTrace&) = default;
};

/// A namespace in which this broker changed settings.
struct NamespaceTrace {
    std::string vpc_namespace;
    bool forwarding_before = false;          // net.ipv4.ip_forward as it was found
    std::optional<bool> forwarding6_before;  // net.ipv6.conf.all.forwarding; nothing: not touched
    friend auto operator<=>(const NamespaceTrace&, const NamespaceTrace&) = default;
};

/// Everything that would have to be removed for the kernel to look as it did before.
struct Traces {
    std::vector<DeviceTrace> devices;
    std::vector<NamespaceTrace> namespaces;
    friend bool operator==(const Traces&, const Traces&) = default;
};

enum class Action : std::uint8_t {
    remove_device,        // TUN device `device`
    restore_forwarding6,  // IPv6 forwarding back to `forwarding`
    remove_rules,         // table kanmon, and ip_forward back to `forwarding`
    apply_rules,          // table kanmon of the namespace, before its devices carry a packet
    make_device,          // the device of server `server`, with addresses and routes
    enable_forwarding,    // ip_forward = 1
    enable_forwarding6,   // net.ipv6.conf.all.forwarding = 1
};

struct Step {
    Action action = Action::remove_device;
    std::string vpc_namespace;
    std::string device;       // remove_device
    bool forwarding = false;  // remove_rules, restore_forwarding6
    std::size_t server = 0;   // make_device: index in the wanted servers
    friend bool operator==(const Step&, const Step&) = default;
};

/// Removals first, so that a name or a network that moves is free when it is made again; rules
/// before devices, and forwarding last, so that no packet passes before its rule.
std::vector<Step> plan(const Traces& made, const bridge::Want& wanted);

/// The namespaces of the wanted servers, each once, sorted.
std::vector<std::string> namespaces_of(const bridge::Want& wanted);

/// True when a wanted server of the namespace has IPv6 inside its tunnel.
bool wants_ipv6(const bridge::Want& wanted, const std::string& vpc_namespace);

/// The listeners whose sockets are in this namespace: all of them are on the host.
std::vector<bridge::Listener> listeners_in(const bridge::Want& wanted,
                                           const std::string& vpc_namespace);

/// The wanted servers of one namespace, in their order.
std::vector<bridge::WantedServer> servers_in(const bridge::Want& wanted,
                                             const std::string& vpc_namespace);

}  // namespace kanmon::broker
