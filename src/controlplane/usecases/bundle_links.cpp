#include "controlplane/usecases/bundle_links.h"

#include <fmt/core.h>

#include "controlplane/usecases/ownership.h"
#include "controlplane/usecases/parameters.h"
#include "controlplane/usecases/ticket_hash.h"

namespace kanmon::usecases {

namespace {

Unexpected<model::Refusal> no_such_link() {
    return unexpected(model::Refusal{404, "InvalidBundleLink.NotFound",
                                     "This link was used already, has ended or never was; ask for "
                                     "a new one."});
}

/// Links that have ended make room.
Outcome<void> check_room(Ledger& ledger, const Call& call) {
    std::size_t good = 0;
    for (const model::BundleLink& link : ledger.bundle_links().of_account(call.actor.account)) {
        if (link.expires_at <= call.now)
            ledger.bundle_links().remove(link.id.text);
        else
            ++good;
    }
    if (good < model::bundle_links_max) return {};
    return model::refuse("Resource.QuotaFull",
                         fmt::format("The account has {} links that nobody has used yet, and may "
                                     "have {}; each ends ten minutes after it was made.",
                                     good, model::bundle_links_max));
}

}  // namespace

Outcome<BundleLinkCreated> BundleLinks::create(const Call& call, const CreateBundleLink& request) {
    const std::lock_guard turn(ports_.turn);
    auto password = missing_password(request.format, request.password, ports_.random);
    if (!password) return unexpected(password.error());
    BundleLinkCreated created;
    created.made_password = std::move(*password);
    bool made = false;
    const Parameters parameters = Parameters()
                                      .add("SslVpnClientCertId", request.certificate.text)
                                      .add("Format", model::bundle_format_text(request.format));
    const auto receipt = ports_.books.transact(
        call.actor, token_of(call, "CreateSslVpnClientCertLink", parameters),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto row = own_certificate(ledger, call, request.certificate.text,
                                             "InvalidSslVpnClientCertId.NotFound");
            if (!row) return unexpected(row.error());
            if (auto room = check_room(ledger, call); !room) return unexpected(room.error());
            created.ticket = {model::make_bundle_link_id(ports_.random),
                              Secret<32>(ports_.random.array<32>())};
            created.expires_at = call.now + model::bundle_link_lifetime;
            model::BundleLink link{.id = created.ticket.id,
                                   .account = call.actor.account,
                                   .certificate = row->id,
                                   .token_hash = hash_of(ports_.authority, created.ticket.token),
                                   .format = request.format,
                                   .sealed_password = {},
                                   .created_at = call.now,
                                   .expires_at = created.expires_at};
            if (model::has_password(request.format)) {
                auto sealed = ports_.sealer.seal(
                    request.password.value_or(created.made_password).view(), link.id.text);
                if (!sealed) return unexpected(sealed.error());
                link.sealed_password = std::move(*sealed);
            }
            ledger.bundle_links().put(link);
            made = true;
            return Receipt{link.id.text, row->name};
        });
    if (!receipt) return unexpected(receipt.error());
    if (!made)
        return model::illegal("ClientToken",
                              fmt::format("This ClientToken made the link {} already, whose "
                                          "address was shown then and is not kept; make another "
                                          "link with another ClientToken.",
                                          receipt->subject));
    return created;
}

Outcome<void> BundleLinks::remove(const Call& call, const model::BundleLinkId& id) {
    const std::lock_guard turn(ports_.turn);
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "DeleteSslVpnClientCertLink", Parameters().add("LinkId", id.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            const auto link = own_bundle_link(ledger, call, id.text);
            if (!link) return unexpected(link.error());
            ledger.bundle_links().remove(id.text);
            return Receipt{id.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return {};
}

Outcome<PackedBundle> BundleLinks::redeem(const model::LinkTicket& ticket,
                                          const std::string& request_id, UnixTime now) {
    const std::lock_guard turn(ports_.turn);
    std::optional<model::BundleLink> link;
    const auto looked = ports_.books.look(
        [&](Ledger& ledger) { link = ledger.bundle_links().find(ticket.id.text); });
    if (!looked) return unexpected(looked.error());
    if (!link || link->expires_at <= now ||
        !constant_time_equal(hash_of(ports_.authority, ticket.token), link->token_hash))
        return no_such_link();
    const Call call{.actor = {.account = link->account,
                              .role = model::Role::owner,
                              .access_key = link->id.text,
                              .request_id = request_id},
                    .now = now,
                    .client_token = {},
                    .dry_run = false};
    PackedBundle packed;
    const auto receipt = ports_.books.transact(
        call.actor,
        token_of(call, "RedeemSslVpnClientCertLink",
                 Parameters().add("SslVpnClientCertId", link->certificate.text)),
        [&](Ledger& ledger) -> Outcome<Receipt> {
            if (!ledger.bundle_links().find(link->id.text)) return no_such_link();
            SecretBuffer password;
            if (model::has_password(link->format)) {
                auto unsealed = ports_.sealer.unseal(link->sealed_password, link->id.text);
                if (!unsealed) return unexpected(unsealed.error());
                password = std::move(*unsealed);
            }
            auto opened = open_bundle(ports_, ledger, call, link->certificate);
            if (!opened) return unexpected(opened.error());
            auto made = pack_bundle(ports_, std::move(*opened), link->format, password, now);
            if (!made) return unexpected(made.error());
            packed = std::move(*made);
            ledger.bundle_links().remove(link->id.text);
            return Receipt{link->certificate.text, {}};
        });
    if (!receipt) return unexpected(receipt.error());
    return packed;
}

}  // namespace kanmon::usecases
