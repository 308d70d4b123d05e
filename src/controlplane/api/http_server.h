// The HTTP server, as an adapter of libmicrohttpd (TLS by GnuTLS): octets to HttpRequest and back.
//
// Promises: every request that parses as HTTP gets exactly one answer, also when it is too
//           large; what the peer sends is bounded in size and time; every descriptor is
//           close-on-exec.
// Owner:    starts its own threads; the handler is called from any of them.
// Limits:   HttpLimits.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/address.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "controlplane/api/connection_book.h"
#include "controlplane/api/http_request.h"
#include "controlplane/api/server_certificate.h"
#include "controlplane/api/tls_credentials.h"

namespace kanmon::api {

struct HttpLimits {
    unsigned connections = 512;
    ConnectionBook::Limits each = {};
    unsigned idle_seconds = 15;
    std::size_t target_octets = 32 * 1024;   // path and query
    std::size_t headers_octets = 32 * 1024;  // all names and values
    std::size_t body_octets = 256 * 1024;
    /// Read and thrown away before a too large body is answered; beyond it the connection closes.
    std::size_t discarded_octets = 4 * 1024 * 1024;
    unsigned threads = 8;  // an answer may wait for the disk, and holds one meanwhile
    /// How many connections that somebody else accepted are served beside the own ones; 0: none.
    unsigned adopted = 0;
    unsigned adopted_per_network = 32;
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

class HttpServer {
public:
    struct Options {
        Endpoint listen;
        std::optional<ServerCertificate> certificate;  // nothing: plain HTTP
        HttpLimits limits;
    };

    /// Listens when it returns. The error is one sentence.
    static Expected<std::unique_ptr<HttpServer>, std::string> start(Options options,
                                                                    HttpHandler handler);
    /// Ends the threads; open connections are closed.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::uint16_t port() const;

    /// For connections that begin from now on; those that are there keep what they began with. Any
    /// thread.
    void replace_credentials(std::shared_ptr<const TlsCredentials> credentials);

    /// Serves a connection that somebody else accepted, or closes it beyond `adopted` and
    /// `adopted_per_network`. Any thread.
    void adopt(UniqueFd connection);

private:
    struct Engine;
    explicit HttpServer(std::unique_ptr<Engine> engine);
    std::unique_ptr<Engine> engine_;
};

}  // namespace kanmon::api
