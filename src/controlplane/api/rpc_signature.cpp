#include "controlplane/api/rpc_signature.h"

#include "base/secret.h"
#include "controlplane/api/digest.h"

namespace kanmon::api {
namespace {

std::string_view value_of(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

std::string rpc_string_to_sign(std::string_view method, Parameters parameters) {
    parameters.erase("Signature");
    return std::string(method) + "&%2F&" + percent_encoded(canonical_form(parameters));
}

std::string rpc_signature(Bytes secret, std::string_view string_to_sign) {
    Buffer key = copy_of(secret);
    key.push_back(std::byte{'&'});
    std::string signature = hmac_sha1_base64(key, string_to_sign);
    wipe(key);
    return signature;
}

model::Outcome<void> check_rpc(std::string_view method, const Parameters& parameters,
                               Bytes secret) {
    for (const std::string_view name : {"Signature", "SignatureNonce", "Timestamp"})
        if (value_of(parameters, name).empty()) return model::missing(name);
    if (value_of(parameters, "SignatureMethod") != "HMAC-SHA1" ||
        value_of(parameters, "SignatureVersion") != "1.0")
        return model::refuse("InvalidParameter",
                             "SignatureMethod must be HMAC-SHA1 and SignatureVersion 1.0; the "
                             "other signature is the header ACS3-HMAC-SHA256.");
    const std::string expected = rpc_signature(secret, rpc_string_to_sign(method, parameters));
    if (!constant_time_equal(as_bytes(expected), as_bytes(value_of(parameters, "Signature"))))
        return model::refuse("SignatureDoesNotMatch",
                             "The signature is not the one this request and its access key's "
                             "secret give. Check the secret, and that nothing between changes "
                             "the request.");
    return {};
}

}  // namespace kanmon::api
