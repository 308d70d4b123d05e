#include "controlplane/api/http_server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "controlplane/api/listening_socket.h"

namespace kanmon::api {

namespace {

/// Connections that somebody else accepted: no network takes the places of all.
class GuestPlaces {
public:
    GuestPlaces(unsigned all_max, unsigned network_max)
        : all_max_(all_max), network_max_(network_max) {}

    bool enter(const std::string& network) {
        const std::lock_guard lock(mutex_);
        if (all_ >= all_max_) return false;
        unsigned& present = of_network_[network];
        if (present >= network_max_) return false;
        ++present;
        ++all_;
        return true;
    }
    void leave(const std::string& network) {
        const std::lock_guard lock(mutex_);
        const auto found = of_network_.find(network);
        if (--found->second == 0) of_network_.erase(found);
        --all_;
    }

private:
    const unsigned all_max_, network_max_;
    std::mutex mutex_;
    unsigned all_ = 0;
    std::unordered_map<std::string, unsigned> of_network_;
};

}  // namespace

struct HttpServer::Engine {
    explicit Engine(const HttpLimits& bounds) : limits(bounds), book(bounds.each) {}

    HttpLimits limits;
    HttpHandler handler;
    ConnectionBook book;
    std::optional<ServerCertificate> certificate;  // the first; sessions take `credentials`
    std::string key_pem;                           // libmicrohttpd wants C strings
    std::mutex credentials_mutex;
    std::shared_ptr<const TlsCredentials> credentials;
    std::uint16_t port = 0;
    MHD_Daemon* daemon = nullptr;
    /// Serves what was adopted. Apart from the other, since a daemon of libmicrohttpd 0.9.75 that
    /// accepts and adopts may meet its limit while it holds a lock, and then never moves again.
    MHD_Daemon* guests = nullptr;
    GuestPlaces guest_places{limits.adopted, limits.adopted_per_network};
    /// Ends connections that take longer than they may. Before the daemons end: it uses what they
    /// hold open.
    std::jthread watch;

    ~Engine() {
        watch = {};
        for (MHD_Daemon* each : {daemon, guests})
            if (each != nullptr) MHD_stop_daemon(each);
        wipe(std::as_writable_bytes(std::span(key_pem)));
    }

