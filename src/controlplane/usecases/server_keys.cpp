#include "controlplane/usecases/server_keys.h"

#include "controlplane/model/bundle.h"
#include "controlplane/usecases/server_rules.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t revision_digits = 16;

}  // namespace

Outcome<void> make_server_keys(Ports& ports, model::SslServer& server, UnixTime now) {
    const auto root = ports.authority.make_authority(server.id.text, now);
    if (!root) return unexpected(root.error());
    auto sealed = ports.sealer.seal(root->private_key_pem.view(), authority_context(server.id));
    if (!sealed) return unexpected(sealed.error());
    server.authority_pem = root->certificate_pem;
    server.sealed_authority_key = std::move(*sealed);
    return issue_server_certificate(ports, server, root->private_key_pem, now);
}

Outcome<void> issue_server_certificate(Ports& ports, model::SslServer& server,
                                       const SecretBuffer& key, UnixTime now) {
    const auto own = ports.authority.issue_server(Issuer{server.authority_pem, key},
                                                  "gateway." + server.id.text, now);
    if (!own) return unexpected(own.error());
    auto sealed = ports.sealer.seal(own->private_key_pem.view(), server.id.text);
    if (!sealed) return unexpected(sealed.error());
    server.certificate_pem = own->certificate_pem + model::chain_without_root(server.authority_pem);
    server.sealed_key = std::move(*sealed);
    return {};
}

std::string revision_of(Ports& ports, const model::SslServer& server, Ipv4 address) {
    const auto facts = model::bundle_facts(server, address, ports.installation.public_address6);
    return ports.authority.digest(model::effective_lines(facts)).substr(0, revision_digits);
}

Outcome<SecretBuffer> authority_key(Ports& ports, const model::SslServer& server) {
    return ports.sealer.unseal(server.sealed_authority_key, authority_context(server.id));
}

}  // namespace kanmon::usecases
