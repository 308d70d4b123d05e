// Objects of OpenSSL from and to PEM. Included by .cpp files only.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"
#include "controlplane/adapters/openssl_owned.h"

namespace kanmon::adapters {

Bio borrowed(Bytes octets);
/// What was written to a bio of memory, borrowed.
std::string_view content_of(BIO* memory);
std::string pem_of(X509* certificate);
/// All certificates of a text, at most `most`; what stands between them is passed over.
std::vector<Certificate> certificates_of(const std::string& pem, std::size_t most);
/// Null for a key that is none or needs a password: nobody is asked for one.
Key key_of(Bytes pem);
/// Of a bio of secure memory.
SecretBuffer secret_text(BIO* bio);
UnixTime time_of(const ASN1_TIME* time);

}  // namespace kanmon::adapters
