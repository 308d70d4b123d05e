// What an SSL server must be, by itself and beside everything else that is configured.
#pragma once

#include "controlplane/usecases/ports.h"
#include "controlplane/usecases/ssl_servers.h"

namespace kanmon::usecases {

/// Writes the values that are present into `server`; each is checked, and all fit each other.
Outcome<void> apply(model::SslServer& server, const ModifySslServer& change);

/// Pool size against the gateway's maximum; overlaps with the VPC and with the other servers of the
/// VPC; the listener against every listener of the installation.
Outcome<void> check_beside_others(Ledger& ledger, const Installation& installation,
                                  const model::VpnGateway& gateway, const model::SslServer& server);

/// Where the IPv4 listeners of a gateway's servers are. With one public address everywhere: it may
/// be one that a router in front translates. With several each gateway keeps to its own.
Ipv4 listening_address(const Installation& installation, const model::VpnGateway& gateway);

/// A server whose users log in names an identity source of its own account. One of another account
/// is refused exactly like one that does not exist. MissingIDaaSInstanceId,
/// InvalidIDaaSInstanceId.NotFound (404).
Outcome<void> check_identity_source(Ledger& ledger, const Call& call,
                                    const model::SslServer& server);

/// What the CA key of a server is sealed with.
std::string authority_context(const model::SslServerId& id);
/// The same for the key of its wrapping and the key of its tokens.
std::string wrapping_context(const model::SslServerId& id);
std::string token_context(const model::SslServerId& id);

}  // namespace kanmon::usecases
