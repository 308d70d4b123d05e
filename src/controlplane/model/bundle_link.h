// A link that gives a bundle to whoever holds it, once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/time.h"
#include "controlplane/model/client_certificate.h"
#include "controlplane/model/outcome.h"
#include "controlplane/model/ticket.h"

namespace kanmon::model {

inline constexpr std::chrono::minutes bundle_link_lifetime{10};
inline constexpr std::size_t bundle_links_max = 100;  // of an account, unused and not yet expired

enum class BundleFormat : std::uint8_t { zip, ovpn, p12, p12_zip };

/// zip, ovpn, p12 or p12-zip. IllegalParam.Format.
Outcome<BundleFormat> check_bundle_format(std::string_view text);
std::string_view bundle_format_text(BundleFormat format);
/// Of a PKCS#12: it has to be typed on the client. 8-128 printable ASCII characters.
/// IllegalParam.Password.
Outcome<void> check_bundle_password(Bytes password);
/// The two formats that hold a PKCS#12.
bool has_password(BundleFormat format);

struct BundleLink {
    BundleLinkId id;
    AccountId account;
    ClientCertificateId certificate;
    Buffer token_hash;  // SHA-256 of the token's 32 octets
    BundleFormat format = BundleFormat::zip;
    Buffer sealed_password;  // of a PKCS#12; else empty
    UnixTime created_at{};
    UnixTime expires_at{};
    friend bool operator==(const BundleLink&, const BundleLink&) = default;
};

/// What stands in the address behind /bundle/.
using LinkTicket = Ticket<BundleLinkTag>;
std::string ticket_text(const LinkTicket& ticket);
/// Nothing unless it is exactly what `ticket_text` makes of some ticket; of hostile text.
std::optional<LinkTicket> parse_ticket(std::string_view text);

}  // namespace kanmon::model
