// Links that give a bundle to whoever holds them, once, within ten minutes.
//
// Promises: of a token only its hash is kept, and what is compared is compared in constant time;
// two
//           who come at once get one bundle; a link that was used, has ended or never was answers
//           the same. A failure to pack leaves the link as it was.
// Limits:   model::bundle_links_max an account.
#pragma once

#include "controlplane/usecases/bundles.h"

namespace kanmon::usecases {

struct CreateBundleLink {
    model::ClientCertificateId certificate;
    model::BundleFormat format = model::BundleFormat::zip;
    std::optional<SecretBuffer> password = {};  // of a PKCS#12; absent: one is made
};
struct BundleLinkCreated {
    model::LinkTicket ticket;  // shown now and never again
    UnixTime expires_at{};
    SecretBuffer made_password;  // empty unless one was made; shown now and never again
};

class BundleLinks {
public:
    explicit BundleLinks(Ports& ports) : ports_(ports) {}

    /// InvalidSslVpnClientCertId.NotFound (404), Resource.QuotaFull, IllegalParam.ClientToken for a
    /// repeated one: the address cannot be shown again.
    Outcome<BundleLinkCreated> create(const Call& call, const CreateBundleLink& request);
    /// InvalidBundleLinkId.NotFound (404).
    Outcome<void> remove(const Call& call, const model::BundleLinkId& id);
    /// By whoever holds the ticket. InvalidBundleLink.NotFound (404), whatever is wrong with it.
    Outcome<PackedBundle> redeem(const model::LinkTicket& ticket, const std::string& request_id,
                                 UnixTime now);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
