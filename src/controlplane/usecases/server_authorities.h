// Who signs for an SSL server: its own authority, or one that the operator brings along.
#pragma once

#include "controlplane/usecases/bundles.h"

namespace kanmon::usecases {

struct ImportAuthority {
    std::string server;
    std::string certificates_pem;
    std::optional<SecretBuffer>
        private_key_pem;  // absent: clients' certificates come from elsewhere
};
struct UploadRevocationList {
    std::string server;
    std::string pem;
    bool refuse_when_expired = true;
};
struct AuthorityView {
    model::SslServer server;
    UnixTime authority_ends_at{};
    UnixTime certificate_ends_at{};
    UnixTime client_authority_ends_at{};  // of `elsewhere`
    std::optional<model::RevocationList> revocation_list;
};
struct AuthorityChanged {
    AuthorityView view;
    std::size_t reissued = 0;  // client certificates; their bundles have to be downloaded again
};

class ServerAuthorities {
public:
    explicit ServerAuthorities(Ports& ports) : ports_(ports) {}

    /// With its key: it signs the server's certificate and those of all clients anew, and what
    /// clients had is revoked, since the same authority may have signed it; without: the clients'
    /// come from elsewhere, and DependencyViolation while there are some of ours.
    /// IllegalParam.CaCertificate, IllegalParam.CaPrivateKey, Resource.QuotaFull.
    Outcome<AuthorityChanged> import(const Call& call, const ImportAuthority& request);
    /// Back to one of its own; every certificate is signed anew. IllegalParam.SslVpnServerId when
    /// it has that.
    Outcome<AuthorityChanged> reset(const Call& call, const std::string& server);
    /// Another certificate of the server by the same authority: clients come again, bundles stay.
    Outcome<AuthorityView> renew_certificate(const Call& call, const std::string& server);
    /// Of an authority that was brought along. IllegalParam.Crl.
    Outcome<AuthorityView> upload(const Call& call, const UploadRevocationList& request);
    Outcome<AuthorityView> find(const Call& call, const std::string& server);
    /// A configuration without a certificate (`pack_profile`).
    Outcome<PackedBundle> profile(const Call& call, const std::string& server);

private:
    Outcome<std::size_t> take_over(Ledger& ledger, model::SslServer& server,
                                   const BroughtAuthority& brought, const SecretBuffer& key,
                                   UnixTime now);
    /// Stores a server whose authority is another now.
    Outcome<void> put(Ledger& ledger, model::SslServer& server);
    /// After the change is stored: enforced from now on, and what it looks like. The receipt names
    /// the server and, in place of a name, how many certificates were signed anew.
    Outcome<AuthorityChanged> told(const Call& call, const Receipt& receipt);

    Ports& ports_;
};

}  // namespace kanmon::usecases
