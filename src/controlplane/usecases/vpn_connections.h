// IPsec connections and their tunnels: kept, checked and shown. Nothing here makes a tunnel.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// Of one tunnel. Absent: unchanged, or as usual.
struct TunnelChange {
    bool named = false;   // in TunnelOptionsSpecification, not in the connection's own fields
    std::string id = {};  // of one that exists; empty: by its role, or by its place
    std::optional<std::string> role = {};
    std::optional<std::string> customer_gateway = {};
    std::optional<bool> dead_peer_detection = {};
    std::optional<bool> nat_traversal = {};
    std::optional<SecretBuffer> psk = {};
    model::SettingTexts ike = {};  // without the key
    model::SettingTexts ipsec = {};
    model::SettingTexts bgp = {};

    /// More than the two flags, which tools send always.
    bool says_more() const {
        return customer_gateway || psk || !ike.empty() || !ipsec.empty() || !bgp.empty();
    }
};
/// Absent: unchanged, or as usual. Either the only tunnel is given, or named ones.
struct ConnectionChange {
    std::optional<std::string> name = {};
    std::optional<std::string> local_subnet = {};
    std::optional<std::string> remote_subnet = {};
    std::optional<bool> effective_at_once = {};
    std::optional<bool> auto_route = {};
    std::optional<bool> dynamic_routing = {};
    model::SettingTexts health = {};
    std::optional<TunnelChange> only_tunnel = {};
    std::vector<TunnelChange> tunnels = {};
};
struct CreateVpnConnection {
    std::string gateway = {};
    ConnectionChange values = {};
    model::Tags tags = {};
};
struct ModifyVpnConnection {
    std::string id = {};
    ConnectionChange change = {};
};
struct DescribeVpnConnections {
    std::string id = {};  // each filter: empty is all
    std::string gateway = {};
    std::string customer_gateway = {};
    std::string resource_group = {};
    model::Tags tags = {};
    PageRequest page = {};
};
struct VpnConnectionCreated {
    model::VpnConnectionId id;
    std::string name;
    UnixTime created_at{};
};
struct TunnelView {
    model::IpsecTunnel tunnel;
    SecretBuffer psk;
    Ipv4 remote_address;
    std::uint32_t remote_asn = 0;  // 0: none
};
struct VpnConnectionView {
    model::VpnConnection connection;
    model::VpnGateway gateway;
    std::vector<TunnelView> tunnels = {};  // master first
    model::Tags tags = {};
    std::vector<std::string> warnings = {};
};

class VpnConnections {
public:
    explicit VpnConnections(Ports& ports) : ports_(ports) {}

    /// InvalidVpnConnection.AlreadyExists for the same sides to the same customer gateway.
    Outcome<VpnConnectionCreated> create(const Call& call, const CreateVpnConnection& request);
    /// InvalidVpnConnectionInstanceId.NotFound (404).
    Outcome<VpnConnectionView> find(const Call& call, const std::string& id);
    Outcome<Page<VpnConnectionView>> list(const Call& call, const DescribeVpnConnections& request);
    Outcome<VpnConnectionView> modify(const Call& call, const ModifyVpnConnection& request);
    /// InvalidTunnelId.NotFound (404).
    Outcome<VpnConnectionView> modify_tunnel(const Call& call, const std::string& id,
                                             const TunnelChange& change);
    /// DependencyViolation while routes lead into it.
    Outcome<void> remove(const Call& call, const std::string& id);

private:
    Outcome<VpnConnectionView> change(const Call& call, std::string_view action,
                                      const ModifyVpnConnection& request);
    Outcome<VpnConnectionView> view(Ledger& ledger, model::VpnConnection connection) const;

    Ports& ports_;
};

}  // namespace kanmon::usecases
