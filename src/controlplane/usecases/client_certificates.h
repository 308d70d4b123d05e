// Client certificates and the bundles that carry them to people's machines.
#pragma once

#include <string>
#include <unordered_map>

#include "controlplane/usecases/bundles.h"

namespace kanmon::usecases {

struct CreateClientCertificate {
    std::string server;
    std::string name;
    std::string static_address = {};  // extension `StaticAddress`; empty: none
};
/// Absent: unchanged.
struct ModifyClientCertificate {
    model::ClientCertificateId id;
    std::optional<std::string> name;            // not empty
    std::optional<std::string> static_address;  // empty: none any more
};
struct ClientCertificateNamed {
    model::ClientCertificateId id;
    std::string name;
};
struct DescribeClientCertificates {
    std::string id = {};  // each filter: empty is all
    std::string server = {};
    std::string name = {};
    std::string bundle_state = {};  // current, stale or unknown
    std::string resource_group = {};
    PageRequest page = {};
};
struct ClientCertificateView {
    model::ClientCertificate certificate;
    std::string region;
    std::string resource_group;             // of its gateway
    std::string status;                     // normal, expiring-soon, expired
    std::optional<model::HeldBundle> held;  // what its holder last announced
    std::string bundle_state;               // current, stale, unknown
};
struct ClientCertificateDetail {
    ClientCertificateView view;
    std::string authority_pem;     // CaCert
    SecretBuffer private_key_pem;  // ClientKey
    std::string client_config;     // ClientConfig
    std::string revision;
    std::vector<model::RevokedCertificate> predecessors;  // that are still good beside it
};
struct GetBundle {
    model::ClientCertificateId id;
    model::BundleFormat format = model::BundleFormat::zip;
    std::optional<SecretBuffer> password = {};  // of a PKCS#12; absent: one is made
};
struct Bundle {
    PackedBundle packed;
    SecretBuffer made_password;  // empty unless one was made; shown now and never again
};
struct RenewClientCertificate {
    model::ClientCertificateId id;
    std::int64_t overlap_seconds = model::usual_overlap.count();
};
struct ClientCertificateRenewed {
    model::ClientCertificateId id;
    std::string name;
    UnixTime not_after{};
    UnixTime predecessor_ends_at{};
};

class ClientCertificates {
public:
    explicit ClientCertificates(Ports& ports) : ports_(ports) {}

    /// InvalidSslVpnServerId.NotFound (404), CreateSslCertsQuotaFull.QuotaFull,
    /// Resource.QuotaFull (`revocations_max`).
    Outcome<ClientCertificateNamed> create(const Call& call,
                                           const CreateClientCertificate& request);
    Outcome<Page<ClientCertificateView>> list(const Call& call,
                                              const DescribeClientCertificates& request);
    /// InvalidInstanceId.NotFound (404), as the original.
    Outcome<ClientCertificateDetail> find(const Call& call, const model::ClientCertificateId& id);
    Outcome<Bundle> bundle(const Call& call, const GetBundle& request);
    /// Another key and certificate under the same id. The one before stays good for the overlap and
    /// then ends by itself (`Enforcement::compose`). InvalidSslVpnClientCertId.NotFound (404),
    /// Resource.QuotaFull.
    Outcome<ClientCertificateRenewed> renew(const Call& call,
                                            const RenewClientCertificate& request);
    /// InvalidSslVpnClientCertId.NotFound (404). A static address holds from the next connection.
    Outcome<ClientCertificateNamed> modify(const Call& call,
                                           const ModifyClientCertificate& request);
    /// Revokes it and its predecessors: its holders are told to go, nobody else is.
    Outcome<void> remove(const Call& call, const model::ClientCertificateId& id);

    /// Which bundle a client says that it has, from the data process.
    void learn(const bridge::ClientFact& fact, UnixTime now);

private:
    static constexpr std::size_t announced_max = 10'000;

    Ports& ports_;
    /// What the store holds of certificates that connected since the start: most come back with the
    /// same bundle, and need not be looked up for that. By their id.
    std::unordered_map<std::string, std::string> announced_;
};

/// New keys and certificates for all certificates of a server, by its present authority; those that
/// they had are revoked. How many. Resource.QuotaFull.
Outcome<std::size_t> reissue_certificates(Ports& ports, Ledger& ledger,
                                          const model::SslServer& server, const SecretBuffer& key,
                                          UnixTime now);

}  // namespace kanmon::usecases
