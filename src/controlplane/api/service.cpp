#include "controlplane/api/service.h"

#include <fmt/core.h>

#include "base/clock.h"
#include "base/random.h"
#include "controlplane/api/api.h"
#include "controlplane/api/http_server.h"
#include "controlplane/api/listening_socket.h"

namespace kanmon::api {

struct Service::Parts {
    explicit Parts(usecases::ControlPlane& plane) : api(plane, random) {}

    SystemRandom random;
    Api api;
    std::unique_ptr<HttpServer> server;  // last: its threads end before what they use
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() = default;

std::uint16_t Service::port() const {
    return parts_->server->port();
}

Expected<std::unique_ptr<Service>, std::string> Service::start(const ServiceOptions& options,
                                                               usecases::ControlPlane& plane) {
    const auto listen = parse_listen_address(options.listen);
    if (!listen)
        return unexpected(
            fmt::format("'{}' is no address to listen on; write it like "
                        "127.0.0.1:8443 or [::1]:8443",
                        options.listen));
    HttpServer::Options server{.listen = *listen, .certificate = {}, .limits = {}};
    if (options.plain_http) {
        if (!is_loopback(*listen))
            return unexpected(fmt::format("plain HTTP is served on loopback only, and {} is not",
                                          options.listen));
    } else {
        std::vector<Ipv4> addresses = options.certificate_addresses;
        if (listen->is_v4() && listen->as_v4().value != 0 && !is_loopback(*listen))
            addresses.push_back(listen->as_v4());
        auto certificate = load_server_certificate(options.state_folder, addresses, unix_now());
        if (!certificate) return unexpected(certificate.error());
        server.certificate = std::move(*certificate);
    }
    auto parts = std::make_unique<Parts>(plane);
    auto started =
        HttpServer::start(std::move(server), [&api = parts->api](const HttpRequest& request) {
            return api.answer(request, unix_now(), boot_now());
        });
    if (!started) return unexpected(started.error());
    parts->server = std::move(*started);
    return std::unique_ptr<Service>(new Service(std::move(parts)));
}

}  // namespace kanmon::api
