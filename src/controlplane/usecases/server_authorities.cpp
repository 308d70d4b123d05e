#include "controlplane/usecases/server_authorities.h"

#include <fmt/core.h>

#include <charconv>

#include "controlplane/usecases/client_certificates.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/server_keys.h"
#include "controlplane/usecases/server_rules.h"
#include "controlplane/usecases/snapshot_budget.h"

namespace kanmon::usecases {

namespace {

using model::AuthorityOrigin;

/// Hexadecimal without leading zeros.
bool is_older(const model::RevocationList& offered, const model::RevocationList& present) {
    if (offered.number.empty() || present.number.empty())
        return offered.this_update < present.this_update;
    if (offered.number.size() != present.number.size())
        return offered.number.size() < present.number.size();
    return offered.number < present.number;
}

Outcome<void> check_no_certificates(Ledger& ledger, const model::SslServer& server) {
    const auto rows = ledger.client_certificates().below(server.id.text);
    if (rows.empty()) return {};
    return model::refuse(
        "DependencyViolation",
        fmt::format("{} has {} client certificates, the first is {}, and an authority without its "
                    "key could not sign them anew; delete them, or send CaPrivateKey too.",
                    server.id.text, rows.size(), rows.front().id.text));
}

Outcome<AuthorityView> view_of(Ports& ports, Ledger& ledger, const Call& call,
                               const std::string& id) {
    auto server = own_server(ledger, call, id);
    if (!server) return unexpected(server.error());
    AuthorityView view;
    const auto authority = ports.authority.end_of(server->authority_pem);
    if (!authority) return unexpected(authority.error());
    view.authority_ends_at = *authority;
    const auto certificate = ports.authority.end_of(server->certificate_pem);
    if (!certificate) return unexpected(certificate.error());
    view.certificate_ends_at = *certificate;
    if (server->origin == AuthorityOrigin::elsewhere) {
        const auto clients = ports.authority.end_of(server->client_authority_pem);
        if (!clients) return unexpected(clients.error());
        view.client_authority_ends_at = *clients;
    }
    view.revocation_list = ledger.revocation_lists().find(id);
    view.server = std::move(*server);
    return view;
}

Outcome<AuthorityView> looked_up(Ports& ports, const Call& call, const std::string& server) {
    return look_for<AuthorityView>(
        ports.books, [&](Ledger& ledger) { return view_of(ports, ledger, call, server); });
}

}  // namespace

Outcome<void> ServerAuthorities::put(Ledger& ledger, model::SslServer& server) {
    const auto gateway = ledger.vpn_gateways().find(server.gateway.text);
    if (!gateway) return model::unavailable("The server has no gateway.");
    server.revision = revision_of(ports_, server, gateway->public_address);
    // A list of another authority says nothing of this one's certificates; that of a renewed one
    // does.
    const auto before = ledger.ssl_servers().find(server.id.text);
    if (!before ||
        !ports_.authority.same_signer(model::client_issuer(*before), model::client_issuer(server)))
        ledger.revocation_lists().remove(server.id.text);
    ledger.ssl_servers().put(server);
    mark_changed(ledger, server.gateway);
    return {};
}

Outcome<std::size_t> ServerAuthorities::take_over(Ledger& ledger, model::SslServer& server,
                                                  const BroughtAuthority& brought,
                                                  const SecretBuffer& key, UnixTime now) {
    auto sealed = ports_.sealer.seal(key.view(), authority_context(server.id));
    if (!sealed) return unexpected(sealed.error());
    server.origin = AuthorityOrigin::imported;
    server.authority_pem = brought.chain_pem;
    server.client_authority_pem.clear();
    server.sealed_authority_key = std::move(*sealed);
    if (auto issued = issue_server_certificate(ports_, server, key, now); !issued)
        return unexpected(issued.error());
    return reissue_certificates(ports_, ledger, server, key, now);
}

Outcome<AuthorityChanged> ServerAuthorities::told(const Call& call, const Receipt& receipt) {
    ports_.gatekeeper.changed();
    auto view = looked_up(ports_, call, receipt.subject);
    if (!view) return unexpected(view.error());
    std::size_t reissued = 0;
    std::from_chars(receipt.name.data(), receipt.name.data() + receipt.name.size(), reissued);
    return AuthorityChanged{std::move(*view), reissued};
}

Outcome<AuthorityChanged> ServerAuthorities::import(const Call& call,
                                                    const ImportAuthority& request) {
    const std::lock_guard turn(ports_.turn);
    const Parameters parameters =
        Parameters()
            .add("SslVpnServerId", request.server)
            .add("CaCertificateDigest", ports_.authority.digest(request.certificates_pem))
            .add("WithKey", request.private_key_pem.has_value());
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "ImportSslVpnServerCa", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto server = own_server(ledger, call, request.server);
            if (!server) return unexpected(server.error());
            const auto brought = ports_.authority.read_authority(
                request.certificates_pem, request.private_key_pem.value_or(SecretBuffer()),
                call.now);
            if (!brought) return unexpected(brought.error());
            std::size_t made_anew = 0;
            if (request.private_key_pem) {
                const auto reissued =
                    take_over(ledger, *server, *brought, *request.private_key_pem, call.now);
                if (!reissued) return unexpected(reissued.error());
                made_anew = *reissued;
            } else {
                if (auto none = check_no_certificates(ledger, *server); !none)
                    return unexpected(none.error());
                server->origin = AuthorityOrigin::elsewhere;
                server->client_authority_pem = brought->chain_pem;
            }
            if (auto stored = put(ledger, *server); !stored) return unexpected(stored.error());
            return Receipt{server->id.text, std::to_string(made_anew)};
        });
    if (!receipt) return unexpected(receipt.error());
    return told(call, *receipt);
}

