#include "controlplane/api/bearer_authentication.h"

#include "controlplane/api/parameter_reader.h"

namespace kanmon::api {
namespace {

constexpr std::string_view scheme = "bearer ";

model::Refusal throttled() {
    return {429, "Throttling.User",
            "There were too many wrong tokens or logins from this network; wait half a minute or "
            "longer."};
}

/// RFC 6750, section 2.1; the scheme in any case. Empty: none was sent.
std::string_view token_in(std::string_view header) {
    if (header.size() < scheme.size()) return {};
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = header[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != scheme[i]) return {};
    }
    return header.substr(scheme.size());
}

}  // namespace

model::Outcome<usecases::TokenHolder> BearerAuthentication::check(const HttpRequest& request,
                                                                  UnixTime now, Instant boot) {
    const std::string_view text = token_in(request.header("authorization").value_or(""));
    if (text.empty())
        return unexpected(model::Refusal{401, "MissingBearerToken",
                                         "Send the header 'Authorization: Bearer TOKEN' once; "
                                         "CreateBearerToken and /api/v1/login give a token."});
    model::Outcome<usecases::TokenHolder> holder = unexpected(usecases::no_such_token());
    if (const auto ticket = model::parse_token(text)) holder = tokens_.holder(*ticket, now);
    if (holder || holder.error().http_status >= 500) return holder;
    if (!throttle_.admits(request.network, boot)) return unexpected(throttled());
    throttle_.conclude(request.network, holder, boot);
    return holder;
}

model::Outcome<usecases::BearerTokenCreated> BearerAuthentication::log_in(
    const HttpRequest& request, const Parameters& parameters, const std::string& request_id,
    UnixTime now, Instant boot) {
    ParameterReader read(parameters);
    const model::AccessKeyId key{read.required("AccessKeyId")};
    read.required("AccessKeySecret");
    const auto secret = read.finish(read.optional_secret("AccessKeySecret"));
    if (!secret) return unexpected(secret.error());
    if (!throttle_.admits(request.network, boot)) return unexpected(throttled());
    auto session = tokens_.log_in(key, secret->value(), request_id, now);
    throttle_.conclude(request.network, session, boot);
    return session;
}

}  // namespace kanmon::api
