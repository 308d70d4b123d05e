// Authorities and revocation lists that operators bring along: read, checked, and refused with what
// would work. Every octet of them is somebody else's.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

inline constexpr int authority_chain_max = 4;

/// IllegalParam.CaCertificate, IllegalParam.CaPrivateKey.
model::Outcome<usecases::BroughtAuthority> read_authority(const std::string& certificates_pem,
                                                          const SecretBuffer& private_key_pem,
                                                          UnixTime now);
/// IllegalParam.Crl.
model::Outcome<usecases::BroughtRevocationList> read_revocation_list(
    const std::string& pem, const std::string& authority_pem, UnixTime now);

}  // namespace kanmon::adapters
