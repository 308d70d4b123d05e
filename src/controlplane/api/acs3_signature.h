// ACS3-HMAC-SHA256, the signature of today's SDKs: made by the command line, checked by the server.
//
//   CanonicalRequest = METHOD \n / \n CanonicalQuery \n "name:value\n"... \n SignedHeaders \n
//                      hex(sha256(body))
//   Signature        = hex(HMAC-SHA256(secret, "ACS3-HMAC-SHA256\n" hex(sha256(CanonicalRequest))))
//   Authorization:     ACS3-HMAC-SHA256 Credential=<id>,SignedHeaders=<a;b>,Signature=<hex>
//
// Promises: pure. What is signed is the decoded query encoded again, never its spelling on the
// wire, since clients differ in what they leave unencoded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "controlplane/api/form.h"
#include "controlplane/api/http_request.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

/// The Authorization header taken apart.
struct Acs3Authorization {
    std::string access_key;
    std::vector<std::string> signed_headers;  // lower case, as listed
    std::string signature;
};

/// IncompleteSignature: another algorithm, a missing part, a header that has to be signed and is
/// not in the list.
model::Outcome<Acs3Authorization> parse_acs3_authorization(std::string_view header);

/// SignatureDoesNotMatch when a listed header is absent or sent twice.
model::Outcome<std::string> acs3_canonical_request(const HttpRequest& request,
                                                   const Parameters& query,
                                                   const std::vector<std::string>& signed_headers);
std::string acs3_signature(Bytes secret, std::string_view canonical_request);

/// SignatureDoesNotMatch: the signature or the body's hash is another. Constant time in both.
model::Outcome<void> check_acs3(const HttpRequest& request, const Parameters& query,
                                const Acs3Authorization& authorization, Bytes secret);

/// Adds x-acs-content-sha256 and Authorization to a request that has its other headers.
void sign_acs3(HttpRequest& request, const Parameters& query, std::string_view access_key,
               Bytes secret);

}  // namespace kanmon::api
