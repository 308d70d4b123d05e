// Client certificates and the bundles that carry them to people's machines.
#pragma once

#include "controlplane/usecases/ports.h"

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
    std::string id;  // each filter: empty is all
    std::string server;
    std::string name;
    PageRequest page;
};
struct ClientCertificateView {
    model::ClientCertificate certificate;
    std::string region;
    std::string status;  // normal, expiring-soon, expired
};
struct ClientCertificateDetail {
    ClientCertificateView view;
    std::string authority_pem;     // CaCert
    SecretBuffer private_key_pem;  // ClientKey
    std::string client_config;     // ClientConfig
    std::string revision;
};
struct Bundle {
    std::string revision;
    Buffer zip;                // config.ovpn and the files that it refers to
    SecretBuffer single_file;  // one .ovpn with everything inside
};

class ClientCertificates {
public:
    explicit ClientCertificates(Ports& ports) : ports_(ports) {}

    /// InvalidSslVpnServerId.NotFound (404), CreateSslCertsQuotaFull.QuotaFull.
    Outcome<ClientCertificateNamed> create(const Call& call,
                                           const CreateClientCertificate& request);
    Outcome<Page<ClientCertificateView>> list(const Call& call,
                                              const DescribeClientCertificates& request);
    /// InvalidInstanceId.NotFound (404), as the original.
    Outcome<ClientCertificateDetail> find(const Call& call, const model::ClientCertificateId& id);
    Outcome<Bundle> bundle(const Call& call, const model::ClientCertificateId& id);
    /// InvalidSslVpnClientCertId.NotFound (404). A static address holds from the next connection.
    Outcome<ClientCertificateNamed> modify(const Call& call,
                                           const ModifyClientCertificate& request);
    /// Revokes it: its holders are told to go, nobody else is.
    Outcome<void> remove(const Call& call, const model::ClientCertificateId& id);

private:
    Ports& ports_;
};

}  // namespace kanmon::usecases
