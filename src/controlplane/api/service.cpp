#include "controlplane/api/service.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <array>
#include <optional>

#include "base/clock.h"
#include "base/listen_address.h"
#include "base/log.h"
#include "base/random.h"
#include "controlplane/api/api.h"
#include "controlplane/api/certificate_files.h"
#include "controlplane/api/downloads.h"
#include "controlplane/api/http_server.h"
#include "controlplane/api/listening_socket.h"
#include "controlplane/api/metrics_page.h"
#include "controlplane/api/timestamp.h"

namespace kanmon::api {

struct Service::Parts {
    Parts(usecases::ControlPlane& plane, const RequestRate& rate)
        : api(plane, random, rate), downloads(plane, random), metrics(plane) {}

    HttpResponse answer(const HttpRequest& request) {
        if (MetricsPage::serves(request)) return metrics.answer(request);
        return Downloads::serves(request) ? downloads.answer(request, unix_now(), boot_now())
                                          : api.answer(request, unix_now(), boot_now());
    }

    SystemRandom random;
    Api api;
    Downloads downloads;
    MetricsPage metrics;
    std::optional<CertificateFiles> certificate_files;
    // Last: their threads end before what they use.
    std::unique_ptr<HttpServer> secure;
    std::unique_ptr<HttpServer> plain;
};

namespace {

/// For a browser that was sent to http:// on a shared port.
constexpr std::string_view speak_https =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks HTTPS: write https:// in front of its address.\n";

/// Connections of strangers on shared VPN ports.
constexpr unsigned adopted_max = 128;

using Started = Expected<std::unique_ptr<HttpServer>, std::string>;

Expected<Endpoint, std::string> read_address(const std::string& text) {
    const auto address = parse_listen_address(text);
    if (!address)
        return unexpected(
            fmt::format("'{}' is no address to listen on; write it like "
                        "127.0.0.1:8443 or [::1]:8443",
                        text));
    return *address;
}

using Handler = const HttpHandler&;

/// An operator's own pair, or the one that is made at the first start.
Expected<ServerCertificate, std::string> first_certificate(const ServiceOptions& options,
                                                           const CertificateAddresses& addresses,
                                                           CertificateFiles& files) {
    if (options.certificate_file.empty())
        if (auto made = load_server_certificate(options.state_folder, addresses, unix_now()); !made)
            return made;
    return files.read();
}

CertificateFiles certificate_files(const ServiceOptions& options) {
    if (!options.certificate_file.empty()) return {options.certificate_file, options.key_file};
    return {options.state_folder + "/api.crt", options.state_folder + "/api.key"};
}

/// A pair that is good now.
Expected<std::shared_ptr<const TlsCredentials>, std::string> read_credentials(
    CertificateFiles& files, UnixTime now) {
    const auto pair = files.read();
    if (!pair) return unexpected(pair.error());
    auto credentials = TlsCredentials::make(*pair);
    if (!credentials) return credentials;
    if (now < (*credentials)->not_before() || now > (*credentials)->not_after())
        return unexpected(fmt::format("the certificate is good from {} to {} only",
                                      timestamp_text((*credentials)->not_before()),
                                      timestamp_text((*credentials)->not_after())));
    return credentials;
}

Started start_secure(const ServiceOptions& options, Handler handler, CertificateFiles& files) {
    const auto listen = read_address(options.listen);
    if (!listen) return unexpected(listen.error());
    CertificateAddresses addresses = options.certificate_addresses;
    addresses.add(*listen);
    auto certificate = first_certificate(options, addresses, files);
    if (!certificate) return unexpected(certificate.error());
    return HttpServer::start({.listen = *listen,
                              .certificate = std::move(*certificate),
                              .limits = {.adopted = adopted_max}},
                             handler);
}

Started start_plain(const ServiceOptions& options, Handler handler) {
    const auto listen = read_address(options.plain_listen);
    if (!listen) return unexpected(listen.error());
    if (!is_loopback(*listen))
        return unexpected(fmt::format("plain HTTP is served on loopback only, and {} is not",
                                      options.plain_listen));
    return HttpServer::start({.listen = *listen, .certificate = {}, .limits = {}}, handler);
}

}  // namespace

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() = default;

std::uint16_t Service::port() const {
    return parts_->secure ? parts_->secure->port() : 0;
}

std::uint16_t Service::plain_port() const {
    return parts_->plain ? parts_->plain->port() : 0;
}

RequestThrottle::Counts Service::throttled() const {
    return parts_->api.throttled();
}

void Service::follow_certificate(Instant now) {
    if (parts_->certificate_files && parts_->certificate_files->changed(now)) reload_certificate();
}

void Service::reload_certificate() {
    if (!parts_->certificate_files) return;
    CertificateFiles& files = *parts_->certificate_files;
    auto credentials = read_credentials(files, unix_now());
    if (!credentials) {
        log_event(Severity::error, "API certificate not replaced, the old one goes on",
                  {{"file", files.certificate_path()}, {"problem", credentials.error()}});
        return;
    }
    log_event(Severity::info, "API certificate read",
              {{"file", files.certificate_path()},
               {"sha256", (*credentials)->sha256()},
               {"ends", timestamp_text((*credentials)->not_after())}});
    parts_->secure->replace_credentials(std::move(*credentials));
}

void Service::adopt(UniqueFd connection) {
    constexpr char tls_handshake = 0x16;
    char first = 0;
    if (!parts_->secure ||
        ::recv(connection.get(), &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1)  // the sender looked
        return;
    if (first == tls_handshake) return parts_->secure->adopt(std::move(connection));
    if (first < 'A' || first > 'Z') return;
    ::send(connection.get(), speak_https.data(), speak_https.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    ::shutdown(connection.get(), SHUT_WR);
    std::array<char, 4096> request{};  // unread octets would turn the end into a reset
    ::recv(connection.get(), request.data(), request.size(), MSG_DONTWAIT);
}

Expected<std::unique_ptr<Service>, std::string> Service::start(const ServiceOptions& options,
                                                               usecases::ControlPlane& plane) {
    auto parts = std::make_unique<Parts>(plane, options.rate);
    if (!options.metrics_token_file.empty())
        if (auto token = parts->metrics.load_token(options.metrics_token_file, parts->random);
            !token)
            return unexpected(token.error());
    const HttpHandler handler = [served = parts.get()](const HttpRequest& request) {
        return served->answer(request);
    };
    if (!options.listen.empty()) {
        parts->certificate_files = certificate_files(options);
        auto started = start_secure(options, handler, *parts->certificate_files);
        if (!started) return unexpected(started.error());
        parts->secure = std::move(*started);
    }
    if (!options.plain_listen.empty()) {
        auto started = start_plain(options, handler);
        if (!started) return unexpected(started.error());
        parts->plain = std::move(*started);
    }
    return std::unique_ptr<Service>(new Service(std::move(parts)));
}

}  // namespace kanmon::api
