// Bundles by one-time links, for people without any key: GET shows a page with one button, POST
// gives the file. So whatever looks at links by itself - a mail scanner, a chat's preview - uses
// none up.
//
// Promises: what is wrong with a link is never told apart; who has to wait or finds the store away
//           hears nothing of the link, but when to come again; no token reaches a log, an answer or
//           an audit row; a path is compared and never opened.
// Owner:    any thread.
// Limits:   `NetworkThrottle`: who guesses has to wait.
#pragma once

#include "base/random.h"
#include "base/time.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/network_throttle.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

inline constexpr std::string_view bundle_path = "/bundle/";

class Downloads {
public:
    Downloads(usecases::ControlPlane& plane, Random& random) : plane_(plane), random_(random) {}

    static bool serves(const HttpRequest& request) { return request.path.starts_with(bundle_path); }
    HttpResponse answer(const HttpRequest& request, UnixTime now, Instant boot);

private:
    HttpResponse redeem(const HttpRequest& request, UnixTime now, Instant boot);

    usecases::ControlPlane& plane_;
    Random& random_;
    NetworkThrottle throttle_;
};

}  // namespace kanmon::api
