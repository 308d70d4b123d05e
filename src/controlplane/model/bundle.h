// The client's configuration, as text that OpenVPN 2.3 to 2.7 load.
//
// The revision is made of the effective lines only: what a client must have right to connect. A
// change of local networks is pushed and raises nothing.
#pragma once

#include <string>

#include "base/address.h"
#include "controlplane/model/client_certificate.h"
#include "controlplane/model/ssl_server.h"

namespace kanmon::model {

struct BundleFacts {
    Ipv4 public_address;
    bridge::Transport transport = bridge::Transport::udp;
    std::uint16_t port = 1194;
    std::string cipher;
    std::string authority_pem;
};

BundleFacts bundle_facts(const SslServer& server, Ipv4 public_address);
/// What the revision is the hash of; one effective line per line, and the CA.
std::string effective_lines(const BundleFacts& facts);
/// config.ovpn that refers to ca.crt, <certificate>.crt and <certificate>.key beside it.
std::string client_config(const BundleFacts& facts, const std::string& revision,
                          const ClientCertificateId& certificate);
/// One file with the same lines and everything inside.
std::string single_file_config(const BundleFacts& facts, const std::string& revision,
                               const std::string& certificate_pem, const std::string& key_pem);

}  // namespace kanmon::model
