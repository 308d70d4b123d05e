// Events to an address of the operator's, by POST over HTTPS.
//
//   Content-Type: application/json
//   X-Kanmon-Delivery: 118-121                    the first and last EventId; the same when
//   repeated X-Kanmon-Signature: t=1795000000,v1=<hex>     HMAC-SHA256 of "1795000000." and the
//   body
//
//   {"Events":[{"EventId","AccountId","Time","Kind","ResourceId","SslVpnServerId","Message"}],
//    "LostEvents":0}
//
// Promises: the address that the name leads to is judged when it is connected to, so that no name
//           server can lead into private networks; no redirect is followed; a proxy of the
//           environment is not asked. Taken is what is answered with 2xx.
// Limits:   `answer_milliseconds` for everything, `answer_octets_max` of the answer.
#pragma once

#include <atomic>
#include <string>

#include "base/secret.h"
#include "controlplane/model/outbound_target.h"
#include "controlplane/usecases/event_delivery.h"

namespace kanmon::adapters {

struct WebhookOptions {
    std::string url;      // https://…
    SecretBuffer secret;  // what bodies are signed with
    std::string ca_file;  // instead of the system's authorities; empty: those
    model::AllowedTargets allowed;
};

class Webhook final : public usecases::EventPlace {
public:
    static constexpr long answer_milliseconds = 5'000;
    static constexpr std::size_t answer_octets_max = 256 * 1024;

    explicit Webhook(WebhookOptions options) : options_(std::move(options)) {}

    Expected<void, std::string> deliver(const usecases::EventBatch& batch, UnixTime now) override;
    /// Ends a delivery that is under way, and all later ones. Any thread.
    void stop() { stopping_.store(true); }

private:
    WebhookOptions options_;
    std::atomic<bool> stopping_{false};
};

std::string webhook_body(const usecases::EventBatch& batch);
/// "t=…,v1=…"
std::string webhook_signature(Bytes secret, UnixTime now, const std::string& body);

}  // namespace kanmon::adapters
