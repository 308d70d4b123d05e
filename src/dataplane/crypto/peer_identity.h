// Who a certificate names, read from its DER with explicit lengths.
//
// Promises: two readers cannot see two names: one common name, one value in its set, no NUL, no
// control or non-ASCII character, 1 to 64 octets.
#pragma once

#include <string>

#include "base/result.h"
#include "dataplane/crypto/tls.h"
#include "dataplane/crypto/verified_certificates.h"

struct x509_st;

namespace kanmon::crypto {

/// Errors: a sentence on what is wrong (the caller's cause is certificate_malformed).
Expected<PeerCertificate, std::string> read_identity(x509_st* certificate);

CertificateDigest digest_of(const x509_st* certificate);
/// Of this one certificate. Errors: as above.
Expected<ChainValidity, std::string> read_validity(const x509_st* certificate);

/// Lower-case, without leading zeros; nothing when it is no hexadecimal number.
std::optional<std::string> normal_serial(std::string_view hexadecimal);

}  // namespace kanmon::crypto
