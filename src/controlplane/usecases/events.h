// What happened by itself: certificates that end, told once each, and the list of it.
#pragma once

#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

struct DescribeEvents {
    std::string kind = {};  // each filter: empty is all
    std::string resource = {};
    std::string server = {};
    PageRequest page = {};
};

class Events {
public:
    explicit Events(Ports& ports) : ports_(ports) {}

    /// Newest first.
    Outcome<Page<model::Event>> list(const Call& call, const DescribeEvents& request);

private:
    Ports& ports_;
};

/// Tells of certificates, authorities and revocation lists near their end.
///
/// Promises: each of `model::expiry_warnings` once for a certificate, also across restarts; who
///           comes late tells the nearest only.
/// Owner:    the loop of the process.
class CertificateWatch {
public:
    explicit CertificateWatch(Ports& ports) : ports_(ports) {}

    /// Looks when something may be due, and at least every hour; costs nothing otherwise. What
    /// could not be stored is tried again after a minute: ServiceUnavailable.
    Outcome<void> look(UnixTime now);
    /// When it wants to look again.
    UnixTime next() const { return next_; }

private:
    Ports& ports_;
    UnixTime looked_at_{};
    UnixTime next_{};
};

}  // namespace kanmon::usecases
