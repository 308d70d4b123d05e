#include "apps/event_places.h"

#include <unistd.h>

#include "controlplane/adapters/delivery_mark_file.h"
#include "controlplane/adapters/event_courier.h"
#include "controlplane/adapters/sqlite_event_log.h"
#include "controlplane/adapters/syslog_place.h"

namespace kanmon::apps {

struct EventPlaces::Supply {
    Supply(const std::string& folder, const std::string& name,
           std::unique_ptr<usecases::EventPlace> to)
        : log(adapters::make_sqlite_event_log(folder + "/kanmon.db")),
          mark(folder + "/delivered-" + name),
          place(std::move(to)),
          delivery(*log, mark, *place),
          courier(name, delivery) {}

    std::unique_ptr<usecases::EventLog> log;
    adapters::DeliveryMarkFile mark;
    std::unique_ptr<usecases::EventPlace> place;
    usecases::EventDelivery delivery;
    adapters::EventCourier courier;  // last: its thread uses the others
};

EventPlaces::EventPlaces(const std::string& folder, EventPlacesOptions options) {
    if (!options.syslog_socket.empty())
        syslog_ = std::make_unique<Supply>(
            folder, "syslog", std::make_unique<adapters::SyslogPlace>(options.syslog_socket));
    if (!options.webhook) return;
    auto webhook = std::make_unique<adapters::Webhook>(std::move(*options.webhook));
    stops_ = webhook.get();
    webhook_ = std::make_unique<Supply>(folder, "webhook", std::move(webhook));
}

EventPlaces::~EventPlaces() {
    if (stops_ != nullptr) stops_->stop();
}

Expected<WebhookInput, std::string> read_webhook_input(int fd) {
    constexpr std::size_t octets_max = 64 * 1024;
    Buffer text(octets_max);
    std::size_t used = 0;
    while (used < text.size()) {
        const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
        if (got <= 0) break;
        used += static_cast<std::size_t>(got);
    }
    const Bytes whole = Bytes(text).first(used);
    const std::size_t end = text_view(whole).find('\n');
    if (end == std::string_view::npos || end == 0 || end + 1 == used) {
        wipe(text);
        return unexpected(
            std::string("the webhook is wanted on standard input: its address, a line end, its "
                        "secret"));
    }
    WebhookInput input{as_text(whole.first(end)), SecretBuffer(whole.subspan(end + 1))};
    wipe(text);
    return input;
}

}  // namespace kanmon::apps
