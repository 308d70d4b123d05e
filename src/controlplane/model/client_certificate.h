// A client's certificate and key, and how long they are good.
#pragma once

#include <optional>
#include <string>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "controlplane/model/id.h"
#include "controlplane/model/outcome.h"

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

/// The serial of a certificate that was deleted or replaced; kept until nobody's clock can take the
/// certificate for a good one any more (`is_forgettable`).
struct RevokedCertificate {
    ClientCertificateId id;  // of a renewed one: `predecessor_id`
    AccountId account;
    SslServerId server;
    std::string serial;
    UnixTime not_after{};
    UnixTime revoked_at{};
    /// By a renewal with an overlap: until `revoked_at` it is as good as its successor.
    bool scheduled = false;
    friend bool operator==(const RevokedCertificate&, const RevokedCertificate&) = default;
};

/// Only what was scheduled asks the time: what was revoked at once stays so, also when the clock is
/// set back.
bool is_revoked(const RevokedCertificate& revoked, UnixTime now);
/// True a year after the certificate would have ended.
bool is_forgettable(const RevokedCertificate& revoked, UnixTime now);

/// How long a renewed certificate stays good beside its successor: a week, 90 days at most.
inline constexpr std::chrono::seconds usual_overlap{std::chrono::days(7)};
inline constexpr std::chrono::seconds overlap_max{std::chrono::days(90)};
/// Renewed ones that are still good, of one certificate.
inline constexpr std::size_t predecessors_max = 3;

/// 0 to 7776000 seconds. IllegalParam.OverlapSeconds.
Outcome<std::chrono::seconds> check_overlap(std::int64_t seconds);
/// The certificate and the serial that it had.
ClientCertificateId predecessor_id(const ClientCertificate& certificate);
/// True for a row that a renewal of this certificate left.
bool is_predecessor(const RevokedCertificate& revoked, const ClientCertificateId& certificate);

/// Which bundle a certificate's holder has, by what the client announced when it last connected.
struct HeldBundle {
    ClientCertificateId id;
    AccountId account;
    SslServerId server;
    std::string revision;
    UnixTime held_at{};
    friend bool operator==(const HeldBundle&, const HeldBundle&) = default;
};

/// "current", "stale", or "unknown" while no client has announced a revision.
std::string_view bundle_state(const std::optional<HeldBundle>& held, const std::string& revision);
/// Sixteen lower-case hexadecimal digits, as we make them; anything else is a client's own
/// invention.
bool is_revision(std::string_view text);

/// "normal", "expiring-soon" (seven days or less), "expired"
std::string_view certificate_status(const ClientCertificate& certificate, UnixTime now);

}  // namespace kanmon::model
