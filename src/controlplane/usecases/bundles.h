// A certificate with all that its bundle needs, and the bundle in each of its forms.
#pragma once

#include "controlplane/model/bundle.h"
#include "controlplane/model/bundle_link.h"
#include "controlplane/usecases/ports.h"

namespace kanmon::usecases {

/// A certificate of the caller's, its keys in clear.
struct OpenedBundle {
    model::ClientCertificate certificate;
    model::SslServer server;
    std::string region;
    std::string resource_group;
    model::BundleFacts facts;
    model::ClientPieces pieces;
};

/// InvalidInstanceId.NotFound (404), as the original.
Outcome<OpenedBundle> open_bundle(Ports& ports, Ledger& ledger, const Call& call,
                                  const model::ClientCertificateId& id);

struct PackedBundle {
    std::string file_name;  // vsc-….zip
    std::string revision;
    SecretBuffer content;
};

/// `password` is for the formats with a PKCS#12. IllegalParam.Format where there is no certificate
/// to put into one.
Outcome<PackedBundle> pack_bundle(Ports& ports, OpenedBundle opened, model::BundleFormat format,
                                  const SecretBuffer& password, UnixTime now);

/// The same without a certificate, for servers whose clients have one from elsewhere or none at
/// all. IllegalParam.SslVpnServerId for others.
Outcome<PackedBundle> pack_profile(Ports& ports, Ledger& ledger, const model::SslServer& server);

/// What `format` needs for its PKCS#12 where nobody `gave` a password: 20 letters and digits, 103
/// bits; else empty. IllegalParam.Password for one that does not do.
Outcome<SecretBuffer> missing_password(model::BundleFormat format,
                                       const std::optional<SecretBuffer>& given, Random& random);

}  // namespace kanmon::usecases
