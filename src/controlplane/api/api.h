// From an HTTP request to its answer: parameters, who asks, action, envelope. Behind json_path the
// parameters are a JSON object and a bearer token says who asks; elsewhere they are a form, signed.
//
// Promises: always JSON, with a RequestId; nothing runs before signature or token has been checked.
// Owner:    any thread.
#pragma once

#include <mutex>

#include "base/random.h"
#include "base/time.h"
#include "controlplane/api/authentication.h"
#include "controlplane/api/bearer_authentication.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/json_object.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

inline constexpr std::string_view api_version = "2016-04-28";
/// POST /api/v1/<Action>, /api/v1/login, /api/v1/logout; GET /api/v1/openapi.json.
inline constexpr std::string_view json_path = "/api/v1/";

struct Arrival;

class Api {
public:
    /// `random` must be usable from any thread.
    Api(usecases::ControlPlane& plane, Random& random, const RequestRate& rate)
        : plane_(plane),
          random_(random),
          throttle_(rate),
          authentication_(plane.accounts, throttle_, random),
          bearers_(plane.bearer_tokens) {}

    HttpResponse answer(const HttpRequest& request, UnixTime now, Instant boot);
    /// Requests refused because there were too many.
    RequestThrottle::Counts throttled() const { return throttle_.counts(); }

private:
    struct Answered;
    HttpResponse description();
    model::Outcome<SignedCall> signed_call(const HttpRequest& request, Parameters& all,
                                           const Arrival& arrival);
    model::Outcome<usecases::TokenHolder> token_holder(const HttpRequest& request,
                                                       const Arrival& arrival);
    Answered run_form(const HttpRequest& request, const Arrival& arrival);
    Answered run_json(const HttpRequest& request, const Arrival& arrival);
    model::Outcome<JsonObject> log_in(const HttpRequest& request, const Arrival& arrival);
    model::Outcome<JsonObject> log_out(const usecases::TokenHolder& caller, const Arrival& arrival);
    model::Outcome<JsonObject> perform(std::string_view action, const usecases::TokenHolder& caller,
                                       const Parameters& parameters, const Arrival& arrival);
    model::Outcome<JsonObject> settled(model::Outcome<JsonObject> outcome);

    usecases::ControlPlane& plane_;
    Random& random_;
    RequestThrottle throttle_;
    Authentication authentication_;
    BearerAuthentication bearers_;
    std::once_flag described_;
    std::string description_;  // of the API, once it was asked for
};

}  // namespace kanmon::api