Outcome<AuthorityChanged> ServerAuthorities::reset(const Call& call, const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "RemoveSslVpnServerCa", Parameters().add("SslVpnServerId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto server = own_server(ledger, call, id);
            if (!server) return unexpected(server.error());
            if (server->origin == AuthorityOrigin::own)
                return model::illegal(
                    "SslVpnServerId",
                    fmt::format("The authority of {} is its own; there is none to remove.", id));
            server->origin = AuthorityOrigin::own;
            server->client_authority_pem.clear();
            if (auto made = make_server_keys(ports_, *server, call.now); !made)
                return unexpected(made.error());
            const auto key = authority_key(ports_, *server);
            if (!key) return unexpected(key.error());
            const auto reissued = reissue_certificates(ports_, ledger, *server, *key, call.now);
            if (!reissued) return unexpected(reissued.error());
            if (auto stored = put(ledger, *server); !stored) return unexpected(stored.error());
            return Receipt{server->id.text, std::to_string(*reissued)};
        });
    if (!receipt) return unexpected(receipt.error());
    return told(call, *receipt);
}

Outcome<AuthorityView> ServerAuthorities::renew_certificate(const Call& call,
                                                            const std::string& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "RenewSslVpnServerCert", Parameters().add("SslVpnServerId", id)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto server = own_server(ledger, call, id);
            if (!server) return unexpected(server.error());
            const auto key = authority_key(ports_, *server);
            if (!key) return unexpected(key.error());
            if (auto issued = issue_server_certificate(ports_, *server, *key, call.now); !issued)
                return unexpected(issued.error());
            ledger.ssl_servers().put(*server);
            mark_changed(ledger, server->gateway);
            return Receipt{server->id.text, server->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return looked_up(ports_, call, id);
}

Outcome<AuthorityView> ServerAuthorities::upload(const Call& call,
                                                 const UploadRevocationList& request) {
    const std::lock_guard turn(ports_.turn);
    const Parameters parameters =
        Parameters()
            .add("SslVpnServerId", request.server)
            .add("CrlDigest", ports_.authority.digest(request.pem))
            .add("WhenExpired", request.refuse_when_expired ? "refuse" : "accept");
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "UploadSslVpnServerCrl", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto server = own_server(ledger, call, request.server);
            if (!server) return unexpected(server.error());
            if (server->origin == AuthorityOrigin::own)
                return model::illegal(
                    "Crl", fmt::format("The authority of {} is its own, and its list is kept here: "
                                       "DeleteSslVpnClientCert revokes a certificate.",
                                       request.server));
            auto brought = ports_.authority.read_revocation_list(
                request.pem, model::client_issuer(*server), call.now);
            if (!brought) return unexpected(brought.error());
            const model::RevocationList list{.id = server->id,
                                             .account = server->account,
                                             .number = std::move(brought->number),
                                             .this_update = brought->this_update,
                                             .next_update = brought->next_update,
                                             .refuse_when_expired = request.refuse_when_expired,
                                             .serials = std::move(brought->serials)};
            const auto present = ledger.revocation_lists().find(server->id.text);
            if (present && is_older(list, *present))
                return model::illegal(
                    "Crl", fmt::format("Crl is older than the list that {} has (number {}), and "
                                       "would let revoked certificates in again; upload the "
                                       "newest.",
                                       request.server,
                                       present->number.empty() ? "none" : present->number));
            ledger.revocation_lists().put(list);
            if (auto fits = check_snapshot_budget(ledger, list.account); !fits)
                return unexpected(fits.error());
            mark_changed(ledger, server->gateway);
            return Receipt{server->id.text, server->name};
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    return looked_up(ports_, call, request.server);
}

Outcome<AuthorityView> ServerAuthorities::find(const Call& call, const std::string& server) {
    const std::lock_guard turn(ports_.turn);
    return looked_up(ports_, call, server);
}

Outcome<PackedBundle> ServerAuthorities::profile(const Call& call, const std::string& server) {
    const std::lock_guard turn(ports_.turn);
    return look_for<PackedBundle>(ports_.books, [&](Ledger& ledger) -> Outcome<PackedBundle> {
        const auto own = own_server(ledger, call, server);
        if (!own) return unexpected(own.error());
        return pack_profile(ports_, ledger, *own);
    });
}

}  // namespace kanmon::usecases
