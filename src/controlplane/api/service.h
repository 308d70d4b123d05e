// The API as a running service: certificate, listening sockets, threads. What kanmon-control
// starts.
//
// Both listeners share one book of nonces: what was used on one cannot be replayed on the other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"
#include "base/unique_fd.h"
#include "controlplane/api/request_throttle.h"
#include "controlplane/api/server_certificate.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

struct ServiceOptions {
    std::string listen = "127.0.0.1:8443";  // HTTPS; port 0: the kernel chooses; empty: none
    std::string plain_listen;               // plain HTTP, on loopback only; empty: none
    std::string state_folder;               // api.crt and api.key live here
    std::string metrics_token_file = {};    // made when it is not there; empty: no /metrics
    std::string certificate_file = {};      // a pair given instead of those; both or neither
    std::string key_file = {};
    CertificateAddresses certificate_addresses;
    RequestRate rate = {};
};

class Service {
public:
    /// Listens when it returns; `plane` must outlive the service. The error is one sentence.
    static Expected<std::unique_ptr<Service>, std::string> start(const ServiceOptions& options,
                                                                 usecases::ControlPlane& plane);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    std::uint16_t port() const;        // of HTTPS; 0: none
    std::uint16_t plain_port() const;  // of plain HTTP; 0: none

    /// Requests refused because there were too many. Any thread.
    RequestThrottle::Counts throttled() const;

    /// Takes the certificate's files when they have changed. A pair that is broken or not good now
    /// leaves the old one in place, and the log says so. One thread for this and the next.
    void follow_certificate(Instant now);
    /// The same, changed or not.
    void reload_certificate();

    /// Serves a connection that came in by a shared VPN port, by HTTPS. One that speaks plain HTTP
    /// hears that it should not; anything else, and everything without HTTPS, is closed. Any
    /// thread.
    void adopt(UniqueFd connection);

private:
    struct Parts;
    explicit Service(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace kanmon::api