    static MHD_Result handle(void* owner, MHD_Connection* connection, const char* url,
                             const char* method, const char* version, const char* piece,
                             std::size_t* piece_octets, void** kept);
    static MHD_Result admit(void* owner, const sockaddr* address, socklen_t octets);
    static void end_request(void* owner, MHD_Connection* connection, void** kept,
                            MHD_RequestTerminationCode how);
    static void note_connection(void* owner, MHD_Connection* connection, void** kept,
                                MHD_ConnectionNotificationCode what);
    static void note_guest(void* owner, MHD_Connection* connection, void** kept,
                           MHD_ConnectionNotificationCode what);
    std::shared_ptr<const TlsCredentials> present_credentials();
    MHD_Daemon* start(unsigned flags, std::vector<MHD_OptionItem> options);
    bool run(UniqueFd socket);
    bool run_guests();
    void watch_deadlines(const std::stop_token& stop);
    MHD_Result answer(MHD_Connection* connection, const HttpRequest& request, bool close);
    void adopt(UniqueFd connection);
};

namespace {

/// What libmicrohttpd keeps for one connection between its calls.
struct Presence {
    ConnectionBook::Entry entry;
    std::shared_ptr<const TlsCredentials> credentials;  // what the session began with
};

/// And for one request.
struct Exchange {
    HttpRequest request;
    std::size_t body_octets = 0;
    bool begun = false;
};

constexpr std::size_t connection_memory_octets = 256 * 1024;
constexpr const char* tls_priorities =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
    "-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305";

Exchange* exchange_of(void* kept) {
    return static_cast<Exchange*>(kept);
}

/// First thing known of a request: its target, before libmicrohttpd decodes or cuts anything.
void* begin_request(void*, const char* target, MHD_Connection*) {
    auto exchange = std::make_unique<Exchange>();
    const std::string_view text(target == nullptr ? "" : target);
    const std::size_t question = text.find('?');
    exchange->request.path = text.substr(0, question);
    if (question != std::string_view::npos) exchange->request.query = text.substr(question + 1);
    return exchange.release();
}

MHD_Result take_header(void* kept, MHD_ValueKind, const char* name, std::size_t name_octets,
                       const char* value, std::size_t value_octets) {
    std::string lower(name, name_octets);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    exchange_of(kept)->request.headers.emplace_back(
        std::move(lower), value == nullptr ? std::string() : std::string(value, value_octets));
    return MHD_YES;
}

std::size_t times_sent(const HttpRequest& request, std::string_view name) {
    return static_cast<std::size_t>(
        std::count_if(request.headers.begin(), request.headers.end(),
                      [&](const auto& header) { return header.first == name; }));
}

Endpoint endpoint_of(const sockaddr* generic) {
    if (generic->sa_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, generic, sizeof address);
        return Endpoint::v4(Ipv4{ntohl(address.sin_addr.s_addr)}, 0);
    }
    sockaddr_in6 address{};
    std::memcpy(&address, generic, sizeof address);
    Endpoint endpoint;
    std::memcpy(endpoint.address.octets.data(), &address.sin6_addr, sizeof address.sin6_addr);
    return endpoint;
}

/// A household has one IPv4 address, or a /64. A socket that listens on [::] shows an IPv4 peer by
/// its mapped address, and these are no network of their own.
std::string network_of(const sockaddr* generic) {
    constexpr std::size_t prefix_octets = 8;
    if (generic == nullptr || (generic->sa_family != AF_INET && generic->sa_family != AF_INET6))
        return {};
    const Endpoint peer = endpoint_of(generic);
    if (peer.is_v4()) return to_string(peer.as_v4());
    Ipv6 network{};
    std::memcpy(network.octets.data(), peer.address.octets.data(), prefix_octets);
    return to_string(network);
}

std::string network_of(MHD_Connection* connection) {
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == nullptr ? std::string() : network_of(info->client_addr);
}

Presence& presence_of(MHD_Connection* connection) {
    return *static_cast<Presence*>(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

int descriptor_of(MHD_Connection* connection) {
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

void take_head(Exchange& exchange, const HttpLimits& limits, const char* method,
               MHD_Connection* connection) {
    HttpRequest& request = exchange.request;
    request.method = method;
    request.network = presence_of(connection).entry->network;
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &take_header, &exchange);
    std::size_t headers_octets = 0;
    for (const auto& [name, value] : request.headers) headers_octets += name.size() + value.size();
    if (request.path.size() + request.query.size() > limits.target_octets ||
        headers_octets > limits.headers_octets)
        request.too_large = true;
    const std::size_t lengths =
        times_sent(request, "content-length") + times_sent(request, "transfer-encoding");
    request.ambiguous = lengths > 1 || times_sent(request, "host") > 1;
}

/// A body announced so long that it is not even worth throwing away.
bool announces_flood(const HttpRequest& request, const HttpLimits& limits) {
    const std::string_view length = request.header("content-length").value_or("");
    std::uint64_t octets = 0;
    const auto [stop, error] =
        std::from_chars(length.data(), length.data() + length.size(), octets);
    return error == std::errc() && octets > limits.discarded_octets;
}

/// False when the peer sends more than is worth reading.
bool take_body(Exchange& exchange, const HttpLimits& limits, std::string_view piece) {
    exchange.body_octets += piece.size();
    if (exchange.body_octets > limits.body_octets) {
        exchange.request.too_large = true;
        exchange.request.body.clear();
        return exchange.body_octets <= limits.discarded_octets;
    }
    exchange.request.body += piece;
    return true;
}

MHD_Result send(MHD_Connection* connection, HttpResponse response, bool secure) {
    MHD_Response* built = MHD_create_response_from_buffer(
        response.body.size(), response.body.data(), MHD_RESPMEM_MUST_COPY);
    if (built == nullptr) return MHD_NO;
    MHD_add_response_header(built, "Content-Type", std::string(response.content_type).c_str());
    MHD_add_response_header(built, "Cache-Control", "no-store");
    MHD_add_response_header(built, "Content-Security-Policy",
                            "default-src 'none'; form-action 'self'; frame-ancestors 'none'");
    MHD_add_response_header(built, "Referrer-Policy", "no-referrer");
    if (secure) MHD_add_response_header(built, "Strict-Transport-Security", "max-age=31536000");
    if (!response.file_name.empty())
        MHD_add_response_header(built, "Content-Disposition",
                                ("attachment; filename=\"" + response.file_name + "\"").c_str());
    MHD_add_response_header(built, "X-Content-Type-Options", "nosniff");
    if (response.retry_after.count() > 0) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(response.retry_after);
        MHD_add_response_header(built, "x-acs-retry-after",
                                std::to_string(response.retry_after.count()).c_str());
        MHD_add_response_header(built, "Retry-After", std::to_string(seconds.count()).c_str());
    }
    if (response.status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(built, "WWW-Authenticate", "Bearer");
    if (response.close) MHD_add_response_header(built, "Connection", "close");
    const MHD_Result queued =
        MHD_queue_response(connection, static_cast<unsigned>(response.status), built);
    MHD_destroy_response(built);
    return queued;
}

void log_library(void*, const char* format, va_list arguments) {
    std::array<char, 256> line{};
    if (std::vsnprintf(line.data(), line.size(), format, arguments) < 0) return;
    log_event(Severity::debug, "http library says", {{"text", line.data()}});
}

}  // namespace

MHD_Result HttpServer::Engine::handle(void* owner, MHD_Connection* connection, const char*,
                                      const char* method, const char*, const char* piece,
                                      std::size_t* piece_octets, void** kept) {
    auto& engine = *static_cast<Engine*>(owner);
    Exchange* exchange = exchange_of(*kept);
    if (exchange == nullptr) return MHD_NO;
    if (!exchange->begun) {
        exchange->begun = true;
        take_head(*exchange, engine.limits, method, connection);
        const bool flood = announces_flood(exchange->request, engine.limits);
        if (!flood && !exchange->request.ambiguous) return MHD_YES;  // the body comes next
        exchange->request.too_large = flood;
        return engine.answer(connection, exchange->request, true);
    }
    if (*piece_octets > 0) {
        const bool go_on = take_body(*exchange, engine.limits, {piece, *piece_octets});
        *piece_octets = 0;
        return go_on ? MHD_YES : MHD_NO;
    }
    return engine.answer(connection, exchange->request, false);
}

MHD_Result HttpServer::Engine::answer(MHD_Connection* connection, const HttpRequest& request,
                                      bool close) {
    const ConnectionBook::Entry entry = presence_of(connection).entry;
    book.work(entry);
    HttpResponse response = handler(request);
    response.close = response.close || close;
    book.await_taking(entry, boot_now());
    return send(connection, std::move(response), certificate.has_value());
}

void HttpServer::Engine::end_request(void* owner, MHD_Connection* connection, void** kept,
                                     MHD_RequestTerminationCode) {
    static_cast<Engine*>(owner)->book.await_request(presence_of(connection).entry, boot_now());
    const std::unique_ptr<Exchange> gone(exchange_of(*kept));
    *kept = nullptr;
}

MHD_Result HttpServer::Engine::admit(void* owner, const sockaddr* address, socklen_t) {
    return static_cast<Engine*>(owner)->book.admits(network_of(address)) ? MHD_YES : MHD_NO;
}

void HttpServer::Engine::watch_deadlines(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
        ended.wait_for(lock, stop, 500ms, [] { return false; });
        book.each_overdue(boot_now(), [](int descriptor) { ::shutdown(descriptor, SHUT_RDWR); });
    }
}

/// What both daemons have in common.
MHD_Daemon* HttpServer::Engine::start(unsigned flags, std::vector<MHD_OptionItem> options) {
    flags |= MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG;
    options.push_back(
        {MHD_OPTION_CONNECTION_TIMEOUT, static_cast<std::intptr_t>(limits.idle_seconds), nullptr});
    options.push_back({MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory_octets, nullptr});
    if (certificate) {
        flags |= MHD_USE_TLS;
        options.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, key_pem.data()});
        options.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, certificate->certificate_pem.data()});
        options.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(tls_priorities)});
    }
    options.push_back({MHD_OPTION_END, 0, nullptr});
    return MHD_start_daemon(flags, 0, &Engine::admit, this, &Engine::handle, this,
                            MHD_OPTION_EXTERNAL_LOGGER, &log_library, nullptr,  //
                            MHD_OPTION_URI_LOG_CALLBACK, &begin_request, nullptr,
                            MHD_OPTION_NOTIFY_COMPLETED, &Engine::end_request, this,  //
                            MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
}

