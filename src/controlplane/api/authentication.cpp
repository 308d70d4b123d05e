#include "controlplane/api/authentication.h"

#include "controlplane/api/acs3_signature.h"
#include "controlplane/api/rpc_signature.h"

namespace kanmon::api {
namespace {

std::string value_of(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
}

}  // namespace

model::Outcome<SignedCall> Authentication::check(const HttpRequest& request,
                                                 const Parameters& query, const Parameters& all,
                                                 UnixTime now) {
    if (request.header("authorization")) return check_header(request, query, now);
    return check_parameters(request, all, now);
}

model::Outcome<SignedCall> Authentication::check_header(const HttpRequest& request,
                                                        const Parameters& query, UnixTime now) {
    const auto authorization =
        parse_acs3_authorization(request.header("authorization").value_or(""));
    if (!authorization) return unexpected(authorization.error());
    auto credential = accounts_.credential({authorization->access_key});
    if (!credential) return unexpected(credential.error());
    const auto signed_at = check_signing_time(request.header("x-acs-date").value_or(""), now);
    if (!signed_at) return unexpected(signed_at.error());
    const auto matches = check_acs3(request, query, *authorization, credential->secret.view());
    if (!matches) return unexpected(matches.error());
    const std::string nonce(request.header("x-acs-signature-nonce").value_or(""));
    const auto fresh = nonces_.use(authorization->access_key, nonce, *signed_at, now);
    if (!fresh) return unexpected(fresh.error());
    accounts_.note_use(*credential, now);
    return SignedCall{std::move(*credential), std::string(*request.header("x-acs-action")),
                      std::string(*request.header("x-acs-version"))};
}

model::Outcome<SignedCall> Authentication::check_parameters(const HttpRequest& request,
                                                            const Parameters& all, UnixTime now) {
    for (const std::string_view name : {"AccessKeyId", "Action", "Version", "Timestamp"})
        if (value_of(all, name).empty()) return model::missing(name);
    auto credential = accounts_.credential({value_of(all, "AccessKeyId")});
    if (!credential) return unexpected(credential.error());
    const auto signed_at = check_signing_time(value_of(all, "Timestamp"), now);
    if (!signed_at) return unexpected(signed_at.error());
    const auto matches = check_rpc(request.method, all, credential->secret.view());
    if (!matches) return unexpected(matches.error());
    const auto fresh =
        nonces_.use(credential->access_key.text, value_of(all, "SignatureNonce"), *signed_at, now);
    if (!fresh) return unexpected(fresh.error());
    accounts_.note_use(*credential, now);
    return SignedCall{std::move(*credential), value_of(all, "Action"), value_of(all, "Version")};
}

}  // namespace kanmon::api
