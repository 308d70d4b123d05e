// A VPN gateway: its VPC, its public address and what it may carry.
//
// Its status is not stored: it follows from the number of its last change and the number up to
// which the kernel is known to hold what is wanted.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

namespace kanmon::model {

enum class GatewayStatus : std::uint8_t { provisioning, active, updating };

struct VpnGateway {
    VpnGatewayId id;
    AccountId account;
    std::string region;
    VpcId vpc;
    std::string name;  // the id when none was given
    std::string description;
    Ipv4 public_address;
    std::uint32_t bandwidth_mbit = 10;
    std::uint32_t ssl_connections_max = 5;
    bool ssl_enabled = false;
    bool ipsec_enabled = true;
    std::string network_type = "public";  // public, private
    VSwitchId vswitch;                    // shown as it was given; empty: none was
    VSwitchId second_vswitch;             // DisasterRecoveryVSwitchId
    std::string resource_group;           // a label without a meaning of its own here
    bool auto_propagate = false;          // kept for the dynamic routing of IPsec connections
    UnixTime created_at{};
    std::uint64_t created_by = 0;  // number of the change that made it
    std::uint64_t changed_by = 0;  // number of the last change of it or of what is below it
    friend bool operator==(const VpnGateway&, const VpnGateway&) = default;
};

inline constexpr std::uint32_t bandwidth_mbit_max = 100000;
inline constexpr std::uint32_t ssl_connections_limit = 16382;  // clients of a /16 in net30

/// 1 - bandwidth_mbit_max, a superset of the original's list. IllegalParam.Bandwidth.
Outcome<std::uint32_t> check_bandwidth(std::int64_t mbit);
/// 1 - ssl_connections_limit, a superset of the original's list. IllegalParam.SslConnections.
Outcome<std::uint32_t> check_ssl_connections(std::int64_t connections);
/// public or private. IllegalParam.NetworkType.
Outcome<void> check_network_type(std::string_view type);

GatewayStatus status_of(const VpnGateway& gateway, std::uint64_t settled);
/// "provisioning", "active", "updating"
std::string_view status_text(GatewayStatus status);

}  // namespace kanmon::model
