// GET /metrics for Prometheus: what servers carry and count, absolute since the data process began.
//
// Promises: labels are ids of gateways and servers, codes of causes, and of batches numbers of
//           shards and names of system calls, never anything that a peer has said: who connects
//           does not change how many series there are.
// Owner:    any thread.
// Limits:   for who knows the token alone, since the page speaks of all accounts.
#pragma once

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "controlplane/api/http_request.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

inline constexpr std::string_view metrics_path = "/metrics";

class MetricsPage {
public:
    explicit MetricsPage(usecases::ControlPlane& plane) : plane_(plane) {}

    /// From this file, which is made when it is not there or holds no token: 64 visible ASCII
    /// characters. The error is one sentence.
    Expected<void, std::string> load_token(const std::string& path, Random& random);
    void set_token(SecretBuffer token) { token_ = std::move(token); }

    static bool serves(const HttpRequest& request) { return request.path == metrics_path; }
    HttpResponse answer(const HttpRequest& request) const;

private:
    usecases::ControlPlane& plane_;
    SecretBuffer token_;  // empty: nobody may look
};

/// The page itself, in Prometheus' text format 0.0.4.
std::string metrics_text(const usecases::LiveState& state);

}  // namespace kanmon::api
