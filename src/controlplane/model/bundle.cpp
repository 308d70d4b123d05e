#include "controlplane/model/bundle.h"

#include <fmt/core.h>

namespace kanmon::model {

namespace {

/// The lines that decide whether a client can connect, in the order they are written.
std::string connection_lines(const BundleFacts& facts) {
    const bool udp = facts.transport == bridge::Transport::udp;
    return fmt::format(
        "client\n"
        "dev tun\n"
        "proto {}\n"
        "remote {} {}\n"
        "resolv-retry infinite\n"
        "nobind\n"
        "persist-key\n"
        "persist-tun\n"
        "remote-cert-tls server\n"
        "{}"
        "cipher {}\n",
        udp ? "udp" : "tcp", to_string(facts.public_address), facts.port,
        udp ? "explicit-exit-notify 1\n" : "", facts.cipher);
}

/// What the client tells the gateway about itself; the revision is not part of the revision.
std::string closing_lines(const std::string& revision) {
    return fmt::format(
        ";comp-lzo\n"
        "push-peer-info\n"
        "setenv UV_KANMON_REV {}\n"
        "verb 4\n",
        revision);
}

}  // namespace

BundleFacts bundle_facts(const SslServer& server, Ipv4 public_address) {
    return {.public_address = public_address,
            .transport = server.transport,
            .port = server.port,
            .cipher = server.cipher,
            .authority_pem = server.authority_pem};
}

std::string effective_lines(const BundleFacts& facts) {
    return connection_lines(facts) + facts.authority_pem;
}

std::string client_config(const BundleFacts& facts, const std::string& revision,
                          const ClientCertificateId& certificate) {
    return connection_lines(facts) +
           fmt::format("ca ca.crt\ncert {0}.crt\nkey {0}.key\n", certificate.text) +
           closing_lines(revision);
}

std::string single_file_config(const BundleFacts& facts, const std::string& revision,
                               const std::string& certificate_pem, const std::string& key_pem) {
    return connection_lines(facts) + closing_lines(revision) +
           fmt::format("<ca>\n{}</ca>\n<cert>\n{}</cert>\n<key>\n{}</key>\n", facts.authority_pem,
                       certificate_pem, key_pem);
}

}  // namespace kanmon::model
