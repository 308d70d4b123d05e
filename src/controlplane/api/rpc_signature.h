// RPC signature version 1.0, HMAC-SHA1: Terraform, the older SDKs and the cloud's command line.
//
//   StringToSign = METHOD "&%2F&" enc(all parameters but Signature, sorted, enc(k)=enc(v) by &)
//   Signature    = base64(HMAC-SHA1(secret "&", StringToSign))
//
// The hash is old; what it protects here travels under TLS, and the clients know no other.
#pragma once

#include <string>

#include "base/bytes.h"
#include "controlplane/api/form.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

std::string rpc_string_to_sign(std::string_view method, Parameters parameters);
std::string rpc_signature(Bytes secret, std::string_view string_to_sign);

/// `parameters`: of the query and the body together. Missing<Name>, InvalidParameter for another
/// method or version, SignatureDoesNotMatch.
model::Outcome<void> check_rpc(std::string_view method, const Parameters& parameters, Bytes secret);

}  // namespace kanmon::api
