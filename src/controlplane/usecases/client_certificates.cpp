#include "controlplane/usecases/client_certificates.h"

#include <fmt/core.h>

#include <map>

#include "controlplane/model/bundle.h"
#include "controlplane/model/name.h"
#include "controlplane/model/option_rules.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/server_rules.h"

namespace kanmon::usecases {

namespace {

constexpr std::string_view certificate_not_found = "InvalidSslVpnClientCertId.NotFound";

std::string region_of(Ledger& ledger, const model::SslServer& server) {
    const auto gateway = ledger.vpn_gateways().find(server.gateway.text);
    return gateway ? gateway->region : std::string();
}

/// A certificate with everything that its bundle needs.
struct Opened {
    ClientCertificateDetail detail;
    model::BundleFacts facts;
    model::ClientPieces pieces;
};

/// Empty without wrapping.
Outcome<SecretBuffer> wrapping_key(Ports& ports, const model::SslServer& server,
                                   const model::ClientCertificateId& client) {
    if (server.options.wrapping == bridge::Wrapping::none) return SecretBuffer();
    auto key = ports.sealer.unseal(server.sealed_wrapping_key, wrapping_context(server.id));
    if (!key || server.options.wrapping != bridge::Wrapping::tls_crypt_v2) return key;
    return ports.authority.wrapped_client_key(*key, client.text);
}

Outcome<Opened> open(Ports& ports, const Call& call, const model::ClientCertificateId& id) {
    return look_for<Opened>(ports.books, [&](Ledger& ledger) -> Outcome<Opened> {
        const auto found = own_certificate(ledger, call, id.text, "InvalidInstanceId.NotFound");
        if (!found) return unexpected(found.error());
        const auto server = own_server(ledger, call, found->server.text);
        if (!server) return unexpected(server.error());
        const auto gateway = own_gateway(ledger, call, server->gateway.text);
        if (!gateway) return unexpected(gateway.error());
        auto key = ports.sealer.unseal(found->sealed_key, found->id.text);
        if (!key) return unexpected(key.error());
        auto wrapping = wrapping_key(ports, *server, id);
        if (!wrapping) return unexpected(wrapping.error());
        Opened opened;
        opened.facts = model::bundle_facts(*server, gateway->public_address,
                                           ports.installation.public_address6);
        opened.pieces = {id, found->certificate_pem, std::move(*key), std::move(*wrapping)};
        opened.detail.view = {*found, gateway->region,
                              std::string(model::certificate_status(*found, call.now))};
        opened.detail.authority_pem = server->authority_pem;
        opened.detail.private_key_pem = opened.pieces.private_key_pem;
        opened.detail.client_config =
            model::client_config(opened.facts, server->revision, opened.pieces);
        opened.detail.revision = server->revision;
        return opened;
    });
}

Outcome<model::ClientCertificate> issue(Ports& ports, const Call& call,
                                        const model::SslServer& server, const std::string& name) {
    const auto key = ports.sealer.unseal(server.sealed_authority_key, authority_context(server.id));
    if (!key) return unexpected(key.error());
    model::ClientCertificate certificate;
    certificate.id = model::make_client_certificate_id(ports.random);
    const auto issued = ports.authority.issue_client(Issuer{server.authority_pem, *key},
                                                     certificate.id.text, call.now);
    if (!issued) return unexpected(issued.error());
    auto sealed = ports.sealer.seal(issued->private_key_pem.view(), certificate.id.text);
    if (!sealed) return unexpected(sealed.error());
    certificate.account = call.actor.account;
    certificate.server = server.id;
    certificate.name = name;
    certificate.created_at = call.now;
    certificate.not_after = issued->not_after;
    certificate.serial = issued->serial;
    certificate.certificate_pem = issued->certificate_pem;
    certificate.sealed_key = std::move(*sealed);
    return certificate;
}

/// An address that a client of the server can have and no other certificate of it has.
Outcome<std::optional<Ipv4>> static_address(Ledger& ledger, const model::SslServer& server,
                                            const model::ClientCertificateId& own,
                                            const std::string& text) {
    if (text.empty()) return std::optional<Ipv4>();
    const auto address = model::check_static_address(server, text);
    if (!address) return unexpected(address.error());
    for (const auto& other : ledger.client_certificates().below(server.id.text))
        if (other.id != own && other.static_address == *address)
            return model::illegal(
                "StaticAddress",
                fmt::format("{} is the static address of the certificate {} already; take another "
                            "or leave that one without.",
                            to_string(*address), other.id.text));
    return std::optional<Ipv4>(*address);
}

}  // namespace

Outcome<ClientCertificateNamed> ClientCertificates::create(const Call& call,
                                                           const CreateClientCertificate& request) {
    const std::lock_guard turn(ports_.turn);
    if (request.server.empty()) return model::missing("SslVpnServerId");
    if (auto name = model::check_name(request.name); !name) return unexpected(name.error());
    Parameters parameters;
    parameters.add("SslVpnServerId", request.server).add("Name", request.name);
    if (!request.static_address.empty()) parameters.add("StaticAddress", request.static_address);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateSslVpnClientCert", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto server = own_server(ledger, call, request.server);
            if (!server) return unexpected(server.error());
            const std::uint32_t most = ports_.installation.certificates_per_account;
            if (ledger.client_certificates().of_account(call.actor.account).size() >= most)
                return model::refuse("CreateSslCertsQuotaFull.QuotaFull",
                                     fmt::format("The account has {} client certificates, its "
                                                 "maximum; delete those nobody uses.",
                                                 most));
            const auto address = static_address(ledger, *server, {}, request.static_address);
            if (!address) return unexpected(address.error());
            auto certificate = issue(ports_, call, *server, request.name);
            if (!certificate) return unexpected(certificate.error());
            certificate->static_address = *address;
            ledger.client_certificates().put(*certificate);
            if (*address) mark_changed(ledger, server->gateway);
            return Receipt{certificate->id.text, certificate->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (!request.static_address.empty()) ports_.gatekeeper.changed();
    return ClientCertificateNamed{{receipt->subject}, receipt->name};
}

Outcome<Page<ClientCertificateView>> ClientCertificates::list(
    const Call& call, const DescribeClientCertificates& request) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<ClientCertificateView>>(
        ports_.books, [&](Ledger& ledger) -> Outcome<Page<ClientCertificateView>> {
            std::map<std::string, std::string> regions;
            for (const auto& server : ledger.ssl_servers().of_account(call.actor.account))
                regions[server.id.text] = region_of(ledger, server);
            std::vector<ClientCertificateView> views;
            for (auto& row : ledger.client_certificates().of_account(call.actor.account)) {
                if (!request.id.empty() && row.id.text != request.id) continue;
                if (!request.server.empty() && row.server.text != request.server) continue;
                if (!request.name.empty() && row.name != request.name) continue;
                std::string status(model::certificate_status(row, call.now));
                std::string region = regions[row.server.text];
                views.push_back({std::move(row), std::move(region), std::move(status)});
            }
            return page_of(std::move(views), request.page);
        });
}

Outcome<ClientCertificateDetail> ClientCertificates::find(const Call& call,
                                                          const model::ClientCertificateId& id) {
    const std::lock_guard turn(ports_.turn);
    auto opened = open(ports_, call, id);
    if (!opened) return unexpected(opened.error());
    return std::move(opened->detail);
}

Outcome<Bundle> ClientCertificates::bundle(const Call& call, const model::ClientCertificateId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto opened = open(ports_, call, id);
    if (!opened) return unexpected(opened.error());
    const std::string& revision = opened->detail.revision;
    std::vector<ArchiveEntry> entries;
    for (auto& [name, content] : model::bundle_files(opened->facts, revision, opened->pieces))
        entries.push_back({std::move(name), std::move(content)});
    auto zip = ports_.archiver.zip(entries, call.now);
    if (!zip) return unexpected(zip.error());
    return Bundle{revision, std::move(*zip),
                  model::single_file_config(opened->facts, revision, opened->pieces)};
}

Outcome<ClientCertificateNamed> ClientCertificates::modify(const Call& call,
                                                           const ModifyClientCertificate& request) {
    const std::lock_guard turn(ports_.turn);
    // As the original: a call that changes nothing lacks its name.
    if (request.name ? request.name->empty() : !request.static_address)
        return model::missing("Name");
    if (request.name)
        if (auto fine = model::check_name(*request.name); !fine) return unexpected(fine.error());
    const Parameters parameters = Parameters()
                                      .add("SslVpnClientCertId", request.id.text)
                                      .add("Name", request.name)
                                      .add("StaticAddress", request.static_address);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ModifySslVpnClientCert", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto row = own_certificate(ledger, call, request.id.text, certificate_not_found);
            if (!row) return unexpected(row.error());
            const auto server = own_server(ledger, call, row->server.text);
            if (!server) return unexpected(server.error());
            if (request.name) row->name = *request.name;
            if (request.static_address) {
                const auto address =
                    static_address(ledger, *server, row->id, *request.static_address);
                if (!address) return unexpected(address.error());
                if (row->static_address != *address) mark_changed(ledger, server->gateway);
                row->static_address = *address;
            }
            ledger.client_certificates().put(*row);
            return Receipt{row->id.text, row->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (request.static_address) ports_.gatekeeper.changed();
    return ClientCertificateNamed{{receipt->subject}, receipt->name};
}

Outcome<void> ClientCertificates::remove(const Call& call, const model::ClientCertificateId& id) {
    const std::lock_guard turn(ports_.turn);
    std::string server_id;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "DeleteSslVpnClientCert", Parameters().add("SslVpnClientCertId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto row = own_certificate(ledger, call, id.text, certificate_not_found);
            if (!row) return unexpected(row.error());
            ledger.revoked_certificates().put({.id = row->id,
                                               .account = row->account,
                                               .server = row->server,
                                               .serial = row->serial,
                                               .not_after = row->not_after,
                                               .revoked_at = call.now});
            ledger.client_certificates().remove(id.text);
            if (const auto server = ledger.ssl_servers().find(row->server.text))
                mark_changed(ledger, server->gateway);
            server_id = row->server.text;
            return Receipt{id.text, row->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    if (!server_id.empty())
        ports_.gatekeeper.disconnect({.session = 0,
                                      .server_id = server_id,
                                      .common_name = id.text,
                                      .cause = Cause::certificate_revoked});
    return {};
}

}  // namespace kanmon::usecases
