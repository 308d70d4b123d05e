// A client's certificate and key, and how long they are good.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"

namespace kanmon::model {

inline constexpr std::chrono::days client_certificate_lifetime{1095};
inline constexpr std::chrono::days expiring_soon{7};

struct ClientCertificate {
    ClientCertificateId id;
    AccountId account;
    SslServerId server;
    std::string name;
    UnixTime created_at{};
    UnixTime not_after{};
    std::string serial;  // lower-case hexadecimal, no leading zeros
    std::string certificate_pem;
    Buffer sealed_key;                   // PEM, sealed
    std::optional<Ipv4> static_address;  // its holder always gets this tunnel address
    friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

/// The serial of a certificate that was deleted; kept until the certificate would have expired.
struct RevokedCertificate {
    ClientCertificateId id;
    AccountId account;
    SslServerId server;
    std::string serial;
    UnixTime not_after{};
    UnixTime revoked_at{};
    friend bool operator==(const RevokedCertificate&, const RevokedCertificate&) = default;
};

/// "normal", "expiring-soon" (seven days or less), "expired"
std::string_view certificate_status(const ClientCertificate& certificate, UnixTime now);

}  // namespace kanmon::model
