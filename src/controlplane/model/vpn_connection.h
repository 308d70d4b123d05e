// An IPsec connection of a gateway to another site, and its one or two tunnels. It is kept and
// checked here; nothing carries it, so that its status always is `ike_sa_not_established`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"
#include "controlplane/model/tunnel_settings.h"

namespace kanmon::model {

/// Pings through the tunnel, to find out whether it works.
struct HealthCheck {
    bool enabled = false;
    std::string destination;  // IPv4; empty when never given
    std::string source;
    std::uint32_t interval_seconds = 3;
    std::uint32_t retries = 3;
    std::string policy = "revoke_route";  // reserve_route
    friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

struct VpnConnection {
    VpnConnectionId id;
    AccountId account;
    VpnGatewayId gateway;
    std::string name;
    std::string local_subnet;   // as written: clients compare the text
    std::string remote_subnet;  // the same
    bool effective_at_once = false;
    bool auto_route = true;
    bool dynamic_routing = false;  // EnableTunnelsBgp, EnableBgp of BgpConfig
    bool named_tunnels = false;    // given as TunnelOptionsSpecification, and answered so
    HealthCheck health;
    UnixTime created_at{};
    friend bool operator==(const VpnConnection&, const VpnConnection&) = default;
};

enum class TunnelRole : std::uint8_t { master, slave };

struct IpsecTunnel {
    IpsecTunnelId id;
    AccountId account;
    VpnConnectionId connection;
    CustomerGatewayId customer_gateway;
    TunnelRole role = TunnelRole::master;
    bool dead_peer_detection = true;
    bool nat_traversal = true;
    TunnelSettings settings;
    Buffer sealed_psk;
    friend bool operator==(const IpsecTunnel&, const IpsecTunnel&) = default;
};

/// Everything that a connection leads to, or comes from.
inline constexpr Cidr everything{Ipv4{}, 0};

inline constexpr std::size_t connection_subnets_max = 5;
inline constexpr std::string_view no_tunnel_yet = "ike_sa_not_established";

/// One to five comma-separated CIDRs /8-/32, or 0.0.0.0/0 alone. IllegalParam.<parameter>.
Outcome<std::vector<Cidr>> check_connection_subnets(std::string_view parameter,
                                                    std::string_view text);
/// Both everything, or neither; and neither side inside the other. IllegalParam.RemoteSubnet.
Outcome<void> check_sides(const std::vector<Cidr>& local, const std::vector<Cidr>& remote);
/// True where routes decide what enters the tunnel, false where the subnets do.
bool is_routed(const VpnConnection& connection);
std::vector<Cidr> local_side(const VpnConnection& connection);
std::vector<Cidr> remote_side(const VpnConnection& connection);

/// Writes what is there: enable, dip, sip, interval, retry, Policy. IllegalParam.HealthCheckConfig.
Outcome<void> write_health_check(HealthCheck& health, const SettingTexts& texts);

/// master or slave, in any case. IllegalParam.Role.
Outcome<TunnelRole> check_tunnel_role(std::string_view text);
std::string_view tunnel_role_text(TunnelRole role);

}  // namespace kanmon::model
