// What the clients of a server may reach: made by control, enforced packet by packet by data.
//
// The first rule that matches a flow decides about it; `otherwise` about flows that none matches.
// Only who begins a flow is judged, replies follow. Rules name people as certificates or users;
// groups are resolved to their users by control, so that data asks nobody.
//
// Limits: `access_rules_max` rules a server, `access_names_max` names and `access_networks_max`
// networks a rule; decoding refuses anything beyond.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/time.h"

namespace kanmon::bridge {

inline constexpr std::size_t access_rules_max = 1000;
inline constexpr std::size_t access_groups_max = 1000;
inline constexpr std::size_t access_names_max = 10000;
inline constexpr std::size_t access_networks_max = 100;
inline constexpr std::size_t access_ports_max = 32;
inline constexpr std::size_t blocked_clients_max = 65536;

enum class AccessVerdict : std::uint8_t { allow, deny };

/// 0 to 65535, both included; `first` is not above `last`.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 65535;
    friend bool operator==(const PortRange&, const PortRange&) = default;
};

struct AccessRule {
    std::string id;  // acr-…; what was refused names it
    AccessVerdict verdict = AccessVerdict::deny;
    /// Whom it means: everybody, or who is named in any of the three lists. Nobody when none is.
    bool everybody = false;
    std::vector<std::string> certificates;  // common names
    std::vector<std::string> users;
    std::vector<std::uint32_t> groups;  // places in `AccessPolicy::groups`
    /// Destinations of a client's flow: any of both lists. 0.0.0.0/0 and ::/0 mean all.
    std::vector<Cidr> networks;
    std::vector<Cidr6> networks6;
    std::uint8_t protocol = 0;     // IP protocol number; 0: every one; 1 is ICMPv6 as well
    std::vector<PortRange> ports;  // of destinations, TCP and UDP only; empty: every one
    friend bool operator==(const AccessRule&, const AccessRule&) = default;
};

struct AccessGroup {
    std::vector<std::string> users;
    friend bool operator==(const AccessGroup&, const AccessGroup&) = default;
};

/// Somebody whom an operator sent away for a while.
struct BlockedClient {
    std::string name;  // common name of a certificate, or a user
    UnixTime until{};
    friend bool operator==(const BlockedClient&, const BlockedClient&) = default;
};

struct AccessPolicy {
    std::vector<AccessRule> rules;  // in the order in which they are asked
    std::vector<AccessGroup> groups;
    AccessVerdict otherwise = AccessVerdict::allow;
    AccessVerdict from_vpc = AccessVerdict::allow;  // flows that the VPC begins
    std::vector<BlockedClient> blocked;
    friend bool operator==(const AccessPolicy&, const AccessPolicy&) = default;
};

}  // namespace kanmon::bridge
