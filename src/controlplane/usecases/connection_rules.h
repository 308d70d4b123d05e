// What an IPsec connection and its tunnels must be, by themselves and beside everything else that
// is configured.
#pragma once

#include "controlplane/usecases/vpn_connections.h"

namespace kanmon::usecases {

/// Writes the values that are there; each is checked, and both sides fit each other.
Outcome<void> apply(model::VpnConnection& connection, const ConnectionChange& change);

/// The same for a tunnel; its customer gateway is one of the caller's.
Outcome<void> apply(Ledger& ledger, const Call& call, Sealer& sealer, model::IpsecTunnel& tunnel,
                    const TunnelChange& change);

/// Remote networks beside client CIDRs and the VPC; the networks inside its tunnels beside those of
/// the gateway's others; not the same connection twice; what dynamic routing needs.
Outcome<void> check_connection_beside(Ledger& ledger, const model::VpnGateway& gateway,
                                      const model::VpnConnection& connection,
                                      const std::vector<model::IpsecTunnel>& tunnels);

/// What was allowed and may still surprise: sentences.
std::vector<std::string> connection_warnings(Ledger& ledger, const model::VpnGateway& gateway,
                                             const model::VpnConnection& connection,
                                             const std::vector<model::IpsecTunnel>& tunnels);

/// The tunnels of a connection, master first.
std::vector<model::IpsecTunnel> tunnels_of(Ledger& ledger, const model::VpnConnectionId& id);

}  // namespace kanmon::usecases
