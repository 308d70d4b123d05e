#include "controlplane/usecases/client_certificates.h"

#include <fmt/core.h>

#include <map>

#include "controlplane/model/name.h"
#include "controlplane/model/option_rules.h"
#include "controlplane/usecases/bundles.h"
#include "controlplane/usecases/noted_times.h"
#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/revocations.h"
#include "controlplane/usecases/server_keys.h"
#include "controlplane/usecases/server_rules.h"

namespace kanmon::usecases {

namespace {

constexpr std::string_view certificate_not_found = "InvalidSslVpnClientCertId.NotFound";

/// What the certificates of one server are shown with.
struct ServerState {
    std::string region;
    std::string resource_group;
    std::string revision;
};

std::map<std::string, ServerState> server_states(Ledger& ledger, const Call& call) {
    std::map<std::string, ServerState> states;
    for (const auto& server : ledger.ssl_servers().of_account(call.actor.account)) {
        ServerState& state = states[server.id.text];
        if (const auto gateway = ledger.vpn_gateways().find(server.gateway.text)) {
            state.region = gateway->region;
            state.resource_group = gateway->resource_group;
        }
        state.revision = server.revision;
    }
    return states;
}

ClientCertificateView view_of(Ledger& ledger, const ServerState& state,
                              const model::ClientCertificate& row, UnixTime now) {
    ClientCertificateView view;
    view.certificate = row;
    view.region = state.region;
    view.resource_group = state.resource_group;
    view.status = model::certificate_status(row, now);
    view.held = ledger.held_bundles().find(row.id.text);
    view.bundle_state = model::bundle_state(view.held, state.revision);
    return view;
}

/// Each holds a place in what the data plane has to compare, so there are few.
Outcome<void> check_predecessors(Ledger& ledger, const model::ClientCertificate& certificate,
                                 UnixTime now) {
    std::size_t good = 0;
    for (const auto& row : ledger.revoked_certificates().below(certificate.server.text))
        if (model::is_predecessor(row, certificate.id) && !model::is_revoked(row, now)) ++good;
    if (good < model::predecessors_max) return {};
    return model::refuse("Resource.QuotaFull",
                         fmt::format("{} earlier certificates of {} are still good, and no more "
                                     "may be; wait for one to end, or delete the certificate.",
                                     good, certificate.id.text));
}

/// A fresh key and certificate for `certificate`, whose other fields stay.
Outcome<void> issue_anew(Ports& ports, UnixTime now, const model::SslServer& server,
                         const SecretBuffer& key, model::ClientCertificate& certificate) {
    const auto issued =
        ports.authority.issue_client(Issuer{server.authority_pem, key}, certificate.id.text, now);
    if (!issued) return unexpected(issued.error());
    auto sealed = ports.sealer.seal(issued->private_key_pem.view(), certificate.id.text);
    if (!sealed) return unexpected(sealed.error());
    certificate.not_after = issued->not_after;
    certificate.serial = issued->serial;
    certificate.certificate_pem = issued->certificate_pem;
    certificate.sealed_key = std::move(*sealed);
    return {};
}

/// The key that signs the certificates of a server's clients.
Outcome<SecretBuffer> signing_key(Ports& ports, const model::SslServer& server) {
    if (server.origin == model::AuthorityOrigin::elsewhere)
        return model::illegal(
            "SslVpnServerId",
            fmt::format("The certificates of the clients of {} are signed elsewhere: the key of "
                        "its authority is not here. Sign it there, or import the authority with "
                        "its key.",
                        server.id.text));
    return authority_key(ports, server);
}

/// An address that a client of the server can have and no other certificate of it has.
Outcome<std::optional<Ipv4>> static_address(Ledger& ledger, const model::SslServer& server,
                                            const model::ClientCertificateId& own,
                                            const std::string& text) {
    if (text.empty()) return std::optional<Ipv4>();
    const auto address = model::check_static_address(server, text);
    if (!address) return unexpected(address.error());
    for (const auto& [other, taken] : ledger.static_addresses(server.id.text))
        if (other != own.text && taken == *address)
            return model::illegal(
                "StaticAddress",
                fmt::format("{} is the static address of the certificate {} already; take another "
                            "or leave that one without.",
                            to_string(*address), other));
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
            if (ledger.client_certificates().count({Scope::Of::account, call.actor.account.text}) >=
                most)
                return model::refuse("CreateSslCertsQuotaFull.QuotaFull",
                                     fmt::format("The account has {} client certificates, its "
                                                 "maximum; delete those nobody uses.",
                                                 most));
            if (auto room = make_room_for_revocations(ledger, call.actor.account, 1, call.now);
                !room)
                return unexpected(room.error());
            const auto address = static_address(ledger, *server, {}, request.static_address);
            if (!address) return unexpected(address.error());
            const auto key = signing_key(ports_, *server);
            if (!key) return unexpected(key.error());
            model::ClientCertificate certificate;
            certificate.id = model::make_client_certificate_id(ports_.random);
            certificate.account = call.actor.account;
            certificate.server = server->id;
            certificate.name = request.name;
            certificate.created_at = call.now;
            certificate.static_address = *address;
            if (auto made = issue_anew(ports_, call.now, *server, *key, certificate); !made)
                return unexpected(made.error());
            ledger.client_certificates().put(certificate);
            if (*address) mark_changed(ledger, server->gateway);
            return Receipt{certificate.id.text, certificate.name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (!request.static_address.empty()) ports_.gatekeeper.changed();
    return ClientCertificateNamed{{receipt->subject}, receipt->name};
}

namespace {

using CertificatePage = Outcome<Page<ClientCertificateView>>;

CertificatePage chosen_certificates(Ledger& ledger, const Call& call,
                                    const DescribeClientCertificates& request) {
    const auto states = server_states(ledger, call);
    std::vector<ClientCertificateView> views;
    for (auto& row : ledger.client_certificates().of_account(call.actor.account)) {
        if (!request.id.empty() && row.id.text != request.id) continue;
        if (!request.server.empty() && row.server.text != request.server) continue;
        if (!request.name.empty() && row.name != request.name) continue;
        ClientCertificateView view = view_of(ledger, states.at(row.server.text), row, call.now);
        if (!request.bundle_state.empty() && view.bundle_state != request.bundle_state) continue;
        if (request.resource_group.empty() || view.resource_group == request.resource_group)
            views.push_back(std::move(view));
    }
    return page_of(std::move(views), request.page);
}

/// Reads those of the page only: there may be ten thousand.
CertificatePage certificates_in_order(Ledger& ledger, const Call& call,
                                      const DescribeClientCertificates& request) {
    const auto states = server_states(ledger, call);
    if (!request.server.empty() && !states.contains(request.server))
        return page_of(std::vector<ClientCertificateView>(), request.page);
    const Scope scope = request.server.empty() ? Scope{Scope::Of::account, call.actor.account.text}
                                               : Scope{Scope::Of::parent, request.server};
    const auto& certificates = ledger.client_certificates();
    return page_from(
        request.page, certificates.count(scope), [&](std::size_t first, std::size_t most) {
            std::vector<ClientCertificateView> views;
            for (const auto& row : certificates.slice(scope, first, most))
                views.push_back(view_of(ledger, states.at(row.server.text), row, call.now));
            return views;
        });
}

}  // namespace

Outcome<Page<ClientCertificateView>> ClientCertificates::list(
    const Call& call, const DescribeClientCertificates& request) {
    const std::lock_guard turn(ports_.turn);
    return look_for<Page<ClientCertificateView>>(
        ports_.books, [&](Ledger& ledger) -> Outcome<Page<ClientCertificateView>> {
            const bool chosen_one_by_one = !request.id.empty() || !request.name.empty() ||
                                           !request.bundle_state.empty() ||
                                           !request.resource_group.empty();
            return chosen_one_by_one ? chosen_certificates(ledger, call, request)
                                     : certificates_in_order(ledger, call, request);
        });
}

Outcome<ClientCertificateDetail> ClientCertificates::find(const Call& call,
                                                          const model::ClientCertificateId& id) {
    const std::lock_guard turn(ports_.turn);
    return look_for<ClientCertificateDetail>(
        ports_.books, [&](Ledger& ledger) -> Outcome<ClientCertificateDetail> {
            const auto opened = open_bundle(ports_, ledger, call, id);
            if (!opened) return unexpected(opened.error());
            const ServerState state{opened->region, opened->resource_group,
                                    opened->server.revision};
            ClientCertificateDetail detail;
            detail.view = view_of(ledger, state, opened->certificate, call.now);
            detail.authority_pem = opened->server.authority_pem;
            detail.private_key_pem = opened->pieces.private_key_pem;
            detail.revision = opened->server.revision;
            detail.client_config =
                model::client_config(opened->facts, detail.revision, opened->pieces);
            for (const auto& row : ledger.revoked_certificates().below(opened->server.id.text))
                if (model::is_predecessor(row, id) && !model::is_revoked(row, call.now))
                    detail.predecessors.push_back(row);
            return detail;
        });
}

Outcome<Bundle> ClientCertificates::bundle(const Call& call, const GetBundle& request) {
    const std::lock_guard turn(ports_.turn);
    auto made = missing_password(request.format, request.password, ports_.random);
    if (!made) return unexpected(made.error());
    Bundle bundle;
    bundle.made_password = std::move(*made);
    auto packed =
        look_for<PackedBundle>(ports_.books, [&](Ledger& ledger) -> Outcome<PackedBundle> {
            auto opened = open_bundle(ports_, ledger, call, request.id);
            if (!opened) return unexpected(opened.error());
            return pack_bundle(ports_, std::move(*opened), request.format,
                               request.password.value_or(bundle.made_password), call.now);
        });
    if (!packed) return unexpected(packed.error());
    bundle.packed = std::move(*packed);
    return bundle;
}

Outcome<ClientCertificateRenewed> ClientCertificates::renew(const Call& call,
                                                            const RenewClientCertificate& request) {
    const std::lock_guard turn(ports_.turn);
    const auto overlap = model::check_overlap(request.overlap_seconds);
    if (!overlap) return unexpected(overlap.error());
    const Parameters parameters = Parameters()
                                      .add("SslVpnClientCertId", request.id.text)
                                      .add("OverlapSeconds", request.overlap_seconds);
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "RenewSslVpnClientCert", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            auto row = own_certificate(ledger, call, request.id.text, certificate_not_found);
            if (!row) return unexpected(row.error());
            const auto server = own_server(ledger, call, row->server.text);
            if (!server) return unexpected(server.error());
            if (auto few = check_predecessors(ledger, *row, call.now); !few)
                return unexpected(few.error());
            const auto key = signing_key(ports_, *server);
            if (!key) return unexpected(key.error());
            if (auto room = make_room_for_revocations(ledger, row->account, 1, call.now); !room)
                return unexpected(room.error());
            revoke_predecessor(ledger, *row, call.now, *overlap);
            if (auto made = issue_anew(ports_, call.now, *server, *key, *row); !made)
                return unexpected(made.error());
            ledger.client_certificates().put(*row);
            mark_changed(ledger, server->gateway);
            return note_times(row->id.text, {{row->not_after, call.now + *overlap}, row->name});
        });
    if (!receipt) return unexpected(receipt.error());
    ports_.gatekeeper.changed();
    auto noted = read_times(*receipt, 2);
    if (!noted) return unexpected(noted.error());
    return ClientCertificateRenewed{
        {receipt->subject}, std::move(noted->name), noted->times[0], noted->times[1]};
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
            revoke_for_good(ledger, *row, call.now);
            remove_certificate(ledger, row->id);
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

void ClientCertificates::learn(const bridge::ClientFact& fact, UnixTime now) {
    if (fact.status != bridge::ClientStatus::online || !model::is_revision(fact.revision)) return;
    const std::lock_guard turn(ports_.turn);
    if (const auto known = announced_.find(fact.common_name);
        known != announced_.end() && known->second == fact.revision)
        return;
    bool is_stored = false;
    std::optional<model::HeldBundle> held;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        const auto row = ledger.client_certificates().find(fact.common_name);
        if (!row || row->server.text != fact.server_id) return;
        const auto known = ledger.held_bundles().find(row->id.text);
        is_stored = known && known->revision == fact.revision;
        if (is_stored) return;
        held = model::HeldBundle{.id = row->id,
                                 .account = row->account,
                                 .server = row->server,
                                 .revision = fact.revision,
                                 .held_at = now};
    });
    // Without the store nothing is lost: the client announces it again when it next connects.
    if (looked && held) is_stored = ports_.books.write_held_bundles({*held}).has_value();
    if (!is_stored) return;
    if (announced_.size() >= announced_max) announced_.clear();
    announced_[fact.common_name] = fact.revision;
}

Outcome<std::size_t> reissue_certificates(Ports& ports, Ledger& ledger,
                                          const model::SslServer& server, const SecretBuffer& key,
                                          UnixTime now) {
    auto rows = ledger.client_certificates().below(server.id.text);
    if (auto room = make_room_for_revocations(ledger, server.account, rows.size(), now); !room)
        return unexpected(room.error());
    for (auto& row : rows) {
        // The authority may be the same as before, and would go on vouching for what it signed.
        revoke_predecessor(ledger, row, now, {});
        if (auto made = issue_anew(ports, now, server, key, row); !made)
            return unexpected(made.error());
        ledger.client_certificates().put(row);
    }
    return rows.size();
}

}  // namespace kanmon::usecases
