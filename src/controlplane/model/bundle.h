// The client's configuration, as text that OpenVPN 2.3 to 2.7 and OpenVPN 3 load.
//
// The revision is made of the effective lines only: what a client must have right to connect. A
// change of local networks is pushed and raises nothing - but for OpenVPN 2.3, which takes more
// than a hundred routes only when its configuration says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/secret.h"
#include "controlplane/model/client_certificate.h"
#include "controlplane/model/ssl_server.h"

namespace kanmon::model {

/// What all bundles of a server have in common.
struct BundleFacts {
    Ipv4 public_address;
    std::optional<Ipv6> public_address6;   // set where the server listens there too
    std::vector<ExtraListener> listeners;  // the one of Proto and Port first
    std::string cipher;
    bool compress = false;
    std::size_t networks = 0;  // pushed as routes, of the larger family
    ServerOptions options;
    std::string wrapping_mark;  // another one for every key
    std::string authority_pem;
};

/// What one certificate's bundle has of its own.
struct ClientPieces {
    ClientCertificateId id;
    std::string certificate_pem;  // empty: signed elsewhere, the holder puts it in
    SecretBuffer private_key_pem;
    SecretBuffer wrapping_key;  // 256 octets; of tls-crypt-v2 followed by the wrapped key
    SecretBuffer pkcs12 = {};   // DER; instead of the authority, the certificate and the key
};

/// A file beside config.ovpn.
struct BundleFile {
    std::string name;
    SecretBuffer content;
};

BundleFacts bundle_facts(const SslServer& server, Ipv4 public_address,
                         const std::optional<Ipv6>& public_address6);
/// What the revision is the hash of; one effective line per line, and the CA.
std::string effective_lines(const BundleFacts& facts);

/// As the API gives it: refers to ca.crt, <certificate>.crt and <certificate>.key beside it; the
/// original knows no further file, so the wrapping's key stands inside.
std::string client_config(const BundleFacts& facts, const std::string& revision,
                          const ClientPieces& pieces);
/// config.ovpn, all that it refers to, and how to use them in three languages. Without certificates
/// its users need none, and get none.
std::vector<BundleFile> bundle_files(const BundleFacts& facts, const std::string& revision,
                                     const ClientPieces& pieces);
/// One file with the same lines and everything inside, the instructions as comments before them.
SecretBuffer single_file_config(const BundleFacts& facts, const std::string& revision,
                                const ClientPieces& pieces);

}  // namespace kanmon::model
