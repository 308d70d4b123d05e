// From an HTTP request to its answer: form, signature, action, envelope.
//
// Promises: always JSON, with a RequestId; nothing runs before the signature has been checked.
// Owner:    any thread.
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "controlplane/api/authentication.h"
#include "controlplane/api/http_request.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

inline constexpr std::string_view api_version = "2016-04-28";

class Api {
public:
    /// `random` must be usable from any thread.
    Api(usecases::ControlPlane& plane, Random& random, const RequestRate& rate)
        : plane_(plane),
          random_(random),
          throttle_(rate),
          authentication_(plane.accounts, throttle_, random) {}

    HttpResponse answer(const HttpRequest& request, UnixTime now, Instant boot);
    /// Requests refused because there were too many.
    RequestThrottle::Counts throttled() const { return throttle_.counts(); }

private:
    struct Answered;
    model::Outcome<SignedCall> signed_call(const HttpRequest& request, Parameters& all,
                                           UnixTime now, Instant boot);
    Answered run(const HttpRequest& request, const std::string& request_id, UnixTime now,
                 Instant boot);

    usecases::ControlPlane& plane_;
    Random& random_;
    RequestThrottle throttle_;
    Authentication authentication_;
};

}  // namespace kanmon::api
