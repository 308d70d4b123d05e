// Wrong guesses - at links, tokens, secrets - by the network that they come from: an IPv4 address,
// the /64 of an IPv6 one.
//
// Owner:  any thread.
// Limits: after ten wrong ones a network waits 30 s, then twice as long, an hour at most; 4,096
//         networks.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>

#include "controlplane/model/login_throttle.h"
#include "controlplane/model/outcome.h"

namespace kanmon::api {

class NetworkThrottle {
public:
    /// When true, `conclude` has to follow.
    bool admits(const std::string& network, Instant now) { return !wait_of(network, now); }

    /// How long the network has to wait: for the end of its pause, or a second while others of it
    /// are decided. Nothing when it is admitted; then `conclude` has to follow.
    std::optional<Duration> wait_of(const std::string& network, Instant now) {
        const std::lock_guard lock(mutex_);
        const auto admission = throttle_.begin(network, now);
        if (admission.entry == model::LoginThrottle::Entry::open) return std::nullopt;
        return std::max<Duration>(admission.wait, 1s);
    }

    /// What is not refused was right; a store that is away decides nothing.
    template <class T>
    void conclude(const std::string& network, const model::Outcome<T>& ended, Instant now) {
        using Ending = model::LoginThrottle::Ending;
        const std::lock_guard lock(mutex_);
        const bool away = !ended && ended.error().http_status >= 500;
        throttle_.conclude(network,
                           ended  ? Ending::right
                           : away ? Ending::undecided
                                  : Ending::wrong,
                           now);
    }

private:
    std::mutex mutex_;
    model::LoginThrottle throttle_{{.attempts = 10,
                                    .first_pause = 30s,
                                    .longest_pause = 1h,
                                    .forgotten_after = 1h,
                                    .keys_max = 4096}};
};

}  // namespace kanmon::api
