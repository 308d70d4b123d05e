#include "controlplane/usecases/bundles.h"

#include <fmt/core.h>

#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/server_rules.h"

namespace kanmon::usecases {

namespace {

constexpr std::size_t password_characters = 20;

/// Empty without wrapping.
Outcome<SecretBuffer> wrapping_key(Ports& ports, const model::SslServer& server,
                                   const std::string& client) {
    if (server.options.wrapping == bridge::Wrapping::none) return SecretBuffer();
    auto key = ports.sealer.unseal(server.sealed_wrapping_key, wrapping_context(server.id));
    if (!key || server.options.wrapping != bridge::Wrapping::tls_crypt_v2) return key;
    return ports.authority.wrapped_client_key(*key, client);
}

Outcome<SecretBuffer> zipped(Ports& ports, const OpenedBundle& opened, UnixTime now) {
    std::vector<ArchiveEntry> entries;
    for (auto& [name, content] :
         model::bundle_files(opened.facts, opened.server.revision, opened.pieces))
        entries.push_back({std::move(name), std::move(content)});
    auto zip = ports.archiver.zip(entries, now);
    if (!zip) return unexpected(zip.error());
    SecretBuffer content{Bytes(*zip)};
    wipe(*zip);
    return content;
}

Outcome<SecretBuffer> pkcs12_of(Ports& ports, const OpenedBundle& opened,
                                const SecretBuffer& password) {
    if (!opened.facts.options.login_certificate)
        return model::illegal(
            "Format", fmt::format("The clients of {} need no certificate, and a PKCS#12 would hold "
                                  "nothing else; take zip or ovpn.",
                                  opened.server.id.text));
    const Issued issued{.certificate_pem = opened.pieces.certificate_pem,
                        .private_key_pem = opened.pieces.private_key_pem,
                        .serial = opened.certificate.serial,
                        .not_after = opened.certificate.not_after};
    return ports.authority.pkcs12(issued, opened.facts.authority_pem, opened.certificate.id.text,
                                  password);
}

}  // namespace

Outcome<OpenedBundle> open_bundle(Ports& ports, Ledger& ledger, const Call& call,
                                  const model::ClientCertificateId& id) {
    auto found = own_certificate(ledger, call, id.text, "InvalidInstanceId.NotFound");
    if (!found) return unexpected(found.error());
    auto server = own_server(ledger, call, found->server.text);
    if (!server) return unexpected(server.error());
    const auto gateway = own_gateway(ledger, call, server->gateway.text);
    if (!gateway) return unexpected(gateway.error());
    auto key = ports.sealer.unseal(found->sealed_key, found->id.text);
    if (!key) return unexpected(key.error());
    auto wrapping = wrapping_key(ports, *server, id.text);
    if (!wrapping) return unexpected(wrapping.error());
    OpenedBundle opened;
    opened.facts =
        model::bundle_facts(*server, gateway->public_address, ports.installation.public_address6);
    opened.pieces = {.id = id,
                     .certificate_pem = found->certificate_pem,
                     .private_key_pem = std::move(*key),
                     .wrapping_key = std::move(*wrapping)};
    opened.certificate = std::move(*found);
    opened.server = std::move(*server);
    opened.region = gateway->region;
    opened.resource_group = gateway->resource_group;
    return opened;
}

Outcome<PackedBundle> pack_bundle(Ports& ports, OpenedBundle opened, model::BundleFormat format,
                                  const SecretBuffer& password, UnixTime now) {
    const std::string& id = opened.certificate.id.text;
    const std::string& revision = opened.server.revision;
    if (format == model::BundleFormat::ovpn)
        return PackedBundle{id + ".ovpn", revision,
                            model::single_file_config(opened.facts, revision, opened.pieces)};
    if (model::has_password(format)) {
        auto made = pkcs12_of(ports, opened, password);
        if (!made) return unexpected(made.error());
        if (format == model::BundleFormat::p12)
            return PackedBundle{id + ".p12", revision, std::move(*made)};
        opened.pieces.pkcs12 = std::move(*made);
    }
    auto content = zipped(ports, opened, now);
    if (!content) return unexpected(content.error());
    return PackedBundle{id + ".zip", revision, std::move(*content)};
}

Outcome<PackedBundle> pack_profile(Ports& ports, Ledger& ledger, const model::SslServer& server) {
    const auto gateway = ledger.vpn_gateways().find(server.gateway.text);
    if (!gateway) return model::unavailable("The server has no gateway.");
    auto facts =
        model::bundle_facts(server, gateway->public_address, ports.installation.public_address6);
    if (facts.options.login_certificate && server.origin != model::AuthorityOrigin::elsewhere)
        return model::illegal(
            "SslVpnServerId",
            fmt::format("The clients of {} need a certificate that is made here; create one and "
                        "take its bundle (GetSslVpnClientCertBundle).",
                        server.id.text));
    auto wrapping = wrapping_key(ports, server, server.id.text);
    if (!wrapping) return unexpected(wrapping.error());
    const model::ClientPieces pieces{.id = {server.id.text},
                                     .certificate_pem = {},
                                     .private_key_pem = {},
                                     .wrapping_key = std::move(*wrapping)};
    return PackedBundle{server.id.text + ".ovpn", server.revision,
                        model::single_file_config(facts, server.revision, pieces)};
}

Outcome<SecretBuffer> missing_password(model::BundleFormat format,
                                       const std::optional<SecretBuffer>& given, Random& random) {
    const bool wanted = model::has_password(format);
    if (given && !wanted)
        return model::illegal("Password", "Only the formats p12 and p12-zip have a password.");
    if (given)
        if (auto fine = model::check_bundle_password(given->view()); !fine)
            return unexpected(fine.error());
    if (given || !wanted) return SecretBuffer();
    return secret_of(model::random_alphanumerics(random, password_characters));
}

}  // namespace kanmon::usecases
