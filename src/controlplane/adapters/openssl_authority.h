// Keys and certificates by OpenSSL: P-256, SHA-256, random 126-bit serials.
//
// The CA of a server may sign end certificates only (pathlen 0). Servers' certificates are for
// servers and clients' for clients, so that neither can play the other.
#pragma once

#include <memory>

#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

inline constexpr std::chrono::minutes certificate_backdating{10};
inline constexpr std::chrono::days authority_lifetime{20 * 365};
inline constexpr std::chrono::days server_certificate_lifetime{10 * 365};

std::unique_ptr<usecases::Authority> make_openssl_authority(Random& random);

}  // namespace kanmon::adapters