bool HttpServer::Engine::run(UniqueFd socket) {
    if (certificate) key_pem = as_text(certificate->private_key_pem.view());
    daemon = start(
        0, {{MHD_OPTION_NOTIFY_CONNECTION, std::bit_cast<std::intptr_t>(&Engine::note_connection),
             this},
            {MHD_OPTION_LISTEN_SOCKET, socket.get(), nullptr},
            {MHD_OPTION_CONNECTION_LIMIT, static_cast<std::intptr_t>(limits.connections), nullptr},
            {MHD_OPTION_THREAD_POOL_SIZE, static_cast<std::intptr_t>(limits.threads), nullptr}});
    if (daemon == nullptr) return false;
    (void)socket.release();  // the library closes it
    watch = std::jthread([this](const std::stop_token& stop) { watch_deadlines(stop); });
    return limits.adopted == 0 || run_guests();
}

bool HttpServer::Engine::run_guests() {
    const std::intptr_t never_met = static_cast<std::intptr_t>(limits.adopted) + 1;  // we count
    guests = start(
        MHD_USE_NO_LISTEN_SOCKET,
        {{MHD_OPTION_CONNECTION_LIMIT, never_met, nullptr},
         {MHD_OPTION_NOTIFY_CONNECTION, std::bit_cast<std::intptr_t>(&Engine::note_guest), this}});
    return guests != nullptr;
}

