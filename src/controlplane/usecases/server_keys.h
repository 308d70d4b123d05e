// The authority of an SSL server and the server's own certificate.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// An authority and a certificate of its own, keys sealed under what they belong to.
Outcome<void> make_server_keys(Ports& ports, model::SslServer& server, UnixTime now);
/// The key of the server's authority, in clear.
Outcome<SecretBuffer> authority_key(Ports& ports, const model::SslServer& server);
/// A fresh certificate by the authority that `server` has; `key` is that one's.
Outcome<void> issue_server_certificate(Ports& ports, model::SslServer& server,
                                       const SecretBuffer& key, UnixTime now);
/// What the revision of a server's bundles is from now on.
std::string revision_of(Ports& ports, const model::SslServer& server, Ipv4 address);

}  // namespace kanmon::usecases
