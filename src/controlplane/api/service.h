// The API as a running service: certificate, listening socket, threads. What kanmon-control starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "controlplane/usecases/control_plane.h"

namespace kanmon::api {

struct ServiceOptions {
    std::string listen = "127.0.0.1:8443";  // port 0: the kernel chooses
    bool plain_http = false;                // accepted on loopback only
    std::string state_folder;               // api.crt and api.key live here
    std::vector<Ipv4> certificate_addresses;
};

class Service {
public:
    /// Listens when it returns; `plane` must outlive the service. The error is one sentence.
    static Expected<std::unique_ptr<Service>, std::string> start(const ServiceOptions& options,
                                                                 usecases::ControlPlane& plane);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    std::uint16_t port() const;

private:
    struct Parts;
    explicit Service(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace kanmon::api
