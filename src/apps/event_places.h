// The places that events go to beside the API's list, as options name them, each with a thread of
// its own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "controlplane/adapters/webhook.h"

namespace kanmon::apps {

struct EventPlacesOptions {
    std::string syslog_socket;  // empty: not there
    std::optional<adapters::WebhookOptions> webhook;
};

class EventPlaces {
public:
    /// Reads FOLDER/kanmon.db; FOLDER/delivered-<place> remembers how far each place has come.
    EventPlaces(const std::string& folder, EventPlacesOptions options);
    /// Waits for what is under way; a delivery to the webhook is cut short.
    ~EventPlaces();
    EventPlaces(const EventPlaces&) = delete;
    EventPlaces& operator=(const EventPlaces&) = delete;

private:
    struct Supply;
    std::unique_ptr<Supply> syslog_;
    std::unique_ptr<Supply> webhook_;
    adapters::Webhook* stops_ = nullptr;  // the webhook's own place
};

/// What kanmond writes to the standard input of control, so that it is on no command line: the
/// webhook's address, a line end, and the secret that its bodies are signed with.
struct WebhookInput {
    std::string url;
    SecretBuffer secret;
};
/// Reads it to its end: 64 KiB at most. The error is one sentence.
Expected<WebhookInput, std::string> read_webhook_input(int fd);

}  // namespace kanmon::apps