std::shared_ptr<const TlsCredentials> HttpServer::Engine::present_credentials() {
    const std::lock_guard lock(credentials_mutex);
    return credentials;
}

/// Before the handshake the session gets the certificate of this moment, which then lives as long
/// as the connection; the one that the library was started with never changes.
void HttpServer::Engine::note_connection(void* owner, MHD_Connection* connection, void** kept,
                                         MHD_ConnectionNotificationCode what) {
    auto& engine = *static_cast<Engine*>(owner);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        const std::unique_ptr<Presence> gone(static_cast<Presence*>(*kept));
        engine.book.leave(gone->entry);
        *kept = nullptr;
        return;
    }
    auto presence = std::make_unique<Presence>();
    presence->entry =
        engine.book.enter(network_of(connection), descriptor_of(connection), boot_now());
    const MHD_ConnectionInfo* info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    presence->credentials = engine.present_credentials();
    if (presence->credentials && info != nullptr && info->tls_session != nullptr)
        presence->credentials->give_to(static_cast<gnutls_session_int*>(info->tls_session));
    *kept = presence.release();
}

void HttpServer::Engine::note_guest(void* owner, MHD_Connection* connection, void** kept,
                                    MHD_ConnectionNotificationCode what) {
    const std::string network = network_of(connection);
    note_connection(owner, connection, kept, what);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        static_cast<Engine*>(owner)->guest_places.leave(network);
}

void HttpServer::Engine::adopt(UniqueFd connection) {
    sockaddr_storage remote{};
    socklen_t octets = sizeof remote;
    auto* generic = static_cast<sockaddr*>(static_cast<void*>(&remote));
    if (guests == nullptr || ::getpeername(connection.get(), generic, &octets) != 0) return;
    const std::string network = network_of(generic);
    if (!guest_places.enter(network)) return;
    // The library closes the descriptor also when it refuses the connection.
    if (MHD_add_connection(guests, connection.release(), generic, octets) != MHD_YES)
        guest_places.leave(network);
}

HttpServer::HttpServer(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
    return engine_->port;
}

void HttpServer::adopt(UniqueFd connection) {
    engine_->adopt(std::move(connection));
}

void HttpServer::replace_credentials(std::shared_ptr<const TlsCredentials> credentials) {
    const std::lock_guard lock(engine_->credentials_mutex);
    engine_->credentials = std::move(credentials);
}

Expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(Options options,
                                                                     HttpHandler handler) {
    auto socket = open_listening_socket(options.listen);
    if (!socket) return unexpected(socket.error());
    auto engine = std::make_unique<Engine>(options.limits);
    engine->handler = std::move(handler);
    if (options.certificate) {
        auto credentials = TlsCredentials::make(*options.certificate);
        if (!credentials) return unexpected("the API's certificate: " + credentials.error());
        engine->credentials = std::move(*credentials);
    }
    engine->certificate = std::move(options.certificate);
    engine->port = port_of(*socket);
    if (!engine->run(std::move(*socket)))
        return unexpected(
            std::string("the HTTP server did not start: is the API's certificate "
                        "(api.crt, api.key) in order?"));
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(engine)));
}

}  // namespace kanmon::api
