// Who shows a bearer token, and how it is got by logging in.
//
// Promises: a token is taken from the header `Authorization` alone, so no other page makes a
//           browser send it and it stands in no address; no token or secret reaches a log, a
//           refusal or an audit row.
// Owner:    any thread.
// Limits:   `NetworkThrottle`. A right token is served from anywhere: 256 bits are not guessed, and
//           a network must not lose its service to whoever shares it.
#pragma once

#include "controlplane/api/form.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/network_throttle.h"
#include "controlplane/usecases/bearer_tokens.h"

namespace kanmon::api {

class BearerAuthentication {
public:
    explicit BearerAuthentication(usecases::BearerTokens& tokens) : tokens_(tokens) {}

    /// MissingBearerToken, InvalidBearerToken (401); Throttling.User (429).
    model::Outcome<usecases::TokenHolder> check(const HttpRequest& request, UnixTime now,
                                                Instant boot);
    /// By AccessKeyId and AccessKeySecret. InvalidLogin (401), Throttling.User (429).
    model::Outcome<usecases::BearerTokenCreated> log_in(const HttpRequest& request,
                                                        const Parameters& parameters,
                                                        const std::string& request_id, UnixTime now,
                                                        Instant boot);

private:
    usecases::BearerTokens& tokens_;
    NetworkThrottle throttle_;
};

}  // namespace kanmon::api
