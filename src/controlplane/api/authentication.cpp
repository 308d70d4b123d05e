#include "controlplane/api/authentication.h"

#include "controlplane/api/acs3_signature.h"
#include "controlplane/api/digest.h"
#include "controlplane/api/rpc_signature.h"

namespace kanmon::api {
namespace {

std::string value_of(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
}

/// Half of a SHA-256 is enough: nobody finds two nonces of one mark.
usecases::SignedRequest marked(const std::string& key, const std::string& nonce, UnixTime at) {
    return {.mark = sha256_hex(key + '\n' + nonce).substr(0, 32), .ends = at + clock_skew_max};
}

}  // namespace

/// A call whose signature is right, and what tells it from a replayed one.
struct Authentication::Signed {
    SignedCall call;
    std::string nonce;
    UnixTime at{};
};

model::Outcome<SignedCall> Authentication::check(const HttpRequest& request,
                                                 const Parameters& query, const Parameters& all,
                                                 UnixTime now, Instant boot) {
    auto found = request.header("authorization") ? check_header(request, query, now)
                                                 : check_parameters(request, all, now);
    if (!found) return unexpected(found.error());
    const std::string& key = found->call.credential.access_key.text;
    // What is refused takes no room in the nonce book, so that it may be sent again as it is; and
    // what is replayed costs nothing.
    if (auto free = throttle_.charge_key(key, boot); !free) return unexpected(free.error());
    if (auto fresh = nonces_.use(key, found->nonce, found->at, now); !fresh) {
        throttle_.give_back(key);
        return unexpected(fresh.error());
    }
    accounts_.note_use(found->call.credential, now);
    found->call.request = marked(key, found->nonce, found->at);
    return std::move(found->call);
}

model::Outcome<Authentication::Signed> Authentication::check_header(const HttpRequest& request,
                                                                    const Parameters& query,
                                                                    UnixTime now) {
    const auto authorization =
        parse_acs3_authorization(request.header("authorization").value_or(""));
    if (!authorization) return unexpected(authorization.error());
    auto credential = accounts_.credential({authorization->access_key});
    if (!credential) return unexpected(credential.error());
    const auto signed_at = check_signing_time(request.header("x-acs-date").value_or(""), now);
    if (!signed_at) return unexpected(signed_at.error());
    const auto matches = check_acs3(request, query, *authorization, credential->secret.view());
    if (!matches) return unexpected(matches.error());
    return Signed{{.credential = std::move(*credential),
                   .request = {},
                   .action = std::string(*request.header("x-acs-action")),
                   .version = std::string(*request.header("x-acs-version"))},
                  std::string(request.header("x-acs-signature-nonce").value_or("")),
                  *signed_at};
}

model::Outcome<Authentication::Signed> Authentication::check_parameters(const HttpRequest& request,
                                                                        const Parameters& all,
                                                                        UnixTime now) {
    for (const std::string_view name : {"AccessKeyId", "Action", "Version", "Timestamp"})
        if (value_of(all, name).empty()) return model::missing(name);
    auto credential = accounts_.credential({value_of(all, "AccessKeyId")});
    if (!credential) return unexpected(credential.error());
    const auto signed_at = check_signing_time(value_of(all, "Timestamp"), now);
    if (!signed_at) return unexpected(signed_at.error());
    const auto matches = check_rpc(request.method, all, credential->secret.view());
    if (!matches) return unexpected(matches.error());
    return Signed{{.credential = std::move(*credential),
                   .request = {},
                   .action = value_of(all, "Action"),
                   .version = value_of(all, "Version")},
                  value_of(all, "SignatureNonce"),
                  *signed_at};
}

}  // namespace kanmon::api
