// A key with its certificate and authority in one file under a password (PKCS#12, RFC 7292).
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::adapters {

/// AES-256-CBC, SHA-256, 100,000 rounds: what current Windows, macOS, Android and iOS import.
model::Outcome<SecretBuffer> make_pkcs12(const usecases::Issued& issued,
                                         const std::string& authority_pem, const std::string& name,
                                         const SecretBuffer& password);

}  // namespace kanmon::adapters
