// The client's side of tls-crypt-v2: a key for one client, and the same key wrapped so that only
// the server can read it.
//
// The key is derived, not stored: the same server key and client always give the same bundle, and a
// server whose wrapping becomes tls-crypt-v2 later needs nothing for certificates that exist.
#pragma once

#include <string>

#include "base/secret.h"
#include "controlplane/model/outcome.h"

namespace kanmon::adapters {

/// 256 octets of key, then the wrapped key. `server_key` has 128 octets; `client` (the
/// certificate's id, below 700 octets) travels in the wrapped key as its user data.
model::Outcome<SecretBuffer> client_key_v2(Bytes server_key, const std::string& client);

}  // namespace kanmon::adapters
